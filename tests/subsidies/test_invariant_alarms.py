"""Alarms: opened once for each broken promise, seen again, and ended when it holds."""

from datetime import timedelta

import pytest
from django.utils import timezone

from chongqing_dte.foundation.models import AuditEvent
from subsidies import tasks
from subsidies.models import Budget, InvariantAlarm
from subsidies.services import invariant_alarms
from subsidies.services.invariant_alarms import record_alarms
from tests.clock import NOW
from tests.factories.subsidies import open_programme

pytestmark = pytest.mark.django_db

NAME = "budget_is_the_sum_of_its_payments"
LATER = NOW + timedelta(minutes=10)


def events() -> list[str]:
    found = AuditEvent.objects.filter(subject_type=InvariantAlarm._meta.label_lower).order_by("pk")
    return list(found.values_list("name", flat=True))


def test_a_broken_promise_raises_one_alarm_that_is_seen_again():
    (alarm,) = record_alarms(broken={NAME: ["1"]}, now=NOW)
    assert record_alarms(broken={NAME: ["1", "2"]}, now=LATER) == []

    alarm.refresh_from_db()
    assert (alarm.first_seen_at, alarm.last_seen_at, alarm.ended_at) == (NOW, LATER, None)
    assert alarm.ids == ["1", "2"]
    assert events() == ["alarm.raised"]


def test_an_alarm_ends_once_and_a_later_one_is_another():
    (first,) = record_alarms(broken={NAME: ["1"]}, now=NOW)
    record_alarms(broken={}, now=LATER)
    record_alarms(broken={}, now=LATER + timedelta(minutes=10))
    (second,) = record_alarms(broken={NAME: ["1"]}, now=LATER + timedelta(minutes=20))

    first.refresh_from_db()
    assert first.ended_at == LATER
    assert second.pk != first.pk
    assert second.ended_at is None
    assert events() == ["alarm.raised", "alarm.ended", "alarm.raised"]


def test_one_promise_that_holds_again_ends_no_other_alarm():
    record_alarms(broken={NAME: ["1"], "another_promise": ["2"]}, now=NOW)

    record_alarms(broken={NAME: ["1"]}, now=LATER)

    live = InvariantAlarm.objects.filter(ended_at__isnull=True)
    assert list(live.values_list("invariant", flat=True)) == [NAME]


def test_a_worker_that_looked_at_the_same_moment_raises_nothing(monkeypatch):
    record_alarms(broken={NAME: ["1"]}, now=NOW)
    # As if the other worker's alarm was committed after this one looked.
    monkeypatch.setattr(invariant_alarms.queries, "lock_live_alarms", dict)

    assert record_alarms(broken={NAME: ["1"], "another_promise": ["2"]}, now=NOW) == [
        InvariantAlarm.objects.get(invariant="another_promise")
    ]
    assert InvariantAlarm.objects.filter(invariant=NAME).count() == 1


def test_the_task_raises_and_ends_alarms():
    open_programme()
    Budget.objects.update(reserved=1)
    tasks.check_invariants_task()
    assert InvariantAlarm.objects.get().ended_at is None

    Budget.objects.update(reserved=0)
    tasks.check_invariants_task()

    assert InvariantAlarm.objects.get().ended_at <= timezone.now()
