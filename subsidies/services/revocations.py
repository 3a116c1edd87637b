"""What a revoked certificate or a merge means for the money: a batch taken back, a grant voided, a recovery opened."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from assessment.services.certificates import make_due_again
from chongqing_dte.foundation.audit import record_events
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.sets import act_or_isolate
from subsidies import queries
from subsidies.enums import BatchStatus, CheckOutcome, Decision, JournalAccount, JournalKind, PaymentStatus
from subsidies.models import Budget, Entitlement, Payment, Recovery
from subsidies.services.claim_steps import second_claims
from subsidies.services.journal import Posting, record_entry
from subsidies.services.withdrawal_steps import withdraw_batch

SET_SIZE = 500
REVOKED = "certificate_is_valid"
CLAIMED = "is_not_claimed_already"

Facts = dict[str, str | int]


def follow_ended_certificates(*, now: datetime) -> int:
    """Let the money follow every certificate that was revoked, and return how much was done.

    A batch that was not released is withdrawn, a payment that was not made is cancelled, one that was made is to be
    recovered, and one that is with the bank waits for the bank's word. A recovery is withdrawn once the sitting has a
    valid certificate again. Of two grants for one first pass, of people who were merged since, one is voided.

    Safe to repeat, early, late or beside itself, and after any crash: what is left to do is read from the rows. A row
    that cannot be followed holds up no other.
    """
    done_count = 0
    for batch_id in queries.batch_ids_held_up():
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
    return done_count + _withdraw_recoveries(now) + _void_second_claims(now)


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


def _void_second_claims(now: datetime) -> int:
    done_count, last_id = 0, 0
    while payments := queries.unpaid_of_merged_people(after=last_id, limit=SET_SIZE):
        last_id = payments[-1].pk
        if second := second_claims(payments=payments):
            done_count += act_or_isolate(
                sorted(second),
                lambda ids: _void_second_claims_of_one_set(ids, now=now),
                complaint="second_claim_cannot_be_voided",
            )
    return done_count


@transaction.atomic(durable=True)
def _withdraw_one_batch(batch_id: int, *, now: datetime) -> int:
    batch = queries.lock_batch(batch_id)
    # Released at this moment, before the certificate was revoked: that one waits for the bank.
    if batch.status != BatchStatus.ASSEMBLED or not any(queries.lines_held_up(batch).values()):
        return 0
    withdraw_batch(batch=batch, now=now)
    # What is not held up goes into another batch.
    nudge_after_commit("entitlements_granted")
    return 1


@transaction.atomic(durable=True)
def _follow_one_set(payment_ids: Sequence[int], *, now: datetime) -> int:
    payments = queries.lock_payments_to_take_back(payment_ids)
    if not payments:
        return 0
    unpaid = [payment for payment in payments if payment.status != PaymentStatus.PAID]
    _void(unpaid, REVOKED, {payment.pk: _ending_of(payment) for payment in unpaid}, now)
    _open_recoveries([payment for payment in payments if payment.status == PaymentStatus.PAID], now)
    return len(payments)


@transaction.atomic(durable=True)
def _void_second_claims_of_one_set(payment_ids: Sequence[int], *, now: datetime) -> int:
    payments = queries.lock_unpaid(payment_ids)
    # Whoever decides, merges or assembles a batch for these people comes before this or after it.
    queries.lock_certificates_of_people([payment.payee_id for payment in payments])
    second = second_claims(payments=payments)
    facts: dict[int, Facts] = {payment_id: {"certificate": first} for payment_id, first in second.items()}
    _void([payment for payment in payments if payment.pk in second], CLAIMED, facts, now)
    return len(second)


# ── Not paid yet ─────────────────────────────────────────────────────────────────────────────────────────
def _void(payments: Sequence[Payment], reason: str, facts: Mapping[int, Facts], now: datetime) -> None:
    """Cancel these payments, give back what was reserved, and refuse what was granted. Budgets come last.

    `reason` is the check that they fail now, `facts` what it found, by payment.
    """
    if not payments:
        return
    payees = [payment.payee_id for payment in payments]
    queries.lock_certificates_of_people(payees)
    # Another pass of the same person, refused because of this one, is looked at again.
    make_due_again(queries.certificates_barred_by(payees))
    Payment.objects.filter(pk__in=[payment.pk for payment in payments]).update(
        status=PaymentStatus.CANCELLED, cancelled_at=now
    )
    granted = [payment.entitlement for payment in payments]
    Entitlement.objects.filter(pk__in=[entitlement.pk for entitlement in granted]).update(superseded_at=now)
    refused = Entitlement.objects.bulk_create(
        _refusal(payment.entitlement, reason, facts[payment.pk], now) for payment in payments
    )
    record_events("payment.cancelled", subjects=payments, at=now)
    record_events("entitlement.voided", subjects=granted, at=now, reason=reason)
    record_events("entitlement.refused", subjects=refused, at=now)
    record_entry(
        key=f"void:{payments[0].public_id}",
        kind=JournalKind.VOID,
        postings=[
            Posting(payment, JournalAccount.SUBSIDIES_PAYABLE, JournalAccount.SUBSIDY_EXPENSE, "voided")
            for payment in payments
        ],
        now=now,
    )
    _give_back(payments)
    nudge_after_commit("certificates_recorded")


def _give_back(payments: Sequence[Payment]) -> None:
    sums: dict[int, Decimal] = {}
    for payment in payments:
        budget_id = payment.entitlement.budget_id
        if budget_id is not None:
            sums[budget_id] = sums.get(budget_id, Decimal("0.00")) + payment.amount
    budgets = queries.lock_budgets(sums.keys())
    for budget_id, amount in sums.items():
        budgets[budget_id].reserved -= amount
    Budget.objects.bulk_update(budgets.values(), ["reserved"])


def _refusal(granted: Entitlement, reason: str, facts: Facts, now: datetime) -> Entitlement:
    """Return the decision that takes a grant's place: everything as it was found then, but for this one check."""
    checks = [
        {**check, "outcome": CheckOutcome.FAILED.value, "facts": facts} if check["name"] == reason else check
        for check in granted.checks
    ]
    return Entitlement(
        public_id=uuid.uuid4(),
        certificate_id=granted.certificate_id,
        decision=Decision.REFUSED,
        reason=reason,
        first_pass_key=granted.first_pass_key,
        amount=Decimal("0.00"),
        policy_version_id=granted.policy_version_id,
        fee_schedule_id=granted.fee_schedule_id,
        bank_account_id=granted.bank_account_id,
        checks=checks,
        decided_at=now,
        supersedes=granted,
    )


