"""How each budget stands: what waits for it, since when, and how fast it is used."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db.models import Count, Min, Q, Sum

from subsidies.enums import Decision, SubsidyKind
from subsidies.models import Budget, Entitlement
from subsidies.queries.budget_queue import waiting_by_purse
from subsidies.queries.budgets import is_allotted
from subsidies.rules.forecast import Pace

NOTHING: Final = Decimal("0.00")


@dataclass(frozen=True)
class Queue:
    """How many decisions wait for budget, for how many yuan, and since when the first of them does."""

    count: int
    total: Decimal
    since: datetime | None


NOBODY_WAITS: Final = Queue(0, NOTHING, None)


def everybody_waiting_for_budget() -> Queue:
    """Return what waits for any budget. One look at a short index."""
    sums = (
        waiting_by_purse(())
        .order_by()
        .aggregate(count=Count("pk"), total=Sum("amount"), since=Min("decided_at"))
    )
    return Queue(sums["count"], sums["total"] or NOTHING, sums["since"])


def queues_of_year(year: int) -> dict[int | None, Queue]:
    """Return what waits for each budget of the assessment subsidy, by district; None stands for the city's."""
    own = Budget.objects.filter(
        is_allotted(), year=year, kind=SubsidyKind.ASSESSMENT, district__isnull=False
    ).values_list("district_id", flat=True)
    sums = (
        waiting_by_purse(list(own))
        .order_by()
        .values_list("purse")
        .annotate(count=Count("pk"), total=Sum("amount"), since=Min("decided_at"))
    )
    return {purse: Queue(count, total, since) for purse, count, total, since in sums}


def paces_of(budget_ids: Collection[int], *, since: datetime, before: datetime, days: int) -> dict[int, Pace]:
    """Return what was granted from each of these budgets in a time of so many days. What was voided does not count."""
    sums = (
        Entitlement.objects.filter(
            Q(decided_at__gte=since, decided_at__lt=before),
            budget__in=budget_ids,
            decision=Decision.GRANTED,
            superseded_at__isnull=True,
        )
        .order_by()
        .values_list("budget")
        .annotate(grants=Count("pk"), total=Sum("amount"))
    )
    return {budget_id: Pace(grants, total, days) for budget_id, grants, total in sums}
