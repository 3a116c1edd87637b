"""Nudges: messages that say "there are rows to work on". Rows are the jobs, so a lost nudge costs seconds."""

from functools import partial

import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)


def nudge_after_commit(fact: str) -> None:
    """Ring the bell of every task that waits for this fact, once the open transaction has committed.

    Which task waits for which fact stands in settings.NUDGES, so that no app names an app above it. Never raises
    because of the broker: the row is already there, and the sweep finds it.
    """
    for task_name in settings.NUDGES[fact]:
        transaction.on_commit(partial(_send, task_name), robust=True)


def _send(task_name: str) -> None:
    try:
        current_app.send_task(task_name, expires=60, retry=False, ignore_result=True)
    except (OperationalError, OSError) as problem:
        log.warning("nudge_lost", task=task_name, problem=type(problem).__name__)
