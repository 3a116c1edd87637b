"""What of a recovery is to be given back. Pure."""

from decimal import Decimal
from typing import Protocol


class Asked(Protocol):
    """What is asked back, in yuan: what came of it, was given up, is not owed by now, and was given back."""

    recovered: Decimal
    written_off: Decimal
    not_owed: Decimal
    given_back: Decimal


def to_give_back(recovery: Asked) -> Decimal:
    """Return what came of a recovery that is not owed by now, and was not given back, in yuan."""
    not_owed = recovery.not_owed - recovery.written_off
    return max(min(recovery.recovered, not_owed) - recovery.given_back, Decimal("0.00"))
