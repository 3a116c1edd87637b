"""How the claims of a district that is no more are given to one that took over from it."""

from datetime import date
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from chongqing_dte.foundation.errors import DomainError
from institutions.delegation_queries import stood_in_for
from institutions.models import District
from institutions.requests import SignedInRequest
from subsidies import policies, queries
from subsidies.forms.claim_confirmation import HandoverForm
from subsidies.services.claim_clocks import hand_over_claims
from subsidies.views.refusals import tell_form

# Of each district so many are listed to choose from; all of them can be handed over without that.
LISTED_AT_MOST: Final = 200
COLUMNS: Final = (
    (gettext_lazy("Choose"), ""),
    (gettext_lazy("Reference"), ""),
    (gettext_lazy("Training institution"), ""),
    (gettext_lazy("Status"), ""),
    (gettext_lazy("Answer due on"), ""),
)


@require_safe
@login_required
def claim_handover(request: SignedInRequest) -> HttpResponse:
    """Show the districts that are no more and whose claims still wait for somebody."""
    policies.check_can_see_money(request.user)
    return _page(request)


@require_POST
@login_required
def claims_hand_over(request: SignedInRequest, district_id: int) -> HttpResponse:
    """Give all claims of a district, or those chosen, to a successor of it."""
    now = timezone.now()
    today = timezone.localdate(now)
    district = _find_district(district_id, today)
    policies.check_can_hand_over_claims(request.user, stood_in_for(request.user, today))
    form = _form_of(district, today, request.POST)
    if not form.is_valid():
        return _page(request, {district.pk: form}, status=422)
    every = form.cleaned_data["which"] == HandoverForm.ALL
    try:
        count = hand_over_claims(
            from_district_id=district.pk,
            to_district_id=form.cleaned_data["successor"],
            claim_ids=None if every else _chosen_ids(request),
            reason=form.cleaned_data["reason"],
            actor=request.user,
            now=now,
        )
    except DomainError as refusal:
        tell_form(form, refusal)
        return _page(request, {district.pk: form}, status=422)
    text = ngettext("%(count)s claim is handed over.", "%(count)s claims are handed over.", count)
    messages.success(request, text % {"count": count})
    return redirect("claim-handover")


def _find_district(district_id: int, today: date) -> District:
    found = next(
        (each for each in queries.retired_districts_with_claims(today) if each.pk == district_id), None
    )
    if found is None:
        raise Http404
    return found


def _form_of(district: District, today: date, sent: Any = None) -> HandoverForm:
    successors = [(each.pk, each.name) for each in queries.successors_of(district.pk, today)]
    return HandoverForm(sent, auto_id=f"district-{district.pk}_%s", successors=successors)


def _chosen_ids(request: SignedInRequest) -> list[int]:
    given = request.POST.getlist("claim")[:LISTED_AT_MOST]
    return [int(text) for text in given if text.isascii() and text.isdigit() and len(text) < 19]


def _page(
    request: SignedInRequest, refused: dict[int, HandoverForm] | None = None, *, status: int = 200
) -> HttpResponse:
    today = timezone.localdate()
    may_act = policies.can_hand_over_claims(request.user, stood_in_for(request.user, today))
    chosen = set(_chosen_ids(request))
    context = {
        "columns": COLUMNS,
        "may_act": may_act,
        "districts": [
            _shown(district, today, (refused or {}).get(district.pk), chosen, may_act=may_act)
            for district in queries.retired_districts_with_claims(today)
        ],
    }
    return render(request, "subsidies/claim_handover.html", context, status=status)


def _shown(
    district: District, today: date, refused: HandoverForm | None, chosen: set[int], *, may_act: bool
) -> dict[str, Any]:
    claims = queries.claims_to_hand_over(district.pk)
    listed = claims.select_related("institution").order_by("pk")[:LISTED_AT_MOST]
    return {
        "district": district,
        "ended_on": district.in_force.upper,
        "count": claims.count(),
        "rows": [{"claim": claim, "may_act": may_act, "is_chosen": claim.pk in chosen} for claim in listed],
        "form": (refused or _form_of(district, today)) if may_act else None,
    }
