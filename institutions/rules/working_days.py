from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

# What the source of a day begins with that the library filled in. Every other source was named by a person.
LIBRARY: Final = "chinesecalendar"


class CalendarMissing(Exception):
    """The calendar does not say whether a day that has to be counted is a working day."""


@dataclass(frozen=True)
class PublishedDay:
    """What is published of one day."""

    day: date
    is_working: bool
    name: str
    source: str


def working_day_after(start: date, count: int, is_working: Mapping[date, bool]) -> date:
    """Return the `count`-th working day after `start`, which itself is never counted.

    Raises CalendarMissing at the first day of which nothing is known: a guess could make somebody late who is not.
    """
    day, left = start, count
    while left > 0:
        day += timedelta(days=1)
        if day not in is_working:
            raise CalendarMissing(day)
        left -= is_working[day]
    return day


def is_filled_in(source: str) -> bool:
    """Test whether the library said so, and no person."""
    return source.startswith(LIBRARY)


def differs_from_its_weekday(day: date, *, is_working: bool) -> bool:
    """Test whether a weekday is a rest day, or a day of the weekend a working day."""
    return is_working != (day.weekday() < 5)
