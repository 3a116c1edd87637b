"""What each check means, in the reader's language. One sentence for each outcome; facts fill the gaps."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from enrollment.enums import ParticipantCategory
from subsidies.enums import CheckOutcome

CHECK_NAMES: Final[dict[str, Promise]] = {
    "policy_is_in_force": _("A policy is in force"),
    "certificate_is_valid": _("The certificate is valid"),
    "sitting_is_still_a_pass": _("The result still stands as a pass"),
    "nothing_is_under_review": _("Nothing is under review"),
    "trained_in_the_programme": _("Trained in the programme"),
    "category_is_eligible": _("The participant category is eligible"),
    "graduates_in_time": _("Graduates in the certificate's year"),
    "passes_for_the_first_time": _("Passes for the first time"),
    "is_not_claimed_already": _("Not subsidized already"),
    "fee_is_published": _("The assessment fee is published"),
    "amount_is_positive": _("There is something to pay"),
    "account_is_known": _("The bank account is known"),
    "budget_has_room": _("The budget has room"),
}

SENTENCES: Final[dict[tuple[str, str], Promise]] = {
    ("policy_is_in_force", "PASSED"): _(
        "A policy version covers the day on which the certificate was issued."
    ),
    ("policy_is_in_force", "UNKNOWN"): _(
        "No approved policy version covers %(issued_on)s. It is decided as soon as the municipal bureau approves one."
    ),
    ("certificate_is_valid", "PASSED"): _("The certificate has been neither revoked nor superseded."),
    ("certificate_is_valid", "FAILED"): _(
        "The certificate has been revoked or superseded, so nothing is paid for it."
    ),
    ("sitting_is_still_a_pass", "PASSED"): _("The result that the certificate rests on stands as a pass."),
    ("sitting_is_still_a_pass", "FAILED"): _(
        "The result that the certificate rests on was corrected and is not a pass any more."
    ),
    ("nothing_is_under_review", "PASSED"): _(
        "No result and no certificate of the person is being looked at again."
    ),
    ("nothing_is_under_review", "UNKNOWN"): _(
        "A result or a certificate of the person is being looked at again. "
        "As soon as that is closed, this goes on by itself."
    ),
    ("trained_in_the_programme", "PASSED"): _("The person completed a training class of the programme."),
    ("trained_in_the_programme", "FAILED"): _(
        "The person trained outside the programme. They may sit the assessment and hold the certificate, "
        "but the Plan subsidizes those who trained in the programme."
    ),
    ("category_is_eligible", "PASSED"): _("%(category)s: the Plan subsidizes this category."),
    ("category_is_eligible", "FAILED"): _(
        "%(category)s: the Plan subsidizes graduating students and enterprise employees only."
    ),
    ("category_is_eligible", "UNKNOWN"): _(
        "This cannot be decided before a policy is in force and the participant category is known."
    ),
    ("graduates_in_time", "PASSED"): _(
        "The graduation date, where the category needs one, lies in the policy's span."
    ),
    ("graduates_in_time", "FAILED"): _(
        "Graduated on %(graduated_on)s, outside %(first)s to %(last)s, the span that counts for this certificate."
    ),
    ("graduates_in_time", "UNKNOWN"): _("The graduation date is not known yet."),
    ("passes_for_the_first_time", "PASSED"): _(
        "No earlier pass was found in any institution's records; earlier sittings: %(earlier_sittings)s."
    ),
    ("passes_for_the_first_time", "FAILED"): _(
        "An earlier sitting of %(on)s counts already, so this is not the first pass."
    ),
    ("passes_for_the_first_time", "UNKNOWN"): _("This cannot be decided before a policy is in force."),
    ("is_not_claimed_already", "PASSED"): _("No other certificate has used up this first pass."),
    ("is_not_claimed_already", "FAILED"): _("Another certificate has used up this first pass already."),
    ("fee_is_published", "PASSED"): _(
        "The evaluation institution's published fee on the assessment's day was %(total)s yuan."
    ),
    ("fee_is_published", "UNKNOWN"): _(
        "No published fee covers %(held_on)s. The evaluation institution must publish it; then this goes on by itself."
    ),
    ("amount_is_positive", "PASSED"): _("By the published fee and the policy it comes to %(amount)s yuan."),
    ("amount_is_positive", "FAILED"): _("By the published fee and the policy it comes to less than a cent."),
    ("amount_is_positive", "UNKNOWN"): _(
        "The amount is known once a policy is in force and the fee is published."
    ),
    ("account_is_known", "PASSED"): _("There is an account to pay to."),
    ("account_is_known", "UNKNOWN"): _(
        "No bank account is recorded. As soon as the person's account arrives, this goes on by itself."
    ),
    ("budget_has_room", "PASSED"): _("The amount is reserved in the year's budget."),
    ("budget_has_room", "UNKNOWN"): _(
        "The year's budget has no room for this amount. It waits in order, and goes on by itself after a top-up."
    ),
}

# What a sitting means for the first pass: the first line that is true of it.
SITTING_WORDS: Final[tuple[tuple[str, Promise], ...]] = (
    ("is_own", _("The sitting of this certificate")),
    ("counted", _("Earlier, and counts: this certificate's pass is not the first")),
    ("is_absence", _("Absent, so that it is no sitting")),
    ("is_out_of_scope", _("Outside what the first pass is counted over")),
    ("is_earlier", _("Earlier, but no pass, and so does not count")),
    ("is_later", _("Later than the sitting of this certificate")),
)

# The check of a certificate that was revoked after its subsidy had been granted.
REVOKED_BEFORE_IT_WAS_PAID: Final = _(
    "The certificate was revoked on %(ended_on)s, before the subsidy was paid, so nothing is paid for it."
)

RECOVERY_REASONS: Final[dict[str, Promise]] = {
    "certificate_revoked": _(
        "The certificate was revoked on %(ended_on)s, after the subsidy was paid, so the money is to come back."
    ),
}

WITHDRAWAL_REASONS: Final[dict[str, Promise]] = {
    "certificate_valid_again": _(
        "Withdrawn on %(withdrawn_on)s: the result stands as a pass again and the person holds a valid certificate, "
        "so the money stays with them."
    ),
}

RETURN_REASONS: Final[dict[str, Promise]] = {
    "ACCOUNT_NOT_ACTIVATED": _("The bank function of the social security card is not activated."),
    "ACCOUNT_CLOSED": _("The account is closed."),
    "NAME_MISMATCH": _("The account belongs to another name."),
}


def check_name(name: str) -> str:
    """Return a check's name in the reader's language."""
    return str(CHECK_NAMES[name])


def check_sentence(check: Mapping[str, Any]) -> str:
    """Return one stored check as a sentence in the reader's language."""
    facts = dict(check.get("facts", {}))
    if facts.get("category") in ParticipantCategory.values:
        facts["category"] = ParticipantCategory(facts["category"]).label
    if "ended_on" in facts:
        return str(REVOKED_BEFORE_IT_WAS_PAID) % facts
    return str(SENTENCES[(check["name"], check["outcome"])]) % facts


