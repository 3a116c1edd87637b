"""One-time links to people's own decisions, handed out over a counter."""

import segno
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from chongqing_dte.foundation.errors import DomainError, NotPermitted
from institutions.requests import SignedInRequest
from subsidies import queries
from subsidies.forms.self_checks import LinkReasonForm
from subsidies.policies import check_can_hand_out_links
from subsidies.services.self_checks import hand_out_link


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def self_check_link_handout(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Hand out a link to the holder of a certificate. It is shown in the answer, and never again."""
    certificate = get_object_or_404(queries.certificates_visible_to(request.user), public_id=public_id)
    check_can_hand_out_links(request.user)
    form = LinkReasonForm(request.POST if request.method == "POST" else None)
    context = {"certificate": certificate, "form": form}
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "subsidies/self_check_link_handout.html", context, status=status)
    try:
        token = hand_out_link(
            certificate_id=certificate.pk,
            issuer=request.user,
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        )
    except NotPermitted:
        raise
    except DomainError as refusal:
        form.add_error("reason", str(refusal))
        return render(request, "subsidies/self_check_link_handout.html", context, status=422)
    link = settings.PORTAL_ORIGIN + reverse("self-check-link", args=[token])
    shown = {
        "certificate": certificate,
        "link": link,
        "picture": segno.make(link, error="m", micro=False).svg_data_uri(border=4, scale=4),
    }
    return render(request, "subsidies/self_check_link_shown.html", shown)
