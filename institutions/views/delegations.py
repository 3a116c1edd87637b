"""Who stands in for whom while somebody is absent."""

from datetime import date, timedelta
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.paging import page_of
from institutions import delegation_queries, policies
from institutions.forms import DelegationForm
from institutions.models import Delegation, User
from institutions.requests import SignedInRequest
from institutions.services.delegations import Absence, end_delegation, give_delegation

COLUMNS: Final = (
    (gettext_lazy("Who is absent"), ""),
    (gettext_lazy("Who stands in"), ""),
    (gettext_lazy("Days"), ""),
    (gettext_lazy("Reason"), ""),
    (gettext_lazy("Given by"), ""),
    (gettext_lazy("Status"), ""),
)
FIELD_OF_REFUSAL: Final = {
    **dict.fromkeys(
        ("person_unknown", "same_person", "other_office", "given_to_oneself", "auditor", "account_closed"),
        "stand_in",
    ),
    "days_out_of_order": "last_day",
    "starts_in_the_past": "first_day",
    "stands_in_already": "first_day",
    "reason_missing": "reason",
}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def delegation_list(request: SignedInRequest) -> HttpResponse:
    """List who stands in for whom, and let a person say who stands in for them, or whoever leads for others."""
    policies.check_can_see_delegations(request.user)
    form = delegation_form(request.user, request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return delegation_page(request, form)
    if form.is_valid() and is_given(request.user, form):
        messages.success(request, _("Recorded. Whoever stands in acts under their own name."))
        return redirect("delegation-list")
    return delegation_page(request, form, status=422)


@require_POST
@login_required
def delegation_end(request: SignedInRequest, public_id: str) -> HttpResponse:
    """End a delegation at once."""
    visible = delegation_queries.delegations_visible_to(request.user)
    delegation = get_object_or_404(visible, public_id=public_id)
    end_delegation(delegation_id=delegation.pk, ender=request.user, now=timezone.now())
    messages.success(request, _("The delegation is ended."))
    return redirect("delegation-list")


def delegation_form(user: User, sent: Any = None) -> DelegationForm:
    """Return the form; it offers only people for whom this person may say who stands in."""
    colleagues = list(delegation_queries.colleagues_of(user))
    absent = [user, *(each for each in colleagues if policies.can_give_delegation(user, each))]
    return DelegationForm(sent, absent=_named(absent), stand_ins=[("", "—"), *_named(colleagues)])


def is_given(giver: User, form: DelegationForm) -> bool:
    """Record what the form says, or tell the form why not."""
    given = form.cleaned_data
    absence = Absence(
        absent_id=given["absent"],
        stand_in_id=given["stand_in"],
        first=given["first_day"],
        last=given["last_day"],
        reason=given["reason"],
    )
    try:
        give_delegation(absence=absence, giver=giver, now=timezone.now())
    except (NotPermitted, InvalidTransition):
        raise
    except DomainError as refusal:
        form.add_error(FIELD_OF_REFUSAL.get(refusal.code), str(refusal))
    return form.is_valid()


def delegation_page(request: SignedInRequest, form: DelegationForm, *, status: int = 200) -> HttpResponse:
    """Show the delegations that this person may see, the newest first, and the form for another one."""
    page = page_of(delegation_queries.delegations_visible_to(request.user), request)
    today = timezone.localdate()
    context = {
        "page": page,
        "rows": [shown(request.user, delegation, today) for delegation in page.rows],
        "columns": COLUMNS,
        "form": form,
    }
    return render(request, "institutions/delegation_list.html", context, status=status)


def shown(user: User, delegation: Delegation, today: date) -> dict[str, Any]:
    """Return one delegation as the list shows it."""
    status, label = _standing_of(delegation, today)
    is_live = status in {"IN_FORCE", "UPCOMING"}
    return {
        "delegation": delegation,
        "first": delegation.in_force.lower,
        "last": delegation.in_force.upper - timedelta(days=1),
        "status": status,
        "label": label,
        "may_end": is_live and policies.can_end_delegation(user, delegation),
    }


def _standing_of(delegation: Delegation, today: date) -> tuple[str, str]:
    if delegation.ended_at is not None:
        return "ENDED", _("Ended by %(person)s") % {"person": delegation.ended_by}
    if delegation.in_force.upper <= today:
        return "ENDED", _("Over")
    if delegation.in_force.lower > today:
        return "UPCOMING", _("Upcoming")
    return "IN_FORCE", _("In force now")


def _named(people: list[User]) -> list[tuple[object, object]]:
    return [(person.pk, f"{person} · {person.get_role_display()}") for person in people]
