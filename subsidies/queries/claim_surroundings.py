"""What stands around a class: which other classes took the same trainers, rooms or people at the same time."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, Exists, OuterRef, Q, Value
from django.db.models.functions import Concat

from chongqing_dte.foundation.lookups import Among
from enrollment.enums import IN_TRAINING, ClassStatus
from enrollment.models import ClassTrainer, Enrollment, TrainingClass
from enrollment.queries import person_of

# Planned, and in the calendar of whoever teaches and whoever learns.
HELD = (ClassStatus.CONFIRMED, ClassStatus.RUNNING, ClassStatus.COMPLETED)
# Two people with one name and another title are taken for two.
WHO = Concat("name", Value("\n"), "qualification", output_field=CharField())


@dataclass(frozen=True)
class TaughtClass:
    """One class, its days, and whom and what it took up: trainers, and its institution's room."""

    class_id: int
    institution_id: int
    venue: str
    starts_on: date
    ends_on: date
    trainers: tuple[str, ...]

    def takes(self) -> list[tuple[object, ...]]:
        """Return what no other class can have at the same time."""
        room = [("room", self.institution_id, self.venue)] if self.venue else []
        return [*(("trainer", trainer) for trainer in self.trainers), *room]


class Attendee(NamedTuple):
    """One person in one class, over its days."""

    person_id: int
    class_id: int
    starts_on: date
    ends_on: date


def overlapping_classes(classes: Iterable[TaughtClass]) -> dict[int, set[int]]:
    """Return for each of these classes the others that took its trainers or its room at the same time, in one query."""
    own = list(classes)
    if not own:
        return {}
    by_need: dict[tuple[object, ...], list[TaughtClass]] = defaultdict(list)
    for other in _classes_that_may_overlap(own):
        for need in other.takes():
            by_need[need].append(other)
    return {
        each.class_id: {
            other.class_id
            for need in each.takes()
            for other in by_need[need]
            if other.class_id != each.class_id and _at_one_time(each, other)
        }
        for each in own
    }


def classes_of_merged_people(people: Iterable[Attendee]) -> dict[int, set[int]]:
    """Return for the class of each of these people the others that one of their other rows was in at the same time.

    One row of a person is in one class at a time, so that only whoever turned out to be somebody else can be in two.
    """
    by_person: dict[int, list[Attendee]] = defaultdict(list)
    for attendee in people:
        by_person[attendee.person_id].append(attendee)
    if not by_person:
        return {}
    elsewhere = (
        Enrollment.objects.filter(
            Among("trainee_id", by_person) | Among("trainee__merged_into_id", by_person),
            status__in=IN_TRAINING,
        )
        .annotate(person=person_of("trainee"))
        .values_list("person", "training_class_id", "training_class__starts_on", "training_class__ends_on")
    )
    found: dict[int, set[int]] = defaultdict(set)
    for row in elsewhere.order_by():
        other = Attendee(*row)
        for own in by_person[other.person_id]:
            if own.class_id != other.class_id and _at_one_time(own, other):
                found[own.class_id].add(other.class_id)
    return found


def trainers_of(class_id: OuterRef) -> ArraySubquery:
    """Return the expression for the trainers that a class was filed with."""
    trainers = ClassTrainer.objects.filter(training_class=class_id).order_by("pk")
    return ArraySubquery(trainers.annotate(who=WHO).values("who"))


def _classes_that_may_overlap(own: Iterable[TaughtClass]) -> list[TaughtClass]:
    classes = list(own)
    names = {trainer for each in classes for trainer in each.trainers}
    rooms = {each.venue for each in classes if each.venue}
    same_trainer = ClassTrainer.objects.annotate(who=WHO).filter(training_class=OuterRef("pk"), who__in=names)
    others = TrainingClass.objects.filter(
        Exists(same_trainer)
        | Q(venue__in=rooms, institution_id__in={each.institution_id for each in classes}),
        status__in=HELD,
        starts_on__lte=max(each.ends_on for each in classes),
        ends_on__gte=min(each.starts_on for each in classes),
    ).annotate(trainer_names=trainers_of(OuterRef("pk")))
    rows = others.order_by("pk").values_list(
        "pk", "institution_id", "venue", "starts_on", "ends_on", "trainer_names"
    )
    return [TaughtClass(*row[:5], trainers=tuple(row[5])) for row in rows]


def _at_one_time(one: TaughtClass | Attendee, other: TaughtClass | Attendee) -> bool:
    return one.starts_on <= other.ends_on and other.starts_on <= one.ends_on


def joined(*found: Mapping[int, set[int]]) -> dict[int, set[int]]:
    """Return the classes of several findings together, by class."""
    together: dict[int, set[int]] = defaultdict(set)
    for each in found:
        for class_id, others in each.items():
            together[class_id] |= others
    return together
