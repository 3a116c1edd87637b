"""What somebody does about their own decision: give another account, object."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.limits import too_many_tries
from enrollment.rules.identifiers import mask_account
from enrollment.services.accounts import AccountDetails
from subsidies import queries
from subsidies.dossier.own import own_decision
from subsidies.enums import ObjectionKind
from subsidies.forms.self_checks import CodeForm, OwnAccountForm, OwnObjectionForm
from subsidies.models import SelfCheckAccess
from subsidies.services.objections import ObjectionEntry, raise_objection
from subsidies.services.self_checks import ask_to_change_account, confirm_own_account
from subsidies.views.self_check_session import (
    PENDING,
    PendingAccount,
    asked_to_open_again,
    opened_by,
    own_page,
    pending_account,
    remember_account,
    wait_of,
)

# Which field a refusal of the service belongs to.
FIELD_OF_REFUSAL = {
    "account_malformed": "number",
    "cnaps_malformed": "cnaps",
    "bank_missing": "bank_name",
    "statement_missing": "statement",
    "key_does_not_open": "code",
}


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def own_account(request: HttpRequest) -> HttpResponse:
    """Take another account, and send a code that confirms it."""
    key = opened_by(request)
    if key is None:
        return asked_to_open_again(request)
    form = OwnAccountForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and _account_is_asked_for(request, key, form):
        return redirect("own-account-confirmation")
    context = {"form": form, "own": own_decision(key)}
    return render(request, "subsidies/own_account.html", context, status=422 if form.is_bound else 200)


def _account_is_asked_for(request: HttpRequest, key: SelfCheckAccess, form: OwnAccountForm) -> bool:
    given = form.cleaned_data
    account = AccountDetails(number=given["number"], bank_name=given["bank_name"], cnaps=given["cnaps"])
    try:
        code_id = ask_to_change_account(opened_id=key.pk, account=account, now=timezone.now())
    except DomainError as refusal:
        _tell(form, refusal)
        return False
    remember_account(request, code_id, account)
    return True


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def own_account_confirmation(request: HttpRequest) -> HttpResponse:
    """Take the code that confirms an account, and record the account."""
    key, pending = opened_by(request), pending_account(request)
    if key is None:
        return asked_to_open_again(request)
    if pending is None:
        return redirect("own-account")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_bound and (wait := wait_of(request)):
        return too_many_tries(request, wait)
    if form.is_valid() and _account_is_recorded(key, pending, form):
        request.session.pop(PENDING, None)
        messages.success(request, _("Your account is recorded. What waited for it goes on by itself."))
        return redirect("self-check-own")
    facts = [
        (_("Account number"), mask_account(pending.account.number)),
        (_("Bank"), pending.account.bank_name),
        (_("CNAPS code"), pending.account.cnaps),
    ]
    context = {"form": form, "facts": facts}
    status = 422 if form.is_bound else 200
    return render(request, "subsidies/own_account_confirmation.html", context, status=status)


def _account_is_recorded(key: SelfCheckAccess, pending: PendingAccount, form: CodeForm) -> bool:
    try:
        confirm_own_account(
            opened_id=key.pk,
            key_id=pending.key_id,
            code=form.cleaned_data["code"],
            account=pending.account,
            now=timezone.now(),
        )
    except DomainError as refusal:
        _tell(form, refusal)
    return form.is_valid()


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def own_objection(request: HttpRequest) -> HttpResponse:
    """Take what somebody says against their own decision."""
    key = opened_by(request)
    if key is None:
        return asked_to_open_again(request)
    form = OwnObjectionForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and _objection_is_raised(key, form):
        messages.success(
            request, _("Your objection is received. Its state and the answer stand on this page.")
        )
        return redirect("self-check-own")
    context = {"form": form, "own": own_decision(key)}
    return render(request, "subsidies/own_objection.html", context, status=422 if form.is_bound else 200)


def _objection_is_raised(key: SelfCheckAccess, form: OwnObjectionForm) -> bool:
    live = queries.live_entitlement_of(key.certificate_id)
    if live is None:
        form.add_error(None, _("There is no decision yet that one could object to."))
        return False
    entry = ObjectionEntry(kind=ObjectionKind.PERSON, **form.cleaned_data)
    try:
        raise_objection(entitlement_id=live.pk, entry=entry, now=timezone.now())
    except DomainError as refusal:
        _tell(form, refusal)
    return form.is_valid()


def _tell(form: forms.Form, refusal: DomainError) -> None:
    """Say at its field, if the form has it, why something was refused."""
    field = FIELD_OF_REFUSAL.get(refusal.code)
    form.add_error(field if field in form.fields else None, str(refusal))
