from datetime import datetime

from chongqing_dte.foundation.audit import record_event, record_events
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.transitions import check_transition
from institutions.enums import Role
from subsidies import queries
from subsidies.enums import AttemptStatus, BatchStatus, NotificationKind, PaymentStatus, SubsidyKind
from subsidies.models import Payment, PaymentAttempt, PaymentBatch
from subsidies.services.claim_steps import lines_held_up
from subsidies.services.netting_steps import release_held
from subsidies.services.notification_steps import notify_office
from subsidies.services.transit_steps import record_out_of_transit
from subsidies.transitions import BATCH_TRANSITIONS


def must_stay(batch: PaymentBatch) -> bool:
    """Test whether something in a batch must not be paid now, or not to that account.

    A step: needs the batch locked. Whoever revokes, freezes or merges afterwards waits until the transaction ends.
    """
    queries.lock_what_stands_behind([attempt.payment for attempt in queries.lock_attempts_of(batch)])
    return any(lines_held_up(batch).values())


def withdraw_batch(*, batch: PaymentBatch, now: datetime) -> None:
    """Take back a batch that has not left, whoever signed it: its file never leaves, its payments are ready again.

    A step: needs the batch locked in the caller's transaction. Raises InvalidTransition once it is being sent.
    """
    check_transition(BATCH_TRANSITIONS, current=BatchStatus(batch.status), target=BatchStatus.WITHDRAWN)
    attempts = queries.lock_attempts_of(batch)
    payments = [attempt.payment for attempt in attempts]
    held_up = lines_held_up(batch)
    if batch.status == BatchStatus.RELEASED:
        record_out_of_transit(batch=batch, attempts=attempts, now=now)
        _tell_of_withdrawal(batch, now)
    PaymentAttempt.objects.filter(batch=batch).update(status=AttemptStatus.WITHDRAWN)
    if batch.kind == SubsidyKind.TRAINING:
        release_held([attempt.pk for attempt in attempts], now)
    Payment.objects.filter(pk__in=[payment.pk for payment in payments]).update(status=PaymentStatus.READY)
    batch.status = BatchStatus.WITHDRAWN
    batch.withdrawn_at = now
    batch.save(update_fields=["status", "withdrawn_at"])
    record_events("payment.made_ready_again", subjects=payments, at=now)
    record_event("batch.withdrawn", subject=batch, at=now, facts=held_up)
    # What is not held up goes into another batch.
    nudge_after_commit("entitlements_granted")


def _tell_of_withdrawal(batch: PaymentBatch, now: datetime) -> None:
    """Tell the finance office, two people of which have released what stays here now."""
    notify_office(
        kind=NotificationKind.BATCH_WITHDRAWN,
        key=f"batch_withdrawn:{batch.public_id}",
        role=Role.MUNICIPAL_FINANCE,
        district_id=None,
        now=now,
        facts={"batch": str(batch.public_id), "reference": batch.reference, "lines": batch.line_count},
        entitlement_id=None,
    )
