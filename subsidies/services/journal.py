from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from chongqing_dte.foundation.bulk import copy_rows
from subsidies.enums import JournalAccount, JournalKind
from subsidies.models import JournalEntry, JournalLine, Payment


@dataclass(frozen=True)
class Posting:
    """One payment's part in an entry: from which account to which its amount moves, and what that records."""

    payment: Payment
    debit: JournalAccount
    credit: JournalAccount
    fact: str
    # Yuan, where it is a part of the payment.
    part: Decimal | None = None


class Move(NamedTuple):
    """The same without the payment's row, where there are very many. Amount in yuan."""

    payment_id: int
    amount: Decimal
    debit: JournalAccount
    credit: JournalAccount
    fact: str


def record_entry(*, key: str, kind: JournalKind, postings: Sequence[Posting], now: datetime) -> None:
    """Write one balanced entry, a line for each account that each payment touches. A step of the caller's transaction.

    Raises IntegrityError `journal_fact_recorded_once` if any of it was recorded before.
    """
    moves = [
        Move(
            posting.payment.pk,
            posting.payment.amount if posting.part is None else posting.part,
            posting.debit,
            posting.credit,
            posting.fact,
        )
        for posting in postings
    ]
    record_moves(key=key, kind=kind, moves=moves, now=now)


def record_moves(*, key: str, kind: JournalKind, moves: Sequence[Move], now: datetime) -> None:
    """Write one balanced entry as `record_entry` does, at a stroke however many payments it moves."""
    if not moves:
        return
    entry = JournalEntry.objects.create(key=key, kind=kind, recorded_at=now)
    copy_rows(
        JournalLine, ["entry_id", "account", "amount", "payment_id", "fact"], _lines_of(entry.pk, moves)
    )


def _lines_of(entry_id: int, moves: Sequence[Move]) -> Iterable[tuple[object, ...]]:
    for move in moves:
        yield entry_id, move.debit.value, move.amount, move.payment_id, move.fact
        yield entry_id, move.credit.value, -move.amount, move.payment_id, move.fact
