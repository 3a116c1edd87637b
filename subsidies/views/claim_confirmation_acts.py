"""How the municipal bureau answers what a district recommends: one claim at a time."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from chongqing_dte.foundation.errors import DomainError
from institutions.delegation_queries import stood_in_for
from institutions.models import User
from institutions.requests import SignedInRequest
from subsidies import policies, queries
from subsidies.enums import ClaimStatus
from subsidies.forms.claim_confirmation import RefuseRecommendedForm, SendBackForm
from subsidies.models import SubsidyClaim
from subsidies.paid_for import page_of_claim
from subsidies.services.claim_confirmations import (
    confirm_claim,
    refuse_recommended_claim,
    return_claim_to_district,
)
from subsidies.views.claims import detail_page, find_claim
from subsidies.views.refusals import tell_form

LENGTH_OF_SHA256 = 64


@require_POST
@login_required
def claim_confirm(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Sign one claim, and lead to the next one that waits for this person."""
    claim = find_claim(request, public_id)
    seen = request.POST.get("sha256", "")[:LENGTH_OF_SHA256]
    claim = confirm_claim(claim_id=claim.pk, sha256=seen, confirmer=request.user, now=timezone.now())
    if claim.status == ClaimStatus.CONFIRMED:
        messages.success(
            request, _("%(claim)s is confirmed. Its payment opens by itself.") % {"claim": claim}
        )
    else:
        messages.success(
            request, _("You have signed %(claim)s. A second person signs it too.") % {"claim": claim}
        )
    return _to_the_next(request)


@require_POST
@login_required
def claim_send_back(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Send a recommended claim back to its district, which looks at it again."""
    claim, form = find_claim(request, public_id), SendBackForm(request.POST, auto_id="send_back_%s")
    _check_decides(request.user, claim)
    if not form.is_valid():
        return detail_page(request, claim, {"send_back_form": form}, status=422)
    try:
        return_claim_to_district(
            claim_id=claim.pk,
            reason=form.cleaned_data["reason"],
            confirmer=request.user,
            now=timezone.now(),
        )
    except DomainError as refusal:
        tell_form(form, refusal)
        return detail_page(request, claim, {"send_back_form": form}, status=422)
    messages.success(
        request, _("%(claim)s is with its district again. What was signed is void.") % {"claim": claim}
    )
    return _to_the_next(request)


@require_POST
@login_required
def claim_refuse_recommended(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Refuse a recommended claim for a reason."""
    claim, form = find_claim(request, public_id), RefuseRecommendedForm(request.POST, auto_id="refuse_%s")
    _check_decides(request.user, claim)
    if not form.is_valid():
        return detail_page(request, claim, {"refuse_recommended_form": form}, status=422)
    try:
        refuse_recommended_claim(
            claim_id=claim.pk,
            reason=form.cleaned_data["reason"],
            confirmer=request.user,
            now=timezone.now(),
        )
    except DomainError as refusal:
        tell_form(form, refusal)
        return detail_page(request, claim, {"refuse_recommended_form": form}, status=422)
    messages.success(request, _("%(claim)s is refused. The institution is told why.") % {"claim": claim})
    return _to_the_next(request)


def _check_decides(user: User, claim: SubsidyClaim) -> None:
    """Say first of all to whoever may not decide a claim that they may not, also without a reason."""
    absent = stood_in_for(user, timezone.localdate())
    policies.check_can_decide_recommended_claim(user, absent, claim)


def _to_the_next(request: SignedInRequest) -> HttpResponse:
    """Lead to the claim whose answer is due first, or to the empty list."""
    following = queries.claims_to_confirm(request.user).first()
    if following is None:
        return redirect("claim-confirmations")
    messages.info(request, _("This is the next one that waits for you."))
    return redirect(page_of_claim(following))
