"""Whose the rows of this app are, for those who follow their changes: as its queries show them to people."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import Model, Q

from chongqing_dte.foundation.resources import REGISTRY, FollowersOf
from enrollment.models import Enrollment, Lesson, RegisterAnswer, RosterUpload, Trainee, TrainingClass
from institutions.office_queries import BUREAU, district_office, trainer_office
from institutions.resources import scopes_by

OF_A_CLASS = ("filed_at", "institution_id", "district_id")


def offices_of_class(filed_at: datetime | None, institution_id: int, district_id: int) -> Collection[str]:
    """Return who sees a class and what is in it: the bureaus once it has been filed."""
    own = trainer_office(institution_id)
    return (own,) if filed_at is None else (own, district_office(district_id), BUREAU)


def rows_of_people(ids: Collection[int]) -> list[int]:
    """Return these rows of people, and those that were merged into them and show what they say."""
    people = Trainee.objects.filter(Q(pk__in=ids) | Q(merged_into__in=ids))
    return list(people.order_by().values_list("pk", flat=True))


def _in_classes(model: type[Model], path: str) -> FollowersOf:
    def in_classes(ids: Collection[int]) -> Iterable[int]:
        rows = model._default_manager.filter(**{f"{path}__in": ids})
        return rows.order_by().values_list("pk", flat=True)

    return in_classes


def _enrollments_of_people(ids: Collection[int]) -> Iterable[int]:
    enrolled = Enrollment.objects.filter(trainee__in=rows_of_people(ids))
    return enrolled.order_by().values_list("pk", flat=True)


def register() -> None:
    """Say which rows can be followed, and what changes with what."""
    REGISTRY.register("classes", scopes_by(TrainingClass, *OF_A_CLASS, offices=offices_of_class))
    for kind, model, path in (
        ("roster-submissions", RosterUpload, "training_class"),
        ("enrollments", Enrollment, "training_class"),
        ("attendance", Lesson, "training_class"),
        ("register-answers", RegisterAnswer, "enrollment__training_class"),
    ):
        scopes_of = scopes_by(model, *OF_A_CLASS, offices=offices_of_class, path=f"{path}__")
        REGISTRY.register(kind, scopes_of)
        REGISTRY.follow("class-scope", kind, _in_classes(model, path))
    REGISTRY.follow("people", "enrollments", _enrollments_of_people)
