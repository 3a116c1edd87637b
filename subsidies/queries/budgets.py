from collections.abc import Collection

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from chongqing_dte.foundation.proposals import RequestStatus
from institutions.models import User
from subsidies.enums import BudgetChangeKind, SubsidyKind
from subsidies.models import Budget, BudgetChange
from subsidies.models.budget import CITY
from subsidies.queries.visible import budgets_visible_to


def is_allotted() -> Q:
    """Return the condition on a budget that two people have opened it."""
    allotment = BudgetChange.objects.filter(
        budget=OuterRef("pk"), kind=BudgetChangeKind.ALLOTMENT, status=RequestStatus.APPROVED
    )
    return Q(opening__gt=0) | Q(Exists(allotment))


def budget_for(year: int, kind: SubsidyKind, district_id: int | None) -> Budget | None:
    """Return the budget that a decision is paid from: the district's own if it was allotted, else the city's.

    One whose allotment was only proposed, or refused, is nobody's yet.
    """
    whose = Q(district__isnull=True) if district_id is None else Q(district=district_id) | Q(district=None)
    found = Budget.objects.filter(is_allotted(), whose, year=year, kind=kind)
    return found.order_by(F("district").asc(nulls_last=True)).first()


def budget_of_office(year: int, kind: SubsidyKind, district_id: int | None) -> Budget | None:
    """Return the budget of exactly this year, subsidy and district, allotted or not."""
    return Budget.objects.filter(year=year, kind=kind, district=district_id).first()


def years_of_allotted_budgets(budget_ids: Collection[int]) -> dict[int, int]:
    """Return the year of each of these budgets that two people have opened."""
    return dict(Budget.objects.filter(is_allotted(), pk__in=budget_ids).values_list("pk", "year"))


def lock_budget_change(change_id: int) -> BudgetChange:
    """Return one change of a budget that no other transaction can decide until this one ends."""
    return BudgetChange.objects.select_for_update(of=("self",)).get(pk=change_id)


def budget_by_reference(budgets: QuerySet[Budget], reference: str) -> Budget | None:
    """Return the one of these budgets that a reference such as "2026-assessment-500103" names."""
    year, _dash, rest = reference.partition("-")
    kind, _dash, code = rest.rpartition("-")
    if not (year.isascii() and year.isdigit() and len(year) < 5):
        return None
    whose = Q(district__isnull=True) if code == CITY else Q(district__code=code)
    found = budgets.filter(whose, year=int(year), kind=kind.upper())
    return found.select_related("district").first()


def budget_changes_visible_to(user: User) -> QuerySet[BudgetChange]:
    """Return the changes of the budgets that this person sees, proposed ones too."""
    return BudgetChange.objects.filter(
        Q(budget__in=budgets_visible_to(user)) | Q(from_budget__in=budgets_visible_to(user))
    ).select_related("budget__district", "from_budget__district", "proposed_by", "decided_by")


def changes_of_budget(budget: Budget) -> QuerySet[BudgetChange]:
    """Return what was proposed for a budget or to be taken from it."""
    changes = BudgetChange.objects.filter(Q(budget=budget) | Q(from_budget=budget))
    return changes.select_related("budget__district", "from_budget__district", "proposed_by", "decided_by")


def allotted_budgets_of(year: int) -> list[Budget]:
    """Return the budgets of one year that two people have opened, the city's first."""
    found = Budget.objects.filter(is_allotted(), year=year).select_related("district")
    return list(found.order_by("kind", F("district__code").asc(nulls_first=True)))


def years_with_budgets(user: User) -> list[int]:
    """Return the years of the budgets that this person sees, latest first."""
    return sorted(set(budgets_visible_to(user).order_by().values_list("year", flat=True)), reverse=True)


def budgets_by_id(budget_ids: Collection[int]) -> list[Budget]:
    """Return these budgets, each with its district."""
    return list(Budget.objects.filter(pk__in=budget_ids).select_related("district"))
