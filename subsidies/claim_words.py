"""What the checks of a claim mean, in the reader's language: those of one person, and those over the whole claim."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from django.utils.functional import Promise

from assessment.enums import SignalKind
from chongqing_dte.foundation.sentences import gettext_lazy as _
from chongqing_dte.foundation.templatetags.figures import yuan
from enrollment.enums import EnrollmentStatus, ParticipantCategory
from subsidies.curve_drawing import percent
from subsidies.enums import CheckOutcome, LineRefusal
from subsidies.models import ClaimLine

# A check as it is kept: its name, its outcome and what it saw.
KeptCheck = Mapping[str, Any]
NOT_ASKED_FOR: Final = _("The policy does not ask for it.")

NAMES: Final[dict[str, Promise]] = {
    # Of one person.
    "in_the_class_at_the_lock": _("In the class at the roster lock"),
    "training_completed": _("Completed the training"),
    "sat_the_assessment": _("Sat the level assessment"),
    "passed_the_assessment": _("Passed the level assessment"),
    "category_is_eligible": _("The participant category is eligible"),
    "graduates_in_time": _("Graduates in the year of the class"),
    "attended_enough": _("Attended enough"),
    "nothing_is_under_review": _("Nothing is under review"),
    "not_subsidized_before": _("Not subsidized before"),
    "standard_is_known": _("The standard is known"),
    "not_refused_in_review": _("Not refused by the district"),
    # Over the whole claim.
    "attendance_against_timetable": _("The attendance fits the timetable"),
    "overlapping_classes": _("No overlap with other classes"),
    "shared_accounts": _("No shared accounts"),
    "assessment_signals": _("No signals from the assessment"),
    "institution_in_good_standing": _("The institution is in good standing"),
    "pass_rate_far_from_others": _("The pass rate is near that of others"),
    "advance_is_shown": _("The advance is shown by files"),
    "class_within_quota": _("Within the funded seats"),
}

SENTENCES: Final[dict[tuple[str, str], Promise]] = {
    ("in_the_class_at_the_lock", "PASSED"): _("The person was in the class when its roster was locked."),
    ("in_the_class_at_the_lock", "FAILED"): _(
        "The person came into the class after its roster lock, so no claim of it pays for them."
    ),
    ("training_completed", "PASSED"): _("The person completed the training."),
    ("training_completed", "FAILED"): _("The person did not complete the training: %(status)s."),
    ("training_completed", "UNKNOWN"): _("Nobody has said yet whether the person completed the training."),
    ("sat_the_assessment", "PASSED"): _("The person sat the assessment by %(cut_off)s."),
    ("sat_the_assessment", "FAILED"): _("The person did not sit the assessment by %(cut_off)s."),
    ("passed_the_assessment", "PASSED"): _("The sitting that counts is a pass with a valid certificate."),
    ("passed_the_assessment", "FAILED"): _(
        "There is no pass with a valid certificate that counts by %(cut_off)s."
    ),
    ("passed_the_assessment", "UNKNOWN"): _(
        "The person passed, and the certificate was not recorded yet. It counts as soon as it is."
    ),
    ("category_is_eligible", "PASSED"): _("%(category)s: the policy pays for this category."),
    ("category_is_eligible", "FAILED"): _("%(category)s: the policy does not pay for this category."),
    ("graduates_in_time", "PASSED"): _(
        "The graduation date, where the category needs one, lies in the policy's span."
    ),
    ("graduates_in_time", "FAILED"): _("Graduated on %(graduated_on)s, outside %(first)s to %(last)s."),
    ("graduates_in_time", "UNKNOWN"): _("The graduation date is not known yet."),
    ("attended_enough", "PASSED"): _("Attended %(attended)s of the hours taught; %(least)s are needed."),
    ("attended_enough", "FAILED"): _("Attended only %(attended)s of the hours taught; %(least)s are needed."),
    ("attended_enough", "UNKNOWN"): _(
        "Attendance of some lessons was never reported, so nobody can say whether %(least)s was reached."
    ),
    ("nothing_is_under_review", "PASSED"): _(
        "No result and no certificate of the person is being looked at again."
    ),
    ("nothing_is_under_review", "UNKNOWN"): _(
        "A result or a certificate of the person is being looked at again. "
        "As soon as that is closed, this goes on by itself."
    ),
    ("not_subsidized_before", "PASSED"): _("No training subsidy was paid for the person before."),
    ("not_subsidized_before", "FAILED"): _(
        "A training subsidy was paid for the person in another class already, and the policy pays it once."
    ),
    ("standard_is_known", "PASSED"): _("What is paid for one person before the factor: %(standard)s."),
    ("standard_is_known", "UNKNOWN"): _(
        "No published fee and no entry of the policy's table says what is paid for one person."
    ),
    ("not_refused_in_review", "PASSED"): _("The district has not refused this line."),
    ("not_refused_in_review", "FAILED"): _("The district refused this line: %(code)s."),
    ("attendance_against_timetable", "PASSED"): _(
        "Nobody was there on a day without a lesson, or for more hours than were taught."
    ),
    ("attendance_against_timetable", "FAILED"): _(
        "Marks on days without a lesson: %(marks_without_lesson)s; people with more hours than were taught: "
        "%(people_over_hours)s."
    ),
    ("attendance_against_timetable", "UNKNOWN"): _("No attendance was reported for this class."),
    ("overlapping_classes", "PASSED"): _("No other class took the same people, trainers or rooms."),
    ("overlapping_classes", "FAILED"): _(
        "Other classes at the same time with the same people, trainers or rooms: %(classes)s."
    ),
    ("shared_accounts", "PASSED"): _("No two people of the class name one account."),
    ("shared_accounts", "FAILED"): _("%(people)s people of the class share %(accounts)s accounts."),
    ("assessment_signals", "PASSED"): _(
        "Nothing was measured in the assessment that somebody should look at."
    ),
    ("assessment_signals", "FAILED"): _("Measured in the assessment, and not closed yet: %(signals)s."),
    ("institution_in_good_standing", "PASSED"): _(
        "The institution is not suspended, and was accredited on every day of the class."
    ),
    ("institution_in_good_standing", "FAILED"): _(
        "Suspensions in force: %(suspensions)s; first day of the class without accreditation: %(not_accredited_on)s."
    ),
    ("pass_rate_far_from_others", "PASSED"): _(
        "The pass rate is %(rate)s, that of %(other_classes)s other classes %(rate_of_others)s: no more than "
        "%(distance)s percentage points apart."
    ),
    ("pass_rate_far_from_others", "FAILED"): _(
        "The pass rate is %(rate)s, that of %(other_classes)s other classes %(rate_of_others)s: more than %(distance)s "
        "percentage points apart."
    ),
    ("pass_rate_far_from_others", "UNKNOWN"): _(
        "There is too little to compare the pass rate with. Classes of the same occupation and level whose claims were "
        "confirmed in the last twelve months: %(other_classes)s, needed: %(least_classes)s."
    ),
    ("advance_is_shown", "PASSED"): _("The institution says that it spent %(amount)s, and files show it."),
    ("advance_is_shown", "FAILED"): _("Said to be spent: %(amount)s; files that show it: %(evidence)s."),
    ("advance_is_shown", "UNKNOWN"): _("The files that show the advance are being scanned."),
    ("class_within_quota", "PASSED"): _("No more people than the fund has seats for."),
    ("class_within_quota", "FAILED"): _(
        "%(people)s people were in the class at the roster lock, and it holds %(seats)s funded seats."
    ),
}
# Which facts are shares, sums and codes; a list is told by how long it is.
SHARES: Final = ("attended", "least", "rate", "rate_of_others")
SUMS: Final = ("standard", "amount")
LABELS: Final = {"status": EnrollmentStatus, "category": ParticipantCategory, "code": LineRefusal}


def claim_check_name(name: str) -> str:
    """Return a check's name in the reader's language."""
    return str(NAMES.get(name, name))


def claim_check_sentence(check: KeptCheck) -> str:
    """Return one kept check as a sentence in the reader's language."""
    facts = dict(check.get("facts", {}))
    if _is_not_asked_for(check["name"], facts):
        return str(NOT_ASKED_FOR)
    words = {name: _in_words(name, value) for name, value in facts.items()}
    return str(SENTENCES[check["name"], check["outcome"]]) % words


