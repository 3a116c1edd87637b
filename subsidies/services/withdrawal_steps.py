from datetime import datetime

from chongqing_dte.foundation.audit import record_event, record_events
from chongqing_dte.foundation.transitions import check_transition
from subsidies import queries
from subsidies.enums import AttemptStatus, BatchStatus, PaymentStatus
from subsidies.models import Payment, PaymentAttempt, PaymentBatch
from subsidies.services.claim_steps import lines_held_up
from subsidies.transitions import BATCH_TRANSITIONS


def withdraw_batch(*, batch: PaymentBatch, now: datetime) -> None:
    """Take back a batch that was not released, whoever signed it: its file never leaves, its payments are ready again.

    A step: needs the batch locked in the caller's transaction. Raises InvalidTransition once it is released.
    """
    check_transition(BATCH_TRANSITIONS, current=BatchStatus(batch.status), target=BatchStatus.WITHDRAWN)
    payments = [attempt.payment for attempt in queries.lock_attempts_of(batch)]
    PaymentAttempt.objects.filter(batch=batch).update(status=AttemptStatus.WITHDRAWN)
    Payment.objects.filter(pk__in=[payment.pk for payment in payments]).update(status=PaymentStatus.READY)
    batch.status = BatchStatus.WITHDRAWN
    batch.withdrawn_at = now
    batch.save(update_fields=["status", "withdrawn_at"])
    record_events("payment.made_ready_again", subjects=payments, at=now)
    record_event("batch.withdrawn", subject=batch, at=now, facts=lines_held_up(batch))
