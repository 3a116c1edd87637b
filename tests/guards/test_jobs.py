"""Messages are nudges: sent from one place, by names that a worker knows, never for a time to come."""

import ast

import pytest
from django.conf import settings

from chongqing_dte.celery import app
from tests.guards.sources import PACKAGES, calls_in, found_in, name_of, python_files

THE_ONE_PLACE = "chongqing_dte/foundation/jobs.py"
SENDING = frozenset({"delay", "apply_async", "send_task", "signature", "si"})
LATER = frozenset({"eta", "countdown"})
FILES = [path for path in python_files(*PACKAGES) if name_of(path) != THE_ONE_PLACE]


def messages_sent(source: str) -> list[str]:
    """Return the calls that would send a message."""
    return [name for name, _call in calls_in(ast.parse(source)) if name.rpartition(".")[2] in SENDING]


def messages_for_later(source: str) -> list[str]:
    """Return the arguments that would leave a message in the broker's care for a time to come."""
    return [
        str(keyword.arg)
        for _name, call in calls_in(ast.parse(source))
        for keyword in call.keywords
        if keyword.arg in LATER
    ]


def unknown_tasks(names: set[str]) -> set[str]:
    """Return those of the names under which no worker has a task."""
    app.loader.import_default_modules()
    return names - set(app.tasks)


def test_message_is_sent_only_by_the_jobs_module() -> None:
    assert found_in(FILES, messages_sent) == {}


def test_message_is_never_for_a_time_to_come() -> None:
    assert found_in(python_files(*PACKAGES), messages_for_later) == {}


def test_every_nudge_names_a_task_that_a_worker_knows() -> None:
    assert unknown_tasks({name for names in settings.NUDGES.values() for name in names}) == set()


def test_every_entry_of_the_schedule_names_a_task_that_a_worker_knows() -> None:
    assert unknown_tasks({str(entry["task"]) for entry in settings.CELERY_BEAT_SCHEDULE.values()}) == set()


def test_every_nudged_task_is_swept_too() -> None:
    swept = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert {name for names in settings.NUDGES.values() for name in names} <= swept


@pytest.mark.parametrize(
    "planted", ["pay_claim_task.delay(1)", "pay_claim_task.apply_async()", 'current_app.send_task("x")']
)
def test_planted_message_is_found(planted: str) -> None:
    assert messages_sent(planted)


@pytest.mark.parametrize("planted", ["send(x, countdown=5)", "send(x, eta=tomorrow)"])
def test_planted_message_for_later_is_found(planted: str) -> None:
    assert messages_for_later(planted)


def test_planted_unknown_task_is_found() -> None:
    assert unknown_tasks({"subsidies.tasks.no_such_task"}) == {"subsidies.tasks.no_such_task"}
