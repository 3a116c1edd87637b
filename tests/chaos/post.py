"""The post between whoever sends a message and whoever receives it: some it loses, others it brings again and again."""

import random
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Self

import redis

QUEUES = ("money", "heavy")
# How often one message arrives. Most are delivered more than once, and a quarter not at all.
TIMES = (0, 0, 1, 1, 2, 3, 4, 5)
LATEST_SECONDS = 1.0


def delivered(queue: str) -> str:
    """Return the queue that the workers listen to."""
    return f"{queue}-delivered"


class Post:
    """Carries the broker's own bytes from the queues that are sent to into those that are listened to."""

    def __init__(self, url: str, seed: int) -> None:
        self.broker = redis.Redis.from_url(url, socket_timeout=5)
        self.chance = random.Random(seed)
        self.lost = self.repeated = 0
        self._under_way: list[tuple[float, str, bytes]] = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._carry, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _problem: BaseException | None, _where: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._thread.join(20)
        self.broker.close()

    def _carry(self) -> None:
        while not self._is_over.is_set():
            try:
                self._collect()
                self._deliver()
            except redis.RedisError:
                # The broker is away, and what was in the post's hands at this moment may be lost.
                time.sleep(0.1)

    def _collect(self) -> None:
        found = self.broker.brpop(list(QUEUES), timeout=0.05)
        if not found:
            return
        queue, message = found
        times = self.chance.choice(TIMES)
        self.lost += times == 0
        self.repeated += times > 1
        now = time.monotonic()
        self._under_way += [
            (now + self.chance.uniform(0.0, LATEST_SECONDS), delivered(queue.decode()), message)
            for _ in range(times)
        ]

    def _deliver(self) -> None:
        now = time.monotonic()
        due = [each for each in self._under_way if each[0] <= now]
        self._under_way = [each for each in self._under_way if each[0] > now]
        with suppress(redis.ResponseError):
            for _, queue, message in due:
                self.broker.lpush(queue, message)
