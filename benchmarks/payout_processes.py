"""Real workers with the production's settings on the benchmark's own broker, and what they are asked to do."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg2
from redis import Redis

ROOT: Final = Path(__file__).resolve().parent.parent
KEY: Final = "benchmarks:answers"
# A worker that has not answered after so long has not started.
PATIENCE_SECONDS: Final = 60.0


@contextmanager
def worker(folder: Path, *, processes: int) -> Iterator[None]:
    """Run one worker for the queue of the money, in the present database, until the block ends."""
    command = ("-m", "celery", "-A", "benchmarks.payout_worker", "worker", "--queues", "money")
    options = ("--concurrency", str(processes), "--loglevel", "WARNING")
    environment = {**os.environ, "DATABASE_URL": address()}
    with (folder / "worker.log").open("ab") as log, empty_broker():
        process = subprocess.Popen(
            [sys.executable, *command, *options], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
        try:
            # Each of its processes imports the portal at its first task.
            for _ in range(2 * processes):
                seconds_of_empty_task()
            yield
        finally:
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def empty_broker() -> Iterator[None]:
    """Begin and end without a message: nobody took those of what was measured before."""
    broker().flushall()
    try:
        yield
    finally:
        broker().flushall()


def broker() -> "Redis":
    from django.conf import settings

    return Redis.from_url(settings.REDIS_URL, socket_timeout=2 * PATIENCE_SECONDS)


def address() -> str:
    """Return the address of the database that Django works in."""
    from django.db import connection

    return os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{connection.settings_dict['NAME']}"


def send(task: str, *arguments: Any) -> None:
    """Send a task as a nudge is sent."""
    from celery import current_app

    current_app.send_task(task, args=arguments, retry=False, ignore_result=True)


def seconds_of_empty_task(patience: float = PATIENCE_SECONDS) -> float:
    """Return how long it takes from sending an empty task until it is seen that it ran."""
    from benchmarks.payout_worker import EMPTY

    connection = broker()
    key = f"{KEY}:{time.perf_counter_ns()}"
    started = time.perf_counter()
    send(EMPTY, key)
    if connection.blpop([key], timeout=patience) is None:
        raise TimeoutError("No worker answered.")
    return time.perf_counter() - started


def task_per_certificate(folder: Path, certificate_ids: Sequence[int]) -> float:
    """Return how long one process of a worker takes for these certificates, a task each."""
    from benchmarks.payout_worker import PAY

    warm_up, measured = certificate_ids[:10], certificate_ids[10:]
    with worker(folder, processes=1):
        _pay_all(PAY, warm_up)
        return _pay_all(PAY, measured) * len(certificate_ids) / len(measured)


def _pay_all(task: str, certificate_ids: Sequence[int]) -> float:
    observer = psycopg2.connect(address())
    observer.autocommit = True
    started = time.perf_counter()
    for certificate_id in certificate_ids:
        send(task, certificate_id)
    with observer.cursor() as cursor:
        while time.perf_counter() - started < PATIENCE_SECONDS + len(certificate_ids):
            cursor.execute(
                "SELECT count(*) FROM assessment_levelcertificate WHERE decision_due AND id = ANY (%s)",
                [list(certificate_ids)],
            )
            if cursor.fetchone() == (0,):
                observer.close()
                return time.perf_counter() - started
            time.sleep(0.01)
    raise TimeoutError("The worker did not decide every certificate.")
