"""The moment from which the bytes of a batch may be anywhere. Steps: they need the batch locked."""

from datetime import datetime

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.transitions import check_transition
from institutions.models import User
from subsidies.enums import BatchStatus
from subsidies.models import PaymentBatch
from subsidies.transitions import BATCH_TRANSITIONS


def begin_sending(*, batch: PaymentBatch, now: datetime, sender: User | None = None) -> None:
    """Note that a released batch leaves. Raises InvalidTransition if it is not released."""
    check_transition(BATCH_TRANSITIONS, current=BatchStatus(batch.status), target=BatchStatus.SENDING)
    batch.status = BatchStatus.SENDING
    batch.save(update_fields=["status"])
    record_event("batch.sending", subject=batch, actor_id=sender.pk if sender else None, at=now)
    # A result of this batch that came too early can be read now.
    nudge_after_commit("batch_sent")
