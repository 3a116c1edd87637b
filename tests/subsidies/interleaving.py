"""Two people or workers at one moment, each on a connection of their own, in an order that is forced."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from typing import Any

import pytest
from django.db import connections

# How long a test waits for what has to happen; nothing waits this long unless the test fails.
PATIENCE = 30.0
# How long a rival gets to show that it is not kept waiting.
A_MOMENT = 0.7


@dataclass(frozen=True)
class Rivals:
    """Runs what it is given on another connection."""

    pool: ThreadPoolExecutor

    def start(self, act: Callable[[], Any]) -> "Future[Any]":
        """Start something and return at once."""
        return self.pool.submit(_on_a_connection_of_its_own, act)

    def run(self, act: Callable[[], Any]) -> Any:
        """Do something that must not be kept waiting, and return what came of it."""
        return self.start(act).result(timeout=PATIENCE)


@contextmanager
def rivals() -> Iterator[Rivals]:
    """Yield the means to act beside oneself, and wait for everybody at the end."""
    with ThreadPoolExecutor() as pool:
        yield Rivals(pool)


def is_kept_waiting(act: "Future[Any]") -> bool:
    """Test whether something that was started has not ended after a moment."""
    return not wait([act], timeout=A_MOMENT).done


@contextmanager
def paused(monkeypatch: pytest.MonkeyPatch, module: object, function: str) -> Iterator[Event]:
    """Stop whoever first calls the function, before it runs; the event is set once they have got there.

    They go on when the block ends. Whoever comes later is not stopped.
    """
    original = getattr(module, function)
    reached, go_on = Event(), Event()

    def stop_the_first(*arguments: Any, **named: Any) -> Any:
        if not reached.is_set():
            reached.set()
            go_on.wait(PATIENCE)
        return original(*arguments, **named)

    monkeypatch.setattr(module, function, stop_the_first)
    try:
        yield reached
    finally:
        go_on.set()


def _on_a_connection_of_its_own(act: Callable[[], Any]) -> Any:
    try:
        return act()
    finally:
        connections.close_all()
