"""How the municipal bureau signs at a stroke what districts recommend and nothing flags."""

import re
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from chongqing_dte.foundation.errors import NotPermitted
from chongqing_dte.foundation.templatetags.figures import yuan
from institutions.delegation_queries import stood_in_for
from institutions.models import District, User
from institutions.queries import district_by_code
from institutions.requests import SignedInRequest
from subsidies import policies, queries
from subsidies.forms.claim_confirmation import DistrictFilterForm
from subsidies.models import SubsidyClaim
from subsidies.services.claim_confirmations import ClaimSeen, SignedClaims, confirm_claims
from subsidies.views.queue_places import name_of, place_named, place_of

# Each claim that is signed is reckoned anew.
PAGE_SIZE: Final = 50
LENGTH_OF_SHA256: Final = 64
DISTRICT_CODE: Final = re.compile(r"[0-9A-Za-z]{1,12}")
COLUMNS = (
    (gettext_lazy("Choose"), ""),
    (gettext_lazy("Reference"), ""),
    (gettext_lazy("Training institution"), ""),
    (gettext_lazy("Pass rate"), "numeric"),
    (gettext_lazy("Amount"), "numeric"),
    (gettext_lazy("Checks"), ""),
    (gettext_lazy("Signatures"), ""),
    (gettext_lazy("Answer due on"), ""),
)


@require_safe
@login_required
def claim_confirmations(request: SignedInRequest) -> HttpResponse:
    """List what this person may sign, so that the claims that nothing flags are signed together."""
    _check_confirms(request.user)
    return _list_page(request)


@require_POST
@login_required
def claims_confirm(request: SignedInRequest) -> HttpResponse:
    """Sign each chosen claim by itself, and say which were signed and why others were not."""
    _check_confirms(request.user)
    seen = _chosen(request)
    if not seen:
        messages.warning(request, _("Choose at least one claim."))
        return redirect(_address(_district_asked_for(request)))
    signed = confirm_claims(claims=seen, confirmer=request.user, now=timezone.now())
    _tell(request, signed)
    if signed.left_out:
        return _list_page(request, signed, status=409)
    return redirect(_address(_district_asked_for(request)))


def _check_confirms(user: User) -> None:
    if not policies.can_confirm_claims(user, stood_in_for(user, timezone.localdate())):
        raise NotPermitted


def _chosen(request: SignedInRequest) -> list[ClaimSeen]:
    """Return the chosen claims with what the person saw of each; what is none is nobody's claim."""
    hashes: dict[UUID, str] = {}
    for text in request.POST.getlist("claim")[:PAGE_SIZE]:
        number, _colon, sha256 = text.partition(":")
        try:
            hashes[UUID(number)] = sha256[:LENGTH_OF_SHA256]
        except ValueError:
            continue
    claims = queries.claims_visible_to(request.user).filter(public_id__in=hashes)
    return [ClaimSeen(claim.pk, hashes[claim.public_id]) for claim in claims]


def _tell(request: SignedInRequest, signed: SignedClaims) -> None:
    if count := len(signed.confirmed):
        text = ngettext("%(count)s claim is confirmed.", "%(count)s claims are confirmed.", count)
        messages.success(request, text % {"count": count})
    if count := len(signed.signed_once):
        text = ngettext(
            "%(count)s claim has your signature and waits for a second one.",
            "%(count)s claims have your signature and wait for a second one.",
            count,
        )
        messages.success(request, text % {"count": count})


def _list_page(
    request: SignedInRequest, signed: SignedClaims | None = None, *, status: int = 200
) -> HttpResponse:
    after, district = place_named(request.GET.get("after", "")), _district_asked_for(request)
    found = queries.claims_to_confirm(request.user)
    if district is not None:
        found = found.filter(district=district)
    claims = list(queries.claims_behind(found, after)[: PAGE_SIZE + 1])
    rows = [_row(claim, is_chosen=request.GET.get("chosen") == "all") for claim in claims[:PAGE_SIZE]]
    context = {
        "filter_form": _filter_form(request.user, district),
        "district": district,
        "address": _address(district),
        # What is signed comes back to what it was chosen from.
        "query": f"district={district.code if district else ''}&",
        "place": name_of(after) if after else "",
        "columns": COLUMNS,
        "rows": rows,
        "left_out": _left_out(request.user, signed) if signed else [],
        "may_sign_some": any(not row["is_flagged"] for row in rows),
        "next_key": name_of(place_of(claims[PAGE_SIZE - 1])) if len(claims) > PAGE_SIZE else None,
        "is_first": after is None,
    }
    return render(request, "subsidies/claim_confirmations.html", context, status=status)


def _district_asked_for(request: SignedInRequest) -> District | None:
    code = request.GET.get("district", "")
    return district_by_code(code) if DISTRICT_CODE.fullmatch(code) else None


def _filter_form(user: User, district: District | None) -> DistrictFilterForm:
    """Return the filter as it is set, also to a district of which nothing waits any more."""
    districts = queries.districts_to_confirm(user)
    if district is not None and district not in districts:
        districts.append(district)
    chosen = {"district": district.code if district else ""}
    return DistrictFilterForm(chosen, districts=districts)


def _address(district: District | None) -> str:
    narrowed_to = f"?district={district.code}" if district else ""
    return reverse("claim-confirmations") + narrowed_to


def _left_out(user: User, signed: SignedClaims) -> list[tuple[SubsidyClaim, str]]:
    claims = queries.claims_visible_to(user).in_bulk([each.claim_id for each in signed.left_out])
    return [(claims[each.claim_id], each.why) for each in signed.left_out if each.claim_id in claims]


def _row(claim: Any, *, is_chosen: bool) -> dict[str, Any]:
    reckoning = claim.reckoning
    return {
        "claim": claim,
        "is_flagged": claim.is_flagged,
        "is_chosen": is_chosen and not claim.is_flagged,
        "value": f"{claim.public_id}:{queries.sha256_to_sign(reckoning)}",
        "passes": f"{reckoning.pass_count} / {reckoning.rate_count}",
        "amount": yuan(reckoning.amount),
    }
