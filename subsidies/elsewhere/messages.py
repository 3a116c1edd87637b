from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise

from chongqing_dte.foundation.sentences import gettext_lazy as _
from chongqing_dte.foundation.tabular_reading import TABLE_MESSAGES
from enrollment.roster.messages import ID_NUMBER_MESSAGES

OTHER_SUBSIDY_MESSAGES: Final[dict[str, Promise]] = {
    **TABLE_MESSAGES,
    **ID_NUMBER_MESSAGES,
    "not_on_record": _("Number and name are not those of one person on record. Check both."),
    "unknown_occupation": _("No occupation has this code, nor had it before."),
    "bad_amount": _("This is not an amount in yuan. Write it like 800.00."),
    "day_not_past": _("This day cannot be the day of a payment: it is not over yet, or too long ago."),
    "recorded_before": _("This subsidy of the same programme is recorded already."),
    "repeated": _("The same subsidy stands in rows %(rows)s."),
}


def message_for(code: str, parameters: Mapping[str, str | int]) -> str:
    """Return a problem with a row in the language of the reader."""
    return str(OTHER_SUBSIDY_MESSAGES[code]) % parameters
