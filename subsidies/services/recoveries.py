"""Money that is to come back: asked for, paid back or given up, by two people."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.formats import number_format

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.proposal_steps import decide_proposal
from chongqing_dte.foundation.proposals import RequestStatus
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.words import one_code, stated
from enrollment.transitions import REQUEST_TRANSITIONS
from institutions.models import User
from subsidies import policies, queries
from subsidies.enums import NotificationKind, RecoveryStatus, SettlementKind
from subsidies.models import Recovery, RecoverySettlement
from subsidies.rules.recoveries import to_give_back
from subsidies.services.notification_steps import notify_institution, notify_person
from subsidies.services.recovery_steps import (
    count_settlement,
    free_what_came_back,
    release_first_pass,
    return_to_budget,
)


@dataclass(frozen=True)
class Settlement:
    """What became of a part of a recovery, in yuan. A repayment names the line of the bank's statement."""

    kind: SettlementKind
    amount: Decimal
    reason: str
    received_on: date | None = None
    bank_reference: str = ""


class MoreThanIsLeft(DomainError):
    """More would be settled than is left of a recovery."""

    code = "more_than_is_left"

    def __init__(self, left: Decimal) -> None:
        super().__init__(
            _(
                "Only %(left)s yuan are left of this recovery, with what waits for approval or is held back counted."
            )
            % {"left": number_format(left, 2, use_l10n=True, force_grouping=True)}
        )


@transaction.atomic(durable=True)
def ask_back(*, recovery_id: int, due_on: date, asker: User, now: datetime) -> Recovery:
    """Record that the person is asked to pay until `due_on`, and tell them. It may be asked again for a later day.

    Raises NotPermitted, InvalidTransition once it has ended, and DomainError unless the day is to come and later
    than the one named before.
    """
    recovery = queries.lock_recovery(recovery_id)
    policies.check_can_ask_back(asker)
    _check_is_open(recovery)
    if due_on <= timezone.localdate(now):
        raise DomainError(_("Name a day that is to come."), code="due_day_past")
    if recovery.due_on is not None and due_on <= recovery.due_on:
        raise DomainError(_("Name a later day than the one named before."), code="due_day_not_later")
    recovery.due_on = due_on
    recovery.asked_at = now
    recovery.save(update_fields=["due_on", "asked_at"])
    record_event(
        "recovery.asked_for",
        subject=recovery,
        actor_id=asker.pk,
        at=now,
        facts={"due_on": due_on.isoformat()},
    )
    _tell_who_pays(recovery, due_on, now)
    return recovery


def propose_settlement(
    *, recovery_id: int, settlement: Settlement, proposer: User, now: datetime
) -> RecoverySettlement:
    """Put down what came back or is given up. Nothing changes before somebody else approves.

    Raises NotPermitted, InvalidTransition once the recovery has ended, MoreThanIsLeft, and DomainError without a
    reason, a positive amount or the line of the bank's statement, or if that line was put down before.
    """
    try:
        return _propose(recovery_id, settlement, proposer, now)
    except IntegrityError as race:
        if "settlement_statement_line_once" not in str(race):
            raise
        raise _line_used() from race


@transaction.atomic(durable=True)
def approve_settlement(
    *, settlement_id: int, decider: User, reason: str, now: datetime
) -> RecoverySettlement:
    """Let a settlement count: in the recovery, the journal, and for money that came back in its budget.

    The recovery is settled by itself once nothing is left of it. If all of it came back, its first pass, or what a
    claim paid for somebody, is free again, until it is given back. Raises NotPermitted for whoever proposed it,
    InvalidTransition if it or its recovery has ended, MoreThanIsLeft, and DomainError if it cannot be given back.
    """
    settlement, recovery = _locked(settlement_id)
    policies.check_can_decide_settlement(decider, settlement)
    # Looked at first: a decided one is called decided, whatever became of its recovery since.
    is_given_back = settlement.kind == SettlementKind.GIVEN_BACK
    if settlement.status == RequestStatus.PROPOSED and is_given_back:
        _check_can_be_given_back(recovery, settlement.amount)
    elif settlement.status == RequestStatus.PROPOSED:
        _check_is_open(recovery)
        _check_left(recovery, settlement.amount, queries.amount_held(recovery))
    _decide(settlement, RequestStatus.APPROVED, (decider, reason, now))
    count_settlement(recovery=recovery, settlement=settlement, now=now)
    if recovery.status == RecoveryStatus.SETTLED and not is_given_back:
        record_event("recovery.settled", subject=recovery, actor_id=decider.pk, at=now)
        release_first_pass(recovery=recovery, settlement=settlement, now=now)
        free_what_came_back(recovery, now)
    return_to_budget(recovery=recovery, settlement=settlement)
    nudge_after_commit("money_came_back")
    return settlement


@transaction.atomic(durable=True)
def refuse_settlement(*, settlement_id: int, decider: User, reason: str, now: datetime) -> RecoverySettlement:
    """Refuse a settlement, for a reason. Raises NotPermitted, InvalidTransition, and DomainError without a reason."""
    settlement, _recovery = _locked(settlement_id)
    policies.check_can_decide_settlement(decider, settlement)
    if not stated(reason):
        raise DomainError(_("Say why it is refused."), code="reason_missing")
    _decide(settlement, RequestStatus.REFUSED, (decider, reason, now))
    return settlement


