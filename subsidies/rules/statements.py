"""A statement of the journal: what every account began with, how it moved, and how it ends. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

NOTHING: Final = Decimal("0.00")


@dataclass(frozen=True)
class Posted:
    """What was posted to one account of one district, in yuan: before the month, where `kind` is empty, or in it."""

    district_id: int | None
    account: str
    kind: str
    debit: Decimal
    credit: Decimal

    @property
    def net(self) -> Decimal:
        """Return what it adds to the account's balance, in yuan."""
        return self.debit - self.credit


@dataclass(frozen=True)
class AccountLine:
    """One account over one month, in yuan. A balance is positive where debits are more."""

    account: str
    opening: Decimal
    debit: Decimal
    credit: Decimal

    @property
    def closing(self) -> Decimal:
        """Return the balance at the month's end, in yuan."""
        return self.opening + self.debit - self.credit


@dataclass(frozen=True)
class Movement:
    """What one kind of entry moved on one account over the month, in yuan."""

    kind: str
    account: str
    debit: Decimal
    credit: Decimal


@dataclass(frozen=True)
class Statement:
    """The accounts in their order, and the month's movements by kind of entry."""

    accounts: Sequence[AccountLine]
    movements: Sequence[Movement]

    def closing_of(self, account: str) -> Decimal:
        """Return one account's balance at the month's end, in yuan."""
        return sum((line.closing for line in self.accounts if line.account == account), NOTHING)

    def moved(self, kind: str, account: str) -> Decimal:
        """Return what one kind of entry added to one account's balance over the month, in yuan."""
        found = (line for line in self.movements if (line.kind, line.account) == (kind, account))
        return sum((line.debit - line.credit for line in found), NOTHING)


def statement_of(posted: Iterable[Posted], *, accounts: Sequence[str], kinds: Sequence[str]) -> Statement:
    """Add up what was posted, account by account and kind by kind, in the order of `accounts` and `kinds`."""
    rows = list(posted)
    return Statement(
        accounts=[_account_line(account, rows) for account in accounts],
        movements=[
            Movement(kind, account, *_sums(found))
            for kind in kinds
            for account in accounts
            if (found := [row for row in rows if (row.kind, row.account) == (kind, account)])
        ],
    )


def _account_line(account: str, rows: Sequence[Posted]) -> AccountLine:
    of_account = [row for row in rows if row.account == account]
    opening = sum((row.net for row in of_account if not row.kind), NOTHING)
    return AccountLine(account, opening, *_sums([row for row in of_account if row.kind]))


def _sums(rows: Sequence[Posted]) -> tuple[Decimal, Decimal]:
    return sum((row.debit for row in rows), NOTHING), sum((row.credit for row in rows), NOTHING)
