"""What claims are reckoned from: many classes at once, in a number of queries that does not grow with them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_DOWN, Decimal
from typing import Final

from enrollment.enums import IN_TRAINING
from enrollment.rules.attendance import ZERO, Hours, is_in_class_on
from institutions.models import FeeSchedule
from institutions.queries import fee_schedules_of
from subsidies.queries.claim_earlier import earlier_subsidies_of, with_earlier
from subsidies.queries.claim_people import ClassPerson, people_of_classes
from subsidies.queries.claim_sittings import open_signals_of, sittings_of_enrollments
from subsidies.queries.claim_surroundings import (
    Attendee,
    classes_of_merged_people,
    joined,
    overlapping_classes,
)
from subsidies.queries.claimed_classes import ClaimedClass, claimed_classes
from subsidies.queries.other_classes import other_classes_of
from subsidies.queries.training_policies import PoliciesInForce, policy_on, training_policies_in_force
from subsidies.rules.claim_checks import ClaimWideFacts, OpenSignal, OtherClasses
from subsidies.rules.claim_facts import (
    ClaimSitting,
    ClassFacts,
    TraineeFacts,
    TrainingPolicyValues,
    counting_sitting,
    cut_off_day,
    sittings_in_time,
)
from subsidies.rules.facts import PublishedFee

# Shares of attendance are cut and not rounded, so that enough means enough.
SHARE: Final = Decimal("0.0001")
# Institution, occupation and level.
FeeKind = tuple[int, int, str]
FeesByKind = Mapping[FeeKind, Sequence[FeeSchedule]]
# From somebody's sittings to the fee that their standard is a share of.
FeeOf = Callable[[Sequence[ClaimSitting]], PublishedFee | None]


@dataclass(frozen=True)
class ClaimFacts:
    """All that the claim of one class is reckoned from. Without a policy for its last day there is no claim."""

    class_: ClassFacts
    trainees: tuple[TraineeFacts, ...]
    policy: TrainingPolicyValues | None
    # What the institution has spent, in yuan; None where it has not said so.
    advance: Decimal | None
    # The class's own pass rate in it is filled in by whoever reckons.
    around: ClaimWideFacts


@dataclass(frozen=True)
class _Read:
    """What was read of the people of all classes."""

    people: Mapping[int, Sequence[ClassPerson]]
    sittings: Mapping[int, tuple[ClaimSitting, ...]]
    fees: FeesByKind
    signals: Mapping[int, Sequence[OpenSignal]]
    overlaps: Mapping[int, Collection[int]]
    # The other classes that a class is compared with, where a policy compares it.
    others: Mapping[int, OtherClasses]


def gather_claim_facts(
    class_ids: Collection[int], *, today: date, policies: PoliciesInForce | None = None
) -> dict[int, ClaimFacts]:
    """Read what the claims of these classes are reckoned from, by class, in twelve queries at most.

    `today` is the day on which the institution's standing is looked at. Other policies than the approved ones are
    for trying them.
    """
    classes = claimed_classes(class_ids, today=today)
    in_force = training_policies_in_force() if policies is None else policies
    people = people_of_classes(class_ids)
    policies_of = {each.class_id: policy_on(each.ends_on, in_force) for each in classes}
    read = _read(classes, people, in_force, _others_of(classes, policies_of, today))
    gathered = {each.class_id: _facts_of(each, read, policies_of[each.class_id]) for each in classes}
    return _with_earlier_subsidies(gathered, people)


# ── What is read of all of them ──────────────────────────────────────────────────────────────────────────
def _read(
    classes: Sequence[ClaimedClass],
    people: Mapping[int, Sequence[ClassPerson]],
    in_force: PoliciesInForce,
    others: Mapping[int, OtherClasses],
) -> _Read:
    sittings = sittings_of_enrollments([one.row.enrollment_id for each in people.values() for one in each])
    sessions = {sitting.session_id for each in sittings.values() for sitting in each}
    return _Read(
        people=people,
        sittings=sittings,
        fees=fees_for(classes, sittings, in_force),
        signals=open_signals_of(sessions),
        overlaps=joined(
            overlapping_classes([each.as_taught for each in classes]),
            classes_of_merged_people(_merged_attendees(classes, people)),
        ),
        others=others,
    )


def _others_of(
    classes: Sequence[ClaimedClass], policies: Mapping[int, TrainingPolicyValues | None], today: date
) -> dict[int, OtherClasses]:
    compared = [
        each
        for each in classes
        if (policy := policies[each.class_id]) is not None and policy.pass_rate_distance is not None
    ]
    return other_classes_of(compared, today=today)


def fees_for(
    classes: Sequence[ClaimedClass],
    sittings: Mapping[int, tuple[ClaimSitting, ...]],
    in_force: PoliciesInForce,
) -> FeesByKind:
    """Return the fees by kind; nothing is read where every policy has a table."""
    policies = (policy_on(each.ends_on, in_force) for each in classes)
    if not any(policy is not None and policy.standard_rule == "FEE" for policy in policies):
        return {}
    evaluators = {each.intended_evaluator_id for each in classes} - {None}
    held = {sitting.institution_id for each in sittings.values() for sitting in each}
    by_kind: dict[FeeKind, list[FeeSchedule]] = defaultdict(list)
    for fee in fee_schedules_of({each for each in (*evaluators, *held) if each is not None}):
        by_kind[fee.institution_id, fee.occupation_id, fee.level].append(fee)
    return by_kind


def _merged_attendees(
    classes: Sequence[ClaimedClass], people: Mapping[int, Sequence[ClassPerson]]
) -> list[Attendee]:
    return [
        Attendee(person.row.person_id, each.class_id, each.starts_on, each.ends_on)
        for each in classes
        for person in people.get(each.class_id, ())
        if person.row.has_other_rows and person.row.status in IN_TRAINING
    ]


def _with_earlier_subsidies(
    gathered: dict[int, ClaimFacts], people: Mapping[int, Sequence[ClassPerson]]
) -> dict[int, ClaimFacts]:
    """Say for whom a training subsidy was paid before over what it is paid once. Per class, that never happens."""
    asked = {
        person.row.person_id
        for class_id, facts in gathered.items()
        if facts.policy is not None and facts.policy.subsidized_once_per != "ENROLLMENT"
        for person in people.get(class_id, ())
    }
    if not asked:
        return gathered
    earlier = earlier_subsidies_of(asked)
    return {
        class_id: replace(
            facts,
            trainees=tuple(
                with_earlier(trainee, facts.class_, facts.policy, earlier) for trainee in facts.trainees
            ),
        )
        for class_id, facts in gathered.items()
    }


# ── One class ────────────────────────────────────────────────────────────────────────────────────────────
def _facts_of(each: ClaimedClass, read: _Read, policy: TrainingPolicyValues | None) -> ClaimFacts:
    people = read.people.get(each.class_id, ())
    hours = hours_of(each, people)
    class_ = class_facts_of(each, people, hours)
    fee_of = fee_finder(class_, policy, each.intended_evaluator_id, read.fees)
    trainees = trainees_of(people, hours, read.sittings, fee_of)
    return ClaimFacts(class_, trainees, policy, each.advance, _around(each, people, hours, read, policy))


def class_facts_of(
    each: ClaimedClass, people: Sequence[ClassPerson], hours: Mapping[int, Hours]
) -> ClassFacts:
    """Return what the rules look at of a class itself."""
    present = [person for person in people if person.row.status in IN_TRAINING]
    return ClassFacts(
        class_id=each.class_id,
        institution_id=each.institution_id,
        occupation_id=each.occupation_id,
        level=each.level,
        direction=each.direction,
        ends_on=each.ends_on,
        status=each.status,
        locked_count=each.locked_count,
        hours_taught=each.hours_taught,
        is_attendance_reported=bool(each.lessons)
        and not any(hours[person.row.enrollment_id].not_reported for person in present),
    )


def hours_of(each: ClaimedClass, people: Sequence[ClassPerson]) -> dict[int, Hours]:
    """Return the hours that were taught to each person of a class, reported and attended, by enrollment."""
    whole, found = each.hours_taught, {}
    for person in people:
        came_on, left_on, attended = person.came_on, person.left_on, person.attended
        taught = whole
        if came_on is not None or left_on is not None:
            theirs = (
                hours for day, hours in each.lessons if is_in_class_on(day, came_on=came_on, left_on=left_on)
            )
            taught = sum(theirs, ZERO)
        found[person.row.enrollment_id] = Hours(taught, attended.reported_hours, attended.present_hours)
    return found


def trainees_of(
    people: Sequence[ClassPerson],
    hours: Mapping[int, Hours],
    sittings: Mapping[int, tuple[ClaimSitting, ...]],
    fee_of: FeeOf,
) -> tuple[TraineeFacts, ...]:
    """Return what the rules look at of each person of a class."""
    return tuple(
        TraineeFacts(
            enrollment_id=row.enrollment_id,
            person_id=row.person_id,
            status=row.status,
            in_denominator=row.locked_at is not None,
            category=row.category,
            graduated_on=row.graduated_on,
            attended_share=_share(hours[row.enrollment_id]),
            sittings=sittings.get(row.enrollment_id, ()),
            fee=fee_of(sittings.get(row.enrollment_id, ())),
            refused_in_review=row.refused_in_review or "",
        )
        for row in (person.row for person in people)
    )


def fee_finder(
    class_: ClassFacts,
    policy: TrainingPolicyValues | None,
    intended_evaluator_id: int | None,
    fees: FeesByKind,
) -> FeeOf:
    """Return what finds the fee published for the sitting that counts under a policy; none where it asks for none."""
    if policy is None or policy.standard_rule != "FEE":
        return lambda _sittings: None
    last_day, rule = cut_off_day(class_, policy), policy.pass_rule
    # Most people of a class sit together.
    known: dict[tuple[date, int | None], PublishedFee | None] = {}

    def fee_of(sittings: Sequence[ClaimSitting]) -> PublishedFee | None:
        in_time = sittings_in_time(sittings, last_day) if sittings else []
        sitting = counting_sitting(in_time, rule)
        asked = (
            (sitting.held_on, sitting.institution_id) if sitting else (class_.ends_on, intended_evaluator_id)
        )
        if asked not in known:
            known[asked] = _fee_on(*asked, class_, fees)
        return known[asked]

    return fee_of


def _share(hours: Hours) -> Decimal | None:
    if not hours.reported or not hours.taught:
        return None
    return (hours.present / hours.taught).quantize(SHARE, rounding=ROUND_DOWN)


def _fee_on(day: date, evaluator_id: int | None, class_: ClassFacts, fees: FeesByKind) -> PublishedFee | None:
    """Return the fee of the class's direction, or else the one published for the occupation as a whole."""
    if evaluator_id is None:
        return None
    kind = (evaluator_id, class_.occupation_id, class_.level)
    found = [
        fee for fee in fees.get(kind, ()) if fee.direction in (class_.direction, "") and day in fee.in_force
    ]
    fee = max(found, key=lambda each: each.direction, default=None)
    return PublishedFee(fee.pk, fee.total) if fee else None


