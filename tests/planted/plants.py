"""The bugs, all of them."""

from tests.planted.admitting import ADMITTING
from tests.planted.answering import ANSWERING
from tests.planted.asking import ASKING
from tests.planted.claims import CLAIMS
from tests.planted.comparing import COMPARING
from tests.planted.deciding import DECIDING
from tests.planted.following import FOLLOWING
from tests.planted.kinds import Plant
from tests.planted.netting import SETTING_OFF
from tests.planted.paying import PAYING
from tests.planted.reviewing import REVIEWING
from tests.planted.schema import AROUND, schema_plants
from tests.planted.statements import TELLING
from tests.planted.webhooks import WEBHOOKS


def every_plant() -> list[Plant]:
    """Return every bug, those of the code first."""
    of_the_code = [
        *DECIDING,
        *PAYING,
        *ANSWERING,
        *AROUND,
        *CLAIMS,
        *COMPARING,
        *SETTING_OFF,
        *REVIEWING,
        *TELLING,
        *FOLLOWING,
        *ADMITTING,
        *ASKING,
        *WEBHOOKS,
    ]
    return [*of_the_code, *schema_plants()]