def recovery_sentence(reason: str, facts: Mapping[str, Any]) -> str:
    """Return why money is to come back, in the reader's language."""
    return str(RECOVERY_REASONS[reason]) % facts


def withdrawal_sentence(reason: str, facts: Mapping[str, Any]) -> str:
    """Return why money is not to come back any more, in the reader's language; nothing if it is."""
    return str(WITHDRAWAL_REASONS[reason]) % facts if reason else ""


def sitting_words(looked_at: Mapping[str, Any]) -> str:
    """Return what one stored sitting means for the first pass, in the reader's language."""
    said = {
        **looked_at,
        "is_absence": looked_at["outcome"] == "ABSENT",
        "is_out_of_scope": not looked_at["in_scope"],
        "is_later": True,
    }
    return str(next(words for name, words in SITTING_WORDS if said[name]))


def decision_sentence(checks: list[dict[str, Any]], reason: str) -> str:
    """Return why a decision is as it is: the check it hangs on, or that all were passed."""
    if not reason:
        return str(_("Every check was passed, so the subsidy is paid without an application."))
    return check_sentence(next(check for check in checks if check["name"] == reason))


def return_reason(code: str) -> str:
    """Return why the bank sent money back, in words; an unknown code is shown as it came."""
    return str(RETURN_REASONS.get(code, code))


def outcome_label(outcome: str) -> str:
    """Return a check's outcome in the reader's language."""
    return str(CheckOutcome(outcome).label)
