"""From a released batch to a file that the bank has."""

from datetime import datetime

import structlog
from django.db import transaction

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.crypto import DAMAGED
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.locks import session_lock
from chongqing_dte.foundation.sets import unless_deadlocked
from subsidies import queries
from subsidies.bank.channel import BankChannel
from subsidies.enums import BatchStatus, DeliveryWay
from subsidies.models import PaymentBatch
from subsidies.services.release_checks import check_may_release
from subsidies.services.sending_steps import begin_sending
from subsidies.services.withdrawal_steps import must_stay, withdraw_batch

log = structlog.get_logger(__name__)


def deliver_released_batches(
    *, channel: BankChannel, now: datetime, way: DeliveryWay = DeliveryWay.FOLDER
) -> int:
    """Hand every released batch that goes this way to the bank and return how many are there now.

    Safe to repeat after any crash: that a batch is being sent is committed before a byte leaves, one process at
    a time sends it, and what may have been sent before is asked for at the bank before it is sent again. While all
    sending is stopped or the books differ, nothing is begun; a batch with something in it that must not be paid any
    more is withdrawn instead. Raises BankUnavailable, after which the batch stays as it is; a batch that cannot be
    read stops no other.
    """
    delivered_count = 0
    for batch_id in queries.batch_ids_to_deliver(way):
        with session_lock(f"deliver:{batch_id}") as is_ours:
            try:
                delivered_count += is_ours and _deliver_or_withdraw(batch_id, channel, now)
            except DAMAGED:
                log.exception("batch_unreadable", batch=batch_id)
    return delivered_count


def _deliver_or_withdraw(batch_id: int, channel: BankChannel, now: datetime) -> bool:
    batch = unless_deadlocked(lambda: _start_sending(batch_id, now), complaint="batch_cannot_be_sent")
    if batch is None:
        return False
    if batch.status == BatchStatus.SENDING:
        return _deliver(batch, channel, now)
    # Something in it must not be paid. If the bank has it, it left before a restore, and only the bank's word ends it.
    is_there = channel.knows(batch.file_name)
    if is_there:
        _note_sending(batch_id, now)
        _note_delivery(batch_id, now)
    else:
        _withdraw(batch_id, now)
    return is_there


def _deliver(batch: PaymentBatch, channel: BankChannel, now: datetime) -> bool:
    # No transaction is open here: a slow bank must not hold our locks.
    if not channel.knows(batch.file_name):
        # Asking may have taken long, and this is the last moment at which a stop can still keep the file here.
        if queries.sending_is_stopped():
            return False
        channel.deliver(batch.file_name, bytes(batch.content))
    _note_delivery(batch.pk, now)
    return True


@transaction.atomic(durable=True)
def _start_sending(batch_id: int, now: datetime) -> PaymentBatch | None:
    """Return the batch that is being sent from now on, or None if it may not leave now.

    One with something in it that must not be paid comes back as it was, released.
    """
    batch = queries.lock_batch(batch_id)
    if queries.sending_is_stopped():
        return None
    if batch.status == BatchStatus.SENDING:
        return batch
    if batch.status != BatchStatus.RELEASED:
        return None
    if must_stay(batch):
        return batch
    try:
        check_may_release(batch=batch, now=now)
    except DomainError:
        return None
    begin_sending(batch=batch, now=now)
    return batch


@transaction.atomic(durable=True)
def _note_sending(batch_id: int, now: datetime) -> None:
    batch = queries.lock_batch(batch_id)
    if batch.status == BatchStatus.RELEASED:
        begin_sending(batch=batch, now=now)


@transaction.atomic(durable=True)
def _withdraw(batch_id: int, now: datetime) -> None:
    batch = queries.lock_batch(batch_id)
    # Whatever held it up may have ended while the bank was asked.
    if batch.status == BatchStatus.RELEASED and must_stay(batch):
        withdraw_batch(batch=batch, now=now)


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
