"""A process that is killed before, during or after one SQL statement of a flow, which is told by its words."""

import gc
import mmap
import os
import re
import signal
import time
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn
from unittest import mock

from django.db import OperationalError, connection, connections

from chongqing_dte.foundation import bulk

MOMENTS = ("before", "during", "after")

# Two statements that differ only in how many rows they are about are one.
ALIKE = (
    (re.compile(r"\s+"), " "),
    (re.compile(r"%s|\d+"), "#"),
    (re.compile(r"#(, #)+"), "#"),
    (re.compile(r"(\([#, ]*#[^()]*\))(, \([#, ]*#[^()]*\))+"), r"\1"),
    (re.compile(r"(WHEN (?:(?!WHEN|ELSE|END).)*)+"), r"\1"),
)

Around = Callable[[str, Callable[[], Any]], Any]


@dataclass(frozen=True)
class Kill:
    """Which statement of a process is its last, when the process dies, and how far into the statement, in seconds."""

    statement: str
    moment: str
    seconds: float


def statements_in(flow: Callable[[], None]) -> dict[str, float]:
    """Run a flow here and return its distinct statements and commits in order, and how long each took at most."""
    longest: dict[str, float] = {}

    def note(statement: str, execute: Callable[[], Any]) -> Any:
        began = time.perf_counter()
        found = execute()
        longest[statement] = max(longest.get(statement, 0.0), time.perf_counter() - began)
        return found

    with ExitStack() as stack:
        _go_around(stack, note)
        flow()
    return longest


def run_and_kill(flow: Callable[[], None], *kills: Kill) -> list[Kill]:
    """Run a flow in so many processes at once, each of which dies as it is told. Return the kills that came so.

    A flow that does not come to its statement goes to its end. Raises AssertionError if one failed by itself.
    """
    connections.close_all()
    children = {_start(flow, kill): kill for kill in kills}
    return [kill for child, kill in children.items() if child.met(kill)]


class _Child:
    def __init__(self, pid: int, is_over: mmap.mmap) -> None:
        self.pid = pid
        self.is_over = is_over

    def met(self, kill: Kill) -> bool:
        """Wait for its end, and test whether it came as it should."""
        _pid, status = os.waitpid(self.pid, 0)
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, f"failed by itself: {kill}"
        return os.WIFSIGNALED(status) and not self.is_over[0]


def _start(flow: Callable[[], None], kill: Kill) -> _Child:
    # One byte that both see: whether the statement was over when the process died that was to die in it.
    is_over = mmap.mmap(-1, 1)
    pid = os.fork()
    if pid == 0:
        _run_in_child(flow, kill, is_over)
    return _Child(pid, is_over)


def _run_in_child(flow: Callable[[], None], kill: Kill, is_over: mmap.mmap) -> NoReturn:
    def die_at(statement: str, execute: Callable[[], Any]) -> Any:
        if statement != kill.statement:
            return execute()
        if kill.moment == "before":
            _die()
        if kill.moment == "during":
            # The kernel ends the process at once: no handler runs and nothing is tidied up.
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, kill.seconds)
        found = execute()
        if kill.moment == "during":
            is_over[0] = 1
        _die()
        return found

    # Looking through everything for cycles would copy what the two processes share.
    gc.disable()
    failed = 1
    try:
        with ExitStack() as stack:
            _go_around(stack, die_at)
            flow()
        failed = 0
    except OperationalError:
        # The other one had the row, or died with it: the next sweep finds it.
        failed = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(failed)


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


def _go_around(stack: ExitStack, around: Around) -> None:
    """Have every statement and every commit of this process go through a function, with its words."""
    last = ""

    def statement(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        nonlocal last
        last = normalized(str(sql))
        return around(last, lambda: execute(sql, params, many, context))

    # Commits look all alike, so that each is told by what came last before it.
    def commit() -> Any:
        return around(f"COMMIT after {last}", send_commit)

    # Whole tables' worth of rows go in by a call of the driver that Django's wrappers do not see.
    def copy(cursor: Any, sql: str, source: Any) -> Any:
        nonlocal last
        last = normalized(sql)
        return around(last, partial(send_rows, cursor, sql, source))

    database = connections["default"]
    send_commit, send_rows = database._commit, bulk._send
    stack.enter_context(mock.patch.object(database, "_commit", commit))
    stack.enter_context(connection.execute_wrapper(statement))
    stack.enter_context(mock.patch.object(bulk, "_send", copy))


def normalized(sql: str) -> str:
    """Return the words of a statement without what differs from one time to the next."""
    for pattern, words in ALIKE:
        sql = pattern.sub(words, sql)
    return sql.strip()
