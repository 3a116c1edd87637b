from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise

from chongqing_dte.foundation.sentences import gettext_lazy as _
from chongqing_dte.foundation.tabular_reading import TABLE_MESSAGES
from enrollment.roster.messages import ID_NUMBER_MESSAGES

RESULT_MESSAGES: Final[dict[str, Promise]] = {
    **TABLE_MESSAGES,
    **ID_NUMBER_MESSAGES,
    "person_not_named": _("Give the admission number or the ID number."),
    "admission_repeated": _("This admission number appears more than once: rows %(rows)s."),
    "not_admitted": _("Nobody was admitted to this session under this admission number."),
    "not_a_candidate": _("Nobody with this ID number was admitted to this session."),
    "numbers_of_two_people": _("The admission number and the ID number are not those of one person."),
    "name_differs": _("The person with this number is known under another name."),
    "candidate_repeated": _("These rows name one candidate in two ways: %(rows)s."),
    "person_sat_twice": _(
        "These rows are one person, who was admitted twice: %(rows)s. In one of them the person is absent."
    ),
    "candidates_missing": _("Admitted candidates are missing in the list, %(count)s in all: %(numbers)s."),
    # In the list to correct, beside the row that was added.
    "candidate_missing": _("This admitted candidate is missing in the list. Fill in the row."),
    "score_missing": _("A score is required for this outcome."),
    "score_not_expected": _("No score may be given for absence or misconduct."),
    "score_format": _("A score is 0 to 100 with at most one decimal."),
    "passed_below_the_marks": _(
        "A pass needs at least %(theory)s in theory and %(practice)s in practice. Check the scores or the outcome."
    ),
    "failed_with_pass_marks": _(
        "Both scores reach the pass marks, %(theory)s in theory and %(practice)s in practice: that is a pass."
    ),
    "certificate_missing": _("The certificate's number and date are required for a pass."),
    "certificate_not_expected": _("Only a pass has a certificate."),
    "certificate_by_portal": _("The portal numbers the certificates of this session. Leave this cell empty."),
    "certificate_number_reserved": _("Numbers that begin with DTE- are given by the portal only."),
    "certificate_number_pattern": _("The number does not have the form that the assessment policy asks for."),
    "certificate_number_used": _("A certificate with this number is recorded already."),
    "certificate_repeated": _("This certificate number appears more than once: rows %(rows)s."),
    "certificate_before_session": _("The certificate's date lies before the assessment."),
    "issued_in_future": _("The certificate's date lies in the future."),
}


def message_for(code: str, parameters: Mapping[str, str | int]) -> str:
    """Return a result problem in the language of the reader."""
    return str(RESULT_MESSAGES[code]) % parameters
