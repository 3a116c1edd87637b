"""Who is paid the assessment subsidy, and why. Pure: from frozen facts to a decision that explains itself."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from subsidies.rules.amounts import assessment_amount

Facts = dict[str, str | int | None]

PASSED: Final = "PASSED"
FAILED: Final = "FAILED"
UNKNOWN: Final = "UNKNOWN"


@dataclass(frozen=True)
class PolicyValues:
    """The values of the policy version in force on the day the certificate was issued."""

    version_id: int
    first_pass_scope: str
    first_pass_rule: str
    eligible_categories: frozenset[str]
    graduation_year_rule: str
    fee_share: Decimal
    ceiling: Decimal


@dataclass(frozen=True)
class Sitting:
    """One attempt of the person, at any institution. Sittings are compared by day, then by the order recorded."""

    attempt_id: int
    held_on: date
    occupation_id: int
    level: str
    is_pass: bool

    @property
    def order(self) -> tuple[date, int]:
        """When the sitting took place, in comparison with others."""
        return (self.held_on, self.attempt_id)


@dataclass(frozen=True)
class PublishedFee:
    """The fee schedule that was in force on the day of the assessment. Total in yuan."""

    schedule_id: int
    total: Decimal


@dataclass(frozen=True)
class CertificateFacts:
    """Everything that one decision is made from. What is None is not known."""

    certificate_id: int
    is_valid: bool
    issued_on: date
    # The person, under whatever row of theirs the certificate was issued.
    person_id: int
    category: str
    graduated_on: date | None
    sitting: Sitting
    other_sittings: tuple[Sitting, ...]
    policy: PolicyValues | None
    fee: PublishedFee | None
    bank_account_id: int | None
    # Another certificate for which this first pass is already claimed.
    claimed_by_certificate_id: int | None


@dataclass(frozen=True)
class Check:
    """What one named check found, and the facts that it looked at."""

    name: str
    outcome: str
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True)
class Ruling:
    """The decision on one certificate: GRANTED, REFUSED or HELD, the check it hangs on, and all the checks."""

    decision: str
    reason: str
    amount: Decimal
    checks: tuple[Check, ...]


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


def is_same_first_pass(scope: str, one: tuple[int, str], other: tuple[int, str]) -> bool:
    """Test whether two passes of one person, each an occupation and a level, count as the same first pass."""
    if scope == "PERSON":
        return True
    return one == other if scope == "OCCUPATION_AND_LEVEL" else one[0] == other[0]


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


def category_is_eligible(facts: CertificateFacts) -> Check:
    """Plan: graduating college students and enterprise employees only."""
    if facts.policy is None:
        return Check("category_is_eligible", UNKNOWN)
    eligible = facts.category in facts.policy.eligible_categories
    return Check("category_is_eligible", PASSED if eligible else FAILED, {"category": facts.category})


def graduates_in_time(facts: CertificateFacts) -> Check:
    """A graduating student graduates in the year of the certificate, as the policy counts years."""
    if facts.category != "GRADUATING_STUDENT":
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
    """Plan: passes the programme's level assessment for the first time. Derived from the chain of all attempts."""
    if facts.policy is None:
        return Check("passes_for_the_first_time", UNKNOWN)
    earlier = [
        sitting
        for sitting in facts.other_sittings
        if sitting.order < facts.sitting.order and _in_scope(sitting, facts)
    ]
    if facts.policy.first_pass_rule == "FIRST_CERTIFICATE":
        disqualifying = [sitting for sitting in earlier if sitting.is_pass]
    else:
        disqualifying = earlier
    seen: Facts = {"earlier_sittings": len(earlier), "attempt": facts.sitting.attempt_id}
    if disqualifying:
        seen |= {"earlier_attempt": disqualifying[0].attempt_id, "on": disqualifying[0].held_on.isoformat()}
    return Check("passes_for_the_first_time", FAILED if disqualifying else PASSED, seen)


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
    amount = _amount(facts)
    return Check("amount_is_positive", PASSED if amount > 0 else FAILED, {"amount": str(amount)})


def account_is_known(facts: CertificateFacts) -> Check:
    """There is an account to pay to. A missing one holds the money and is chased; it never loses it."""
    if facts.bank_account_id is None:
        return Check("account_is_known", UNKNOWN)
    return Check("account_is_known", PASSED, {"bank_account": facts.bank_account_id})


CHECKS: Final[tuple[Callable[[CertificateFacts], Check], ...]] = (
    policy_is_in_force,
    certificate_is_valid,
    category_is_eligible,
    graduates_in_time,
    passes_for_the_first_time,
    is_not_claimed_already,
    fee_is_published,
    amount_is_positive,
    account_is_known,
)


def decide(facts: CertificateFacts) -> Ruling:
    """Run every check and rule: one that failed refuses, else one that is unknown holds, else it is granted."""
    checks = tuple(check(facts) for check in CHECKS)
    failed = next((check for check in checks if check.outcome == FAILED), None)
    unknown = next((check for check in checks if check.outcome == UNKNOWN), None)
    amount = _amount(facts)
    if failed is not None:
        return Ruling("REFUSED", failed.name, Decimal("0.00"), checks)
    if unknown is not None:
        return Ruling("HELD", unknown.name, amount, checks)
    return Ruling("GRANTED", "", amount, checks)


def _in_scope(sitting: Sitting, facts: CertificateFacts) -> bool:
    scope = facts.policy.first_pass_scope if facts.policy else "PERSON"
    own = facts.sitting
    return is_same_first_pass(scope, (sitting.occupation_id, sitting.level), (own.occupation_id, own.level))


def _amount(facts: CertificateFacts) -> Decimal:
    if facts.policy is None or facts.fee is None:
        return Decimal("0.00")
    return assessment_amount(
        published_fee=facts.fee.total, fee_share=facts.policy.fee_share, ceiling=facts.policy.ceiling
    )
