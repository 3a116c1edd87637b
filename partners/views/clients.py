"""The bureau's pages about partners' systems: who has access, to what, and what they did with it."""

from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.paging import page_of
from institutions.enums import DISTRICT_ROLES, EVALUATION_ROLES, TRAINING_ROLES, Role
from institutions.queries import districts_visible_to, institutions_visible_to
from institutions.requests import SignedInRequest
from partners import policies, queries
from partners.enums import Scope
from partners.forms import ChangeForm, IssueForm, RevokeForm, RotateForm, limits_of
from partners.models import PartnerClient
from partners.rules.scopes import SCOPES_OF_ROLE, scopes_of_role
from partners.services.clients import (
    Limits,
    Office,
    change_client_limits,
    issue_client,
    revoke_client,
    rotate_client_secret,
)

COLUMNS: Final = (
    (gettext_lazy("System"), ""),
    (gettext_lazy("Office"), ""),
    (gettext_lazy("Last request"), ""),
    (gettext_lazy("Age of the secret"), ""),
    (gettext_lazy("Status"), ""),
)
ROUTE_COLUMNS: Final = (
    (gettext_lazy("Route"), ""),
    (gettext_lazy("Requests"), "number"),
    (gettext_lazy("Refused"), "number"),
    (gettext_lazy("Milliseconds"), "number"),
)
ACCESS_COLUMNS: Final = (
    (gettext_lazy("At"), ""),
    (gettext_lazy("Route"), ""),
    (gettext_lazy("Answer"), "number"),
    (gettext_lazy("Milliseconds"), "number"),
    (gettext_lazy("Number of the request"), ""),
)
# Three forms on one page, whose fields must not share an id.
ROTATE, CHANGE, REVOKE = "rotate_%s", "change_%s", "revoke_%s"
# A secret that is older asks to be changed.
SECRET_DAYS: Final = 365
SHOWN_DAYS: Final = timedelta(days=30)
SHOWN_REQUESTS: Final = 20
FIELD_OF_REFUSAL: Final = {
    code: code for code in ("name", "scopes", "networks", "certificate", "requests_per_minute", "overlap")
} | {"office_wrong": "office", "reason_missing": "reason"}


