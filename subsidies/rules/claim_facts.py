"""What a reimbursement claim is reckoned from. Frozen, and free of personal data."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from subsidies.rules.facts import Check, PublishedFee
from subsidies.rules.pass_rates import PassRateCurve

COMPLETED: Final = "COMPLETED"
# In the class still; nobody has said yet whether they completed it.
ENROLLED: Final = "ENROLLED"


@dataclass(frozen=True)
class TrainingPolicyValues:
    """The values of the training policy version in force on the day the class ended."""

    version_id: int
    subsidized_once_per: str
    eligible_categories: frozenset[str]
    graduation_year_rule: str
    line_rule: str
    # Share of the hours taught; zero means that attendance is not asked for.
    least_attendance: Decimal
    standard_rule: str
    fee_share: Decimal
    capped_by_advance: bool
    denominator: str
    # Which sitting counts.
    pass_rule: str
    cut_off_days: int
    curve: PassRateCurve
    # In percentage points; None where pass rates are not compared.
    pass_rate_distance: int | None
    least_compared_classes: int
    claim_window_days: int
    district_working_days: int
    municipal_working_days: int
    answer_working_days: int
    one_signature_limit: Decimal
    notice_working_days: int
    budget_by_district: bool
    # By occupation and level, in yuan.
    standards: Mapping[tuple[int, str], Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class ClassFacts:
    """The class that a claim is for."""

    class_id: int
    institution_id: int
    occupation_id: int
    level: str
    direction: str
    ends_on: date
    status: str
    # People at the roster lock; None before it.
    locked_count: int | None
    hours_taught: Decimal
    # Whether it was reported for every hour taught who was there.
    is_attendance_reported: bool


@dataclass(frozen=True)
class ClaimSitting:
    """One sitting of an enrollment, with the result that stands now.

    A correction changes what a sitting came to, and never its place among the others.
    """

    # The first attempt that was recorded of it, and the one that counts now.
    sitting_id: int
    attempt_id: int
    session_id: int
    held_on: date
    outcome: str
    institution_id: int
    # Whether its result or its certificate is being looked at again.
    is_under_review: bool = False
    # The status of each certificate that was issued for it: of one issued again, both.
    certificates: tuple[str, ...] = ()

    @property
    def order(self) -> tuple[date, int]:
        """When the sitting took place, in comparison with others."""
        return (self.held_on, self.sitting_id)

    @property
    def took_place(self) -> bool:
        """Whether the person sat. Whoever stayed away did not; whoever was sent out did."""
        return self.outcome != "ABSENT"

    @property
    def is_pass(self) -> bool:
        """Whether it is a pass with a certificate that is valid."""
        return self.outcome == "PASSED" and "VALID" in self.certificates

    @property
    def waits_for_certificate(self) -> bool:
        """Whether it is a pass of which nobody can say yet whether it counts: its certificate was not recorded."""
        return self.outcome == "PASSED" and not {"VALID", "REVOKED"} & set(self.certificates)


@dataclass(frozen=True)
class TraineeFacts:
    """One person of the class, as they were enrolled in it. What is None is not known."""

    enrollment_id: int
    person_id: int
    status: str
    # Whether they were in the class at its roster lock.
    in_denominator: bool
    category: str
    graduated_on: date | None
    # Of the hours taught; None where nothing was reported.
    attended_share: Decimal | None
    # Of this enrollment only.
    sittings: tuple[ClaimSitting, ...] = ()
    # On the day of the sitting that counts; of whoever never sat, the intended evaluator's on the class's last day.
    fee: PublishedFee | None = None
    # The code of the district's refusal; empty without one.
    refused_in_review: str = ""
    # Another enrollment that the training subsidy of this person was paid for, over what the policy pays it once.
    claimed_elsewhere: int | None = None
    is_under_review: bool = False

    @property
    def completed(self) -> bool:
        """Whether they completed the training."""
        return self.status == COMPLETED


@dataclass(frozen=True)
class LineRuling:
    """What the rules say of one person of a class."""

    enrollment_id: int
    in_rate: bool
    # In the rate, and as a pass.
    is_pass: bool
    # Whether money is asked for them; if not, the name of the check that says so.
    counts: bool
    reason: str
    # In yuan; nothing where it is not known.
    standard: Decimal
    # The sitting that counts, and the fee that the standard is a share of.
    attempt_id: int | None
    fee_schedule_id: int | None
    checks: tuple[Check, ...]
    # The checks without which nobody can say whether they count, or whether they count as a pass.
    open_checks: tuple[str, ...] = ()

    @property
    def is_certain(self) -> bool:
        """Whether nothing is missing about this person."""
        return not self.open_checks


@dataclass(frozen=True)
class ReckonedLine:
    """One line of a reckoning: its number, the ruling, and what is asked for the person, in yuan."""

    line_number: int
    ruling: LineRuling
    amount: Decimal


@dataclass(frozen=True)
class Reckoning:
    """What a claim comes to, in yuan, and everything that it follows from."""

    lines: tuple[ReckonedLine, ...]
    pass_count: int
    rate_count: int
    factor: Decimal
    counted_count: int
    # What the standards of those who count come to before the factor.
    standard_total: Decimal
    # What was advanced, where the policy pays no more.
    advance_cap: Decimal | None
    amount: Decimal
    # Names of what is missing, without which nobody can say what it comes to.
    missing: tuple[str, ...]
    facts_sha256: str

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing without which nobody can say what it comes to."""
        return not self.missing


def cut_off_day(class_: ClassFacts, policy: TrainingPolicyValues) -> date:
    """Return the last day on which a sitting counts."""
    return class_.ends_on + timedelta(days=policy.cut_off_days)


def sittings_in_time(sittings: Iterable[ClaimSitting], cut_off: date) -> list[ClaimSitting]:
    """Return the sittings that took place until the cut-off day, in the order in which they did."""
    in_time = [each for each in sittings if each.took_place and each.held_on <= cut_off]
    return in_time if len(in_time) < 2 else sorted(in_time, key=lambda each: each.order)


def attempts_under_review(trainee: TraineeFacts, cut_off: date) -> list[int]:
    """Return the attempts until the cut-off day that are being looked at again, absences too: one may be none."""
    in_question = (each for each in trainee.sittings if each.is_under_review and each.held_on <= cut_off)
    return sorted(each.attempt_id for each in in_question)


def counting_sitting(sittings: Sequence[ClaimSitting], rule: str) -> ClaimSitting | None:
    """Return which of somebody's sittings, in their order, decides whether they passed. None for who never sat.

    At the first attempt: the first one. At any: the first pass, else the first that waits for its certificate, else
    the last one.
    """
    if not sittings:
        return None
    if rule == "FIRST_ATTEMPT":
        return sittings[0]
    passed = next((each for each in sittings if each.is_pass), None)
    return passed or next((each for each in sittings if each.waits_for_certificate), sittings[-1])
