"""From a released batch to a file that the bank has."""

from datetime import datetime

import structlog
from django.db import transaction

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.crypto import DAMAGED
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.locks import session_lock
from subsidies import queries
from subsidies.bank.channel import BankChannel
from subsidies.enums import BatchStatus, DeliveryWay
from subsidies.models import PaymentBatch

log = structlog.get_logger(__name__)


def deliver_released_batches(
    *, channel: BankChannel, now: datetime, way: DeliveryWay = DeliveryWay.FOLDER
) -> int:
    """Hand every released batch that goes this way to the bank and return how many are there now.

    Safe to repeat after any crash: that a batch is being sent is committed before a byte leaves, one process at
    a time sends it, and what may have been sent before is asked for at the bank before it is sent again. While all
    sending is stopped, nothing is begun. Raises BankUnavailable, after which the batch stays as it is; a batch that
    cannot be read stops no other.
    """
    delivered_count = 0
    for batch_id in queries.batch_ids_to_deliver(way):
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
        # Asking may have taken long, and this is the last moment at which a stop can still keep the file here.
        if queries.sending_is_stopped():
            return False
        channel.deliver(batch.file_name, bytes(batch.content))
    _note_delivery(batch_id, now)
    return True


@transaction.atomic(durable=True)
def _start_sending(batch_id: int, now: datetime) -> PaymentBatch | None:
    batch = queries.lock_batch(batch_id)
    if queries.sending_is_stopped():
        return None
    if batch.status == BatchStatus.SENDING:
        return batch
    if batch.status != BatchStatus.RELEASED:
        return None
    batch.status = BatchStatus.SENDING
    batch.save(update_fields=["status"])
    record_event("batch.sending", subject=batch, at=now)
    # A result of this batch that came too early can be read now.
    nudge_after_commit("batch_sent")
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
