from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils import timezone

from chongqing_dte.foundation.sets import act_or_isolate
from enrollment import queries
from enrollment.enums import ClassStatus
from enrollment.services.class_steps import move_classes

BATCH_SIZE = 500


def start_due_classes(*, now: datetime) -> int:
    """Let every confirmed class run whose first day has come, in sets of 500, and return how many.

    Safe to repeat, early, late or beside itself. A class that cannot be started does not hold up the others.
    """
    today, started_count, last_id = timezone.localdate(now), 0, 0
    while due := queries.due_class_ids(today, after=last_id, limit=BATCH_SIZE):
        last_id = due[-1]
        started_count += act_or_isolate(
            due, partial(_start_one_set, now=now), complaint="class_cannot_be_started"
        )
    return started_count


@transaction.atomic(durable=True)
def _start_one_set(ids: Sequence[int], *, now: datetime) -> int:
    classes = queries.lock_due_classes(ids, timezone.localdate(now))
    for training_class in classes:
        training_class.started_at = now
    move_classes(classes, target=ClassStatus.RUNNING, now=now, changed=["started_at"])
    return len(classes)
