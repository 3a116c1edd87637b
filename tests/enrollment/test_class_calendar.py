"""What the calendar does to classes by itself: they start, and late answers go up."""

from datetime import UTC, date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chongqing_dte.foundation.models import AuditEvent
from enrollment.enums import ClassStatus
from enrollment.models import ClassStep, TrainingClass
from enrollment.services import class_starts, deadlines
from enrollment.services.class_starts import start_due_classes
from enrollment.services.deadlines import compute_deadlines, escalate_overdue_filings
from institutions.services.calendar import set_calendar_day
from tests.clock import NOW
from tests.enrollment.filings import publish_calendar, status_of
from tests.factories.enrollment import IntakePolicyFactory, TrainingClassFactory
from tests.factories.institutions import UserFactory

TODAY = NOW.date()
TOMORROW, YESTERDAY = TODAY + timedelta(days=1), TODAY - timedelta(days=1)
LATER = TODAY + timedelta(days=60)


def confirmed_class(starts_on=TODAY):
    return TrainingClassFactory(confirmed=True, starts_on=starts_on, ends_on=LATER)


def filing_of_today(**changed):
    """Return a filing of a Tuesday, due five working days later by a calendar without holidays."""
    IntakePolicyFactory()
    publish_calendar()
    return TrainingClassFactory(filed_at=NOW, answer_due_on=date(2026, 10, 27), **changed)


def change_day(day, *, is_working):
    set_calendar_day(
        day=day,
        is_working=is_working,
        name="",
        source="Notice 7",
        administrator=UserFactory(municipal_administrator=True),
        now=NOW,
    )


def refuse_to_start(training_class):
    """Make the database refuse that this one class runs."""
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE enrollment_trainingclass ADD CONSTRAINT planted"
            f" CHECK (id <> {training_class.pk} OR status <> 'RUNNING')"
        )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("starts_on", [TODAY, YESTERDAY])
def test_class_runs_from_its_first_day_on(starts_on):
    training_class = confirmed_class(starts_on)

    assert start_due_classes(now=NOW) == 1

    training_class.refresh_from_db()
    assert (training_class.status, training_class.started_at) == (ClassStatus.RUNNING, NOW)


@pytest.mark.django_db(transaction=True)
def test_start_has_no_actor_and_leaves_a_step_and_an_event():
    confirmed_class()

    start_due_classes(now=NOW)

    step, event = ClassStep.objects.get(), AuditEvent.objects.get()
    assert (step.from_status, step.to_status, step.actor_id, step.at) == ("CONFIRMED", "RUNNING", None, NOW)
    assert (event.name, event.actor_id) == ("class.running", None)


@pytest.mark.django_db(transaction=True)
def test_class_does_not_run_before_its_first_day():
    training_class = confirmed_class(TOMORROW)

    assert start_due_classes(now=NOW) == 0
    assert status_of(training_class) == ClassStatus.CONFIRMED


@pytest.mark.django_db(transaction=True)
def test_first_day_begins_at_midnight_in_chongqing():
    training_class = confirmed_class(TOMORROW)

    start_due_classes(now=NOW.replace(hour=0, minute=1) + timedelta(days=1))

    assert status_of(training_class) == ClassStatus.RUNNING


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("state", ["draft", "filed", "completed"])
def test_only_a_confirmed_class_starts(state):
    traits = {} if state == "filed" else {state: True}
    training_class = TrainingClassFactory(**traits)

    assert start_due_classes(now=NOW) == 0
    assert status_of(training_class) == training_class.status


@pytest.mark.django_db(transaction=True)
def test_second_run_starts_nothing_again():
    confirmed_class()
    start_due_classes(now=NOW)

    assert start_due_classes(now=NOW) == 0
    assert ClassStep.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_start_goes_on_over_several_sets(monkeypatch):
    monkeypatch.setattr(class_starts, "BATCH_SIZE", 2)
    for _ in range(5):
        confirmed_class()

    assert start_due_classes(now=NOW) == 5


@pytest.mark.django_db(transaction=True)
def test_class_that_cannot_start_does_not_hold_up_the_others():
    bad, *good = [confirmed_class() for _ in range(3)]
    refuse_to_start(bad)
    try:
        assert start_due_classes(now=NOW) == 2
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE enrollment_trainingclass DROP CONSTRAINT planted")

    assert status_of(bad) == ClassStatus.CONFIRMED
    assert {status_of(training_class) for training_class in good} == {ClassStatus.RUNNING}


@pytest.mark.django_db(transaction=True)
def test_start_of_many_costs_as_many_statements_as_the_start_of_one():
    confirmed_class()
    with CaptureQueriesContext(connection) as few:
        start_due_classes(now=NOW)
    for _ in range(4):
        confirmed_class()
    with CaptureQueriesContext(connection) as many:
        start_due_classes(now=NOW)

    assert len(many) == len(few)