# ── Paid ─────────────────────────────────────────────────────────────────────────────────────────────────
def _open_recoveries(payments: Sequence[Payment], now: datetime) -> None:
    """Ask for the money back. The grant stays: it was paid, and its first pass is used up."""
    if not payments:
        return
    revoked_at = queries.last_revoked_at(payments)
    asked_before = queries.recovery_counts(payments)
    recoveries = Recovery.objects.bulk_create(
        Recovery(
            payment=payment,
            amount=payment.amount,
            reason="certificate_revoked",
            facts={**_ending_of(payment), "ended_on": timezone.localdate(revoked_at[payment.pk]).isoformat()},
            opened_at=now,
        )
        for payment in payments
    )
    record_events("recovery.opened", subjects=recoveries, at=now)
    record_entry(
        key=f"recovery:{recoveries[0].public_id}",
        kind=JournalKind.RECOVERY,
        postings=[
            Posting(
                payment,
                JournalAccount.RECOVERIES_RECEIVABLE,
                JournalAccount.SUBSIDY_EXPENSE,
                f"recovery:{asked_before.get(payment.pk, 0) + 1}",
            )
            for payment in payments
        ],
        now=now,
    )


@transaction.atomic(durable=True)
def _withdraw_one_set(recovery_ids: Sequence[int], *, now: datetime) -> int:
    """Leave the money with the person: the pass it was paid for stands again. The grant stands for it as it did."""
    found = queries.lock_recoveries_to_withdraw(recovery_ids)
    if not found:
        return 0
    for recovery, certificate_id in found:
        recovery.withdrawn_at = now
        recovery.withdrawal_reason = "certificate_valid_again"
        recovery.withdrawal_facts = {
            "certificate": certificate_id,
            "withdrawn_on": timezone.localdate(now).isoformat(),
        }
    recoveries = [recovery for recovery, _certificate_id in found]
    Recovery.objects.bulk_update(recoveries, ["withdrawn_at", "withdrawal_reason", "withdrawal_facts"])
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
            )
            for recovery in recoveries
        ],
        now=now,
    )
    return len(recoveries)


def _ending_of(payment: Payment) -> Facts:
    revoked = payment.entitlement.certificate
    ended_on = timezone.localdate(revoked.ended_at).isoformat() if revoked.ended_at else ""
    return {"certificate": revoked.pk, "ended_on": ended_on}
