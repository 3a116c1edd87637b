from collections.abc import Iterable
from datetime import date

# A span of days [first, end); without a first day it holds from ever, without an end for ever.
OpenSpan = tuple[date | None, date | None]


def first_uncovered_day(spans: Iterable[OpenSpan], *, first: date, last: date) -> date | None:
    """Return the first of the days `first` to `last` on which none of the spans holds, or None if there is none."""
    day = first
    for lower, upper in sorted(spans, key=lambda span: span[0] or date.min):
        if lower is not None and lower > day:
            break
        if upper is None:
            return None
        day = max(day, upper)
    return day if day <= last else None
