"""The bugs, all of them."""

from tests.planted.answering import ANSWERING
from tests.planted.claims import CLAIMS
from tests.planted.comparing import COMPARING
from tests.planted.deciding import DECIDING
from tests.planted.kinds import Plant
from tests.planted.netting import SETTING_OFF
from tests.planted.paying import PAYING
from tests.planted.reviewing import REVIEWING
from tests.planted.schema import AROUND, schema_plants
from tests.planted.statements import TELLING


def every_plant() -> list[Plant]:
    """Return every bug, those of the code first."""
    return [
        *DECIDING,
        *PAYING,
        *ANSWERING,
        *AROUND,
        *CLAIMS,
        *COMPARING,
        *SETTING_OFF,
        *REVIEWING,
        *TELLING,
        *schema_plants(),
    ]
