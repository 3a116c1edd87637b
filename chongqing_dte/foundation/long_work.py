"""Work that no page can wait for and that writes no row: asked for by one person, done in turns, kept for an hour.

All of it stands in Redis, under the person who asked and under what was asked, so that nobody else comes upon it. It
may be lost at any moment: then it is begun again, and nothing is wrong.
"""

import json
import secrets
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import redis
from django.conf import settings

from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext_lazy as _

# For how long an answer is kept, and for how long one is known to have been asked for.
KEPT_SECONDS: Final = 60 * 60
KNOWN_SECONDS: Final = 24 * KEPT_SECONDS
# Longer than any task may take: whoever holds a turn for so long is dead, and another goes on.
TURN_SECONDS: Final = 300
# So many turns without any progress, each cut off by whatever it was, are no accident.
MOST_TRIES: Final = 3
# After so long without a step whoever waits is told so, and may begin again.
PATIENCE: Final = timedelta(minutes=5)
WAITING, WORKING, DONE, FAILED = "WAITING", "WORKING", "DONE", "FAILED"


class NotBegun(DomainError):
    """Redis did not answer: nothing can be handed on to a worker."""

    code = "long_work_not_begun"

    def __init__(self) -> None:
        super().__init__(
            _(
                "This takes longer than a page can wait for, and cannot be handed on at present. "
                "Try again in some minutes."
            )
        )


class Superseded(Exception):
    """The person has begun again meanwhile, or what was known of the work is lost: nobody waits for this run."""


@dataclass(frozen=True)
class Asked:
    """Who asked, and what: a short text that the worker reads again, without personal data."""

    asker_id: int
    question: str


@dataclass(frozen=True)
class Standing:
    """How far one run of a piece of work is. `notes` are what the next turn goes on from."""

    run: str
    stage: str
    moved_at: datetime
    done_count: int = 0
    total_count: int = 0
    tries: int = 0
    # Whether it was done before, and what it came to is gone.
    is_again: bool = False
    notes: dict[str, Any] = field(default_factory=dict)

    def is_stuck(self, now: datetime) -> bool:
        """Test whether whoever waits has waited for long without any step."""
        return self.stage in (WAITING, WORKING) and now - self.moved_at > PATIENCE


