"""Merges, reveals and exports: what exists, for whom, and the locks on it."""

from datetime import datetime

from django.db.models import Count, Q, QuerySet

from enrollment.models import (
    BankAccount,
    ChangedTraineeId,
    Enrollment,
    Export,
    Reveal,
    Trainee,
    TraineeMerge,
    TrainingClass,
)
from enrollment.policies import can_see_merges
from enrollment.queries.classes import classes_visible_to
from enrollment.queries.persons import accounts_by_person, rows_of_persons
from institutions.enums import Role
from institutions.models import User
from institutions.queries import AnsweredForBy

# Who looks after what others have seen: at the municipal bureau for everybody, elsewhere for their own office.
OVERSEERS = (Role.MUNICIPAL_AUDITOR, Role.MUNICIPAL_ADMINISTRATOR)


def lock_enrollment_with_class(enrollment_id: int) -> Enrollment:
    """Return one enrollment with its class and person, locked."""
    return (
        Enrollment.objects.select_for_update(of=("self",), no_key=True)
        .select_related("training_class", "trainee")
        .get(pk=enrollment_id)
    )


# ── Merges ───────────────────────────────────────────────────────────────────────────────────────────────
def merges_visible_to(user: User) -> QuerySet[TraineeMerge]:
    """Return the merges, for those who see them."""
    merges = TraineeMerge.objects.select_related("kept", "merged", "proposed_by", "decided_by")
    return merges if can_see_merges(user) else merges.none()


def lock_merge(merge_id: int) -> TraineeMerge:
    """Return one merge that no other transaction can change until this one ends."""
    return TraineeMerge.objects.select_for_update(of=("self",)).get(pk=merge_id)


def trainee_by_public_id(public_id: str) -> Trainee | None:
    """Return the row with this public number."""
    return Trainee.objects.filter(public_id=public_id).first()


def trainee_by_hash(hashed: str) -> Trainee | None:
    """Return the row whose ID number has this hash."""
    return Trainee.objects.filter(id_number_hash=hashed).first()


def classes_of_trainee(trainee_id: int) -> list[Enrollment]:
    """Return the enrollments of one row with their classes."""
    return list(
        Enrollment.objects.filter(trainee=trainee_id)
        .select_related("training_class__institution", "training_class__occupation")
        .order_by("-id")
    )


def changed_trainee_numbers(*, after: int, limit: int) -> QuerySet[ChangedTraineeId]:
    """Return up to so many lines of the public feed behind this one, in the order in which they were written."""
    return ChangedTraineeId.objects.filter(pk__gt=after).order_by("pk")[:limit]


# ── Reveals and exports ──────────────────────────────────────────────────────────────────────────────────
def reveals_visible_to(user: User) -> QuerySet[Reveal]:
    """Return what was shown whole: to anybody, for the overseers; to one's own office for its head; else to oneself."""
    reveals = Reveal.objects.select_related(
        "trainee", "revealed_to__district", "revealed_to__institution"
    ).defer("trainee__id_number", "trainee__mobile")
    return reveals.filter(_within_sight(user, "revealed_to"))


def exports_overseen_by(user: User) -> QuerySet[Export]:
    """Return the exports that this person answers for, with `download_count`."""
    return _with_downloads(Export.objects.filter(_within_sight(user, "requested_by")))


def exports_visible_to(user: User) -> QuerySet[Export]:
    """Return the exports of the classes that this person may see, with `download_count`."""
    return _with_downloads(Export.objects.filter(training_class__in=classes_visible_to(user)))


def exports_of_class(user: User, training_class: TrainingClass) -> QuerySet[Export]:
    """Return the exports of one class, newest first."""
    return exports_visible_to(user).filter(training_class=training_class).order_by("-pk")


def lock_export(export_id: int) -> Export:
    """Return one export with its class, locked."""
    return (
        Export.objects.select_for_update(of=("self",), no_key=True)
        .select_related("training_class")
        .get(pk=export_id)
    )


def lock_expired_exports(now: datetime, *, limit: int) -> list[Export]:
    """Return expired exports that still hold something, locked; those of other workers left out."""
    return list(
        Export.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
        .filter(content__isnull=False, expires_at__lte=now)
        .defer("content")
        .order_by("expires_at")[:limit]
    )


def people_of_class(training_class: TrainingClass) -> list[tuple[Enrollment, BankAccount | None]]:
    """Return the people of one class with the account that each is paid to."""
    enrollments = list(
        Enrollment.objects.filter(training_class=training_class).select_related("trainee").order_by("id")
    )
    persons = rows_of_persons({enrollment.trainee_id for enrollment in enrollments})
    accounts = accounts_by_person(persons)
    return [(enrollment, accounts.get(persons[enrollment.trainee_id])) for enrollment in enrollments]


def _within_sight(user: User, person: str) -> Q:
    if user.role in OVERSEERS:
        return Q()
    if user.role == Role.DISTRICT_LEAD and user.district_id is not None:
        return Q(AnsweredForBy(f"{person}__district_id", user.district_id))
    if user.role == Role.TRAINING_MANAGER and user.institution_id is not None:
        return Q(**{f"{person}__institution": user.institution_id})
    return Q(**{person: user.pk})


def _with_downloads(exports: QuerySet[Export]) -> QuerySet[Export]:
    return (
        exports.select_related("training_class", "requested_by")
        .defer("content")
        .annotate(
            download_count=Count("downloads"),
        )
    )
