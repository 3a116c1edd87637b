"""The State Council's holidays and make-up days, from a library that is brought up to each year's notice."""

from datetime import date, timedelta

import chinese_calendar
from chinese_calendar.constants import Holiday

from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext_lazy as _
from institutions.rules.working_days import LIBRARY, PublishedDay

SOURCE = f"{LIBRARY} {chinese_calendar.__version__}"


class CalendarNotPublished(DomainError):
    """The library does not know the year: the State Council has not published it, or the library is too old."""

    code = "calendar_not_published"

    def __init__(self, year: int) -> None:
        super().__init__(
            _(
                "The holidays of %(year)s are not known yet. They are published towards the end of the year before."
            )
            % {"year": year}
        )


def published_days(year: int) -> list[PublishedDay]:
    """Return every day of a year as it was published. Raises CalendarNotPublished."""
    try:
        # A year of which only the first of January is known, from the notice of the year before, is not known.
        _is_holiday, name = chinese_calendar.get_holiday_detail(date(year, 10, 1))
        days = [_published(date(year, 1, 1) + timedelta(days=number)) for number in range(_length_of(year))]
    except NotImplementedError as unknown:
        raise CalendarNotPublished(year) from unknown
    if name is None:
        raise CalendarNotPublished(year)
    return days


def _published(day: date) -> PublishedDay:
    is_holiday, name = chinese_calendar.get_holiday_detail(day)
    return PublishedDay(day, not is_holiday, Holiday(name).chinese if name else "", SOURCE)


def _length_of(year: int) -> int:
    return (date(year + 1, 1, 1) - date(year, 1, 1)).days
