"""Money into transit with a release, and out of it if nothing of the batch left. Steps: they need the batch locked."""

from collections.abc import Sequence
from datetime import datetime

from subsidies import queries
from subsidies.enums import JournalAccount, JournalKind
from subsidies.models import PaymentAttempt, PaymentBatch
from subsidies.services.journal import Posting, record_entry


def record_into_transit(*, batch: PaymentBatch, attempts: Sequence[PaymentAttempt], now: datetime) -> None:
    """Write that what a batch pays is under way."""
    into = JournalAccount.SUBSIDIES_PAYABLE, JournalAccount.PAYMENTS_IN_TRANSIT
    record_entry(
        key=f"release:{batch.public_id}",
        kind=JournalKind.RELEASE,
        postings=_postings(batch, attempts, into, "released"),
        now=now,
    )


def record_out_of_transit(*, batch: PaymentBatch, attempts: Sequence[PaymentAttempt], now: datetime) -> None:
    """Write that what a released batch pays is owed again, and not under way."""
    back = JournalAccount.PAYMENTS_IN_TRANSIT, JournalAccount.SUBSIDIES_PAYABLE
    record_entry(
        key=f"withdrawal:{batch.public_id}",
        kind=JournalKind.WITHDRAWAL,
        postings=_postings(batch, attempts, back, "withdrawn"),
        now=now,
    )


def _postings(
    batch: PaymentBatch,
    attempts: Sequence[PaymentAttempt],
    accounts: tuple[JournalAccount, JournalAccount],
    what: str,
) -> list[Posting]:
    # What goes out again bears the number that it had, and is released a second time.
    before = queries.withdrawals_before(batch)
    debit, credit = accounts
    return [
        Posting(
            attempt.payment,
            debit,
            credit,
            _fact(what, attempt.number, before.get(attempt.pk, 0)),
            attempt.amount,
        )
        for attempt in attempts
    ]


def _fact(what: str, number: int, withdrawals_before: int) -> str:
    return f"{what}:{number}:{withdrawals_before}" if withdrawals_before else f"{what}:{number}"
