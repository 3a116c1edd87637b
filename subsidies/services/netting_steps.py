"""What an institution has to pay back, set off against what it is owed. Steps: they need the payments locked.

The bank pays the rest. What is set off counts as paid and as come back: both ways in full, in journal and budgets.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from chongqing_dte.foundation.audit import record_event, record_events
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.transitions import check_transition
from subsidies import queries
from subsidies.enums import (
    JournalAccount,
    JournalKind,
    NettingStatus,
    NotificationKind,
    RecoveryStatus,
)
from subsidies.models import Netting, Payment, PaymentAttempt, Recovery
from subsidies.services.journal import Posting, record_entry
from subsidies.services.notification_steps import notify_institution
from subsidies.services.recovery_steps import count_part, free_what_came_back
from subsidies.transitions import NETTING_TRANSITIONS

NOTHING = Decimal("0.00")


@dataclass(frozen=True)
class SetOff:
    """What of a payment is not for the bank, in yuan: what was set off `before`, and the parts that are held now."""

    before: Decimal = NOTHING
    parts: tuple[tuple[Recovery, Decimal], ...] = ()

    @property
    def total(self) -> Decimal:
        """All of it."""
        return self.before + sum((amount for _recovery, amount in self.parts), NOTHING)


@dataclass
class Moved:
    """What set-offs move in the budgets, in yuan by budget: what is paid with them, and what came back by them."""

    paid: dict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    came_back: dict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def add(self, netting: Netting) -> None:
        """Count one set-off on both its sides."""
        self.paid[netting.payment.budget_id] += netting.amount
        self.came_back[netting.recovery.payment.budget_id] += netting.amount


def plan_set_offs(payments: Sequence[Payment]) -> dict[int, SetOff]:
    """Return what of each of these payments would be set off now, by payment; the oldest recoveries come first.

    Nothing is written. Until this transaction ends, nobody else speaks for what is planned.
    """
    institutions = {each.institution_id for each in payments if each.institution_id is not None}
    if not institutions:
        return {}
    open_ones = queries.lock_recoveries_to_set_off(institutions)
    left = {each.recovery.pk: each.left for each in open_ones}
    ids = [payment.pk for payment in payments]
    before, used = queries.set_off_against(ids), queries.set_off_before(ids)
    planned: dict[int, SetOff] = {}
    for payment in payments:
        owed = payment.amount - before.get(payment.pk, NOTHING)
        parts: list[tuple[Recovery, Decimal]] = []
        for each in open_ones:
            amount = min(owed, left[each.recovery.pk])
            is_theirs = each.institution_id == payment.institution_id
            if amount > 0 and is_theirs and (payment.pk, each.recovery.pk) not in used:
                parts.append((each.recovery, amount))
                left[each.recovery.pk] -= amount
                owed -= amount
        planned[payment.pk] = SetOff(before.get(payment.pk, NOTHING), tuple(parts))
    return planned


def hold_back(held: Iterable[tuple[Payment, PaymentAttempt | None, SetOff]], now: datetime) -> list[Netting]:
    """Write down what is held back from these instructions; without one, from a payment that needs none."""
    nettings = Netting.objects.bulk_create(
        Netting(recovery=recovery, payment=payment, attempt=attempt, amount=amount, held_at=now)
        for payment, attempt, set_off in held
        for recovery, amount in set_off.parts
    )
    record_events("netting.held", subjects=nettings, at=now)
    return nettings


def release_held(attempt_ids: Collection[int], now: datetime) -> None:
    """Let what was held back from these instructions be owed again: they came back, or never left."""
    released = queries.lock_held(attempt_ids)
    _end(released, NettingStatus.RELEASED, now)
    record_events("netting.released", subjects=released, at=now)


def set_off_held(attempt_ids: Collection[int], now: datetime) -> Moved:
    """Set off what was held back from these instructions, which the bank has paid. The budgets are the caller's."""
    return set_off(queries.lock_held(attempt_ids), now)


def set_off_again(attempt: PaymentAttempt, now: datetime) -> Moved:
    """Set off anew what was held back from an instruction that was said to have come back, and was paid after all.

    The budgets are the caller's. Raises DomainError if it came back otherwise meanwhile.
    """
    wanted = [(each.recovery_id, each.amount) for each in queries.owed_again_after(attempt)]
    if not wanted or attempt.payment.institution_id is None:
        return Moved()
    free = {
        each.recovery.pk: each
        for each in queries.lock_recoveries_to_set_off([attempt.payment.institution_id])
    }
    if any(pk not in free or free[pk].left < amount for pk, amount in wanted):
        raise DomainError(
            _(
                "What was held back from this instruction has come back otherwise meanwhile. What is paid by now is "
                "less than what is owed: settle that with the institution first."
            ),
            code="set_off_gone",
        )
    parts = tuple((free[pk].recovery, amount) for pk, amount in wanted)
    return set_off(hold_back([(attempt.payment, attempt, SetOff(parts=parts))], now), now)


def set_off(nettings: Sequence[Netting], now: datetime) -> Moved:
    """Let what is held back count: in its recoveries and in the journal, and the institutions are told."""
    moved = Moved()
    if not nettings:
        return moved
    _end(nettings, NettingStatus.SET_OFF, now)
    # One row each, however many parts of it are set off.
    recoveries = {netting.recovery_id: netting.recovery for netting in nettings}
    for netting in nettings:
        moved.add(netting)
        count_part(recoveries[netting.recovery_id], came_back=netting.amount, now=now)
    _record(nettings, now)
    record_events("netting.set_off", subjects=nettings, at=now)
    for recovery in recoveries.values():
        if recovery.status == RecoveryStatus.SETTLED:
            record_event("recovery.settled", subject=recovery, at=now)
            free_what_came_back(recovery, now)
    _tell_institutions(nettings, now)
    return moved


def _end(nettings: Sequence[Netting], target: NettingStatus, now: datetime) -> None:
    for netting in nettings:
        check_transition(NETTING_TRANSITIONS, current=NettingStatus(netting.status), target=target)
        netting.status, netting.ended_at = target, now
    Netting.objects.bulk_update(nettings, ["status", "ended_at"])


def _record(nettings: Sequence[Netting], now: datetime) -> None:
    """Enter both ways in full: paid to the institution, and paid back by it."""
    payable, fund = JournalAccount.SUBSIDIES_PAYABLE, JournalAccount.FUND_AT_BANK
    receivable, first = JournalAccount.RECOVERIES_RECEIVABLE, nettings[0].pk
    record_entry(
        key=f"set_off:{first}",
        kind=JournalKind.SETTLEMENT,
        postings=[
            Posting(each.payment, payable, fund, f"set_off:{each.pk}", each.amount) for each in nettings
        ],
        now=now,
    )
    record_entry(
        key=f"netted:{first}",
        kind=JournalKind.REPAYMENT,
        postings=[
            Posting(each.recovery.payment, fund, receivable, f"netted:{each.pk}", each.amount)
            for each in nettings
        ],
        now=now,
    )


def _tell_institutions(nettings: Sequence[Netting], now: datetime) -> None:
    of_payment: dict[int, list[Netting]] = defaultdict(list)
    for netting in nettings:
        of_payment[netting.payment_id].append(netting)
    for parts in of_payment.values():
        claim = parts[0].payment.claim
        if claim is None:
            continue
        amount = sum((part.amount for part in parts), NOTHING)
        notify_institution(
            kind=NotificationKind.CLAIM_SET_OFF,
            key=f"claim_set_off:{parts[0].pk}",
            claim=claim,
            facts={"amount": str(amount)},
            now=now,
        )
