from collections.abc import Collection
from datetime import date

from django.db.models import Exists, OuterRef, Q

from enrollment.enums import ClassStatus
from enrollment.models import Enrollment, TrainingClass


def has_classes_without_roster_lock() -> bool:
    """Test whether any class runs whose roster is not locked."""
    return TrainingClass.objects.filter(status=ClassStatus.RUNNING, roster_locked_at__isnull=True).exists()


def classes_due_for_roster_lock(*, started_by: date, after: int, limit: int) -> list[int]:
    """Return the ids of running classes that had started by this day and whose rosters are not locked.

    One without anybody in it has the whole day: its roster may just be on its way, and there is nobody to drop yet.
    """
    has_somebody = Exists(Enrollment.objects.filter(training_class=OuterRef("pk")))
    due = TrainingClass.objects.filter(
        Q(starts_on__lt=started_by) | Q(has_somebody),
        status=ClassStatus.RUNNING,
        roster_locked_at__isnull=True,
        starts_on__lte=started_by,
        pk__gt=after,
    )
    return list(due.order_by("pk").values_list("pk", flat=True)[:limit])


def lock_classes_without_roster_lock(class_ids: Collection[int]) -> list[TrainingClass]:
    """Return those of the classes that still run without a roster lock. Nobody else can change them now."""
    return list(
        TrainingClass.objects.select_for_update(of=("self",))
        .filter(pk__in=class_ids, status=ClassStatus.RUNNING, roster_locked_at__isnull=True)
        .select_related("quota")
        .order_by("pk")
    )


def lock_classes(class_ids: Collection[int]) -> dict[int, TrainingClass]:
    """Return several classes that no other transaction can change until this one ends, by id."""
    found = (
        TrainingClass.objects.select_for_update(of=("self",))
        .filter(pk__in=class_ids)
        .select_related("institution")
        .order_by("pk")
    )
    return {training_class.pk: training_class for training_class in found}
