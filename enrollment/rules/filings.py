"""When a class may start, when two filings look alike, and when an answer is late."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

# From the first day to the last. No training of this kind lasts longer; a longer one is a slip of a key.
LONGEST_CLASS: Final = 366


@dataclass(frozen=True)
class Span:
    """The days of a class, both inclusive."""

    first: date
    last: date


def earliest_start(filed_on: date, lead_days: int) -> date:
    """Return the first day on which a class filed on that day may start."""
    return filed_on + timedelta(days=lead_days)


def is_too_long(span: Span) -> bool:
    """Test whether a class ends later after its start than a class can."""
    return (span.last - span.first).days > LONGEST_CLASS


def look_alike(one: Span, other: Span, days: int) -> bool:
    """Test whether two classes overlap, or lie no more than so many days apart."""
    return (one.first - other.last).days <= days and (other.first - one.last).days <= days


def days_late(due_on: date | None, today: date) -> int:
    """Return how many days an answer is late. One that has no last day yet is not late."""
    return max((today - due_on).days, 0) if due_on else 0
