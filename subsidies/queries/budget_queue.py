"""Who waits for which budget. A district's own counts once two people have allotted it; without one, the city's."""

from collections.abc import Collection
from typing import Any

from django.db.models import Case, F, IntegerField, Min, QuerySet, Value, When

from assessment.enums import CertificateStatus
from assessment.queries import freezes_person
from chongqing_dte.foundation.lookups import Among
from subsidies.enums import Decision, SubsidyKind
from subsidies.models import Budget, Entitlement
from subsidies.queries.budgets import is_allotted

# How many of one queue are taken up at a time.
QUEUE_LIMIT = 500


def lock_budgets_of_year(*, year: int, kind: SubsidyKind) -> dict[int | None, Budget]:
    """Return the allotted budgets of one year and subsidy by district, locked in the order of their ids.

    Whoever reserves next waits until this transaction ends. None stands for the municipality.
    """
    budgets = Budget.objects.select_for_update(of=("self",), no_key=True).filter(
        is_allotted(), year=year, kind=kind
    )
    return {budget.district_id: budget for budget in budgets.order_by("pk")}


def first_certificates_waiting(
    *, own_districts: Collection[int], except_certificates: Collection[int]
) -> dict[int | None, int]:
    """Return the first certificate that waits for each budget, by its district, leaving these certificates out.

    `own_districts` have a budget of their own.
    """
    waiting = _waiting_for_money_alone(own_districts).exclude(Among("certificate_id", except_certificates))
    firsts = waiting.order_by().values("purse").annotate(first=Min("certificate_id"))
    return dict(firsts.values_list("purse", "first"))


def certificates_with_room(year: int) -> list[int]:
    """Return the certificates that wait for a budget in which there is room by now for the first that waits.

    One that is being decided again is not asked: if it still waits then, those behind it go on waiting.
    """
    budgets = {
        budget.district_id: budget
        for budget in Budget.objects.filter(is_allotted(), year=year, kind=SubsidyKind.ASSESSMENT)
    }
    waiting = _waiting_for_money_alone([district for district in budgets if district is not None])
    waiting = waiting.filter(certificate__decision_due=False)
    first_of_each = waiting.order_by("purse", "certificate_id").distinct("purse")
    certificate_ids: list[int] = []
    for district_id, amount in first_of_each.values_list("purse", "amount"):
        if district_id in budgets and amount <= budgets[district_id].available:
            queue = (
                waiting.filter(purse__isnull=True)
                if district_id is None
                else waiting.filter(purse=district_id)
            )
            ordered = queue.order_by("certificate_id").values_list("certificate_id", flat=True)
            certificate_ids += ordered[:QUEUE_LIMIT]
    return certificate_ids


def _waiting_for_money_alone(own_districts: Collection[int]) -> QuerySet[Any]:
    """Return what waits for a budget and for nothing else: nobody waits behind what money does not help."""
    return waiting_by_purse(own_districts).filter(
        ~freezes_person("certificate__trainee"), certificate__status=CertificateStatus.VALID
    )


def waiting_by_purse(own_districts: Collection[int]) -> QuerySet[Any]:
    """Return the decisions that wait for a budget, each with the district whose `purse` it is, None for the city's.

    `own_districts` have a budget of their own.
    """
    has_own = When(
        policy_version__budget_by_district=True, district_id__in=own_districts, then=F("district_id")
    )
    return Entitlement.objects.filter(
        decision=Decision.HELD, reason="budget_has_room", superseded_at__isnull=True
    ).annotate(purse=Case(has_own, default=Value(None), output_field=IntegerField(null=True)))
