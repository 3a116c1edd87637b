"""Work on sets of rows in which one bad row does not stop the others."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import structlog
from django.db import OperationalError

from chongqing_dte.foundation.errors import IN_THE_WAY, POISON

log = structlog.get_logger(__name__)

Done = TypeVar("Done")


def act_or_isolate(ids: Sequence[int], act: Callable[[Sequence[int]], int], *, complaint: str) -> int:
    """Do the act to a set at one stroke and return its count. If a row makes that fail, do each half by itself.

    The act opens its own transaction. A row that cannot be done alone is logged under `complaint` and left as it is,
    and a set that others were in the way of is left for the next sweep: that was nobody's row, and the others go on.
    """
    try:
        return unless_deadlocked(lambda: act(ids), complaint=complaint) or 0
    except POISON:
        if len(ids) == 1:
            log.exception(complaint, row=ids[0])
            return 0
    middle = len(ids) // 2
    return sum(act_or_isolate(half, act, complaint=complaint) for half in (ids[:middle], ids[middle:]))


def unless_deadlocked(act: Callable[[], Done], *, complaint: str) -> Done | None:
    """Do the act and return what came of it, or None if the database ended it because others were in its way: they
    waited for each other in a ring, or it waited too long for a lock of theirs.

    The act opens its own transaction, and is left for the next sweep.
    """
    try:
        return act()
    except OperationalError as error:
        if not isinstance(error.__cause__, IN_THE_WAY):
            raise
        log.warning("left_to_the_next_sweep", complaint=complaint)
        return None
