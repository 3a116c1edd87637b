from collections.abc import Callable
from itertools import count as endless

import pytest
import redis

from chongqing_dte.foundation.kept import kept_number


@pytest.fixture
def counted(settings) -> Callable[..., int]:
    """Return a function that asks for a number which is one more each time it is counted."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.delete("kept:test", "kept:other")
    numbers = endless(1)

    def ask(name: str = "test", seconds: int = 10, **how: bool) -> int:
        return kept_number(name, seconds=seconds, count=lambda: next(numbers), **how)

    yield ask
    client.close()


def test_number_is_counted_once(counted):
    assert [counted(), counted()] == [1, 1]


def test_another_number_is_counted_by_itself(counted):
    assert [counted(), counted("other"), counted()] == [1, 2, 1]


def test_number_is_counted_anew_for_whoever_asks_and_then_kept_for_all(counted):
    assert [counted(), counted(anew=True), counted()] == [1, 2, 2]


def test_number_is_forgotten_after_its_seconds(counted, settings):
    counted()

    client = redis.Redis.from_url(settings.REDIS_URL)
    assert 0 < client.ttl("kept:test") <= 10
    client.close()


def test_of_no_seconds_nothing_is_kept(counted):
    assert [counted(seconds=0), counted(seconds=0), counted()] == [1, 2, 3]


def test_number_is_counted_while_redis_is_down(counted, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    assert [counted(), counted(), counted(anew=True)] == [1, 2, 3]
