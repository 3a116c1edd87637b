"""How long the rest of a budget lasts. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

NOTHING: Final = Decimal("0.00")
LAST_DAY: Final = date(9999, 12, 31)


@dataclass(frozen=True)
class Pace:
    """What was granted from a budget over some days, in yuan."""

    grants: int
    total: Decimal
    days: int


@dataclass(frozen=True)
class Forecast:
    """For how many more grants the rest of a budget is enough, and until about when.

    Without a single grant in the days that were looked at there is no pace, and neither is known.
    """

    enough_for: int | None
    until: date | None
    lasts_the_year: bool


def forecast(*, available: Decimal, pace: Pace, year: int, today: date) -> Forecast:
    """Say how far the rest of a year's budget goes, at an average amount and a rate. A day is whole or not counted."""
    if pace.grants <= 0 or pace.total <= NOTHING:
        return Forecast(enough_for=None, until=None, lasts_the_year=False)
    # Whole numbers throughout, so that a third of a yuan never rounds a person away.
    enough_for = max(0, int(available * pace.grants // pace.total))
    days_left = enough_for * max(1, pace.days) // pace.grants
    until = today + timedelta(days=min(days_left, (LAST_DAY - today).days))
    return Forecast(enough_for=enough_for, until=until, lasts_the_year=until >= date(year, 12, 31))
