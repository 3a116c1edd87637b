"""Numbers that are shown often and counted seldom: kept in Redis for some seconds, for all processes together."""

from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache

import redis
from django.conf import settings


def kept_number(name: str, *, seconds: int, count: Callable[[], int], anew: bool = False) -> int:
    """Return a number that may be so many seconds old, or the present one if it is asked for anew.

    When Redis does not answer, it is counted. Of no seconds nothing is kept.
    """
    if not seconds:
        return count()
    kept = None if anew else _kept(name)
    if kept is not None:
        return kept
    number = count()
    with suppress(redis.RedisError, OSError):
        _client(settings.REDIS_URL).set(_key(name), number, ex=seconds)
    return number


def _kept(name: str) -> int | None:
    with suppress(redis.RedisError, OSError):
        kept = _client(settings.REDIS_URL).get(_key(name))
        return None if kept is None else int(kept)
    return None


def _key(name: str) -> str:
    return f"kept:{name}"


@lru_cache(maxsize=4)
def _client(url: str) -> redis.Redis:
    # Shorter than what a page could be late by: whatever is kept can be counted as well.
    return redis.Redis.from_url(url, socket_timeout=0.2, socket_connect_timeout=0.2)
