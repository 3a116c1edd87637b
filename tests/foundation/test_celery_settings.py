"""What the messages may and may not do. Each of these was chosen: a changed one changes what can be lost."""

import pytest
from django.conf import settings

from chongqing_dte.celery import app
from enrollment.queries import CHECK_IS_STALE_AFTER

TASKS = [
    "assessment.tasks.refresh_progress_task",
    "chongqing_dte.foundation.tasks.record_beat_task",
    *{name for names in settings.NUDGES.values() for name in names},
]


@pytest.fixture(autouse=True)
def _tasks_are_loaded():
    app.loader.import_default_modules()


@pytest.mark.parametrize("name", sorted(set(TASKS)))
def test_message_that_nobody_takes_within_a_minute_is_dropped(name):
    assert app.tasks[name].expires == 60


# Reads whole files in a queue of its own. Its attempts are counted in the row, so that no file is read for ever.
HEAVY = {"enrollment.tasks.check_received_rosters_task"}


@pytest.mark.parametrize("name", sorted({*TASKS} - HEAVY))
def test_message_is_acknowledged_before_the_work(name):
    assert not app.tasks[name].acks_late


@pytest.mark.parametrize("name", sorted(HEAVY))
def test_heavy_message_is_acknowledged_after_the_work_and_not_when_its_worker_dies(name):
    assert app.tasks[name].acks_late
    assert not app.tasks[name].reject_on_worker_lost
    assert not app.conf.task_reject_on_worker_lost


@pytest.mark.parametrize("name", sorted(HEAVY))
def test_heavy_task_goes_to_its_own_queue_and_ends_before_it_could_be_delivered_again(name):
    queue = app.amqp.router.route({}, name)["queue"]
    visible_again_after = app.conf.broker_transport_options["visibility_timeout"]

    assert queue.name == "heavy"
    assert app.tasks[name].soft_time_limit < app.tasks[name].time_limit < visible_again_after


def test_check_counts_as_stale_only_after_its_task_was_killed():
    limits = [app.tasks[name].time_limit for name in HEAVY]

    assert max(limits) < CHECK_IS_STALE_AFTER.total_seconds()


def test_only_json_is_read_and_written():
    assert (app.conf.task_serializer, app.conf.accept_content) == ("json", ["json"])


def test_there_is_no_result_backend():
    assert app.conf.result_backend is None
    assert app.conf.task_ignore_result is True


def test_work_runs_in_workers_and_never_in_the_request():
    assert app.conf.task_always_eager is False


def test_task_ends_before_its_message_could_be_delivered_again():
    assert app.conf.task_time_limit < app.conf.broker_transport_options["visibility_timeout"]


def test_worker_gives_up_gently_before_it_is_killed():
    assert app.conf.task_soft_time_limit < app.conf.task_time_limit


def test_queue_that_is_not_declared_is_not_made():
    assert app.conf.task_create_missing_queues is False
    assert app.conf.task_default_queue in app.conf.task_queues


def test_beat_runs_on_the_clock_of_chongqing():
    assert str(app.conf.timezone) == "Asia/Shanghai"
