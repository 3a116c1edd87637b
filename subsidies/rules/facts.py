"""What a decision is made from, and what it comes to. Frozen, and free of personal data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from subsidies.rules.first_pass import Sitting

# What a check saw: single facts, or a list of rows.
Facts = dict[str, str | int | list[dict[str, str | int | bool]] | None]

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
    # By level, in yuan.
    ceilings: Mapping[str, Decimal]
    # Grants that one person may have; None means as many as there are first passes.
    lifetime_cap: int | None = None
    yearly_cap: int | None = None
    ladder_rule: str = "NONE"
    stacking_rule: str = "ALLOWED"
    # Days from the day of issue to the day of record; None means any number.
    recording_window_days: int | None = None
    competent_district_rule: str = "TRAINING"
    budget_by_district: bool = False
    notice_working_days: int = 0


@dataclass(frozen=True)
class PublishedFee:
    """The fee schedule that was in force on the day of the assessment. Total in yuan."""

    schedule_id: int
    total: Decimal


@dataclass(frozen=True)
class Grant:
    """One grant that a person has by now, with its places: in their lifetime, and in the year of the certificate."""

    certificate_id: int
    occupation_id: int
    level: str
    year: int
    lifetime_slot: int
    yearly_slot: int


@dataclass(frozen=True)
class Claim:
    """A grant, or a hold that would become one, on the first pass of a person."""

    certificate_id: int
    occupation_id: int
    level: str
    # When its sitting took place, in comparison with others.
    order: tuple[date, int]
    is_held: bool
    # As the policy of its own decision counts first passes; None without a policy.
    scope: str | None


@dataclass(frozen=True)
class OtherPaid:
    """What another programme paid the person for the same occupation and level, in yuan."""

    subsidy_id: int
    amount: Decimal


@dataclass(frozen=True)
class CertificateFacts:
    """Everything that one decision is made from. What is None is not known."""

    certificate_id: int
    is_valid: bool
    # Of the first certificate, if it was issued again since: a later day changes nobody's claim.
    issued_on: date
    # The person, under whatever row of theirs the certificate was issued.
    person_id: int
    # Whether a result or a certificate of the person, whichever, is being looked at again.
    is_under_review: bool
    # None for whoever did not train in the programme.
    category: str | None
    graduated_on: date | None
    # The certificate's own, as its result stands now; and every other of the person.
    sitting: Sitting
    other_sittings: tuple[Sitting, ...]
    policy: PolicyValues | None
    fee: PublishedFee | None
    bank_account_id: int | None
    # Another certificate for which this first pass is already claimed.
    claimed_by_certificate_id: int | None
    # The day in Chongqing on which the first certificate was recorded.
    recorded_on: date | None = None
    # Every grant of the person that stands, but this certificate's own.
    grants: tuple[Grant, ...] = ()
    # What the person's other certificates claim, before any of them is decided again beside this one.
    claims: tuple[Claim, ...] = ()
    other_subsidies: tuple[OtherPaid, ...] = ()
    # An objection against paying for this sitting, which was found to be right.
    upheld_objection_id: int | None = None
    # Of the class, for whoever trained in the programme; and of the evaluation institution.
    training_district_id: int | None = None
    evaluation_district_id: int | None = None


@dataclass(frozen=True)
class Check:
    """What one named check found, and the facts that it looked at."""

    name: str
    outcome: str
    facts: Facts = field(default_factory=dict)

    def as_kept(self) -> dict[str, str | Facts]:
        """Return what is stored with the decision, and not a copy of it: a decision has many of them."""
        return {"name": self.name, "outcome": self.outcome, "facts": self.facts}


@dataclass(frozen=True)
class Ruling:
    """The decision on one certificate: GRANTED, REFUSED or HELD, the check it hangs on, and all the checks."""

    decision: str
    reason: str
    amount: Decimal
    checks: tuple[Check, ...]
