from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from subsidies.enums import JournalAccount, JournalKind
from subsidies.models import JournalEntry, JournalLine, Payment


@dataclass(frozen=True)
class Posting:
    """One payment's part in an entry: from which account to which its amount moves, and what that records."""

    payment: Payment
    debit: JournalAccount
    credit: JournalAccount
    fact: str


def record_entry(*, key: str, kind: JournalKind, postings: Sequence[Posting], now: datetime) -> None:
    """Write one balanced entry, a line for each account that each payment touches. A step of the caller's transaction.

    Raises IntegrityError `journal_fact_recorded_once` if any of it was recorded before.
    """
    if not postings:
        return
    entry = JournalEntry.objects.create(key=key, kind=kind, recorded_at=now)
    JournalLine.objects.bulk_create(
        JournalLine(
            entry=entry,
            account=account,
            amount=sign * posting.payment.amount,
            payment=posting.payment,
            fact=posting.fact,
        )
        for posting in postings
        for account, sign in ((posting.debit, Decimal(1)), (posting.credit, Decimal(-1)))
    )
