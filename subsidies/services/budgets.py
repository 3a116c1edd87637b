"""What is allotted, and every change of it: proposed by one person for a stated source, decided by another."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db import IntegrityError, transaction
from django.utils.formats import number_format

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.proposal_steps import decide_proposal
from chongqing_dte.foundation.proposals import RequestStatus
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.words import stated
from enrollment.transitions import REQUEST_TRANSITIONS
from institutions.models import User
from subsidies import policies, queries
from subsidies.enums import BudgetChangeKind, SubsidyKind
from subsidies.models import Budget, BudgetChange

# What the column holds.
GREATEST_ALLOTTED: Final = Decimal("999999999999.99")


@dataclass(frozen=True)
class Allotment:
    """The first money of a year for one subsidy, in yuan; without a district it is the municipality's."""

    year: int
    kind: SubsidyKind
    district_id: int | None
    amount: Decimal
    source: str


@dataclass(frozen=True)
class Change:
    """A later change of one budget, in yuan; a transfer names the budget that it is taken from."""

    kind: BudgetChangeKind
    budget_id: int
    amount: Decimal
    reason: str
    from_budget_id: int | None = None


class BudgetCommitted(DomainError):
    """More would be taken away than is left of a budget."""

    code = "budget_committed"

    def __init__(self, available: Decimal) -> None:
        super().__init__(
            _(
                "Only %(available)s yuan of this budget are neither reserved nor paid. No more can be taken from it."
            )
            % {"available": number_format(available, 2, use_l10n=True, force_grouping=True)}
        )


def propose_allotment(*, allotment: Allotment, proposer: User, now: datetime) -> BudgetChange:
    """Propose the first money of a year. Nothing can be spent before somebody else approves.

    Raises NotPermitted, and DomainError without a source or a positive amount, or if the year's budget is opened or
    its opening is proposed already.
    """
    try:
        return _record_allotment(allotment, proposer, now)
    except IntegrityError as race:
        if not any(
            name in str(race)
            for name in ("budget_change_one_allotment", "budget_one_per_year_kind_and_district")
        ):
            raise
        raise DomainError(
            _("This budget was allotted already, or its allotment waits for approval. Propose a top-up."),
            code="allotted_already",
        ) from race


@transaction.atomic(durable=True)
def propose_budget_change(*, change: Change, proposer: User, now: datetime) -> BudgetChange:
    """Propose a top-up, a reduction or a transfer. Nothing changes before somebody else approves.

    Raises NotPermitted, BudgetCommitted if more would be taken away than is left today, and DomainError without a
    reason or a positive amount, for a budget that was never allotted, or for a transfer to the budget itself.
    """
    policies.check_can_propose_budget_change(proposer)
    _check_stated(change.amount, change.reason)
    _check_budgets(change)
    proposal = BudgetChange(
        kind=change.kind,
        budget_id=change.budget_id,
        from_budget_id=change.from_budget_id,
        amount=change.amount,
        reason=stated(change.reason),
        proposed_by=proposer,
        proposed_at=now,
    )
    giving_id = _giving_id(proposal)
    if giving_id is not None:
        _check_left(queries.lock_budgets([giving_id])[giving_id], change.amount)
    proposal.save()
    _record_proposed(proposal, proposer, now)
    return proposal


def approve_budget_change(*, change_id: int, decider: User, reason: str, now: datetime) -> BudgetChange:
    """Let a proposed change count from now on. Decisions that wait for the money go on by themselves.

    Raises NotPermitted for whoever proposed it, InvalidTransition if it is decided, BudgetCommitted if more would be
    taken away than is left, and DomainError if the budget would become larger than any can be.
    """
    try:
        return _approve(change_id, decider, reason, now)
    except IntegrityError as refusal:
        if "budget_never_overspent" not in str(refusal):
            raise
        raise BudgetCommitted(Decimal("0.00")) from refusal


@transaction.atomic(durable=True)
def refuse_budget_change(*, change_id: int, decider: User, reason: str, now: datetime) -> BudgetChange:
    """Refuse a proposed change, for a reason. Raises NotPermitted, InvalidTransition, and DomainError without one."""
    change = queries.lock_budget_change(change_id)
    policies.check_can_decide_budget_change(decider, change)
    if not stated(reason):
        raise DomainError(_("Say why it is refused."), code="reason_missing")
    _decide(change, RequestStatus.REFUSED, (decider, reason, now))
    return change


