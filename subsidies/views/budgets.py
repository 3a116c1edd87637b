"""What is allotted, what became of it, what waits for it, and how long the rest lasts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from chongqing_dte.foundation.errors import NotPermitted
from chongqing_dte.foundation.paging import page_of
from chongqing_dte.foundation.proposals import RequestStatus
from chongqing_dte.foundation.templatetags.figures import yuan
from institutions.requests import SignedInRequest
from subsidies import policies, queries
from subsidies.budget_words import budget_name, forecast_text, queue_text
from subsidies.enums import SubsidyKind
from subsidies.models import Budget, BudgetChange
from subsidies.rules.forecast import Pace, forecast
from subsidies.statement_files import as_workbook
from subsidies.views.exports import Export, hand_out

CHANGE_COLUMNS = (
    (gettext_lazy("Proposed at"), ""),
    (gettext_lazy("Change"), ""),
    (gettext_lazy("Budget"), ""),
    (gettext_lazy("Amount"), "numeric"),
    (gettext_lazy("Reason"), ""),
    (gettext_lazy("Proposed by"), ""),
    (gettext_lazy("Decided by"), ""),
    (gettext_lazy("Status"), ""),
)


EXPORT_HEADS = (
    gettext_lazy("Reference"),
    gettext_lazy("Budget"),
    gettext_lazy("Allotted"),
    gettext_lazy("Reserved"),
    gettext_lazy("Paid"),
    gettext_lazy("Recovered"),
    gettext_lazy("Available"),
)


@dataclass(frozen=True)
class Standing:
    """One budget as the pages show it."""

    budget: Budget
    name: str
    figures: Sequence[tuple[str, str]]
    # Of what is allotted, in hundredths: what is paid for good, and what is reserved beside it.
    paid_share: Decimal
    reserved_share: Decimal
    bar_text: str
    queue: queries.Queue
    queue_text: str
    forecast_text: str


@require_safe
@login_required
def budget_list(request: SignedInRequest) -> HttpResponse:
    """Show the budgets of one year, what waits for them, and what somebody has to decide."""
    if not policies.can_see_budgets(request.user):
        raise NotPermitted
    today = timezone.localdate()
    years, year, budgets = _chosen(request, today)
    changes = queries.budget_changes_visible_to(request.user)
    context = {
        "year": year,
        "years": years,
        "standings": standings_of(budgets, today),
        "waiting_elsewhere": _waiting_without_budget(request, year, today),
        "proposed": [shown_change(change) for change in changes.filter(status=RequestStatus.PROPOSED)],
        "columns": CHANGE_COLUMNS,
        "may_propose": policies.can_propose_budget_change(request.user),
    }
    return render(request, "subsidies/budget_list.html", context)


@require_safe
@login_required
def budget_export(request: SignedInRequest) -> HttpResponseBase:
    """Return how the budgets of one year stand as a workbook."""
    if not policies.can_see_budgets(request.user):
        raise NotPermitted
    _years, year, budgets = _chosen(request, timezone.localdate())
    content = as_workbook(_("Budgets"), [list(map(str, EXPORT_HEADS)), *map(_cells, budgets)])
    return hand_out(request, Export("budgets", {"year": year}, len(budgets), content, f"budgets-{year}.xlsx"))


@require_safe
@login_required
def budget_detail(request: SignedInRequest, reference: str) -> HttpResponse:
    """Show one budget and every change of it."""
    budget = find_budget(request, reference)
    page = page_of(queries.changes_of_budget(budget), request)
    (standing,) = standings_of([budget], timezone.localdate())
    context = {
        "standing": standing,
        "opening": yuan(budget.opening) if budget.opening else "",
        "rows": [shown_change(change) for change in page.rows],
        "page": page,
        "columns": CHANGE_COLUMNS,
        "may_propose": policies.can_propose_budget_change(request.user),
    }
    return render(request, "subsidies/budget_detail.html", context)


def find_budget(request: SignedInRequest, reference: str) -> Budget:
    """Return the budget of this reference, if this person may see it; any other does not exist for them."""
    budget = queries.budget_by_reference(queries.budgets_visible_to(request.user), reference)
    if budget is None:
        raise Http404
    return budget


def shown_change(change: BudgetChange) -> dict[str, object]:
    """Return one change as the lists show it."""
    return {
        "change": change,
        "budget": budget_name(change.budget),
        "from_budget": budget_name(change.from_budget) if change.from_budget else "",
        "amount": yuan(change.amount),
    }


def standings_of(budgets: Sequence[Budget], today: date) -> list[Standing]:
    """Return how each of these budgets stands today. Nothing is decided from a budget of another year."""
    kinds = {SubsidyKind(each.kind) for each in budgets if each.year == today.year}
    queues = {kind: queries.queues_of_year(today.year, kind) for kind in kinds}
    paces = _paces([budget.pk for budget in budgets], today)
    return [_standing(budget, _queue_of(budget, queues, today), paces, today) for budget in budgets]


def _standing(budget: Budget, queue: queries.Queue, paces: Mapping[int, Pace], today: date) -> Standing:
    spent = budget.paid - budget.recovered
    whole = budget.allotted or Decimal(1)
    figures = [
        (_("Allotted"), yuan(budget.allotted)),
        (_("Reserved"), yuan(budget.reserved)),
        (_("Paid"), yuan(budget.paid)),
        (_("Recovered"), yuan(budget.recovered)),
        (_("Available"), yuan(budget.available)),
    ]
    pace = paces.get(budget.pk, Pace(0, Decimal("0.00"), 1))
    outlook = forecast(available=budget.available, pace=pace, year=budget.year, today=today)
    return Standing(
        budget=budget,
        name=budget_name(budget),
        figures=figures,
        paid_share=_hundredths(spent, whole),
        reserved_share=_hundredths(budget.reserved, whole),
        bar_text=", ".join(f"{label} {amount}" for label, amount in figures),
        queue=queue,
        queue_text=queue_text(queue),
        forecast_text=forecast_text(outlook) if budget.year == today.year else "",
    )


def _paces(budget_ids: Sequence[int], today: date) -> dict[int, Pace]:
    """Return this month's pace of each budget, and the last month's where nothing was granted in this one yet."""
    this_month, next_day = today.replace(day=1), today
    last_month = (
        (this_month.replace(year=this_month.year - 1, month=12))
        if this_month.month == 1
        else (this_month.replace(month=this_month.month - 1))
    )
    before = queries.paces_of(
        budget_ids,
        since=midnight(last_month),
        before=midnight(this_month),
        days=(this_month - last_month).days,
    )
    now = queries.paces_of(
        budget_ids,
        since=midnight(this_month),
        before=datetime.combine(next_day, time.max, timezone.get_current_timezone()),
        days=today.day,
    )
    return {**before, **now}


def midnight(day: date) -> datetime:
    """Return the moment at which a day of Chongqing begins."""
    return datetime.combine(day, time.min, timezone.get_current_timezone())


def _queue_of(
    budget: Budget, queues: Mapping[SubsidyKind, Mapping[int | None, queries.Queue]], today: date
) -> queries.Queue:
    if budget.year != today.year:
        return queries.NOBODY_WAITS
    return queues[SubsidyKind(budget.kind)].get(budget.district_id, queries.NOBODY_WAITS)


def _waiting_without_budget(request: SignedInRequest, year: int, today: date) -> str:
    """Return what waits for the city's budgets of this year while there is none of the subsidy."""
    if year != today.year or not policies.can_see_money(request.user):
        return ""
    waiting = [
        queries.queues_of_year(year, kind).get(None, queries.NOBODY_WAITS)
        for kind in SubsidyKind
        if queries.budget_for(year, kind, None) is None
    ]
    return queue_text(sum(waiting, queries.NOBODY_WAITS))


def _chosen(request: SignedInRequest, today: date) -> tuple[list[int], int, list[Budget]]:
    """Return the years there are, the one that is asked for, and its budgets that this person may see."""
    years = sorted({*queries.years_with_budgets(request.user), today.year}, reverse=True)
    year = _asked_for(request.GET.get("year", ""), years, today.year)
    budgets = queries.budgets_visible_to(request.user).filter(year=year).select_related("district")
    return years, year, sorted(budgets, key=_place)


def _cells(budget: Budget) -> list[str | Decimal]:
    sums = (budget.allotted, budget.reserved, budget.paid, budget.recovered, budget.available)
    return [budget.reference, budget_name(budget), *sums]


def _asked_for(text: str, years: Sequence[int], otherwise: int) -> int:
    return next((year for year in years if str(year) == text), otherwise)


def _place(budget: Budget) -> tuple[str, str]:
    return (budget.kind, budget.district.code if budget.district else "")


def _hundredths(part: Decimal, whole: Decimal) -> Decimal:
    return max(Decimal(0), min(Decimal(100), 100 * part / whole)).quantize(Decimal("0.1"))
