"""From payments that wait to a batch whose bytes are fixed, released by two people, and with the bank."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessment.queries import certificates_are_due
from chongqing_dte.foundation.audit import record_event, record_events
from chongqing_dte.foundation.crypto import DAMAGED, keyed_reference
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.locks import session_lock
from chongqing_dte.foundation.transitions import check_transition
from enrollment.models import BankAccount
from enrollment.queries import account_number_hash
from institutions.models import User
from subsidies import policies, queries
from subsidies.bank import agent_list
from subsidies.bank.channel import BankChannel
from subsidies.bank.files import BatchFile, BatchLine
from subsidies.enums import BatchStatus, JournalAccount, JournalKind, PaymentStatus
from subsidies.models import Payment, PaymentAttempt, PaymentBatch, PolicyVersion
from subsidies.services.claim_steps import second_claims
from subsidies.services.journal import Posting, record_entry
from subsidies.transitions import BATCH_TRANSITIONS

log = structlog.get_logger(__name__)

# A batch waits until no decision is under way, so that one results file becomes one bank file; but not for ever.
LONGEST_WAIT = timedelta(hours=1)


@transaction.atomic(durable=True)
def assemble_batches(*, now: datetime) -> PaymentBatch | None:
    """Put the payments that wait into one batch with a fixed file, and return it, or None if nothing is to be done.

    Safe to repeat and to run beside itself: payments are locked while they are put in, and leave the queue by it.
    """
    _reopen_corrected_payments(now)
    oldest = queries.oldest_ready_since()
    if oldest is None or (certificates_are_due() and now - oldest < LONGEST_WAIT):
        return None
    policy = _policy_on(now)
    payments = _still_owed(queries.lock_payments_ready(policy.batch_line_limit if policy else 500))
    accounts = _readable_accounts({payment.payee_id for payment in payments})
    payments = [payment for payment in payments if payment.payee_id in accounts]
    if not payments:
        return None
    batch, attempts = _assemble(payments, accounts, now)
    if policy is not None and batch.total <= policy.automatic_release_limit:
        batch.released_automatically = True
        batch.status = BatchStatus.RELEASED
    batch.save(force_insert=True)
    PaymentAttempt.objects.bulk_create(attempts)
    Payment.objects.filter(pk__in=[payment.pk for payment in payments]).update(
        status=PaymentStatus.INSTRUCTED
    )
    record_events("payment.instructed", subjects=payments, at=now)
    record_event(
        "batch.assembled", subject=batch, at=now, facts={"lines": batch.line_count, "total": str(batch.total)}
    )
    if batch.status == BatchStatus.RELEASED:
        _record_release(batch, attempts, now)
    return batch


@transaction.atomic(durable=True)
def release_batch(*, batch_id: int, releaser: User, sha256: str, now: datetime) -> PaymentBatch:
    """Add one signature to a batch; with the second person's it is released and may leave.

    `sha256` is the hash of the file that the person saw. Raises NotPermitted for whoever may not sign or signed
    already, InvalidTransition if the batch is released or withdrawn, and DomainError if another file was seen, or if
    something in the batch must not be paid now.
    """
    batch = queries.lock_batch(batch_id)
    policies.check_can_release(releaser, batch)
    check_transition(BATCH_TRANSITIONS, current=BatchStatus(batch.status), target=BatchStatus.RELEASED)
    if sha256 != batch.sha256:
        raise DomainError(
            _("The file is not the one that you looked at. Open the batch again."), code="other_file"
        )
    if queries.is_contradicted(batch):
        raise DomainError(
            _(
                "The bank has said of a payment in this batch that it was paid before. Settle that with the bank first."
            ),
            code="bank_contradicts",
        )
    attempts = queries.lock_attempts_of(batch)
    _check_nothing_is_held_up(batch, attempts)
    if batch.first_released_by_id is None:
        batch.first_released_by = releaser
        batch.first_released_at = now
        batch.save(update_fields=["first_released_by", "first_released_at"])
        record_event("batch.release_started", subject=batch, actor_id=releaser.pk, at=now)
        return batch
    batch.second_released_by = releaser
    batch.second_released_at = now
    batch.status = BatchStatus.RELEASED
    batch.save(update_fields=["second_released_by", "second_released_at", "status"])
    _record_release(batch, attempts, now, releaser)
    return batch


def deliver_released_batches(*, channel: BankChannel, now: datetime) -> int:
    """Hand every released batch to the bank and return how many are there now.

    Safe to repeat after any crash: that a batch is being sent is committed before a byte leaves, one process at
    a time sends it, and what may have been sent before is asked for at the bank before it is sent again. Raises
    BankUnavailable, after which the batch stays as it is; a batch that cannot be read stops no other.
    """
    delivered_count = 0
    for batch_id in queries.batch_ids_to_deliver():
        with session_lock(f"deliver:{batch_id}") as is_ours:
            try:
                delivered_count += is_ours and _deliver(batch_id, channel, now)
            except DAMAGED:
                log.exception("batch_unreadable", batch=batch_id)
    return delivered_count


def _deliver(batch_id: int, channel: BankChannel, now: datetime) -> bool:
    batch = _start_sending(batch_id, now)
    if batch is None:
        return False
    # No transaction is open here: a slow bank must not hold our locks.
    if not channel.knows(batch.file_name):
        channel.deliver(batch.file_name, bytes(batch.content))
    _note_delivery(batch_id, now)
    return True


@transaction.atomic(durable=True)
def _start_sending(batch_id: int, now: datetime) -> PaymentBatch | None:
    batch = queries.lock_batch(batch_id)
    if batch.status == BatchStatus.SENDING:
        return batch
    if batch.status != BatchStatus.RELEASED:
        return None
    batch.status = BatchStatus.SENDING
    batch.save(update_fields=["status"])
    record_event("batch.sending", subject=batch, at=now)
    return batch


@transaction.atomic(durable=True)
def _note_delivery(batch_id: int, now: datetime) -> None:
    batch = queries.lock_batch(batch_id)
    if batch.status != BatchStatus.SENDING:
        # The bank was quick: its answer is already applied.
        return
    batch.status = BatchStatus.DELIVERED
    batch.delivered_at = now
    batch.save(update_fields=["status", "delivered_at"])
    record_event("batch.delivered", subject=batch, at=now)


def _policy_on(now: datetime) -> PolicyVersion | None:
    today = timezone.localdate(now)
    return next((policy for policy in queries.approved_policies() if today in policy.in_force), None)


def _readable_accounts(payee_ids: set[int]) -> dict[int, BankAccount]:
    """Return the accounts to pay to. One that cannot be decrypted keeps its own payment waiting, and no other."""
    try:
        found = queries.accounts_to_pay(payee_ids)
    except DAMAGED:
        if len(payee_ids) == 1:
            log.exception("bank_account_unreadable", trainee=next(iter(payee_ids)))
            return {}
        accounts: dict[int, BankAccount] = {}
        for payee_id in payee_ids:
            accounts |= _readable_accounts({payee_id})
        return accounts
    return {payee_id: account for payee_id, account in found.items() if _is_as_recorded(account)}


def _is_as_recorded(account: BankAccount) -> bool:
    """Test that the number is the one that was hashed when it was recorded, and not another row's."""
    is_same = account_number_hash(account.number) == account.number_hash
    if not is_same:
        log.error("bank_account_altered", account=account.pk)
    return is_same


