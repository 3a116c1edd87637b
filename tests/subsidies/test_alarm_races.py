"""Two workers that look at the promises at one moment: one alarm for each, and the later look counts."""

from datetime import timedelta

import pytest

from chongqing_dte.foundation.models import AuditEvent
from subsidies.models import InvariantAlarm
from subsidies.services import invariant_alarms
from subsidies.services.invariant_alarms import record_alarms
from tests.clock import NOW
from tests.subsidies.interleaving import PATIENCE, is_kept_waiting, paused, rivals

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

ONE, OTHER = "budget_is_the_sum_of_its_payments", "another_promise"
LATER = NOW + timedelta(minutes=10)


def record(*names: str, now=NOW) -> list[str]:
    """Record that these promises do not hold, and return those whose alarm is new."""
    return [alarm.invariant for alarm in record_alarms(broken={name: ["1"] for name in names}, now=now)]


def events() -> list[str]:
    found = AuditEvent.objects.filter(subject_type=InvariantAlarm._meta.label_lower).order_by("pk")
    return list(found.values_list("name", flat=True))


def test_a_promise_that_two_workers_find_broken_raises_one_alarm(monkeypatch):
    with rivals() as others:
        # Both have looked for live alarms and found none; the first has raised its own, which nobody sees yet.
        with paused(monkeypatch, invariant_alarms, "record_event") as reached:
            first = others.start(lambda: record(ONE))
            assert reached.wait(PATIENCE)
            second = others.start(lambda: record(ONE, OTHER))
            assert is_kept_waiting(second)
        assert (first.result(PATIENCE), second.result(PATIENCE)) == ([ONE], [OTHER])

    assert InvariantAlarm.objects.filter(invariant=ONE).count() == 1
    assert events() == ["alarm.raised", "alarm.raised"]


def test_an_alarm_that_two_workers_find_over_ends_once(monkeypatch):
    record(ONE)

    with rivals() as others:
        with paused(monkeypatch, invariant_alarms, "record_events") as reached:
            first = others.start(lambda: record(now=LATER))
            assert reached.wait(PATIENCE)
            second = others.start(lambda: record(now=LATER))
            assert is_kept_waiting(second)
        first.result(PATIENCE)
        second.result(PATIENCE)

    assert events() == ["alarm.raised", "alarm.ended"]


def test_what_was_found_broken_later_is_not_ended_by_who_looked_before(monkeypatch):
    with rivals() as others:
        with paused(monkeypatch, invariant_alarms.queries, "lock_live_alarms") as reached:
            # Everything held when this one looked.
            slow = others.start(lambda: record(now=NOW))
            assert reached.wait(PATIENCE)
            assert others.run(lambda: record(ONE, now=LATER)) == [ONE]
        slow.result(PATIENCE)

    assert InvariantAlarm.objects.get().ended_at is None
    assert events() == ["alarm.raised"]
