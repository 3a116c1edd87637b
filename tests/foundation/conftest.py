from collections.abc import Iterator

import pytest

from tests.foundation.messages import WaitingMessages


@pytest.fixture
def waiting_messages(settings) -> Iterator[WaitingMessages]:
    """Return the queue of nudges in the real broker, empty at first."""
    messages = WaitingMessages(settings.REDIS_URL)
    yield messages
    messages.close()
