"""What claims come to as a whole, for very many of them under several policies. Pure.

The same rules as in a reckoning, without its lines: people who are alike in all that the rules look at, they and their
classes, are ruled on once.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from subsidies.rules.claim_facts import ClassFacts, LineRuling, TraineeFacts, TrainingPolicyValues
from subsidies.rules.claim_lines import line_of, subsidy_key
from subsidies.rules.pass_rates import NOTHING, claim_amount

ONCE_PER_ENROLLMENT: Final = "ENROLLMENT"
# By all that the rules look at.
Rulings = dict[object, LineRuling]


@dataclass(frozen=True)
class ClaimSum:
    """What one policy makes of the claim of a class, in yuan; without a policy it makes nothing of it."""

    version_id: int | None = None
    pass_count: int = 0
    rate_count: int = 0
    factor: Decimal = NOTHING
    counted_count: int = 0
    standard_total: Decimal = NOTHING
    amount: Decimal = NOTHING
    # Whether nothing is missing without which nobody can say what it comes to.
    is_complete: bool = False

    @property
    def owed(self) -> Decimal:
        """What the institution would be reimbursed, in yuan."""
        return self.amount


def sum_of(
    class_: ClassFacts,
    trainees: Iterable[TraineeFacts],
    policy: TrainingPolicyValues,
    advance: Decimal | None,
    known: Rulings | None = None,
) -> tuple[ClaimSum, list[int]]:
    """Return what the claim of a class comes to, and the enrollments for which money is asked.

    What a reckoning of the same facts comes to, to the cent. `known` are rulings for other classes, and takes in those
    for this one.
    """
    people = sorted(trainees, key=lambda each: each.enrollment_id)
    rulings = _rulings(people, class_, policy, {} if known is None else known)
    standards = [ruling.standard for ruling in rulings if ruling.counts]
    passes, in_rate = sum(each.is_pass for each in rulings), sum(each.in_rate for each in rulings)
    factor = policy.curve.factor(passes=passes, people=in_rate)
    cap = (advance or NOTHING) if policy.capped_by_advance else None
    is_complete = (
        sum(each.in_denominator for each in people) == class_.locked_count
        and not (policy.capped_by_advance and advance is None)
        and all(ruling.is_certain for ruling in rulings)
    )
    whole = ClaimSum(
        version_id=policy.version_id,
        pass_count=passes,
        rate_count=in_rate,
        factor=factor,
        counted_count=len(standards),
        standard_total=sum(standards, NOTHING),
        amount=claim_amount(standards, factor, cap),
        is_complete=is_complete,
    )
    counted = [person.enrollment_id for person, ruling in zip(people, rulings, strict=True) if ruling.counts]
    return whole, counted


def _rulings(
    people: Iterable[TraineeFacts], class_: ClassFacts, policy: TrainingPolicyValues, known: Rulings
) -> list[LineRuling]:
    rule = _by_likeness(class_, policy, known)
    if policy.subsidized_once_per == ONCE_PER_ENROLLMENT:
        return [rule(each) for each in people]
    taken: dict[str, int] = {}
    rulings = []
    for trainee in people:
        ruling, key = rule(trainee), subsidy_key(trainee, class_, policy)
        # Two rows that turned out to be one person: the earlier enrollment is paid for.
        if ruling.counts and key in taken:
            ruling = rule(replace(trainee, claimed_elsewhere=taken[key]))
        elif ruling.counts:
            taken[key] = trainee.enrollment_id
        rulings.append(ruling)
    return rulings


def _by_likeness(
    class_: ClassFacts, policy: TrainingPolicyValues, known: Rulings
) -> Callable[[TraineeFacts], LineRuling]:
    """Return what rules on people of a class. The ids in a ruling are those of the first person who is alike."""
    # All of a class that the rules look at.
    kind = (
        policy.version_id,
        class_.ends_on,
        class_.occupation_id,
        class_.level,
        class_.is_attendance_reported,
    )

    def rule(trainee: TraineeFacts) -> LineRuling:
        likeness = kind, _likeness(trainee, policy.least_attendance)
        ruling = known.get(likeness)
        if ruling is None:
            ruling = known[likeness] = line_of(trainee, class_, policy)
        return ruling

    return rule


def _likeness(trainee: TraineeFacts, least_attendance: Decimal) -> object:
    """Return all of a person that the rules look at: whether there is another enrollment, say, and not which."""
    share = trainee.attended_share
    sittings = trainee.sittings
    if len(sittings) > 1:
        sittings = tuple(sorted(sittings, key=lambda each: each.order))
    return (
        trainee.status,
        trainee.in_denominator,
        trainee.category,
        trainee.graduated_on,
        share if share is None else share >= least_attendance,
        tuple((each.held_on, each.outcome, each.certificates, each.is_under_review) for each in sittings),
        trainee.fee and trainee.fee.schedule_id,
        trainee.refused_in_review,
        trainee.claimed_elsewhere is None,
        trainee.is_under_review,
    )