@transaction.atomic(durable=True)
def _record_allotment(allotment: Allotment, proposer: User, now: datetime) -> BudgetChange:
    policies.check_can_propose_budget_change(proposer)
    _check_stated(allotment.amount, allotment.source)
    budget = queries.budget_of_office(allotment.year, allotment.kind, allotment.district_id)
    if budget is None:
        budget = Budget.objects.create(
            year=allotment.year,
            kind=allotment.kind,
            district_id=allotment.district_id,
            allotted=Decimal("0.00"),
            source=stated(allotment.source),
        )
    elif budget.opening:
        raise InvalidTransition(_("This budget was allotted already. Propose a top-up."))
    proposal = BudgetChange.objects.create(
        kind=BudgetChangeKind.ALLOTMENT,
        budget=budget,
        amount=allotment.amount,
        reason=stated(allotment.source),
        proposed_by=proposer,
        proposed_at=now,
    )
    _record_proposed(proposal, proposer, now)
    return proposal


@transaction.atomic(durable=True)
def _approve(change_id: int, decider: User, reason: str, now: datetime) -> BudgetChange:
    change = queries.lock_budget_change(change_id)
    policies.check_can_decide_budget_change(decider, change)
    _decide(change, RequestStatus.APPROVED, (decider, reason, now))
    # In the order of their ids, so that two transfers in opposite directions never wait for each other.
    named = [change.budget_id] + ([change.from_budget_id] if change.from_budget_id is not None else [])
    budgets = queries.lock_budgets(named)
    giving_id = _giving_id(change)
    if giving_id is not None:
        _check_left(budgets[giving_id], change.amount)
        budgets[giving_id].allotted -= change.amount
    if change.kind != BudgetChangeKind.REDUCTION:
        _check_fits(budgets[change.budget_id].allotted + change.amount)
        budgets[change.budget_id].allotted += change.amount
        nudge_after_commit("budget_raised")
    Budget.objects.bulk_update(budgets.values(), ["allotted"])
    return change


def _giving_id(change: BudgetChange) -> int | None:
    """Return the budget that a change takes money from, if it does."""
    return change.budget_id if change.kind == BudgetChangeKind.REDUCTION else change.from_budget_id


def _check_stated(amount: Decimal, reason: str) -> None:
    if amount <= 0:
        raise DomainError(_("Name an amount of more than nothing."), code="amount_not_positive")
    if not stated(reason):
        raise DomainError(_("Name the document that the money stands in."), code="reason_missing")


def _check_budgets(change: Change) -> None:
    if (change.kind == BudgetChangeKind.TRANSFER) != (change.from_budget_id is not None):
        raise DomainError(
            _("Name the budget that a transfer is taken from, and none for any other change."),
            code="from_budget_missing",
        )
    if change.from_budget_id == change.budget_id:
        raise DomainError(_("Name two different budgets."), code="same_budget")
    named = {each for each in (change.budget_id, change.from_budget_id) if each is not None}
    years = queries.years_of_allotted_budgets(named)
    if years.keys() != named:
        raise DomainError(_("This budget has no approved allotment yet."), code="budget_not_allotted")
    if len(set(years.values())) > 1:
        raise DomainError(_("Money is transferred within one year only."), code="other_year")


def _check_left(budget: Budget, amount: Decimal) -> None:
    if amount > budget.available:
        raise BudgetCommitted(budget.available)


def _check_fits(allotted: Decimal) -> None:
    if allotted > GREATEST_ALLOTTED:
        raise DomainError(
            _("No budget is that large. Look at the amount again: it is in yuan."), code="amount_too_large"
        )


def _record_proposed(change: BudgetChange, proposer: User, now: datetime) -> None:
    record_event(
        "budget_change.proposed", subject=change, actor_id=proposer.pk, at=now, facts=_facts_of(change)
    )


def _decide(change: BudgetChange, target: RequestStatus, decision: tuple[User, str, datetime]) -> None:
    decide_proposal(
        change,
        target,
        event="budget_change",
        table=REQUEST_TRANSITIONS,
        decision=decision,
        facts=_facts_of(change),
    )


def _facts_of(change: BudgetChange) -> dict[str, str | int]:
    facts: dict[str, str | int] = {
        "kind": change.kind,
        "budget": change.budget_id,
        "amount": str(change.amount),
    }
    if change.from_budget_id is not None:
        facts["from_budget"] = change.from_budget_id
    return facts
