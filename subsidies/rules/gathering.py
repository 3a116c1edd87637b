"""How long what is ready waits for decisions that are under way, so that one results file leaves in one piece. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

# Sets of decisions come seconds apart. After this long without one, whatever is still due is not being decided.
QUIET_AFTER: Final = timedelta(minutes=2)


@dataclass(frozen=True)
class Span:
    """Since when the oldest and the newest of what is ready have been waiting."""

    oldest: datetime
    newest: datetime


def waits_for_more(waiting: Span, *, longest_wait: timedelta, now: datetime) -> bool:
    """Test whether more is still coming while certificates are due: something came just now, and nothing waits long.

    A certificate that stays due because it cannot be decided brings nothing, and is waited for no longer than that.
    """
    return now - waiting.newest < QUIET_AFTER and now - waiting.oldest < longest_wait
