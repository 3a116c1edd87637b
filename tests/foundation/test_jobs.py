import pytest
from celery import Celery
from django.conf import settings as project_settings
from django.db import transaction
from structlog.testing import capture_logs

from chongqing_dte.celery import app
from chongqing_dte.foundation.jobs import note_beginning, nudge_after_commit
from subsidies.tasks import deliver_released_batches_task

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def broker_is_down():
    """Make the present application one whose broker nobody answers for, and for which no bell rang before."""
    for task_name in {name for names in project_settings.NUDGES.values() for name in names}:
        note_beginning(task_name)
    with Celery("nobody-listens", broker="redis://127.0.0.1:1/0", set_as_current=False) as deaf:
        deaf.conf.broker_transport_options = project_settings.CELERY_BROKER_TRANSPORT_OPTIONS
        deaf.set_current()
        yield
        app.set_current()


def test_nudge_waits_for_the_commit(waiting_messages):
    with transaction.atomic():
        nudge_after_commit("batch_released")
        before = waiting_messages.names()

    assert (before, waiting_messages.names()) == ([], ["subsidies.tasks.deliver_released_batches_task"])


def test_nudge_is_not_sent_after_a_rollback(waiting_messages):
    with transaction.atomic():
        nudge_after_commit("batch_released")
        transaction.set_rollback(True)

    assert waiting_messages.names() == []


@pytest.mark.parametrize("fact", sorted(project_settings.NUDGES))
def test_every_task_that_waits_for_a_fact_is_nudged_once(waiting_messages, fact):
    with transaction.atomic():
        nudge_after_commit(fact)

    assert sorted(waiting_messages.names()) == sorted(project_settings.NUDGES[fact])


def test_nudge_carries_no_arguments(waiting_messages):
    with transaction.atomic():
        nudge_after_commit("batch_released")

    (message,) = waiting_messages.all()
    assert (message["headers"]["argsrepr"], message["headers"]["kwargsrepr"]) == ("()", "{}")


def test_nudge_is_worth_nothing_after_a_minute(waiting_messages):
    with transaction.atomic():
        nudge_after_commit("batch_released")

    assert waiting_messages.all()[0]["headers"]["expires"]


def test_task_that_was_sent_for_and_has_not_begun_is_not_sent_for_again(waiting_messages):
    for _ in range(3):
        with transaction.atomic():
            nudge_after_commit("batch_released")

    assert waiting_messages.names() == ["subsidies.tasks.deliver_released_batches_task"]


def test_whoever_commits_after_a_task_began_sends_for_it_again(waiting_messages):
    with transaction.atomic():
        nudge_after_commit("batch_released")
    deliver_released_batches_task.apply()
    with transaction.atomic():
        nudge_after_commit("batch_released")

    assert waiting_messages.names() == ["subsidies.tasks.deliver_released_batches_task"] * 2


def test_nudge_that_was_lost_holds_no_later_one_back_for_long(waiting_messages):
    with transaction.atomic():
        nudge_after_commit("batch_released")

    assert 0 < waiting_messages.seconds_held_back("subsidies.tasks.deliver_released_batches_task") <= 5


def test_unknown_fact_is_refused_before_anything_commits():
    with pytest.raises(KeyError), transaction.atomic():
        nudge_after_commit("no_such_fact")


@pytest.mark.slow
@pytest.mark.usefixtures("broker_is_down")
def test_broker_that_is_down_does_not_fail_the_request():
    with capture_logs() as logs, transaction.atomic():
        nudge_after_commit("batch_released")

    assert [(line["event"], line["task"]) for line in logs] == [
        ("nudge_lost", "subsidies.tasks.deliver_released_batches_task")
    ]


@pytest.mark.slow
@pytest.mark.usefixtures("broker_is_down")
def test_lost_nudge_does_not_stop_the_next_one():
    with capture_logs() as logs, transaction.atomic():
        nudge_after_commit("certificates_recorded")

    assert [line["event"] for line in logs] == ["nudge_lost", "nudge_lost"]
