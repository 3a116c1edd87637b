"""Which classes a training policy is tried on, and what their claims hang on: many at once, under several policies."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Q, QuerySet

from enrollment.enums import ClassStatus
from enrollment.models import TrainingClass
from enrollment.queries import classes_visible_to
from institutions.models import Institution, User
from subsidies.models import TrainingPolicyVersion
from subsidies.policies import can_simulate_policies
from subsidies.queries.claim_facts import FeeOf, class_facts_of, fee_finder, fees_for, hours_of, trainees_of
from subsidies.queries.claim_people import people_of_classes
from subsidies.queries.claim_sittings import sittings_of_enrollments
from subsidies.queries.claimed_classes import claimed_classes
from subsidies.queries.training_policies import (
    PoliciesInForce,
    policy_on,
    training_policies_in_force,
    values_of_training_policy,
)
from subsidies.rules.claim_facts import ClassFacts, TraineeFacts, TrainingPolicyValues


@dataclass(frozen=True)
class TriedOn:
    """The policy that holds for a class, if there is one, and the people of the class as it looks at them."""

    policy: TrainingPolicyValues | None
    trainees: tuple[TraineeFacts, ...]


@dataclass(frozen=True)
class TriedClass:
    """All that the sum of one class's claim hangs on, under the policies in force and under the one that is tried."""

    class_: ClassFacts
    advance: Decimal | None
    in_force: TriedOn
    tried: TriedOn


def training_policies_over(first_day: date, last_day: date) -> list[TrainingPolicyVersion]:
    """Return the approved versions that hold for classes which end in these days, the earliest first."""
    days = DateRange(first_day, last_day, "[]")
    approved = TrainingPolicyVersion.objects.filter(approved_at__isnull=False, in_force__overlap=days)
    return list(approved.order_by("in_force"))


def training_policies_by_id(version_ids: Collection[int]) -> list[TrainingPolicyVersion]:
    """Return these versions, the earliest first."""
    return list(TrainingPolicyVersion.objects.filter(pk__in=version_ids).order_by("in_force"))


def values_to_try(version: TrainingPolicyVersion) -> TrainingPolicyValues:
    """Return what a version says to a claim, whatever its days. Raises ValueError for a curve that is none."""
    standards = {(each.occupation_id, each.level): each.amount for each in version.standards.all()}
    return values_of_training_policy(version, standards)


def classes_that_ended(
    first_day: date, last_day: date, *, after: tuple[date, int] | None = None
) -> QuerySet[TrainingClass, tuple[date, int, int]]:
    """Return the last day, the key and the district of the completed classes that ended in these days, in that order.

    Those in which somebody was at the roster lock, and of them those behind the last day and the key of another one.
    """
    classes = TrainingClass.objects.filter(
        status=ClassStatus.COMPLETED, locked_count__gt=0, ends_on__range=(first_day, last_day)
    )
    if after is not None:
        classes = classes.filter(Q(ends_on__gt=after[0]) | Q(ends_on=after[0], pk__gt=after[1]))
    return classes.order_by("ends_on", "pk").values_list("ends_on", "pk", "district_id")


def gather_to_try(
    class_ids: Collection[int], tried: TrainingPolicyValues, *, today: date
) -> dict[int, TriedClass]:
    """Read what the sums of these classes' claims hang on, by class, in eight queries at most.

    What was paid for somebody before is not looked at.
    """
    classes = claimed_classes(class_ids, today=today)
    in_force = training_policies_in_force()
    people = people_of_classes(class_ids)
    sittings = sittings_of_enrollments([one.row.enrollment_id for each in people.values() for one in each])
    of_tried: PoliciesInForce = [(DateRange(None, None), tried)]
    fees = fees_for(classes, sittings, [*in_force, *of_tried])
    found = {}
    for each in classes:
        of_class = people.get(each.class_id, ())
        hours = hours_of(each, of_class)
        class_ = class_facts_of(each, of_class, hours)
        policy = policy_on(each.ends_on, in_force)
        fee_of = fee_finder(class_, policy, each.intended_evaluator_id, fees)
        stands = TriedOn(policy, trainees_of(of_class, hours, sittings, fee_of))
        fee_of = fee_finder(class_, tried, each.intended_evaluator_id, fees)
        other = TriedOn(tried, tuple(_with_fee(trainee, fee_of) for trainee in stands.trainees))
        found[each.class_id] = TriedClass(class_, each.advance, stands, other)
    return found


def _with_fee(trainee: TraineeFacts, fee_of: FeeOf) -> TraineeFacts:
    # Most people have the same fee under both.
    fee = fee_of(trainee.sittings)
    return trainee if trainee.fee == fee else replace(trainee, fee=fee)


def tried_classes(user: User, class_ids: Collection[int]) -> dict[int, TrainingClass]:
    """Return those of these classes that this person may see in a simulation, with what a list shows of each."""
    if not can_simulate_policies(user):
        return {}
    shown = classes_visible_to(user).select_related("institution", "district", "occupation")
    return shown.in_bulk(class_ids)


def institutions_tried(user: User, institution_ids: Collection[int]) -> dict[int, Institution]:
    """Return these institutions for whoever tries policies, by key."""
    if not can_simulate_policies(user):
        return {}
    return Institution.objects.in_bulk(institution_ids)
