"""Proposals of what is allotted, and the decisions on them."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.proposals import RequestStatus
from chongqing_dte.foundation.templatetags.figures import yuan
from institutions.queries import districts_in_force
from institutions.requests import SignedInRequest
from subsidies import policies, queries
from subsidies.budget_words import budget_name
from subsidies.enums import BudgetChangeKind, SubsidyKind
from subsidies.forms.budgets import AllotmentForm, BudgetChangeForm, BudgetDecisionForm
from subsidies.models import Budget, BudgetChange
from subsidies.services.budgets import (
    Allotment,
    Change,
    approve_budget_change,
    propose_allotment,
    propose_budget_change,
    refuse_budget_change,
)
from subsidies.views.budgets import find_budget


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def allot(request: SignedInRequest) -> HttpResponse:
    """Propose the first money of a year."""
    policies.check_can_propose_budget_change(request.user)
    today = timezone.localdate()
    sent = request.POST if request.method == "POST" else None
    form = AllotmentForm(sent, years=[today.year, today.year + 1], districts=_districts(today))
    if sent is None:
        return _form_page(request, form)
    change = _proposed_allotment(request, form) if form.is_valid() else None
    if change is None:
        return _form_page(request, form, status=422)
    messages.success(request, _("The change is proposed. Somebody else decides it."))
    return redirect("budget-change-detail", change.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def propose(request: SignedInRequest, reference: str) -> HttpResponse:
    """Propose a top-up, a reduction or a transfer."""
    budget = find_budget(request, reference)
    policies.check_can_propose_budget_change(request.user)
    others = [each for each in queries.allotted_budgets_of(budget.year) if each.pk != budget.pk]
    budgets = [(each.pk, f"{budget_name(each)} · {_left(each)}") for each in others]
    if request.method != "POST":
        return _form_page(request, BudgetChangeForm(budgets=budgets), budget)
    form = BudgetChangeForm(request.POST, budgets=budgets)
    change = _proposed_change(request, budget, form) if form.is_valid() else None
    if change is None:
        return _form_page(request, form, budget, status=422)
    messages.success(request, _("The change is proposed. Somebody else decides it."))
    return redirect("budget-change-detail", change.pk)


@require_safe
@login_required
def change_detail(request: SignedInRequest, change_id: int) -> HttpResponse:
    """Show one change, and what it makes of its budgets."""
    return _detail_page(request, _find_change(request, change_id), BudgetDecisionForm())


@require_POST
@login_required
def approve(request: SignedInRequest, change_id: int) -> HttpResponse:
    """Let a change count from now on."""
    change = _find_change(request, change_id)
    policies.check_can_decide_budget_change(request.user, change)
    form = BudgetDecisionForm(request.POST)
    if not (form.is_valid() and _decided(approve_budget_change, request, change, form)):
        return _detail_page(request, change, form)
    messages.success(request, _("The change counts from now on. Decisions that wait for the money go on."))
    return redirect("budget-change-detail", change.pk)


@require_POST
@login_required
def refuse(request: SignedInRequest, change_id: int) -> HttpResponse:
    """Leave a budget as it is."""
    change = _find_change(request, change_id)
    policies.check_can_decide_budget_change(request.user, change)
    form = BudgetDecisionForm(request.POST)
    if not (form.is_valid() and _decided(refuse_budget_change, request, change, form)):
        return _detail_page(request, change, form)
    messages.info(request, _("The change is refused."))
    return redirect("budget-change-detail", change.pk)


def _decided(
    decide: Callable[..., BudgetChange],
    request: SignedInRequest,
    change: BudgetChange,
    form: BudgetDecisionForm,
) -> bool:
    """Decide the change, or tell the form why not."""
    try:
        decide(
            change_id=change.pk,
            decider=request.user,
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        )
    except (NotPermitted, InvalidTransition):
        raise
    except DomainError as refusal:
        form.add_error("reason" if refusal.code == "reason_missing" else None, str(refusal))
    return form.is_valid()


def _find_change(request: SignedInRequest, change_id: int) -> BudgetChange:
    return get_object_or_404(queries.budget_changes_visible_to(request.user), pk=change_id)


def _detail_page(request: SignedInRequest, change: BudgetChange, form: BudgetDecisionForm) -> HttpResponse:
    is_open = change.status == RequestStatus.PROPOSED
    context = {
        "change": change,
        "facts": _facts_of(change),
        "may_decide": is_open and policies.can_decide_budget_change(request.user, change),
        "is_own": is_open and change.proposed_by_id == request.user.pk,
        "form": form,
    }
    status = 422 if form.is_bound else 200
    return render(request, "subsidies/budget_change_detail.html", context, status=status)


def _form_page(
    request: SignedInRequest, form: forms.Form, budget: Budget | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "budget": budget,
        "name": budget_name(budget) if budget else "",
        "left": _left(budget) if budget else "",
    }
    return render(request, "subsidies/budget_change_form.html", context, status=status)


def _proposed_allotment(request: SignedInRequest, form: forms.Form) -> BudgetChange | None:
    values = form.cleaned_data
    allotment = Allotment(
        year=values["year"],
        kind=SubsidyKind(values["kind"]),
        district_id=int(values["district"]) if values["district"] else None,
        amount=values["amount"],
        source=values["source"],
    )
    try:
        return propose_allotment(allotment=allotment, proposer=request.user, now=timezone.now())
    except NotPermitted:
        raise
    except DomainError as refusal:
        form.add_error("source" if refusal.code == "reason_missing" else None, str(refusal))
        return None


def _proposed_change(request: SignedInRequest, budget: Budget, form: forms.Form) -> BudgetChange | None:
    values = form.cleaned_data
    change = Change(
        kind=BudgetChangeKind(values["kind"]),
        budget_id=budget.pk,
        amount=values["amount"],
        reason=values["reason"],
        from_budget_id=int(values["from_budget"]) if values["from_budget"] else None,
    )
    try:
        return propose_budget_change(change=change, proposer=request.user, now=timezone.now())
    except NotPermitted:
        raise
    except DomainError as refusal:
        field = {"reason_missing": "reason", "budget_committed": "amount"}.get(refusal.code)
        form.add_error(field, str(refusal))
        return None


def _districts(today: date) -> list[tuple[int, str]]:
    return [(district.pk, district.name) for district in districts_in_force(today)]


def _left(budget: Budget) -> str:
    return _("%(amount)s available") % {"amount": yuan(budget.available)}


def _facts_of(change: BudgetChange) -> list[tuple[str, object]]:
    facts: list[tuple[str, object]] = [
        (_("Change"), change.get_kind_display()),
        (_("Amount"), yuan(change.amount)),
        (_("Budget"), budget_name(change.budget)),
    ]
    if change.from_budget is not None:
        facts.append((_("From budget"), budget_name(change.from_budget)))
    if change.status == RequestStatus.PROPOSED:
        facts += _effects_of(change)
    return [*facts, (_("Reason"), change.reason)]


def _effects_of(change: BudgetChange) -> list[tuple[str, object]]:
    """Return what would be available after the change, beside what is now."""
    gain = -change.amount if change.kind == BudgetChangeKind.REDUCTION else change.amount
    effects = [(_("Available, now and then"), _now_and_then(change.budget, gain))]
    if change.from_budget is not None:
        label = _("Available in the budget it is taken from, now and then")
        effects.append((label, _now_and_then(change.from_budget, -change.amount)))
    return [*effects]


def _now_and_then(budget: Budget, gain: Decimal) -> str:
    return f"{yuan(budget.available)} → {yuan(budget.available + gain)}"
