"""The months of statements, as addresses name them: ?month=2026-10."""

from datetime import date
from typing import Final

from django.utils import timezone

FIRST_YEAR: Final = 2025


def month_of(text: str) -> date:
    """Return the first day of the month of an address; what is none asks for the present one."""
    today = timezone.localdate()
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        return today.replace(day=1)
    return month if FIRST_YEAR <= month.year <= today.year + 1 else today.replace(day=1)


def month_after(month: date) -> date:
    """Return the first day of the month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def month_before(month: date) -> date:
    """Return the first day of the month before."""
    return date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)
