"""A policy version that is tried by a worker, and the Redis in which that is kept."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count as endless

import redis
from django.conf import settings
from django.db.backends.postgresql.psycopg_any import DateRange

from subsidies.models import PolicyVersion
from subsidies.services import simulations
from subsidies.services.simulations import continue_simulations
from tests.clock import NOW
from tests.factories.enrollment import TraineeFactory
from tests.factories.subsidies import PolicyVersionFactory, due_certificate, open_programme


@contextmanager
def nothing_at_once(monkeypatch) -> Iterator[redis.Redis]:
    """Yield Redis without any simulation, where one certificate is more than a page waits for."""
    monkeypatch.setattr(simulations, "MOST_CERTIFICATES", 0)
    monkeypatch.setattr(simulations, "CHUNK", 1)
    client = redis.Redis.from_url(settings.REDIS_URL)
    forget(client)
    yield client
    forget(client)
    client.close()


def half_for_everybody() -> PolicyVersion:
    """Return a draft that pays half, and four certificates of three people whom the version in force pays more."""
    open_programme(first_pass_scope="OCCUPATION_AND_LEVEL")
    first, second, third = TraineeFactory.create_batch(3, with_account=True)
    sat(second, 3)
    sat(first, 6, level="SENIOR")
    sat(third, 6)
    sat(first, 9, level="JUNIOR")
    return PolicyVersionFactory(
        in_force=DateRange(date(2027, 1, 1), None),
        first_pass_scope="OCCUPATION_AND_LEVEL",
        fee_share=Decimal("0.5000"),
        yearly_cap=1,
    )


def sat(trainee, month: int, *, level: str = "JUNIOR") -> None:
    """Let somebody pass in a month of 2026."""
    due_certificate(
        attempt__enrollment__trainee=trainee,
        attempt__session__held_on=date(2026, month, 5),
        attempt__session__level=level,
        issued_on=date(2026, month, 20),
    )


def forget(client: redis.Redis) -> None:
    """Take every simulation out of Redis."""
    if keys := client.keys("work:simulations:*"):
        client.delete(*keys)


def forget_answers(client: redis.Redis) -> None:
    """Take out what they came to, as an hour does."""
    client.delete(*client.keys("work:simulations:*:answer"))


def work(clock: Callable[[], datetime] = lambda: NOW) -> int:
    """Let a worker have its turn."""
    return continue_simulations(clock=clock, turn=timedelta(seconds=60))


def one_step_a_turn() -> Callable[[], datetime]:
    """Return a clock by which a turn is over after one chunk."""
    ticks = endless()
    # Asked at the beginning, before the first simulation, when it is taken up, and before its first chunk.
    return lambda: NOW + timedelta(seconds=0 if next(ticks) < 4 else 61)