def _around(
    each: ClaimedClass,
    people: Sequence[ClassPerson],
    hours: Mapping[int, Hours],
    read: _Read,
    policy: TrainingPolicyValues | None,
) -> ClaimWideFacts:
    accounts = Counter({person.row.account_hash: 0 for person in people if person.row.account_hash})
    holders = {
        (person.row.account_hash, person.row.person_id) for person in people if person.row.account_hash
    }
    accounts.update(account for account, _person in holders)
    shared = [count for count in accounts.values() if count > 1]
    sessions = {
        sitting.session_id for person in people for sitting in read.sittings.get(person.row.enrollment_id, ())
    }
    return ClaimWideFacts(
        starts_on=each.starts_on,
        ends_on=each.ends_on,
        is_attendance_reported=any(person.attended.reported_hours for person in people),
        marks_without_lesson_count=sum(person.attended.astray_count for person in people),
        people_over_hours_count=sum(each.present > each.taught for each in hours.values()),
        overlapping_class_ids=tuple(sorted(read.overlaps.get(each.class_id, ()))),
        shared_account_count=len(shared),
        sharing_people_count=sum(shared),
        open_signals=tuple(
            signal for session in sorted(sessions) for signal in read.signals.get(session, ())
        ),
        suspension_ids=each.suspension_ids,
        accreditations=each.accreditations,
        pass_count=0,
        rate_count=0,
        others=read.others.get(each.class_id, OtherClasses()),
        pass_rate_distance=policy.pass_rate_distance if policy else None,
        least_compared_classes=policy.least_compared_classes if policy else 1,
        advance=each.advance,
        evidence_count=each.evidence_count,
        waiting_evidence_count=each.waiting_evidence_count,
        locked_count=each.locked_count or 0,
        funded_seat_count=each.funded_seat_count,
    )
