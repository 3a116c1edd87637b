"""How a roster is locked. Steps of other services, which have opened the transaction and locked the classes."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from chongqing_dte.foundation.audit import record_events
from enrollment.enums import EnrollmentStatus
from enrollment.models import Enrollment, TrainingClass
from institutions.queries import lock_quota
from institutions.services.quota_steps import release_seats


def lock_rosters(classes: Sequence[TrainingClass], *, now: datetime) -> None:
    """Freeze the denominator of each class: whoever is in it now. Funded seats that nobody took go back."""
    class_ids = [training_class.pk for training_class in classes]
    people = Enrollment.objects.filter(training_class__in=class_ids, status=EnrollmentStatus.ENROLLED)
    counts = Counter(people.values_list("training_class_id", flat=True))
    people.update(locked_at=now)
    _release_unused_seats(classes, counts)
    for training_class in classes:
        training_class.roster_locked_at = now
        training_class.locked_count = counts[training_class.pk]
    TrainingClass.objects.bulk_update(
        classes, ["roster_locked_at", "locked_count", "reserved_seat_count"], batch_size=500
    )
    record_events("class.roster_locked", subjects=classes, at=now)


def _release_unused_seats(classes: Sequence[TrainingClass], counts: Counter[int]) -> None:
    unused: Counter[tuple[int, int]] = Counter()
    for training_class in classes:
        kept = min(training_class.reserved_seat_count, counts[training_class.pk])
        if training_class.quota is not None and kept < training_class.reserved_seat_count:
            key = (training_class.institution_id, training_class.quota.year)
            unused[key] += training_class.reserved_seat_count - kept
            training_class.reserved_seat_count = kept
    # In one order for everybody, so that two sets of classes do not wait for each other.
    for (institution_id, year), count in sorted(unused.items()):
        quota = lock_quota(institution_id=institution_id, year=year)
        if quota is not None:
            release_seats(quota, count)
