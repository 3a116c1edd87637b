"""How much of a class somebody attended. What was never reported is no absence, and no presence either."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from typing import Final

ONE_PLACE: Final = Decimal("0.1")
ZERO: Final = Decimal(0)


@dataclass(frozen=True)
class Hours:
    """Hours of teaching: all that were taught, of these the reported ones, and of these the attended ones."""

    taught: Decimal = ZERO
    reported: Decimal = ZERO
    present: Decimal = ZERO

    def __add__(self, other: "Hours") -> "Hours":
        return Hours(self.taught + other.taught, self.reported + other.reported, self.present + other.present)

    @property
    def not_reported(self) -> Decimal:
        """Hours that were taught and of which nobody has said who was there."""
        return max(self.taught - self.reported, ZERO)


def attendance_rate(hours: Hours) -> Decimal | None:
    """Return the attended hours in hundredths of the reported hours, or None where nothing was reported."""
    return _hundredths(hours.present, hours.reported)


def reporting_rate(hours: Hours) -> Decimal | None:
    """Return the reported hours in hundredths of the taught hours, or None where nothing was taught yet."""
    return _hundredths(hours.reported, hours.taught)


def is_in_class_on(day: date, *, came_on: date | None, left_on: date | None) -> bool:
    """Test whether somebody was in the class on a day. Without a day of coming they were there from the start."""
    return (came_on is None or came_on <= day) and (left_on is None or day <= left_on)


def _hundredths(part: Decimal, whole: Decimal) -> Decimal | None:
    # Rounded down, so that 100 means all.
    return (100 * part / whole).quantize(ONE_PLACE, rounding=ROUND_DOWN) if whole else None