def claim_line_reason(line: ClaimLine) -> str:
    """Return why a line of a claim does not count: the check that says so, with what it saw."""
    found = next((check for check in line.checks if check["name"] == line.reason), None)
    return claim_check_sentence(found) if found else claim_check_name(line.reason)


def shown_check(check: KeptCheck) -> dict[str, str]:
    """Return one kept check as a table shows it."""
    return {
        "name_text": claim_check_name(check["name"]),
        "outcome": check["outcome"],
        "outcome_label": str(CheckOutcome(check["outcome"]).label),
        "sentence": claim_check_sentence(check),
    }


def _is_not_asked_for(name: str, facts: Mapping[str, Any]) -> bool:
    if name == "sat_the_assessment":
        return facts.get("line_rule") == "COMPLETED"
    if name == "passed_the_assessment":
        return facts.get("line_rule") != "PASSED"
    if name == "pass_rate_far_from_others":
        return not facts.get("least_classes")
    return name == "attended_enough" and not Decimal(facts.get("least") or 0)


def _in_words(name: str, value: Any) -> str:
    """Return one fact of a check as people read it."""
    if name == "signals":
        return ", ".join(dict.fromkeys(str(SignalKind(signal["kind"]).label) for signal in value)) or "—"
    if isinstance(value, list):
        return str(len(value))
    if value is None or value == "":
        return "—"
    if name in SHARES:
        return percent(Decimal(value))
    if name in SUMS:
        return yuan(Decimal(value))
    if name in LABELS and value in LABELS[name].values:
        return str(LABELS[name](value).label)
    return str(value)
