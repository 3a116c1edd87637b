import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings as project_settings

from chongqing_dte.foundation.logs import configure_logging
from tests.foundation.messages import WaitingMessages


@pytest.fixture
def waiting_messages(settings) -> Iterator[WaitingMessages]:
    """Return the queue of nudges in the real broker, empty at first."""
    messages = WaitingMessages(settings.REDIS_URL)
    yield messages
    messages.close()


@pytest.fixture
def printed() -> Iterator[Callable[[], list[dict[str, object]]]]:
    """Return a function that gives the lines logged so far, as they are printed."""
    configure_logging({"level": "INFO"})
    (handler,) = (h for h in logging.getLogger().handlers if type(h) is logging.StreamHandler)
    lines = io.StringIO()
    former = handler.setStream(lines)
    yield lambda: [json.loads(line) for line in lines.getvalue().splitlines()]
    configure_logging(project_settings.LOGGING)
    handler.setStream(former)
