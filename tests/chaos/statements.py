"""A process that is killed before, during or after one SQL statement of the money's whole road, of its own choosing."""

import os
import random
import signal
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
# How long after a statement has begun the kill comes at the latest: about as long as one takes.
LATEST_KILL_SECONDS = 0.002


class Counter:
    """Counts statements and commits, and kills its own process at one of them."""

    def __init__(self, kill_at: int, moment: str, chance: random.Random) -> None:
        self.count = 0
        self.kill_at = kill_at
        self.moment = moment
        self.chance = chance

    def around(self, execute: Callable[[], Any]) -> Any:
        """Run one statement, and die before, during or after it if it is the one."""
        self.count += 1
        if self.count != self.kill_at:
            return execute()
        if self.moment == "before":
            _die()
        if self.moment == "during":
            # The kernel ends the process at once: no handler runs and nothing is tidied up.
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, self.chance.uniform(0.00001, LATEST_KILL_SECONDS))
        found = execute()
        if self.moment == "after":
            _die()
        return found


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


@dataclass(frozen=True)
class Kill:
    """Which statement of a process is its last, and when in it the process dies."""

    statement: int
    moment: str
    seed: int


def run_and_kill(flow: Callable[[], None], *kills: Kill) -> int:
    """Run a flow in so many processes at once, each of which dies at a statement of its own. Return how many did.

    Raises AssertionError if one failed by itself.
    """
    connections.close_all()
    children = {_start(flow, kill): kill for kill in kills}
    died = 0
    for child, kill in children.items():
        _pid, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, f"failed by itself: {kill}"
        died += os.WIFSIGNALED(status)
    return died


def _start(flow: Callable[[], None], kill: Kill) -> int:
    child = os.fork()
    if child == 0:
        _run_in_child(flow, Counter(kill.statement, kill.moment, random.Random(kill.seed)))
    return child


def statements_in(flow: Callable[[], None]) -> int:
    """Run a flow here and return how many statements and commits it takes."""
    counter = Counter(0, "before", random.Random(0))
    with ExitStack() as stack:
        _count(stack, counter)
        flow()
    return counter.count


def _run_in_child(flow: Callable[[], None], counter: Counter) -> NoReturn:
    failed = 1
    try:
        with ExitStack() as stack:
            _count(stack, counter)
            flow()
        failed = 0
    except OperationalError:
        # The other one had the row, or died with it: the next sweep finds it.
        failed = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(failed)


def _count(stack: ExitStack, counter: Counter) -> None:
    def statement(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        return counter.around(lambda: execute(sql, params, many, context))

    database = connections["default"]
    commit = database._commit
    stack.enter_context(mock.patch.object(database, "_commit", partial(counter.around, commit)))
    stack.enter_context(connection.execute_wrapper(statement))

    def copy(*rows: Any) -> Any:
        return counter.around(lambda: send(*rows))

    # Whole tables' worth of rows go in by a call of the driver that Django's wrappers do not see.
    send = bulk._send
    stack.enter_context(mock.patch.object(bulk, "_send", copy))
