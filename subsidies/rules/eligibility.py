"""Who is paid the assessment subsidy, and why. Pure: from frozen facts to a decision that explains itself."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Final

from subsidies.rules.facts import (
    FAILED,
    PASSED,
    UNKNOWN,
    CertificateFacts,
    Check,
    Facts,
    Grant,
    OtherPaid,
    PolicyValues,
    PublishedFee,
    Ruling,
)
from subsidies.rules.first_pass import derive_first_pass
from subsidies.rules.limits import (
    amount_by_policy,
    amount_owed,
    ladder_is_kept,
    no_objection_was_upheld,
    not_subsidized_elsewhere,
    recorded_in_time,
    within_lifetime_cap,
    within_yearly_cap,
)

__all__ = [
    "CHECKS",
    "FAILED",
    "HANGS_ON_RESULTS",
    "MAY_TURN_ROUND",
    "PASSED",
    "UNKNOWN",
    "CertificateFacts",
    "Check",
    "Facts",
    "Grant",
    "OtherPaid",
    "PolicyValues",
    "PublishedFee",
    "Ruling",
    "claimed_key",
    "decide",
    "first_pass_key",
    "graduation_span",
]


def first_pass_key(facts: CertificateFacts) -> str:
    """Return the text of the scope in which there can be one first pass."""
    if facts.policy is None:
        return f"certificate:{facts.certificate_id}"
    key = f"person:{facts.person_id}"
    if facts.policy.first_pass_scope in ("OCCUPATION", "OCCUPATION_AND_LEVEL"):
        key += f"/occupation:{facts.sitting.occupation_id}"
    if facts.policy.first_pass_scope == "OCCUPATION_AND_LEVEL":
        key += f"/level:{facts.sitting.level}"
    return key


def claimed_key(facts: CertificateFacts, ruling: Ruling) -> str:
    """Return the key that a decision is stored under: of its first pass, or of the certificate alone.

    A hold claims the first pass only if it would be granted once what is missing arrives: one that another
    pass stands before until a review is closed must not keep that pass from being decided.
    """
    stands = all(check.outcome == PASSED for check in ruling.checks if check.name in HANGS_ON_RESULTS)
    if ruling.decision == "HELD" and not stands:
        return f"certificate:{facts.certificate_id}"
    return first_pass_key(facts)


def graduation_span(issued_on: date, rule: str) -> tuple[date, date]:
    """Return the first and the last day on which a graduation counts for a certificate of this date."""
    if rule == "ACADEMIC":
        start_year = issued_on.year if issued_on.month >= 9 else issued_on.year - 1
        return date(start_year, 9, 1), date(start_year + 1, 8, 31)
    return date(issued_on.year, 1, 1), date(issued_on.year, 12, 31)


def policy_is_in_force(facts: CertificateFacts) -> Check:
    """A policy version covers the day on which the certificate was issued."""
    if facts.policy is None:
        return Check("policy_is_in_force", UNKNOWN, {"issued_on": facts.issued_on.isoformat()})
    return Check("policy_is_in_force", PASSED, {"policy_version": facts.policy.version_id})


def certificate_is_valid(facts: CertificateFacts) -> Check:
    """The certificate has not been revoked or superseded."""
    return Check("certificate_is_valid", PASSED if facts.is_valid else FAILED)


def sitting_is_still_a_pass(facts: CertificateFacts) -> Check:
    """The result that the certificate rests on stands as a pass, after whatever corrections there were."""
    seen: Facts = {"attempt": facts.sitting.attempt_id, "outcome": facts.sitting.outcome}
    return Check("sitting_is_still_a_pass", PASSED if facts.sitting.is_pass else FAILED, seen)


def nothing_is_under_review(facts: CertificateFacts) -> Check:
    """No result and no certificate of the person is being looked at again."""
    return Check("nothing_is_under_review", UNKNOWN if facts.is_under_review else PASSED)


def trained_in_the_programme(facts: CertificateFacts) -> Check:
    """Plan: the subsidy is for those who took the programme's training; whoever trained elsewhere may sit, unpaid."""
    return Check("trained_in_the_programme", FAILED if facts.category is None else PASSED)


def category_is_eligible(facts: CertificateFacts) -> Check:
    """Plan: graduating college students and enterprise employees only."""
    if facts.policy is None or facts.category is None:
        return Check("category_is_eligible", UNKNOWN)
    eligible = facts.category in facts.policy.eligible_categories
    return Check("category_is_eligible", PASSED if eligible else FAILED, {"category": facts.category})


def graduates_in_time(facts: CertificateFacts) -> Check:
    """A graduating student graduates in the year of the certificate, as the policy counts years."""
    if facts.category not in ("GRADUATING_STUDENT", None):
        return Check("graduates_in_time", PASSED, {"category": facts.category})
    if facts.policy is None or facts.graduated_on is None:
        return Check("graduates_in_time", UNKNOWN)
    first, last = graduation_span(facts.issued_on, facts.policy.graduation_year_rule)
    outcome = PASSED if first <= facts.graduated_on <= last else FAILED
    seen: Facts = {
        "graduated_on": facts.graduated_on.isoformat(),
        "first": first.isoformat(),
        "last": last.isoformat(),
    }
    return Check("graduates_in_time", outcome, seen)


