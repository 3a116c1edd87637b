"""The account that an institution is paid to: what stands, what waits for approval, and a new one proposed."""

from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from chongqing_dte.foundation.errors import DomainError, NotPermitted
from chongqing_dte.foundation.proposals import RequestStatus
from enrollment.rules.identifiers import mask_account
from institutions.enums import TRAINING_ROLES
from institutions.models import InstitutionAccount, User
from institutions.policies import can_propose_account, check_can_propose_account
from institutions.queries import institution_accounts_visible_to
from institutions.requests import SignedInRequest
from institutions.services.accounts import propose_institution_account
from subsidies.forms.institution_accounts import InstitutionAccountForm
from subsidies.views.refusals import tell_form

COLUMNS: Final = (
    (gettext_lazy("Account"), ""),
    (gettext_lazy("Account holder"), ""),
    (gettext_lazy("Bank"), ""),
    (gettext_lazy("Proposed by"), ""),
    (gettext_lazy("Decided by"), ""),
    (gettext_lazy("Status"), ""),
)
FIELDS: Final = frozenset({"holder_name", "number", "bank_name", "cnaps"})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def institution_account(request: SignedInRequest) -> HttpResponse:
    """Show the institution's accounts; its manager proposes another one."""
    user = request.user
    if user.role not in TRAINING_ROLES or user.institution_id is None:
        raise NotPermitted
    if request.method != "POST":
        return _page(user, request, InstitutionAccountForm())
    check_can_propose_account(user, user.institution_id)
    form = InstitutionAccountForm(request.POST)
    if form.is_valid():
        try:
            propose_institution_account(
                institution_id=user.institution_id,
                entry=form.entry(),
                reason=form.cleaned_data["reason"],
                proposer=user,
                now=timezone.now(),
            )
        except DomainError as refusal:
            tell_form(form, refusal, otherwise=refusal.code if refusal.code in FIELDS else None)
        else:
            messages.success(
                request,
                _("The account is proposed. Money goes there once the municipal bureau has approved it."),
            )
            return redirect("institution-account")
    return _page(user, request, form, status=422)


def _page(
    user: User, request: SignedInRequest, form: InstitutionAccountForm, *, status: int = 200
) -> HttpResponse:
    accounts = list(institution_accounts_visible_to(user).order_by("-pk"))
    waits = any(account.status == RequestStatus.PROPOSED for account in accounts)
    may_propose = user.institution_id is not None and can_propose_account(user, user.institution_id)
    context = {
        "columns": COLUMNS,
        "rows": [_shown(account) for account in accounts],
        "waits": waits,
        "has_current": any(_is_current(account) for account in accounts),
        "may_propose": may_propose and not waits,
        "form": form,
    }
    return render(request, "subsidies/institution_account.html", context, status=status)


def _is_current(account: InstitutionAccount) -> bool:
    return account.status == RequestStatus.APPROVED and account.replaced_at is None


def _shown(account: InstitutionAccount) -> dict[str, object]:
    is_former = account.replaced_at is not None
    return {
        "account": account,
        "number": mask_account(f"0000{account.last_four}"),
        "status": "SUPERSEDED" if is_former else account.status,
        "label": _("Replaced by another one") if is_former else account.get_status_display(),
    }
