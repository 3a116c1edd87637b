"""The files that show what a class has cost, for every office that sees the class: beside the claim, or to keep."""

from typing import Final
from urllib.parse import quote

from csp.decorators import csp_replace
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from institutions.requests import SignedInRequest
from subsidies import queries
from subsidies.models import ClaimEvidence
from subsidies.services.claim_evidence import open_claim_evidence

# What a browser shows by itself, without running anything.
SHOWN_BY_A_BROWSER: Final = frozenset({"application/pdf", "image/png", "image/jpeg"})
# A file loads nothing and runs nothing; only our own pages show it beside themselves.
POLICY_OF_A_FILE: Final = {
    "default-src": ["'none'"],
    "img-src": ["'self'"],
    # The page that a browser makes around a picture by itself has styles in it.
    "style-src": ["'unsafe-inline'"],
    "frame-ancestors": ["'self'"],
}


@require_safe
@login_required
@never_cache
@xframe_options_sameorigin
def evidence_file(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Show one file, or hand it out to be kept with `?save=1`; who looked is noted."""
    evidence = get_object_or_404(queries.claim_evidence_visible_to(request.user), public_id=public_id)
    content = open_claim_evidence(evidence_id=evidence.pk, reader=request.user, now=timezone.now())
    is_kept = "save" in request.GET or not is_shown_by_a_browser(evidence)
    disposition = "attachment" if is_kept else "inline"
    response = HttpResponse(content, content_type=evidence.media_type)
    response["Content-Disposition"] = f"{disposition}; filename*=utf-8''{quote(evidence.file_name)}"
    response["X-Robots-Tag"] = "noindex"
    return csp_replace(POLICY_OF_A_FILE)(lambda _request: response)(request)


def is_shown_by_a_browser(evidence: ClaimEvidence) -> bool:
    """Test whether a browser shows a file beside the claim. Others are kept and opened elsewhere."""
    return evidence.media_type in SHOWN_BY_A_BROWSER
