"""The bounds that the Plan gives to funded training."""

from typing import Final

PLAN_YEARS: Final = range(2025, 2031)
# Of one institution or class. Whoever enters more has slipped on a key.
MOST_SEATS: Final = 100_000
