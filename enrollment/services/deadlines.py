"""The last day for an answer, and what happens when it passes."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import cache, partial

from django.db import transaction
from django.utils import timezone

from chongqing_dte.foundation.audit import record_events
from chongqing_dte.foundation.sets import act_or_isolate
from enrollment import queries
from enrollment.models import TrainingClass
from institutions.queries import working_day_after

BATCH_SIZE = 500
# The last day for an answer to what was filed on a day, where the calendar and a policy say it.
LastDay = Callable[[date], date | None]


def escalate_overdue_filings(*, now: datetime) -> int:
    """Let the municipal bureau answer too where the district's answer is late, and return how many filings.

    Late by the calendar as it is now. Safe to repeat, early, late or beside itself.
    """
    _bring_deadlines_up_to_date(now)
    today, escalated_count, last_id = timezone.localdate(now), 0, 0
    while overdue := queries.overdue_filing_ids(today, after=last_id, limit=BATCH_SIZE):
        last_id = overdue[-1]
        escalated_count += act_or_isolate(
            overdue, partial(_escalate_one_set, now=now), complaint="filing_cannot_be_escalated"
        )
    return escalated_count


def compute_deadlines(*, now: datetime) -> int:
    """Give each waiting filing the last day that the calendar now gives it, and return how many got another one.

    The calendar may not have reached that day when the class was filed, or the bureau has changed a day of it since.
    Safe to repeat. Where the calendar still does not reach, the day stays as it is.
    """
    return _bring_deadlines_up_to_date(now)


@transaction.atomic(durable=True)
def _escalate_one_set(ids: Sequence[int], *, now: datetime) -> int:
    overdue = queries.lock_overdue_filings(ids, timezone.localdate(now))
    TrainingClass.objects.filter(pk__in=[filing.pk for filing in overdue]).update(escalated_at=now)
    record_events("class.escalated", subjects=overdue, at=now)
    return len(overdue)


def _bring_deadlines_up_to_date(now: datetime) -> int:
    set_count, last_id, last_day = 0, 0, cache(_last_day_for_answer)
    while waiting := queries.waiting_filings(after=last_id, limit=BATCH_SIZE):
        last_id = waiting[-1].pk
        # Nearly all of them are right, and are not locked.
        changed = [filing.pk for filing in waiting if _is_outdated(filing, last_day)]
        if changed:
            set_count += act_or_isolate(
                changed,
                partial(_compute_one_set, now=now, last_day=last_day),
                complaint="deadline_cannot_be_computed",
            )
    return set_count


def _is_outdated(filing: TrainingClass, last_day: LastDay) -> bool:
    due_on = last_day(timezone.localdate(filing.filed_at))
    return due_on is not None and due_on != filing.answer_due_on


@transaction.atomic(durable=True)
def _compute_one_set(ids: Sequence[int], *, now: datetime, last_day: LastDay) -> int:
    changed = [filing for filing in queries.lock_waiting_filings(ids) if _is_outdated(filing, last_day)]
    for filing in changed:
        filing.answer_due_on = last_day(timezone.localdate(filing.filed_at))
    TrainingClass.objects.bulk_update(changed, ["answer_due_on"])
    record_events("class.deadline_set", subjects=changed, at=now)
    return len(changed)


def _last_day_for_answer(filed_on: date) -> date | None:
    try:
        days = queries.intake_policy_on(filed_on).answer_working_days
    except queries.IntakePolicyMissing:
        return None
    return working_day_after(filed_on, days)
