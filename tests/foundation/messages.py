"""The broker as the tests see it: the messages that wait in the queue of nudges."""

import json
from typing import Any

import redis


class WaitingMessages:
    """What was sent to the queue since the test began."""

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(url)
        self._client.delete("money")

    def all(self) -> list[dict[str, Any]]:
        """Return the messages, oldest first."""
        return [json.loads(raw) for raw in reversed(self._client.lrange("money", 0, -1))]

    def names(self) -> list[str]:
        """Return the tasks that the messages are for."""
        return [message["headers"]["task"] for message in self.all()]

    def close(self) -> None:
        self._client.delete("money")
        self._client.close()
