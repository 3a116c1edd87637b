from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.tabular_reading import TABLE_MESSAGES
from enrollment.roster.messages import ID_NUMBER_MESSAGES

RESULT_MESSAGES: Final[dict[str, Promise]] = {
    **TABLE_MESSAGES,
    **ID_NUMBER_MESSAGES,
    "score_missing": _("A score is required for this outcome."),
    "score_not_expected": _("No score may be given for absence or misconduct."),
    "score_format": _("A score is 0 to 100 with at most one decimal."),
    "certificate_missing": _("The certificate's number and date are required for a pass."),
    "certificate_not_expected": _("Only a pass has a certificate."),
    "issued_in_future": _("The certificate's date lies in the future."),
    "not_a_candidate": _("Nobody with this ID number has completed training for this occupation and level."),
    "name_differs": _("The person with this ID number is known under another name."),
    "trained_here": _("The institution trained this person, so another one must assess them."),
    "certificate_number_used": _("A certificate with this number is recorded already."),
    "certificate_before_session": _("The certificate's date lies before the assessment."),
    "certificate_repeated": _("This certificate number appears more than once: rows %(rows)s."),
}


def message_for(code: str, parameters: Mapping[str, str | int]) -> str:
    """Return a result problem in the language of the reader."""
    return str(RESULT_MESSAGES[code]) % parameters
