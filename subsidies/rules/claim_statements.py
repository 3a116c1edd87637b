"""A training institution's account over one month: what it is owed, what it owes back, and what moved either. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from subsidies.rules.pass_rates import NOTHING

# What is owed to an institution stands on these accounts, as a credit; what it owes back on that one, as a debit.
OWED: Final = frozenset({"SUBSIDIES_PAYABLE", "PAYMENTS_IN_TRANSIT"})
IN_TRANSIT: Final = "PAYMENTS_IN_TRANSIT"
ASKED_BACK: Final = "RECOVERIES_RECEIVABLE"
FUND: Final = "FUND_AT_BANK"
# How the facts begin that record a set-off in the journal.
SET_OFF: Final = ("netted", "set_off")
GIVEN_BACK: Final = "given_back"
# What left for the bank or came back from there changes nothing of what is owed.
ON_THE_WAY: Final = frozenset({"RELEASE", "WITHDRAWAL"})
# By the kind of entry, where that says all.
BY_KIND: Final[dict[str, str]] = {
    "GRANT": "granted",
    "VOID": "cancelled",
    "RECOVERY": "asked_back",
    "REPAYMENT": "repaid",
    "WRITE_OFF": "written_off",
    "CORRECTION": "corrected",
}
# In the order in which a statement adds them up.
EVENTS: Final = (
    "granted",
    "cancelled",
    "paid",
    "returned",
    "set_off",
    "asked_back",
    "withdrawn",
    "repaid",
    "given_back",
    "written_off",
    "corrected",
)


@dataclass(frozen=True)
class Posted:
    """One line of the journal about a payment: account, kind of its entry, and amount in yuan, a debit positive."""

    entry_id: int
    at: datetime
    kind: str
    fact: str
    payment_id: int
    account: str
    amount: Decimal


@dataclass(frozen=True)
class Movement:
    """What one entry did with one payment, in yuan: to what is owed, to what is owed back, and what left the fund.

    What the bank returned changes neither; `amount` says how much it was.
    """

    at: datetime
    event: str
    payment_id: int
    owed: Decimal
    owed_back: Decimal
    left_the_fund: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Sum:
    """What the movements of one kind come to, in yuan."""

    event: str
    count: int
    amount: Decimal
    owed: Decimal
    owed_back: Decimal


def movements_of(posted: Iterable[Posted]) -> list[Movement]:
    """Return what each entry did with each payment, in their order. What only travelled is left out."""
    together: dict[tuple[int, int, str], list[Posted]] = {}
    for line in posted:
        together.setdefault((line.entry_id, line.payment_id, line.fact), []).append(line)
    return [_movement(lines) for lines in together.values() if lines[0].kind not in ON_THE_WAY]


def sums_of(movements: Sequence[Movement]) -> list[Sum]:
    """Return what the movements of each kind come to, in the order of a statement; kinds without any left out."""
    by_event: dict[str, list[Movement]] = {}
    for movement in movements:
        by_event.setdefault(movement.event, []).append(movement)
    return [_sum(event, by_event[event]) for event in EVENTS if event in by_event]


def _sum(event: str, movements: Sequence[Movement]) -> Sum:
    # A set-off stands on both sides, and is one amount.
    counted = [each for each in movements if event != "set_off" or each.owed] or movements
    return Sum(
        event,
        len(counted),
        sum((each.amount for each in counted), NOTHING),
        sum((each.owed for each in movements), NOTHING),
        sum((each.owed_back for each in movements), NOTHING),
    )


def _movement(lines: Sequence[Posted]) -> Movement:
    first = lines[0]
    owed = -sum((line.amount for line in lines if line.account in OWED), NOTHING)
    owed_back = sum((line.amount for line in lines if line.account == ASKED_BACK), NOTHING)
    left = -sum((line.amount for line in lines if line.account == FUND), NOTHING)
    return Movement(
        at=first.at,
        event=_event(first, owed, owed_back),
        payment_id=first.payment_id,
        owed=owed,
        owed_back=owed_back,
        left_the_fund=left,
        amount=max(line.amount for line in lines),
    )


def _event(line: Posted, owed: Decimal, owed_back: Decimal) -> str:
    if line.fact.startswith(SET_OFF):
        return "set_off"
    if line.fact.startswith(GIVEN_BACK):
        return "given_back"
    if owed_back < 0 and line.kind not in ("REPAYMENT", "WRITE_OFF", "CORRECTION"):
        return "withdrawn"
    if line.kind in BY_KIND:
        return BY_KIND[line.kind]
    return "paid" if owed else "returned"
