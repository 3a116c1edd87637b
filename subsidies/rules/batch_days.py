"""On which days payments are put into batches. Pure."""

from collections.abc import Collection
from datetime import date


def is_batch_day(day: date, weekdays: Collection[int]) -> bool:
    """Test whether batches are made on a day. Monday is 1; no weekday at all means every day."""
    return not weekdays or day.isoweekday() in weekdays
