"""Bank lines that could not be applied: one person says what was found out at the bank, another one confirms it."""

from datetime import datetime

from django.db import transaction

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.proposal_steps import decide_proposal
from chongqing_dte.foundation.proposals import RequestStatus
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.words import one_line, stated
from enrollment.transitions import REQUEST_TRANSITIONS
from institutions.models import User
from subsidies import policies, queries
from subsidies.bank import sentences
from subsidies.enums import ENDS_AN_INSTRUCTION, ResolutionOutcome
from subsidies.models import BankResultLine, LineResolution, PaymentBatch
from subsidies.services.correction_steps import follow_finding
from subsidies.services.settlement_steps import close_if_settled

LONGEST_BANK_REFERENCE = 64


@transaction.atomic(durable=True)
def propose_resolution(
    *,
    line_id: int,
    proposer: User,
    outcome: ResolutionOutcome,
    reason: str,
    now: datetime,
    bank_reference: str = "",
) -> LineResolution:
    """Say what was found out at the bank about a line. It moves nothing until somebody else has confirmed it.

    Raises NotPermitted, InvalidTransition if the line does not wait or a finding on it does, and DomainError without
    a reason, if the finding does not fit the line, or if it ends an instruction and does not say where the bank does.
    """
    _lock_batches_behind(line_id)
    line = queries.lock_exception(line_id)
    policies.check_can_work_with_bank(proposer)
    _check_waits(line)
    if queries.live_resolution_of(line) is not None:
        raise InvalidTransition(_("A finding on this line waits for a second person already."))
    why = stated(reason)
    if not why:
        raise DomainError(_("Say what the bank told you, when and by whom."), code="reason_missing")
    _check_fits(line, outcome)
    written_where = one_line(bank_reference)[:LONGEST_BANK_REFERENCE]
    if outcome in ENDS_AN_INSTRUCTION and not written_where:
        raise DomainError(
            _("Name the line of the bank's statement, or the number of its letter."),
            code="bank_reference_missing",
        )
    resolution = LineResolution.objects.create(
        line=line,
        outcome=outcome,
        reason=why,
        bank_reference=written_where,
        proposed_by=proposer,
        proposed_at=now,
    )
    record_event(
        "resolution.proposed",
        subject=resolution,
        actor_id=proposer.pk,
        at=now,
        reason=why,
        facts={"outcome": outcome, "bank_reference": written_where},
    )
    return resolution


@transaction.atomic(durable=True)
def approve_resolution(*, resolution_id: int, decider: User, reason: str, now: datetime) -> LineResolution:
    """Confirm a finding: it moves the payment where it says so, the line is settled, and the batch with its last one.

    Raises NotPermitted for whoever proposed it, InvalidTransition if it is decided, and DomainError if it does not
    fit any more: the bank may have said more since.
    """
    line_id = queries.line_id_of_resolution(resolution_id)
    batches = _lock_batches_behind(line_id)
    line = queries.lock_exception(line_id)
    resolution = queries.lock_resolution(resolution_id)
    policies.check_can_decide_resolution(decider, resolution)
    if resolution.status == RequestStatus.PROPOSED:
        _check_fits(line, ResolutionOutcome(resolution.outcome))
    _decide(resolution, RequestStatus.APPROVED, decider, reason, now)
    line.resolved_at = now
    line.save(update_fields=["resolved_at"])
    record_event("bank_line.resolved", subject=line, actor_id=decider.pk, at=now)
    if line.attempt is not None and resolution.outcome != ResolutionOutcome.NO_EFFECT:
        follow_finding(line.attempt, line, ResolutionOutcome(resolution.outcome), now)
    batch_id = line.result_file.batch_id
    if batch_id is not None:
        close_if_settled(batches[batch_id], now)
    return resolution


@transaction.atomic(durable=True)
def refuse_resolution(*, resolution_id: int, decider: User, reason: str, now: datetime) -> LineResolution:
    """Refuse a finding, for a reason. The line goes on waiting.

    Raises NotPermitted for whoever proposed it, InvalidTransition if it is decided, and DomainError without a reason.
    """
    resolution = queries.lock_resolution(resolution_id)
    policies.check_can_decide_resolution(decider, resolution)
    if not stated(reason):
        raise DomainError(_("Say why the finding is refused."), code="reason_missing")
    _decide(resolution, RequestStatus.REFUSED, decider, reason, now)
    return resolution


def _decide(
    resolution: LineResolution, target: RequestStatus, decider: User, reason: str, now: datetime
) -> None:
    decide_proposal(
        resolution,
        target,
        event="resolution",
        table=REQUEST_TRANSITIONS,
        decision=(decider, reason, now),
        facts={"outcome": resolution.outcome},
    )


def _lock_batches_behind(line_id: int) -> dict[int, PaymentBatch]:
    """Lock the batches first, as whoever applies a file does: what the bank says at this moment is seen or waits."""
    return queries.lock_batches(queries.batch_ids_behind(line_id))


def _check_waits(line: BankResultLine) -> None:
    if not line.problem or line.resolved_at is not None:
        raise InvalidTransition(_("This line does not wait for anybody."))


def _check_fits(line: BankResultLine, outcome: ResolutionOutcome) -> None:
    code = queries.why_not_found(line)[outcome]
    if code:
        raise DomainError(sentences.why_not(code), code=code)