def _tell_who_pays(recovery: Recovery, due_on: date, now: datetime) -> None:
    payment, key = recovery.payment, f"recovery:{recovery.pk}:{due_on.isoformat()}"
    left = recovery.amount - recovery.recovered - recovery.written_off - queries.amount_held(recovery)
    facts = {"recovery": recovery.pk, "amount": str(left), "due_on": due_on.isoformat()}
    if payment.claim is not None:
        notify_institution(kind=NotificationKind.RECOVERY, key=key, claim=payment.claim, facts=facts, now=now)
        return
    notify_person(
        kind=NotificationKind.RECOVERY,
        key=key,
        person_id=payment.trainee_id,
        facts=facts,
        entitlement_id=payment.entitlement_id,
        now=now,
    )


@transaction.atomic(durable=True)
def _propose(recovery_id: int, settlement: Settlement, proposer: User, now: datetime) -> RecoverySettlement:
    recovery = queries.lock_recovery(recovery_id)
    policies.check_can_ask_back(proposer)
    if settlement.kind != SettlementKind.GIVEN_BACK:
        _check_is_open(recovery)
    if not stated(settlement.reason):
        raise DomainError(_("State a reason."), code="reason_missing")
    if settlement.kind == SettlementKind.GIVEN_BACK:
        proposed = queries.settlement_amount_proposed(recovery, SettlementKind.GIVEN_BACK)
        _check_can_be_given_back(recovery, settlement.amount + proposed)
    else:
        spoken_for = queries.settlement_amount_proposed(recovery) + queries.amount_held(recovery)
        _check_left(recovery, settlement.amount, spoken_for)
    bank_reference = one_code(settlement.bank_reference)
    if settlement.kind != SettlementKind.WRITE_OFF:
        _check_statement_line(recovery, bank_reference, settlement.received_on, now)
    has_a_line = settlement.kind != SettlementKind.WRITE_OFF
    proposal = RecoverySettlement.objects.create(
        recovery=recovery,
        kind=settlement.kind,
        amount=settlement.amount,
        received_on=settlement.received_on if has_a_line else None,
        bank_reference=bank_reference if has_a_line else "",
        reason=stated(settlement.reason),
        proposed_by=proposer,
        proposed_at=now,
    )
    record_event(
        "settlement.proposed",
        subject=proposal,
        actor_id=proposer.pk,
        at=now,
        reason=proposal.reason,
        facts={"recovery": recovery.pk, "kind": proposal.kind, "amount": str(proposal.amount)},
    )
    return proposal


def _locked(settlement_id: int) -> tuple[RecoverySettlement, Recovery]:
    recovery = queries.lock_recovery(queries.recovery_id_of_settlement(settlement_id))
    return queries.lock_settlement(settlement_id), recovery


def _decide(
    settlement: RecoverySettlement, target: RequestStatus, decision: tuple[User, str, datetime]
) -> None:
    decide_proposal(
        settlement,
        target,
        event="settlement",
        table=REQUEST_TRANSITIONS,
        decision=decision,
        facts={
            "recovery": settlement.recovery_id,
            "kind": settlement.kind,
            "amount": str(settlement.amount),
        },
    )


def _check_is_open(recovery: Recovery) -> None:
    if recovery.status != RecoveryStatus.OPEN:
        raise InvalidTransition(
            _("This recovery is %(status)s, so that nothing can be put down for it any more.")
            % {"status": RecoveryStatus(recovery.status).label}
        )


def _check_can_be_given_back(recovery: Recovery, amount: Decimal) -> None:
    """Raise DomainError unless so much came and is not owed by now, and nothing more of it can come."""
    if recovery.status != RecoveryStatus.SETTLED:
        raise InvalidTransition(
            _("Something of it is still open. Write that off first; then what came is given back.")
        )
    if amount <= 0:
        raise DomainError(_("The amount must be more than 0."), code="amount_not_positive")
    if amount > to_give_back(recovery):
        raise DomainError(
            _("Only %(left)s yuan came that are not owed by now.")
            % {"left": number_format(to_give_back(recovery), 2, use_l10n=True, force_grouping=True)},
            code="more_than_came",
        )


def _check_left(recovery: Recovery, amount: Decimal, spoken_for: Decimal) -> None:
    if amount <= 0:
        raise DomainError(_("The amount must be more than 0."), code="amount_not_positive")
    left = recovery.amount - recovery.recovered - recovery.written_off - spoken_for
    if amount > left:
        raise MoreThanIsLeft(left)


def _check_statement_line(
    recovery: Recovery, bank_reference: str, received_on: date | None, now: datetime
) -> None:
    if received_on is None or not bank_reference:
        raise DomainError(
            _("Name the day on which the money came and its reference on the bank statement."),
            code="statement_line_missing",
        )
    paid_at = recovery.payment.paid_at
    if received_on > timezone.localdate(now) or (paid_at and received_on < timezone.localdate(paid_at)):
        raise DomainError(
            _("The money cannot have come back before it was paid, nor on a day that is to come."),
            code="received_day_impossible",
        )
    if queries.statement_line_is_counted(bank_reference):
        raise _line_used()


def _line_used() -> DomainError:
    return DomainError(
        _("This line of the bank statement was put down before: it is money once."),
        code="statement_line_used",
    )
