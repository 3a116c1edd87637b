from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone

from chongqing_dte.foundation.sets import act_or_isolate
from enrollment import queries
from enrollment.services.roster_lock_steps import lock_rosters

BATCH_SIZE = 200


def lock_due_rosters(*, now: datetime) -> int:
    """Lock the roster of every running class that began the policy's number of days ago, and return how many.

    In sets, and safe to repeat: a lock stays as it was made. Raises IntakePolicyMissing while a class runs whose
    roster is not locked and no policy says when to.
    """
    if not queries.has_classes_without_roster_lock():
        return 0
    today = timezone.localdate(now)
    started_by = today - timedelta(days=queries.intake_policy_on(today).roster_lock_days)
    locked_count, last_id = 0, 0
    while due := queries.classes_due_for_roster_lock(started_by=started_by, after=last_id, limit=BATCH_SIZE):
        last_id = due[-1]
        locked_count += act_or_isolate(
            due, partial(_lock_one_set, now=now), complaint="roster_cannot_be_locked"
        )
    return locked_count


@transaction.atomic(durable=True)
def _lock_one_set(due: Sequence[int], *, now: datetime) -> int:
    classes = queries.lock_classes_without_roster_lock(due)
    lock_rosters(classes, now=now)
    return len(classes)