@pytest.mark.django_db(transaction=True)
def test_late_filing_goes_up_once():
    training_class = TrainingClassFactory(answer_due_on=YESTERDAY)

    assert escalate_overdue_filings(now=NOW) == 1
    assert escalate_overdue_filings(now=NOW + timedelta(days=1)) == 0

    training_class.refresh_from_db()
    assert training_class.escalated_at == NOW
    event = AuditEvent.objects.get()
    assert (event.name, event.subject_id, event.actor_id) == ("class.escalated", training_class.pk, None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("due_on", [TODAY, TOMORROW, None])
def test_filing_does_not_go_up_before_its_last_day_is_over(due_on):
    TrainingClassFactory(answer_due_on=due_on)

    assert escalate_overdue_filings(now=NOW) == 0


@pytest.mark.django_db(transaction=True)
def test_answered_filing_does_not_go_up():
    TrainingClassFactory(confirmed=True, answer_due_on=YESTERDAY)

    assert escalate_overdue_filings(now=NOW) == 0


@pytest.mark.django_db(transaction=True)
def test_escalation_goes_on_over_several_sets(monkeypatch):
    monkeypatch.setattr(deadlines, "BATCH_SIZE", 2)
    TrainingClassFactory.create_batch(5, answer_due_on=YESTERDAY)

    assert escalate_overdue_filings(now=NOW) == 5


@pytest.mark.django_db(transaction=True)
def test_deadline_is_found_once_the_calendar_is_published():
    IntakePolicyFactory()
    training_class = TrainingClassFactory(filed_at=NOW)

    assert compute_deadlines(now=NOW) == 0
    publish_calendar()
    assert compute_deadlines(now=NOW) == 1
    assert compute_deadlines(now=NOW) == 0

    training_class.refresh_from_db()
    assert training_class.answer_due_on == date(2026, 10, 27)
    assert AuditEvent.objects.get().name == "class.deadline_set"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("day", "is_working", "due_on"),
    [
        pytest.param(date(2026, 10, 22), False, date(2026, 10, 28), id="a day off puts it back"),
        pytest.param(date(2026, 10, 24), True, date(2026, 10, 26), id="a make-up day brings it forward"),
        pytest.param(date(2026, 10, 29), False, date(2026, 10, 27), id="a later day does not matter"),
    ],
)
def test_deadline_follows_the_calendar_that_the_bureau_has_changed(day, is_working, due_on):
    training_class = filing_of_today()
    change_day(day, is_working=is_working)

    changed_count = compute_deadlines(now=NOW + timedelta(hours=1))

    training_class.refresh_from_db()
    assert (training_class.answer_due_on, changed_count) == (due_on, int(due_on != date(2026, 10, 27)))
    assert compute_deadlines(now=NOW + timedelta(hours=2)) == 0


@pytest.mark.django_db(transaction=True)
def test_answered_filing_keeps_the_day_that_it_was_answered_by():
    training_class = filing_of_today(confirmed=True)
    change_day(date(2026, 10, 22), is_working=False)

    assert compute_deadlines(now=NOW) == 0

    training_class.refresh_from_db()
    assert training_class.answer_due_on == date(2026, 10, 27)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("day", "is_working", "on", "goes_up"),
    [
        pytest.param(date(2026, 10, 22), False, 28, 0, id="not before the new day is over"),
        pytest.param(date(2026, 10, 22), False, 29, 1, id="after the new day"),
        pytest.param(date(2026, 10, 24), True, 27, 1, id="after a new day that is earlier"),
    ],
)
def test_filing_goes_up_by_the_calendar_as_it_is_now(day, is_working, on, goes_up):
    filing_of_today()
    change_day(day, is_working=is_working)

    assert escalate_overdue_filings(now=NOW.replace(day=on)) == goes_up


@pytest.mark.django_db(transaction=True)
def test_deadlines_are_brought_up_to_date_over_several_sets(monkeypatch):
    monkeypatch.setattr(deadlines, "BATCH_SIZE", 2)
    filing_of_today()
    TrainingClassFactory.create_batch(4, filed_at=NOW)

    assert compute_deadlines(now=NOW) == 4


@pytest.mark.django_db(transaction=True)
def test_deadline_counts_from_the_day_of_filing_in_chongqing():
    IntakePolicyFactory()
    publish_calendar()
    # Half past midnight on the 22nd in Chongqing is still the 21st in Greenwich.
    TrainingClassFactory(filed_at=NOW.replace(day=22, hour=0, minute=30).astimezone(UTC))

    compute_deadlines(now=NOW + timedelta(days=5))

    assert TrainingClass.objects.get().answer_due_on == date(2026, 10, 29)


@pytest.mark.django_db(transaction=True)
def test_filing_of_a_day_without_a_policy_holds_up_no_other():
    IntakePolicyFactory()
    publish_calendar()
    TrainingClassFactory(filed_at=NOW.replace(year=2024))
    known = TrainingClassFactory(filed_at=NOW)

    assert compute_deadlines(now=NOW) == 1

    known.refresh_from_db()
    assert known.answer_due_on == date(2026, 10, 27)
