"""What a revoked certificate or a merge means for the money: a batch taken back, a grant voided, a recovery opened."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from chongqing_dte.foundation.audit import record_events
from chongqing_dte.foundation.sets import act_or_isolate
from subsidies import queries
from subsidies.enums import (
    BatchStatus,
    JournalAccount,
    JournalKind,
    PaymentStatus,
    RecoveryStatus,
)
from subsidies.models import Payment, Recovery
from subsidies.services.claim_steps import fallen_by_merge, lines_held_up
from subsidies.services.journal import Posting, record_entry
from subsidies.services.recovery_steps import NOTHING, note_what_is_not_owed, open_recoveries
from subsidies.services.void_steps import Facts, void_payments
from subsidies.services.withdrawal_steps import withdraw_batch

SET_SIZE = 500
REVOKED = "certificate_is_valid"


def follow_ended_certificates(*, now: datetime) -> int:
    """Let the money follow every certificate that was revoked, and return how much was done.

    A batch that was not released is withdrawn, a payment that was not made is cancelled, one that was made is to be
    recovered, and one that is with the bank waits for the bank's word. A recovery is withdrawn once the sitting has a
    valid certificate again. What people who were merged since have been granted too often is voided as far as it is
    not on its way: two grants for one first pass, more than a cap allows, a lower level after a higher one.

    Safe to repeat, early, late or beside itself, and after any crash: what is left to do is read from the rows. A row
    that cannot be followed holds up no other.
    """
    done_count = 0
    for batch_id in sorted({*queries.batch_ids_held_up(), *queries.batch_ids_of_merged_people()}):
        done_count += act_or_isolate(
            [batch_id],
            lambda ids: _withdraw_one_batch(ids[0], now=now),
            complaint="batch_cannot_be_withdrawn",
        )
    last_id = 0
    while payment_ids := queries.payment_ids_to_take_back(after=last_id, limit=SET_SIZE):
        last_id = payment_ids[-1]
        done_count += act_or_isolate(
            payment_ids, lambda ids: _follow_one_set(ids, now=now), complaint="revocation_cannot_be_followed"
        )
    done_count += _withdraw_recoveries(now) + _void_what_fell_by_merges(now)
    while noted_count := _note_one_set(now=now):
        done_count += noted_count
    return done_count


@transaction.atomic(durable=True)
def _note_one_set(*, now: datetime) -> int:
    """Say of recoveries that money came of whether they are owed by now: what is not is for a person to act on."""
    recoveries = queries.lock_recoveries_to_note(limit=SET_SIZE)
    for recovery in recoveries:
        # Whichever was not said of it before.
        owed = recovery.amount if recovery.not_owed == recovery.amount else NOTHING
        note_what_is_not_owed([recovery], owed, now)
    Recovery.objects.bulk_update(recoveries, ["not_owed", "not_owed_since"])
    record_events("recovery.not_owed", subjects=recoveries, at=now)
    return len(recoveries)


def _withdraw_recoveries(now: datetime) -> int:
    done_count, last_id = 0, 0
    while recovery_ids := queries.recovery_ids_to_withdraw(after=last_id, limit=SET_SIZE):
        last_id = recovery_ids[-1]
        done_count += act_or_isolate(
            recovery_ids,
            lambda ids: _withdraw_one_set(ids, now=now),
            complaint="recovery_cannot_be_withdrawn",
        )
    return done_count


def _void_what_fell_by_merges(now: datetime) -> int:
    done_count, last_id = 0, 0
    while payments := queries.unpaid_of_merged_people(after=last_id, limit=SET_SIZE):
        last_id = payments[-1].pk
        if fell := fallen_by_merge(payments=payments):
            done_count += act_or_isolate(
                sorted(fell),
                lambda ids: _void_one_fallen_set(ids, now=now),
                complaint="fallen_grant_cannot_be_voided",
            )
    return done_count


@transaction.atomic(durable=True)
def _withdraw_one_batch(batch_id: int, *, now: datetime) -> int:
    batch = queries.lock_batch(batch_id)
    # One that is released is looked at again at the moment in which it would leave.
    if batch.status != BatchStatus.ASSEMBLED or not any(lines_held_up(batch).values()):
        return 0
    withdraw_batch(batch=batch, now=now)
    return 1


@transaction.atomic(durable=True)
def _follow_one_set(payment_ids: Sequence[int], *, now: datetime) -> int:
    payments = queries.lock_payments_to_take_back(payment_ids)
    if not payments:
        return 0
    unpaid = [payment for payment in payments if payment.status != PaymentStatus.PAID]
    void_payments(unpaid, REVOKED, {payment.pk: _ending_of(payment) for payment in unpaid}, now)
    paid = [payment for payment in payments if payment.status == PaymentStatus.PAID]
    open_recoveries(paid, "certificate_revoked", _last_endings_of(paid), now)
    return len(payments)


@transaction.atomic(durable=True)
def _void_one_fallen_set(payment_ids: Sequence[int], *, now: datetime) -> int:
    payments = queries.lock_unpaid(payment_ids)
    # Whoever decides, merges or assembles a batch for these people comes before this or after it.
    queries.lock_certificates_of_people(queries.payees_of(payments))
    fell = fallen_by_merge(payments=payments)
    by_reason: dict[str, list[Payment]] = defaultdict(list)
    for payment in payments:
        if payment.pk in fell:
            by_reason[fell[payment.pk].name].append(payment)
    for reason, falling in by_reason.items():
        void_payments(falling, reason, {payment.pk: fell[payment.pk].facts for payment in falling}, now)
    return len(fell)


@transaction.atomic(durable=True)
def _withdraw_one_set(recovery_ids: Sequence[int], *, now: datetime) -> int:
    """Leave the money with the person: the pass it was paid for stands again. The grant stands for it as it did."""
    found = queries.lock_recoveries_to_withdraw(recovery_ids)
    if not found:
        return 0
    for recovery, certificate_id in found:
        recovery.status = RecoveryStatus.WITHDRAWN
        recovery.withdrawn_at = now
        recovery.withdrawal_reason = "certificate_valid_again"
        recovery.withdrawal_facts = {
            "certificate": certificate_id,
            "withdrawn_on": timezone.localdate(now).isoformat(),
        }
    recoveries = [recovery for recovery, _certificate_id in found]
    Recovery.objects.bulk_update(
        recoveries, ["status", "withdrawn_at", "withdrawal_reason", "withdrawal_facts"]
    )
    record_events("recovery.withdrawn", subjects=recoveries, at=now, reason="certificate_valid_again")
    asked = queries.recovery_counts([recovery.payment for recovery in recoveries])
    record_entry(
        key=f"recovery_withdrawn:{recoveries[0].public_id}",
        kind=JournalKind.RECOVERY,
        postings=[
            Posting(
                recovery.payment,
                JournalAccount.SUBSIDY_EXPENSE,
                JournalAccount.RECOVERIES_RECEIVABLE,
                f"recovery_withdrawn:{asked[recovery.payment_id]}",
                recovery.amount,
            )
            for recovery in recoveries
        ],
        now=now,
    )
    return len(recoveries)


def _last_endings_of(paid: Sequence[Payment]) -> dict[int, Facts]:
    """Return what each of these payments is asked back for, by payment: the last revocation of its sitting."""
    revoked_at = queries.last_revoked_at(paid)
    return {
        payment.pk: {
            **_ending_of(payment),
            "ended_on": timezone.localdate(revoked_at[payment.pk]).isoformat(),
        }
        for payment in paid
    }


def _ending_of(payment: Payment) -> Facts:
    revoked = payment.grant.certificate
    ended_on = timezone.localdate(revoked.ended_at).isoformat() if revoked.ended_at else ""
    return {"certificate": revoked.pk, "ended_on": ended_on}
