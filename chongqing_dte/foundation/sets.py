"""Work on sets of rows in which one bad row does not stop the others."""

from collections.abc import Callable, Sequence

import structlog

from chongqing_dte.foundation.errors import POISON

log = structlog.get_logger(__name__)


def act_or_isolate(ids: Sequence[int], act: Callable[[Sequence[int]], int], *, complaint: str) -> int:
    """Do the act to a set at one stroke and return its count. If a row makes that fail, do them one by one.

    The act opens its own transaction. A row that cannot be done alone is logged under `complaint` and left as it is.
    """
    try:
        return act(ids)
    except POISON:
        if len(ids) == 1:
            log.exception(complaint, row=ids[0])
            return 0
    return sum(act_or_isolate([row_id], act, complaint=complaint) for row_id in ids)