def _still_owed(payments: Sequence[Payment]) -> list[Payment]:
    """Return the payments that are owed now.

    Whoever revokes or freezes what is behind them, or merges the people, comes after the batch.
    """
    queries.lock_what_stands_behind(payments)
    owed = queries.payments_owed([payment.pk for payment in payments])
    owed -= second_claims(payments=payments).keys()
    return [payment for payment in payments if payment.pk in owed]


def _check_nothing_is_held_up(batch: PaymentBatch, attempts: Sequence[PaymentAttempt]) -> None:
    """Raise DomainError if a certificate behind the batch is revoked, or a person in it frozen.

    Whoever revokes or freezes while this is looked at waits for the release, and whoever came first is seen here.
    """
    queries.lock_what_stands_behind([attempt.payment for attempt in attempts])
    held_up = queries.lines_held_up(batch)
    if held_up["revoked"]:
        raise DomainError(
            ngettext(
                "The certificate behind %(count)s payment was revoked. This batch is withdrawn by itself.",
                "The certificates behind %(count)s payments were revoked. This batch is withdrawn by itself.",
                held_up["revoked"],
            )
            % {"count": held_up["revoked"]},
            code="certificate_revoked",
        )
    if held_up["frozen"]:
        raise DomainError(
            ngettext(
                "A result or certificate behind %(count)s payment is in question. This batch is withdrawn by itself.",
                "Results or certificates behind %(count)s payments are in question. This batch is withdrawn by itself.",
                held_up["frozen"],
            )
            % {"count": held_up["frozen"]},
            code="payee_frozen",
        )


