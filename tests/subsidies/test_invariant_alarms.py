"""Alarms: opened once for each broken promise, seen again, and ended when it holds."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from chongqing_dte.foundation.models import AuditEvent
from subsidies import invariants, tasks
from subsidies.invariants import CHECKED, IN_A_TURN, INVARIANTS, Invariant, look_in_turn
from subsidies.models import Budget, InvariantAlarm
from subsidies.services import invariant_alarms
from subsidies.services.invariant_alarms import record_alarms
from tests.clock import NOW
from tests.factories.subsidies import open_programme

pytestmark = pytest.mark.django_db

NAME = "budget_is_the_sum_of_its_payments"
LATER = NOW + timedelta(minutes=10)
TOO_SLOW = Invariant("too_slow", "Takes too long.", "SELECT 1 AS id FROM pg_sleep(5)")
WRONG = Invariant("wrong", "Asks for what is not there.", "SELECT id FROM there_is_no_such_table")


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


@pytest.fixture
def two_that_cannot_be_checked(monkeypatch):
    """The first two of the promises cannot be looked at; one behind them is broken."""
    monkeypatch.setattr(invariants, "MOST_SECONDS", 1)
    monkeypatch.setattr(invariants, "INVARIANTS", (TOO_SLOW, WRONG, *INVARIANTS))
    open_programme()
    Budget.objects.update(reserved=1)


def test_a_promise_that_cannot_be_checked_hides_no_other(two_that_cannot_be_checked):
    tasks.check_invariants_task()

    alarms = {alarm.invariant: alarm.ids for alarm in InvariantAlarm.objects.all()}
    assert alarms.keys() == {NAME, CHECKED.name}
    assert alarms[CHECKED.name] == ["too_slow", "wrong"]


def test_what_cannot_be_checked_is_said_and_fails_the_command(two_that_cannot_be_checked, capsys):
    with pytest.raises(CommandError, match=f"2 of {len(INVARIANTS) + 2}"):
        call_command("check_invariants")

    said = capsys.readouterr().err
    assert (
        "promise_can_be_checked: Every promise about money can be looked at. Broken by too_slow, wrong."
        in said
    )
    assert NAME in said


def test_an_alarm_stays_while_nobody_can_look_and_ends_once_somebody_saw_that_it_holds(monkeypatch):
    open_programme()
    Budget.objects.update(reserved=1)
    tasks.check_invariants_task()
    Budget.objects.update(reserved=0)
    blind = [Invariant(each.name, each.promise, WRONG.violations) for each in INVARIANTS if each.name == NAME]

    with monkeypatch.context() as patched:
        patched.setattr(invariants, "INVARIANTS", blind)
        tasks.check_invariants_task()
    assert InvariantAlarm.objects.get(invariant=NAME).ended_at is None
    assert InvariantAlarm.objects.get(invariant=CHECKED.name).ended_at is None

    tasks.check_invariants_task()
    assert not InvariantAlarm.objects.filter(ended_at=None).exists()


def never() -> bool:
    """There is no time left."""
    return False


def test_a_worker_whose_time_is_over_leaves_promises_to_the_next_turns():
    looks = look_in_turn(0, has_time=never)

    assert (looks.violations, looks.failed) == ((), ())
    assert set(looks.left_out) == {each.name for each in INVARIANTS}


def test_each_promise_is_among_the_first_of_a_turn_within_an_hour():
    turns_in_an_hour = 15
    begun = set()
    for turn in range(turns_in_an_hour):
        begun |= set(look_in_turn(turn, has_time=never).left_out[:IN_A_TURN])

    assert begun == {each.name for each in INVARIANTS}


def test_what_could_not_be_checked_and_has_no_turn_stays_an_alarm(monkeypatch):
    open_programme()
    monkeypatch.setattr(invariants, "INVARIANTS", [WRONG])
    tasks.check_invariants_task()

    with monkeypatch.context() as patched:
        patched.setattr(tasks, "TURN", timedelta(0))
        tasks.check_invariants_task()

    assert InvariantAlarm.objects.get().ids == [WRONG.name]
    assert InvariantAlarm.objects.get().ended_at is None
