"""The stop of all sending: one person is enough to begin it, two end it."""

from datetime import datetime

from django.db import IntegrityError, transaction

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.words import stated
from institutions.models import User
from subsidies import policies, queries
from subsidies.enums import StopKind
from subsidies.models import SendingStop

ONE_AT_A_TIME = "sending_stop_one_at_a_time"


def stop_sending(*, stopper: User, reason: str, now: datetime) -> SendingStop:
    """Stop everything that is released or sent to any bank, from now on.

    A file that is being sent at this very moment may still arrive. Raises NotPermitted, DomainError without a reason,
    and InvalidTransition if somebody has stopped it already.
    """
    policies.check_can_stop_sending(stopper)
    try:
        return _stop(StopKind.MANUAL, reason, now, stopper)
    except IntegrityError as refusal:
        if ONE_AT_A_TIME not in str(refusal):
            raise
        raise InvalidTransition(_("Sending is stopped already.")) from refusal


def stop_after_restore(*, reason: str, now: datetime) -> SendingStop | None:
    """Stop all sending after the database came back from a backup, or return None if that is so already.

    Safe to repeat, and open to nobody but whoever has a command line on the portal's own machine.
    """
    try:
        return _stop(StopKind.RESTORE, reason, now)
    except IntegrityError as refusal:
        if ONE_AT_A_TIME not in str(refusal):
            raise
        return None


@transaction.atomic(durable=True)
def _stop(kind: StopKind, reason: str, now: datetime, stopper: User | None = None) -> SendingStop:
    stop = SendingStop.objects.create(
        kind=kind, reason=_reason_in(reason), stopped_by=stopper, stopped_at=now
    )
    actor_id = stopper.pk if stopper else None
    record_event("sending.stopped", subject=stop, actor_id=actor_id, at=now, reason=stop.reason)
    return stop


@transaction.atomic(durable=True)
def propose_lift(*, kind: StopKind, proposer: User, reason: str, now: datetime) -> SendingStop:
    """Say why sending can go on. Somebody else has to agree; a later proposal takes the place of this one.

    Raises NotPermitted, InvalidTransition if no such stop holds, and DomainError without a reason.
    """
    policies.check_can_work_with_bank(proposer)
    stop = _live(kind)
    stop.lift_proposed_by = proposer
    stop.lift_proposed_at = now
    stop.lift_reason = _reason_in(reason)
    stop.save(update_fields=["lift_proposed_by", "lift_proposed_at", "lift_reason"])
    record_event("sending.lift_proposed", subject=stop, actor_id=proposer.pk, at=now, reason=stop.lift_reason)
    return stop


@transaction.atomic(durable=True)
def lift_stop(*, kind: StopKind, lifter: User, lift_reason: str, now: datetime) -> SendingStop:
    """Let sending go on, as somebody else of finance has proposed for this reason, which the lifter has seen.

    Raises NotPermitted, InvalidTransition if no such stop holds, and DomainError if the proposal is another by now.
    """
    policies.check_can_work_with_bank(lifter)
    stop = _live(kind)
    policies.check_can_lift_stop(lifter, stop)
    if lift_reason != stop.lift_reason:
        raise DomainError(
            _("The proposal is not the one that you looked at. Open the page again."), code="other_proposal"
        )
    stop.lifted_by = lifter
    stop.lifted_at = now
    stop.save(update_fields=["lifted_by", "lifted_at"])
    record_event("sending.lifted", subject=stop, actor_id=lifter.pk, at=now, reason=stop.lift_reason)
    nudge_after_commit("sending_lifted")
    return stop


def _live(kind: StopKind) -> SendingStop:
    stop = queries.lock_live_stop(kind)
    if stop is None:
        raise InvalidTransition(_("Sending is not stopped."))
    return stop


def _reason_in(text: str) -> str:
    reason = stated(text)
    if not reason:
        raise DomainError(_("Give a reason."), code="reason_missing")
    return reason
