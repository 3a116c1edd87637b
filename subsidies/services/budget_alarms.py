"""What the finance office hears while decisions wait for budget."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from institutions.enums import Role
from subsidies import queries
from subsidies.enums import NotificationKind, SubsidyKind
from subsidies.models.budget import CITY
from subsidies.services.notification_steps import notify_office


@transaction.atomic(durable=True)
def tell_of_short_budgets(*, now: datetime) -> int:
    """Tell the finance office of every budget that decisions or claims wait for, once a day. Return how many.

    Safe to repeat: the same budget is spoken of once on one day.
    """
    today = timezone.localdate(now)
    codes = {district.pk: district.code for district in queries.districts_by_id().values()}
    short_count = 0
    for kind in SubsidyKind:
        queues = queries.queues_of_year(today.year, kind)
        for district_id, queue in queues.items():
            code = CITY if district_id is None else codes[district_id]
            # A budget was named so before there were two subsidies.
            name = code if kind == SubsidyKind.ASSESSMENT else f"{kind.lower()}-{code}"
            notify_office(
                kind=NotificationKind.BUDGET_SHORT,
                key=f"budget_short:{today.year}-{name}:{today:%Y%m%d}",
                role=Role.MUNICIPAL_FINANCE,
                district_id=None,
                now=now,
                facts={
                    "year": today.year,
                    "subsidy": str(kind),
                    "district": code,
                    "waiting": queue.count,
                    "total": str(queue.total),
                },
                entitlement_id=None,
            )
        short_count += len(queues)
    return short_count
