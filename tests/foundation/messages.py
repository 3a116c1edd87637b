"""The broker as the tests see it: the messages that wait in the queues of nudges."""

import json
from typing import Any

import redis

QUEUES = ("money", "heavy")


class WaitingMessages:
    """What was sent to the queues since the test began."""

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(url)
        self.forget()

    def forget(self) -> None:
        """Empty the queues, and let everything be sent for again."""
        self._client.delete(*QUEUES, *self._client.keys("nudge:*"))

    def all(self) -> list[dict[str, Any]]:
        """Return the messages, queue by queue, the oldest of each first."""
        return [json.loads(raw) for queue in QUEUES for raw in reversed(self._client.lrange(queue, 0, -1))]

    def seconds_held_back(self, task: str) -> int:
        """Return for how long at most no other nudge of this task is sent."""
        return int(self._client.ttl(f"nudge:{task}"))

    def names(self) -> list[str]:
        """Return the tasks that the messages are for."""
        return [message["headers"]["task"] for message in self.all()]

    def close(self) -> None:
        self.forget()
        self._client.close()
