"""What the finance office hears while decisions wait for budget."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from institutions.enums import Role
from subsidies import queries
from subsidies.enums import NotificationKind
from subsidies.models.budget import CITY
from subsidies.services.notification_steps import notify_office


@transaction.atomic(durable=True)
def tell_of_short_budgets(*, now: datetime) -> int:
    """Tell the finance office of every budget that decisions wait for, once a day, and return how many there are.

    Safe to repeat: the same budget is spoken of once on one day.
    """
    today = timezone.localdate(now)
    queues = queries.queues_of_year(today.year)
    codes = {district.pk: district.code for district in queries.districts_by_id().values()}
    for district_id, queue in queues.items():
        code = CITY if district_id is None else codes[district_id]
        notify_office(
            kind=NotificationKind.BUDGET_SHORT,
            key=f"budget_short:{today.year}-{code}:{today:%Y%m%d}",
            role=Role.MUNICIPAL_FINANCE,
            district_id=None,
            now=now,
            facts={
                "year": today.year,
                "district": code,
                "waiting": queue.count,
                "total": str(queue.total),
            },
            entitlement_id=None,
        )
    return len(queues)
