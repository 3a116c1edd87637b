from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise

from chongqing_dte.foundation.sentences import gettext_lazy as _
from chongqing_dte.foundation.tabular_reading import TABLE_MESSAGES
from enrollment.roster.messages import ID_NUMBER_MESSAGES, ROSTER_MESSAGES

CANDIDATE_MESSAGES: Final[dict[str, Promise]] = {
    **TABLE_MESSAGES,
    **ID_NUMBER_MESSAGES,
    "mobile_format": ROSTER_MESSAGES["mobile_format"],
    "same_person": ROSTER_MESSAGES["same_person"],
    "certificate_held": ROSTER_MESSAGES["certificate_held"],
    "not_on_record": _(
        "Number and name are not those of one person, or the person is not on record yet. Check both; for somebody who"
        " is new, give the mobile number too."
    ),
    "nobody_trained": _(
        "Nobody with this number and this name has completed training for this occupation and level in the programme,"
        " and the policy admits nobody who trained elsewhere. Check both."
    ),
    "already_candidate": _("This person is a candidate of the session already."),
    "trained_here": _("The institution trained this person, so another one must assess them."),
    "in_training": _("This person is in a class for this occupation and level that is not completed yet."),
    "direction_differs": _("This person completed the training for another direction of the occupation."),
    "not_trained": _(
        "This person has not completed training for this occupation and level in the programme, and the policy"
        " admits nobody who trained elsewhere."
    ),
}


def message_for(code: str, parameters: Mapping[str, str | int]) -> str:
    """Return a problem with a candidate in the language of the reader."""
    return str(CANDIDATE_MESSAGES[code]) % parameters
