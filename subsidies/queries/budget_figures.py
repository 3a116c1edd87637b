"""How each budget stands: what waits for it, since when, and how fast it is used."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, Min, Q, QuerySet, Sum, Value

from subsidies.enums import Decision, PaymentStatus, SubsidyKind
from subsidies.models import Budget, Entitlement, Payment
from subsidies.queries.budget_queue import waiting_by_purse
from subsidies.queries.budgets import is_allotted
from subsidies.queries.claim_payments import claims_waiting_for_payment
from subsidies.rules.forecast import Pace

NOTHING: Final = Decimal("0.00")


@dataclass(frozen=True)
class Queue:
    """How many decisions wait for budget, for how many yuan, and since when the first of them does."""

    count: int
    total: Decimal
    since: datetime | None

    def __add__(self, other: "Queue") -> "Queue":
        moments = [since for since in (self.since, other.since) if since is not None]
        return Queue(self.count + other.count, self.total + other.total, min(moments, default=None))


NOBODY_WAITS: Final = Queue(0, NOTHING, None)


def everybody_waiting_for_budget() -> Queue:
    """Return what waits for any budget, decisions and claims. One look at two short indexes."""
    decisions = _summed(waiting_by_purse(()), "amount", "decided_at")
    claims = _summed(claims_waiting_for_payment(()), "reckoning__amount", "confirmed_at")
    rows = decisions.union(claims, all=True)
    # What nothing waits for comes as a row of nothing.
    return sum((Queue(count, total or NOTHING, since) for count, total, since in rows), NOBODY_WAITS)


def queues_of_year(year: int, kind: SubsidyKind) -> dict[int | None, Queue]:
    """Return what waits for each budget of a subsidy, by district; None stands for the city's."""
    own = Budget.objects.filter(is_allotted(), year=year, kind=kind, district__isnull=False)
    districts = list(own.values_list("district_id", flat=True))
    if kind == SubsidyKind.TRAINING:
        waiting, sums = claims_waiting_for_payment(districts), _sums("reckoning__amount", "confirmed_at")
    else:
        waiting, sums = waiting_by_purse(districts), _sums("amount", "decided_at")
    rows = waiting.order_by().values_list("purse").annotate(**sums)
    return {purse: Queue(count, total, first_since) for purse, count, total, first_since in rows}


def paces_of(budget_ids: Collection[int], *, since: datetime, before: datetime, days: int) -> dict[int, Pace]:
    """Return what was granted from each of these budgets in a time of so many days. What was voided does not count.

    A budget is one subsidy's: what it granted are decisions, or payments of claims.
    """
    decided = Entitlement.objects.filter(
        Q(decided_at__gte=since, decided_at__lt=before),
        budget__in=budget_ids,
        decision=Decision.GRANTED,
        superseded_at__isnull=True,
    )
    claimed = Payment.objects.filter(
        Q(opened_at__gte=since, opened_at__lt=before), budget__in=budget_ids, claim__isnull=False
    ).exclude(status=PaymentStatus.CANCELLED)
    grants = {"grants": Count("pk"), "granted": Sum("amount")}
    return {
        budget_id: Pace(count, total, days)
        for found in (decided, claimed)
        for budget_id, count, total in found.order_by().values_list("budget").annotate(**grants)
    }


def _summed(waiting: QuerySet[Any], amount: str, since: str) -> QuerySet[Any]:
    """Return what waits as one row, or none if nothing does."""
    sums = _sums(amount, since)
    return waiting.order_by().annotate(of_all=Value(1)).values("of_all").annotate(**sums).values_list(*sums)


def _sums(amount: str, since: str) -> dict[str, Any]:
    return {"waiting": Count("pk"), "asked": Sum(amount), "first_since": Min(since)}