def passes_for_the_first_time(facts: CertificateFacts) -> Check:
    """Plan: passes the programme's level assessment for the first time. Derived from the chain of all sittings."""
    if facts.policy is None:
        return Check("passes_for_the_first_time", UNKNOWN)
    scope, rule = facts.policy.first_pass_scope, facts.policy.first_pass_rule
    derived = derive_first_pass(facts.sitting, facts.other_sittings, scope=scope, rule=rule)
    seen: Facts = {
        "scope": scope,
        "rule": rule,
        "attempt": facts.sitting.attempt_id,
        "earlier_sittings": derived.earlier_count,
        "sittings": [looked_at.as_facts() for looked_at in derived.chain],
    }
    if derived.disqualifying is None:
        return Check("passes_for_the_first_time", PASSED, seen)
    earlier = derived.disqualifying.sitting
    seen |= {"earlier_attempt": earlier.attempt_id, "on": earlier.held_on.isoformat()}
    return Check("passes_for_the_first_time", FAILED, seen)


def is_not_claimed_already(facts: CertificateFacts) -> Check:
    """No other certificate holds or has used up this first pass."""
    claimed = facts.claimed_by_certificate_id
    return Check("is_not_claimed_already", FAILED if claimed else PASSED, {"certificate": claimed})


def fee_is_published(facts: CertificateFacts) -> Check:
    """Plan: the fee publicly announced by the evaluation institution; the one in force on the assessment's day."""
    if facts.fee is None:
        return Check("fee_is_published", UNKNOWN, {"held_on": facts.sitting.held_on.isoformat()})
    return Check(
        "fee_is_published", PASSED, {"fee_schedule": facts.fee.schedule_id, "total": str(facts.fee.total)}
    )


def amount_is_positive(facts: CertificateFacts) -> Check:
    """The policy's share of the fee comes to at least a cent."""
    if facts.policy is None or facts.fee is None:
        return Check("amount_is_positive", UNKNOWN)
    amount = amount_by_policy(facts)
    return Check("amount_is_positive", PASSED if amount > 0 else FAILED, {"amount": str(amount)})


def account_is_known(facts: CertificateFacts) -> Check:
    """There is an account to pay to. A missing one holds the money and is chased; it never loses it."""
    if facts.bank_account_id is None:
        return Check("account_is_known", UNKNOWN)
    return Check("account_is_known", PASSED, {"bank_account": facts.bank_account_id})


CHECKS: Final[tuple[Callable[[CertificateFacts], Check], ...]] = (
    policy_is_in_force,
    certificate_is_valid,
    sitting_is_still_a_pass,
    nothing_is_under_review,
    no_objection_was_upheld,
    trained_in_the_programme,
    category_is_eligible,
    graduates_in_time,
    recorded_in_time,
    passes_for_the_first_time,
    is_not_claimed_already,
    ladder_is_kept,
    within_lifetime_cap,
    within_yearly_cap,
    fee_is_published,
    amount_is_positive,
    not_subsidized_elsewhere,
    account_is_known,
)


# What the end of a review may turn round, so that nobody is refused for it while one is open: results, and the grants
# that rest on them. A grant that is voided turns the same round.
HANGS_ON_RESULTS: Final = frozenset(
    {
        "sitting_is_still_a_pass",
        "passes_for_the_first_time",
        "is_not_claimed_already",
        "ladder_is_kept",
        "within_lifetime_cap",
        "within_yearly_cap",
    }
)
# What a refusal may hang on and yet be decided otherwise later. Any other stands, unless an objection of the person
# is upheld, or two people correct the evidence that it hangs on.
MAY_TURN_ROUND: Final = HANGS_ON_RESULTS | {"not_subsidized_elsewhere", "no_objection_was_upheld"}


def decide(facts: CertificateFacts) -> Ruling:
    """Run every check and rule: one that failed refuses, else one that is unknown holds, else it is granted.

    While something of the person is under review, what hangs on results does not refuse: it holds.
    """
    checks = tuple(check(facts) for check in CHECKS)
    failed = next((check for check in checks if check.outcome == FAILED and _is_final(check, facts)), None)
    unknown = next((check for check in checks if check.outcome == UNKNOWN), None)
    if failed is not None:
        return Ruling("REFUSED", failed.name, Decimal("0.00"), checks)
    amount = amount_owed(facts)
    if unknown is not None:
        return Ruling("HELD", unknown.name, amount, checks)
    return Ruling("GRANTED", "", amount, checks)


def _is_final(check: Check, facts: CertificateFacts) -> bool:
    return not (facts.is_under_review and check.name in HANGS_ON_RESULTS)