def _reopen_corrected_payments(now: datetime) -> None:
    payments = queries.lock_returned_with_new_account()
    Payment.objects.filter(pk__in=[payment.pk for payment in payments]).update(status=PaymentStatus.READY)
    record_events("payment.reopened", subjects=payments, at=now)


def _assemble(
    payments: Sequence[Payment], accounts: dict[int, BankAccount], now: datetime
) -> tuple[PaymentBatch, list[PaymentAttempt]]:
    made_before = queries.attempt_counts([payment.entitlement.certificate_id for payment in payments])
    attempts = []
    for line_number, payment in enumerate(payments, start=1):
        certificate = payment.entitlement.certificate
        number = made_before.get(certificate.pk, 0) + 1
        reference = keyed_reference(
            "assessment", certificate.institution.credit_code, certificate.number, str(number)
        )
        attempts.append(
            PaymentAttempt(
                payment=payment,
                number=number,
                reference=reference,
                line_number=line_number,
                bank_account=accounts[payment.payee_id],
                amount=payment.amount,
            )
        )
    batch = _batch_of(attempts, now)
    for attempt in attempts:
        attempt.batch = batch
    return batch, attempts


def _batch_of(attempts: Sequence[PaymentAttempt], now: datetime) -> PaymentBatch:
    day = timezone.localdate(now)
    # Derived from what is in it, to the account: a batch made anew after a restore on the same day has the name
    # that the bank knows, and a file with other content has another name.
    content_key = keyed_reference(
        "batch", *(f"{each.reference}:{each.bank_account.number}" for each in attempts)
    )
    reference = f"{day:%Y%m%d}-{content_key[:10]}"
    file = BatchFile(
        reference=reference,
        made_on=day,
        lines=[
            BatchLine(
                line_number=attempt.line_number,
                reference=attempt.reference,
                # The bank compares it with the account's owner.
                payee_name=attempt.bank_account.trainee.name,
                account=attempt.bank_account.number,
                bank_name=attempt.bank_account.bank_name,
                cnaps=attempt.bank_account.cnaps,
                amount=attempt.amount,
            )
            for attempt in attempts
        ],
    )
    content = agent_list.write_payment_list(file)
    return PaymentBatch(
        reference=reference,
        line_count=len(attempts),
        total=file.total,
        file_name=agent_list.file_name(reference),
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        assembled_at=now,
    )


def _record_release(
    batch: PaymentBatch, attempts: Sequence[PaymentAttempt], now: datetime, releaser: User | None = None
) -> None:
    record_event("batch.released", subject=batch, actor_id=releaser.pk if releaser else None, at=now)
    record_entry(
        key=f"release:{batch.reference}",
        kind=JournalKind.RELEASE,
        postings=[
            Posting(
                attempt.payment,
                JournalAccount.SUBSIDIES_PAYABLE,
                JournalAccount.PAYMENTS_IN_TRANSIT,
                f"released:{attempt.number}",
            )
            for attempt in attempts
        ],
        now=now,
    )
    nudge_after_commit("batch_released")
