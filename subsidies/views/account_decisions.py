"""How the finance office decides where an institution is paid to."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.paging import page_of
from chongqing_dte.foundation.proposals import RequestStatus
from institutions.models import InstitutionAccount
from institutions.policies import can_decide_account, can_reveal_account, check_can_decide_account
from institutions.policies import check_can_reveal_account as check_can_reveal
from institutions.queries import institution_accounts_visible_to
from institutions.requests import SignedInRequest
from institutions.services.accounts import (
    approve_institution_account,
    refuse_institution_account,
    reveal_institution_account,
)
from subsidies import policies
from subsidies.forms.account_decisions import AccountDecisionForm, AccountRevealForm
from subsidies.views.refusals import tell_form

COLUMNS: Final = (
    (gettext_lazy("Training institution"), ""),
    (gettext_lazy("Account"), ""),
    (gettext_lazy("Bank"), ""),
    (gettext_lazy("Status"), ""),
    (gettext_lazy("Proposed by"), ""),
    (gettext_lazy("Decided by"), ""),
)


@require_safe
@login_required
def account_list(request: SignedInRequest) -> HttpResponse:
    """List where institutions are paid to, what waits for a decision first of all."""
    policies.check_can_see_money(request.user)
    accounts = institution_accounts_visible_to(request.user).defer("number")
    waiting = accounts.filter(status=RequestStatus.PROPOSED)
    page = page_of(accounts.exclude(status=RequestStatus.PROPOSED), request)
    context = {"proposals": list(waiting.order_by("pk")), "page": page, "columns": COLUMNS}
    return render(request, "subsidies/institution_account_list.html", context)


@require_safe
@login_required
def account_detail(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show one account, and to the finance office what it decides about it."""
    return _detail_page(request, _find_account(request, public_id))


@require_POST
@login_required
def account_approve(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Let an institution be paid to the proposed account from now on."""
    text = _("The account is approved. The institution is paid to it from now on.")
    return _decide(request, public_id, approve_institution_account, text)


@require_POST
@login_required
def account_refuse(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Refuse a proposed account for a reason."""
    return _decide(request, public_id, refuse_institution_account, _("The account is refused."))


@require_POST
@login_required
def account_reveal(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show an account number whole, once, and keep that it was shown."""
    account = _find_account(request, public_id)
    check_can_reveal(request.user)
    form = AccountRevealForm(request.POST, auto_id="reveal_%s")
    if not form.is_valid():
        return _detail_page(request, account, reveal=form, status=422)
    try:
        number = reveal_institution_account(
            account_id=account.pk,
            reason=form.cleaned_data["reason"],
            viewer=request.user,
            now=timezone.now(),
        )
    except DomainError as refusal:
        tell_form(form, refusal)
        return _detail_page(request, account, reveal=form, status=422)
    return _detail_page(request, account, number=number)


def _decide(
    request: SignedInRequest, public_id: str, act: Callable[..., InstitutionAccount], text: str
) -> HttpResponse:
    """Decide as the form says, or show it again with the reason why not."""
    account = _find_account(request, public_id)
    check_can_decide_account(request.user, account)
    form = AccountDecisionForm(request.POST, auto_id="decision_%s")
    if not form.is_valid():
        return _detail_page(request, account, decision=form, status=422)
    try:
        act(
            account_id=account.pk,
            decider=request.user,
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        )
    except DomainError as refusal:
        tell_form(form, refusal)
        return _detail_page(request, account, decision=form, status=422)
    messages.success(request, text)
    return redirect("institution-account-list")


def _find_account(request: SignedInRequest, public_id: str) -> InstitutionAccount:
    accounts = institution_accounts_visible_to(request.user).defer("number")
    account = get_object_or_404(accounts, public_id=public_id)
    # An institution has a page of its own for its accounts.
    policies.check_can_see_money(request.user)
    return account


def _detail_page(
    request: SignedInRequest,
    account: InstitutionAccount,
    *,
    decision: forms.Form | None = None,
    reveal: forms.Form | None = None,
    number: str = "",
    status: int = 200,
) -> HttpResponse:
    waits = account.status == RequestStatus.PROPOSED
    may_decide = waits and can_decide_account(request.user, account)
    may_reveal = can_reveal_account(request.user)
    context: dict[str, Any] = {
        "account": account,
        "facts": _facts_of(account),
        "decision_form": (decision or AccountDecisionForm(auto_id="decision_%s")) if may_decide else None,
        "reveal_form": (reveal or AccountRevealForm(auto_id="reveal_%s")) if may_reveal else None,
        "number": number,
    }
    return render(request, "subsidies/institution_account_detail.html", context, status=status)


def _facts_of(account: InstitutionAccount) -> list[tuple[str, object]]:
    return [
        (_("Training institution"), account.institution.name),
        (_("Account holder"), account.holder_name),
        (_("Account"), str(account)),
        (_("Bank"), account.bank_name),
        (_("CNAPS code"), account.cnaps),
        (_("Reason"), account.reason),
        (_("Proposed by"), _signed(account.proposed_by, account.proposed_at)),
        (_("Decided by"), _signed(account.decided_by, account.decided_at)),
        (_("Reason of the decision"), account.decision_reason),
        (_("Replaced at"), _moment(account.replaced_at)),
    ]


def _signed(person: object, at: datetime | None) -> str:
    return f"{person} · {_moment(at)}" if at else ""


def _moment(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else ""