@require_safe
@login_required
def client_list(request: SignedInRequest) -> HttpResponse:
    """List the partners' systems, and let the administrator choose for whom to issue another access."""
    policies.check_can_see_clients(request.user)
    page = page_of(queries.clients_visible_to(request.user), request)
    now = timezone.now()
    context = {
        "page": page,
        "rows": [_shown(client, now) for client in page.rows],
        "columns": COLUMNS,
        "roles": [(role.value, role.label) for role in SCOPES_OF_ROLE],
        "may_keep": policies.can_keep_clients(request.user),
    }
    return render(request, "partners/client_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def client_issue(request: SignedInRequest) -> HttpResponse:
    """Let the administrator issue an access for a system of the role in `?role=`, and show its secret once."""
    policies.check_can_keep_clients(request.user)
    if (given := request.GET.get("role", "")) not in SCOPES_OF_ROLE:
        return redirect("partner-client-list")
    role = Role(given)
    form = _issue_form(request, role)
    if request.method == "POST" and form.is_valid():
        office = Office(role, **_office_of(role, form.cleaned_data.get("office")))
        name = form.cleaned_data["name"]
        try:
            client, secret = issue_client(
                name=name, office=office, limits=_limits(form), issuer=request.user, now=timezone.now()
            )
        except DomainError as refusal:
            _tell(form, refusal)
        else:
            return _secret_page(request, client, secret)
    context = {"form": form, "role": role, "label": role.label}
    return render(request, "partners/client_issue.html", context, status=422 if form.errors else 200)


@require_safe
@login_required
def client_detail(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show one system: what it may do, how old its secret is, and what it asked for."""
    return _detail_page(request, _client(request, public_id))


@require_POST
@never_cache
@login_required
def client_rotate(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Give a system another secret, and show it once."""
    client = _client(request, public_id)
    form = RotateForm(request.POST, auto_id=ROTATE)
    if not form.is_valid():
        return _detail_page(request, client, rotate_form=form)
    secret = rotate_client_secret(
        client_id=client.pk,
        overlap=form.cleaned_data["overlap"],
        keeper=request.user,
        now=timezone.now(),
    )
    return _secret_page(request, client, secret)


@require_POST
@login_required
def client_change(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Change what a system may ask for, from where and how often."""
    client = _client(request, public_id)
    policies.check_can_keep_clients(request.user)
    form = ChangeForm(request.POST, auto_id=CHANGE, scopes=_scopes_for(client.user.role))
    if form.is_valid():
        try:
            change_client_limits(
                client_id=client.pk,
                limits=_limits(form),
                reason=form.cleaned_data["reason"],
                keeper=request.user,
                now=timezone.now(),
            )
        except DomainError as refusal:
            _tell(form, refusal)
        else:
            messages.success(request, _("Changed. It holds from the next request on."))
            return redirect("partner-client", public_id)
    return _detail_page(request, client, change_form=form)


@require_POST
@login_required
def client_revoke(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Shut a system out for good."""
    client = _client(request, public_id)
    policies.check_can_keep_clients(request.user)
    form = RevokeForm(request.POST, auto_id=REVOKE)
    if form.is_valid():
        try:
            revoke_client(
                client_id=client.pk,
                reason=form.cleaned_data["reason"],
                keeper=request.user,
                now=timezone.now(),
            )
        except DomainError as refusal:
            _tell(form, refusal)
        else:
            messages.success(request, _("The system is shut out. Its tokens have ended."))
            return redirect("partner-client", public_id)
    return _detail_page(request, client, revoke_form=form)


def _client(request: SignedInRequest, public_id: str) -> PartnerClient:
    return get_object_or_404(queries.clients_visible_to(request.user), public_id=public_id)


def _tell(form: forms.Form, refusal: DomainError) -> None:
    if isinstance(refusal, NotPermitted | InvalidTransition):
        raise refusal
    field = FIELD_OF_REFUSAL.get(refusal.code)
    form.add_error(field if field in form.fields else None, str(refusal))


def _limits(form: IssueForm | ChangeForm) -> Limits:
    given = form.cleaned_data
    return Limits(
        scopes=tuple(given["scopes"]),
        networks=tuple(given["networks"].split()),
        certificate=given["certificate"],
        requests_per_minute=given["requests_per_minute"],
    )


def _issue_form(request: SignedInRequest, role: Role) -> IssueForm:
    sent = request.POST if request.method == "POST" else None
    return IssueForm(sent, scopes=_scopes_for(role), offices=_offices(request, role))


def _scopes_for(role: str) -> list[tuple[str, str]]:
    fitting = scopes_of_role(role)
    return [(scope.value, f"{scope.label} ({scope.value})") for scope in Scope if scope in fitting]


def _offices(request: SignedInRequest, role: Role) -> list[tuple[int, str]] | None:
    if role in DISTRICT_ROLES:
        return [(office.pk, str(office)) for office in districts_visible_to(request.user).order_by("code")]
    if role in (*TRAINING_ROLES, *EVALUATION_ROLES):
        institutions = institutions_visible_to(request.user).order_by("name_zh", "pk")
        return [(office.pk, str(office)) for office in institutions]
    return None


def _office_of(role: Role, chosen: int | None) -> dict[str, int | None]:
    return {"district_id": chosen} if role in DISTRICT_ROLES else {"institution_id": chosen}


def _secret_page(request: HttpRequest, client: PartnerClient, secret: str) -> HttpResponse:
    """Show a secret, this once. No copy of the page is kept."""
    return render(request, "partners/client_secret.html", {"client": client, "secret": secret})


def _detail_page(request: SignedInRequest, client: PartnerClient, **sent: forms.Form) -> HttpResponse:
    now = timezone.now()
    may_keep = policies.can_keep_clients(request.user) and client.revoked_at is None
    context = {
        **_shown(client, now),
        "facts": _facts(client, now),
        "scopes": [label for value, label in Scope.choices if value in client.scopes],
        "routes": queries.routes_used(client, now - SHOWN_DAYS),
        "route_columns": ROUTE_COLUMNS,
        "accesses": queries.last_accesses(client, SHOWN_REQUESTS),
        "access_columns": ACCESS_COLUMNS,
        "may_keep": may_keep,
        "rotate_form": RotateForm(auto_id=ROTATE),
        "change_form": ChangeForm(
            auto_id=CHANGE, initial=limits_of(client), scopes=_scopes_for(client.user.role)
        ),
        "revoke_form": RevokeForm(auto_id=REVOKE),
        **sent,
    }
    return render(request, "partners/client_detail.html", context, status=422 if sent else 200)


def _shown(client: PartnerClient, now: datetime) -> dict[str, Any]:
    secret_days = (now - client.secret_made_at).days
    return {
        "client": client,
        "office": client.user.institution or client.user.district or "",
        "secret_days": secret_days,
        "secret_is_old": client.revoked_at is None and secret_days > SECRET_DAYS,
        "status": "REVOKED" if client.revoked_at else "ACTIVE",
        "label": _("Revoked") if client.revoked_at else _("Has access"),
    }


def _facts(client: PartnerClient, now: datetime) -> list[tuple[str, object]]:
    facts: list[tuple[str, object]] = [
        (_("Client ID"), client.client_id),
        (_("Role"), client.user.get_role_display()),
        (_("Office"), client.user.institution or client.user.district),
        (_("Allowed networks"), ", ".join(client.allowed_networks) or _("from anywhere")),
        (_("Checksum of its certificate"), client.certificate_sha256 or _("none is asked for")),
        (_("Requests a minute"), client.requests_per_minute),
        (_("Version of the API"), client.api_version),
        (_("Issued by"), client.issued_by),
        (_("Issued at"), _moment(client.issued_at)),
        (_("Secret made at"), _moment(client.secret_made_at)),
    ]
    if client.former_secret_holds(now):
        facts.append((_("Former secret ends at"), _moment(client.former_secret_ends_at)))
    if client.revoked_at is not None:
        facts += [
            (_("Revoked by"), client.revoked_by),
            (_("Revoked at"), _moment(client.revoked_at)),
            (_("Reason of the revocation"), client.revocation_reason),
        ]
    return facts


def _moment(at: datetime | None) -> str:
    return "" if at is None else timezone.localtime(at).strftime("%Y-%m-%d %H:%M")
