"""Which days can be meant. Others are slips of a key, and behind the last of them there is no next day to count on."""

from datetime import date, timedelta

from django.core.validators import MaxValueValidator, MinValueValidator

from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext_lazy as _

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
OUT_OF_RANGE = _("A day lies between 2000-01-01 and 2099-12-31.")

# For the day fields of forms.
DAY_VALIDATORS = (MinValueValidator(FIRST_DAY, OUT_OF_RANGE), MaxValueValidator(LAST_DAY, OUT_OF_RANGE))


class DayOutOfRange(DomainError):
    """A day that nobody can have meant."""

    code = "day_unthinkable"

    def __init__(self) -> None:
        super().__init__(OUT_OF_RANGE)


def can_be_meant(day: date) -> bool:
    """Test whether a day is one that somebody may have meant."""
    return FIRST_DAY <= day <= LAST_DAY


def check_span(starts_on: date, ends_before: date | None) -> None:
    """Raise DayOutOfRange unless the first day and the last of [starts_on, ends_before) can be meant."""
    if not can_be_meant(starts_on):
        raise DayOutOfRange
    if ends_before is not None:
        check_end(ends_before)


def check_end(ends_before: date) -> None:
    """Raise DayOutOfRange unless the day before `ends_before` can be meant."""
    if not FIRST_DAY < ends_before <= LAST_DAY + timedelta(days=1):
        raise DayOutOfRange