class LongWork:
    """One kind of such work. Lists of texts go in and out; in Redis they are compressed."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    # ── Whoever waits ────────────────────────────────────────────────────────────────────────────────────
    def standing_of(self, asked: Asked) -> Standing | None:
        """Return how far it is, or None if it was not asked for, or nobody knows."""
        with suppress(redis.RedisError, OSError):
            return _read(_client(settings.REDIS_URL).get(self._key(asked)))
        return None

    def begin(self, asked: Asked, *, now: datetime, instead_of: str = "") -> Standing:
        """Put it in the queue, unless it is there or done already, and return how far it is.

        A run whose answer is gone gives way, and so does the one that is named: of two who name the same, the second
        finds what the first has begun. Raises NotBegun.
        """
        key = self._key(asked)

        def put(pipe: Any) -> Standing:
            present = _read(pipe.get(key))
            is_gone = (
                present is not None and present.stage == DONE and not pipe.exists(_answer(key, present.run))
            )
            if present is not None and not is_gone and present.run != instead_of:
                return present
            fresh = Standing(secrets.token_hex(8), WAITING, now, is_again=is_gone)
            pipe.multi()
            pipe.set(key, _written(fresh), ex=KNOWN_SECONDS)
            pipe.zadd(self._queue, {_entry(asked, fresh.run): now.timestamp()})
            return fresh

        try:
            standing: Standing = _client(settings.REDIS_URL).transaction(put, key, value_from_callable=True)
        except (redis.RedisError, OSError) as problem:
            raise NotBegun from problem
        return standing

    def answer(
        self, asked: Asked, run: str, start: int, stop: int
    ) -> tuple[list[str], list[list[str]]] | None:
        """Return the first of the lists that it came to, and these, or None if they are gone."""
        key = _answer(self._key(asked), run)
        with suppress(redis.RedisError, OSError):
            # Together: what is kept for an hour may go at any moment.
            both = _client(settings.REDIS_URL).pipeline().lrange(key, 0, 0).lrange(key, start, stop - 1)
            first, others = both.execute()
            if first:
                return _unpacked(first[0]), [_unpacked(block) for block in others]
        return None

    # ── Workers ──────────────────────────────────────────────────────────────────────────────────────────
    def waiting(self) -> list[tuple[Asked, str]]:
        """Return what is in the queue with its run, the first asked first."""
        entries = _client(settings.REDIS_URL).zrange(self._queue, 0, -1)
        return [(Asked(asker_id, question), run) for asker_id, question, run in map(json.loads, entries)]

    @contextmanager
    def turn_at(self, asked: Asked, run: str, *, now: datetime) -> Iterator[Standing | None]:
        """Hold a run for as long as the block lasts. None if another worker does, or nobody waits for it."""
        client, lease = _client(settings.REDIS_URL), f"{self._key(asked)}:{run}:turn"
        if not client.set(lease, 1, nx=True, ex=TURN_SECONDS):
            yield None
            return
        try:
            yield self._taken_up(asked, run, now)
        finally:
            client.delete(lease)

    def step(self, asked: Asked, standing: Standing, found: Sequence[str]) -> None:
        """Note how far it is and what this step found, both or neither. Raises Superseded."""
        key = self._key(asked)

        def put(pipe: Any) -> None:
            _check_stands(_read(pipe.get(key)), standing)
            pipe.multi()
            pipe.set(key, _written(standing), ex=KNOWN_SECONDS)
            if found:
                pipe.rpush(_found(key, standing.run), _packed(found))
                pipe.expire(_found(key, standing.run), KNOWN_SECONDS)

        _client(settings.REDIS_URL).transaction(put, key)

    def found(self, asked: Asked, run: str) -> Iterator[list[str]]:
        """Yield what the steps found, in their order."""
        client, key = _client(settings.REDIS_URL), _found(self._key(asked), run)
        for place in range(client.llen(key)):
            yield _unpacked(client.lindex(key, place))

    def finish(self, asked: Asked, standing: Standing, lists: Iterator[Sequence[str]]) -> None:
        """Keep what it came to for an hour. Raises Superseded."""
        key = self._key(asked)
        blocks = [_packed(texts) for texts in lists]
        done = replace(standing, stage=DONE, notes={})

        def put(pipe: Any) -> None:
            _check_stands(_read(pipe.get(key)), standing)
            pipe.multi()
            pipe.rpush(_answer(key, standing.run), *blocks)
            pipe.expire(_answer(key, standing.run), KEPT_SECONDS)
            pipe.set(key, _written(done), ex=KNOWN_SECONDS)
            pipe.delete(_found(key, standing.run))
            pipe.zrem(self._queue, _entry(asked, standing.run))

        _client(settings.REDIS_URL).transaction(put, key)

    def fail(self, asked: Asked, standing: Standing) -> None:
        """Take it out of the queue and say so to whoever waits."""
        self.step(asked, replace(standing, stage=FAILED, notes={}), ())
        self._forget(asked, standing.run)

    def _taken_up(self, asked: Asked, run: str, now: datetime) -> Standing | None:
        standing = _read(_client(settings.REDIS_URL).get(self._key(asked)))
        if standing is None or standing.run != run or standing.stage in (DONE, FAILED):
            self._forget(asked, run)
            return None
        if standing.tries >= MOST_TRIES:
            self.fail(asked, standing)
            return None
        # Counted before the work: a worker that dies of it counts nothing afterwards.
        begun = replace(standing, stage=WORKING, moved_at=now, tries=standing.tries + 1)
        self.step(asked, begun, ())
        return begun

    def _forget(self, asked: Asked, run: str) -> None:
        client = _client(settings.REDIS_URL)
        client.zrem(self._queue, _entry(asked, run))
        client.delete(_found(self._key(asked), run))

    @property
    def _queue(self) -> str:
        return f"work:{self.kind}:waiting"

    def _key(self, asked: Asked) -> str:
        return f"work:{self.kind}:{asked.asker_id}:{asked.question}"


def _answer(key: str, run: str) -> str:
    return f"{key}:{run}:answer"


def _found(key: str, run: str) -> str:
    return f"{key}:{run}:found"


def _entry(asked: Asked, run: str) -> str:
    return json.dumps([asked.asker_id, asked.question, run])


def _check_stands(present: Standing | None, ours: Standing) -> None:
    if present is None or present.run != ours.run:
        raise Superseded


def _written(standing: Standing) -> str:
    return json.dumps({**vars(standing), "moved_at": standing.moved_at.timestamp()})


def _read(kept: bytes | None) -> Standing | None:
    if kept is None:
        return None
    values = json.loads(kept)
    return Standing(**{**values, "moved_at": datetime.fromtimestamp(values["moved_at"], UTC)})


def _packed(texts: Sequence[str]) -> bytes:
    return zlib.compress(json.dumps(list(texts), ensure_ascii=False).encode())


def _unpacked(block: bytes) -> list[str]:
    texts: list[str] = json.loads(zlib.decompress(block))
    return texts


@lru_cache(maxsize=4)
def _client(url: str) -> Any:
    # Any: the library's own types allow for answers as text too, which a client that decodes none never gets.
    return redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=1)
