"""What each check means, in the reader's language. One sentence for each outcome; facts fill the gaps."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise

from chongqing_dte.foundation.sentences import gettext_lazy as _
from enrollment.enums import ParticipantCategory
from institutions.enums import Level, Role
from subsidies.enums import CheckOutcome
from subsidies.rules import return_reasons
from subsidies.rules.holds import owner_of

CHECK_NAMES: Final[dict[str, Promise]] = {
    "policy_is_in_force": _("A policy is in force"),
    "certificate_is_valid": _("The certificate is valid"),
    "sitting_is_still_a_pass": _("The result still stands as a pass"),
    "nothing_is_under_review": _("Nothing is under review"),
    "trained_in_the_programme": _("Trained in the programme"),
    "category_is_eligible": _("The participant category is eligible"),
    "no_objection_was_upheld": _("No objection was upheld"),
    "graduates_in_time": _("Graduates in the certificate's year"),
    "recorded_in_time": _("Recorded in time"),
    "passes_for_the_first_time": _("Passes for the first time"),
    "is_not_claimed_already": _("Not subsidized already"),
    "ladder_is_kept": _("No higher level was subsidized before"),
    "within_lifetime_cap": _("Within the subsidies of a lifetime"),
    "within_yearly_cap": _("Within the subsidies of a year"),
    "fee_is_published": _("The assessment fee is published"),
    "amount_is_positive": _("There is something to pay"),
    "not_subsidized_elsewhere": _("Not subsidized elsewhere"),
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
    ("no_objection_was_upheld", "PASSED"): _("No objection against this subsidy was found to be right."),
    ("no_objection_was_upheld", "FAILED"): _(
        "An objection against this subsidy was looked into and found to be right, so it is not paid."
    ),
    ("recorded_in_time", "PASSED"): _("The certificate was recorded within the time that the policy gives."),
    ("recorded_in_time", "FAILED"): _(
        "Issued on %(issued_on)s and recorded on %(recorded_on)s: the policy gives %(days)s days, until %(last)s."
    ),
    ("recorded_in_time", "UNKNOWN"): _("This cannot be decided before a policy is in force."),
    ("ladder_is_kept", "PASSED"): _("No grant for a higher level stands before this one."),
    ("ladder_is_kept", "FAILED"): _(
        "The person was granted the subsidy for a higher level (%(level)s) already. "
        "The policy pays none for a lower level after that."
    ),
    ("ladder_is_kept", "UNKNOWN"): _("This cannot be decided before a policy is in force."),
    ("within_lifetime_cap", "PASSED"): _("The person has been granted %(granted)s subsidies before."),
    ("within_lifetime_cap", "FAILED"): _(
        "The person has been granted %(granted)s subsidies, and the policy grants %(cap)s in a lifetime at most."
    ),
    ("within_lifetime_cap", "UNKNOWN"): _("This cannot be decided before a policy is in force."),
    ("within_yearly_cap", "PASSED"): _(
        "The person has been granted %(granted)s subsidies for certificates of %(year)s before."
    ),
    ("within_yearly_cap", "FAILED"): _(
        "The person has been granted %(granted)s subsidies for certificates of %(year)s, "
        "and the policy grants %(cap)s in a year at most."
    ),
    ("within_yearly_cap", "UNKNOWN"): _("This cannot be decided before a policy is in force."),
    ("not_subsidized_elsewhere", "PASSED"): _(
        "No other subsidy for this occupation and level stands against it."
    ),
    ("not_subsidized_elsewhere", "FAILED"): _(
        "Another programme paid %(paid)s yuan for the same occupation and level, "
        "and the policy pays nothing beside that."
    ),
    ("not_subsidized_elsewhere", "UNKNOWN"): _("This cannot be decided before a policy is in force."),
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

# What another programme paid, where the policy pays the difference: by outcome.
DIFFERENCE_SENTENCES: Final[dict[str, Promise]] = {
    "PASSED": _(
        "Other programmes paid %(paid)s yuan for the same occupation and level. "
        "They left %(left)s yuan of the fee, and no more than that is paid."
    ),
    "FAILED": _(
        "Other programmes paid %(paid)s yuan for the same occupation and level, "
        "so nothing is left of the fee to be paid."
    ),
}

# What whoever must act on a hold has to do, by the check that holds.
HOLD_STEPS: Final[dict[str, Promise]] = {
    "policy_is_in_force": _("Draft and approve a policy version that covers the day of the certificate."),
    "nothing_is_under_review": _(
        "Close the review, or decide on the correction or revocation that is proposed."
    ),
    "category_is_eligible": _("Find out the participant category."),
    "graduates_in_time": _("Find out the graduation date and have it recorded in the class's roster."),
    "fee_is_published": _(
        "Write down the fee that the evaluation institution had announced for the day of the assessment."
    ),
    "account_is_known": _(
        "Give the number of a bank account in your own name, best that of your social security card."
    ),
    "budget_has_room": _("Top up the budget, or transfer from another one."),
}
HOLD_STEP_OF_THE_REVIEWER: Final = _("Look into what is missing.")

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
REVOKED_AND_PAID_BACK: Final = _(
    "The certificate was revoked on %(ended_on)s, after the subsidy had been paid. All of the money came back, the "
    "last of it on %(repaid_on)s."
)
REVOKED_BEFORE_IT_WAS_PAID: Final = _(
    "The certificate was revoked on %(ended_on)s, before the subsidy was paid, so nothing is paid for it."
)

RECOVERY_REASONS: Final[dict[str, Promise]] = {
    "certificate_revoked": _(
        "The certificate was revoked on %(ended_on)s, after the subsidy was paid, so the money is to come back."
    ),
    "objection_upheld": _(
        "An objection to the decision was upheld after the subsidy was paid, so the money is to come back."
    ),
    "paid_twice": _("The bank paid the subsidy twice, so one of the two is to come back."),
    "claim_result_fell": _(
        "A pass that was paid for in the claim does not stand any more: its result was corrected or its certificate "
        "revoked. What was paid for the person is to come back as far as it is more than by now."
    ),
    "claim_line_fell": _(
        "A person who was paid for in the claim does not count any more. What was paid for them is to come back."
    ),
    "claim_factor_fell": _(
        "The pass rate of the class, or what is paid for each person, has become less since the claim was paid. What "
        "was paid too much for the person is to come back."
    ),
}

WITHDRAWAL_REASONS: Final[dict[str, Promise]] = {
    "claim_reckoned_anew": _(
        "Withdrawn on %(withdrawn_on)s: the claim was reckoned anew, and another amount or nothing is to come back."
    ),
    "certificate_valid_again": _(
        "Withdrawn on %(withdrawn_on)s: the result stands as a pass again and the person holds a valid certificate, "
        "so the money stays with them."
    ),
}

# Why money came back, by cause: the sentence, and what has to be done.
RETURN_REASONS: Final[dict[str, tuple[Promise, Promise]]] = {
    return_reasons.ACCOUNT_UNKNOWN: (
        _("The bank knows no such account."),
        _("Check the account number with the person, digit by digit, and correct it."),
    ),
    return_reasons.ACCOUNT_CLOSED: (
        _("The account is closed."),
        _("Ask the person for another account in their own name."),
    ),
    return_reasons.ACCOUNT_BLOCKED: (
        _("The account is frozen, reported lost or takes no money at present."),
        _("Ask the person to have it put right at the bank, or for another account in their own name."),
    ),
    return_reasons.ACCOUNT_NOT_ACTIVATED: (
        _("The bank function of the social security card is not activated."),
        _(
            "Ask the person to activate it at the bank, then record the same account again; or ask for another account."
        ),
    ),
    return_reasons.NAME_MISMATCH: (
        _("The account belongs to another name."),
        _("Ask the person for an account in their own name, written as on the identity card."),
    ),
    return_reasons.WRONG_KIND: (
        _("The account is of a kind that takes no such payments."),
        _("Ask the person for another account: a bank card of class I, or the social security card."),
    ),
    return_reasons.BANK_UNKNOWN: (
        _("The bank or its CNAPS code is not known."),
        _("Check the bank and its CNAPS code, and correct the account."),
    ),
    return_reasons.AMOUNT_REFUSED: (
        _("The bank does not take this amount for this account."),
        _("Ask the bank which limit it is. An account without that limit helps."),
    ),
    return_reasons.OUR_FUNDS: (
        _("The account that the subsidies are paid from did not hold enough."),
        _("The municipal finance office fills up the account. The person has nothing to do."),
    ),
    return_reasons.REPEATED: (
        _("The bank takes the payment for one that it has made already."),
        _(
            "The municipal finance office asks the bank whether the money was paid. Nothing is sent again before."
        ),
    ),
    return_reasons.REGULATION: (
        _("The bank must not make the payment by its regulations, or lacks particulars of the person."),
        _("Ask the person to complete their particulars at the bank, or for another account."),
    ),
    return_reasons.BY_REQUEST: (
        _("The payment was called back."),
        _("The municipal finance office asks the bank by whom."),
    ),
    return_reasons.TECHNICAL: (
        _("The bank could not carry it out for a technical reason."),
        _("Record the same account again, and it is paid with the next batch."),
    ),
    return_reasons.OTHER: (
        _("The bank gave a reason that is not explained here: %(code)s"),
        _(
            "The municipal finance office asks the bank what it means. Another account in the person's name may help."
        ),
    ),
}


def check_name(name: str) -> str:
    """Return a check's name in the reader's language."""
    return str(CHECK_NAMES[name])


def check_sentence(check: Mapping[str, Any]) -> str:
    """Return one stored check as a sentence in the reader's language."""
    facts = dict(check.get("facts", {}))
    if facts.get("category") in ParticipantCategory.values:
        facts["category"] = ParticipantCategory(facts["category"]).label
    if facts.get("level") in Level.values:
        facts["level"] = Level(facts["level"]).label
    if "repaid_on" in facts:
        return str(REVOKED_AND_PAID_BACK) % facts
    if "ended_on" in facts:
        return str(REVOKED_BEFORE_IT_WAS_PAID) % facts
    if "left" in facts:
        return str(DIFFERENCE_SENTENCES[check["outcome"]]) % facts
    return str(SENTENCES[(check["name"], check["outcome"])]) % facts


def hold_step(reason: str) -> str:
    """Return what has to be done about a hold, in the reader's language."""
    return str(HOLD_STEPS.get(reason, HOLD_STEP_OF_THE_REVIEWER))


def hold_owner(reason: str) -> str:
    """Return who has to do it: the person, or the role of an office, in the reader's language."""
    role = owner_of(reason).role
    return str(Role(role).label) if role else str(_("The person"))


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
    found = next((check for check in checks if check["name"] == reason), None)
    return check_sentence(found) if found else check_name(reason)


def return_reason(code: str) -> str:
    """Return why the bank sent money back, in words; nothing if it did not. A code that nobody knows is named."""
    return str(RETURN_REASONS[return_reasons.cause_of(code)][0]) % {"code": code} if code else ""


def return_advice(code: str) -> str:
    """Return what has to be done about money that came back."""
    return str(RETURN_REASONS[return_reasons.cause_of(code)][1])


def outcome_label(outcome: str) -> str:
    """Return a check's outcome in the reader's language."""
    return str(CheckOutcome(outcome).label)
