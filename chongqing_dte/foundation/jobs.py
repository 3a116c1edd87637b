"""Nudges: messages that say "there are rows to work on". Rows are the jobs, so a lost nudge costs seconds."""

from functools import lru_cache, partial

import redis
import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)

# For so long nobody sends a second nudge after one that no worker has taken up. If that one was lost, the sweep or the
# next nudge after these seconds does its work.
WAITING_SECONDS = 5


def nudge_after_commit(fact: str) -> None:
    """Ring the bell of every task that waits for this fact, once the open transaction has committed.

    Which task waits for which fact stands in settings.NUDGES, so that no app names an app above it. A task whose bell
    rang already and that has not begun yet finds this row too, and is not sent for again. Never raises because of the
    broker: the row is already there, and the sweep finds it.
    """
    for task_name in settings.NUDGES[fact]:
        transaction.on_commit(partial(_send, task_name), robust=True)


def note_beginning(task_name: str) -> None:
    """Let the next nudge of this task be sent: whoever commits from now on may come too late for this run."""
    try:
        _broker(settings.REDIS_URL).delete(_bell(task_name))
    except (redis.RedisError, OSError) as problem:
        log.warning("beginning_not_noted", task=task_name, problem=type(problem).__name__)


def _send(task_name: str) -> None:
    if _waits_already(task_name):
        return
    try:
        current_app.send_task(task_name, expires=60, retry=False, ignore_result=True)
    except (OperationalError, OSError) as problem:
        log.warning("nudge_lost", task=task_name, problem=type(problem).__name__)
        note_beginning(task_name)


def _waits_already(task_name: str) -> bool:
    try:
        is_first = _broker(settings.REDIS_URL).set(_bell(task_name), 1, nx=True, ex=WAITING_SECONDS)
    except (redis.RedisError, OSError):
        # Nobody knows: one nudge too many does no harm.
        return False
    return not is_first


def _bell(task_name: str) -> str:
    return f"nudge:{task_name}"


@lru_cache(maxsize=4)
def _broker(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
