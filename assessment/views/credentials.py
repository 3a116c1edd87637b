"""Certificates as signed credentials, and what anybody needs to check one: keys and status lists."""

from collections.abc import Mapping
from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import conditional_page, require_GET, require_safe

from assessment import queries
from assessment.credentials.issuer import key_document
from assessment.services.credentials import issue_credential, signed_status_list
from institutions.requests import SignedInRequest

CREDENTIAL: Final = "application/vc"
# What a verifier may keep without asking again. Nobody waits longer than this to learn of a revocation.
SECONDS_KEPT: Final = 300


@never_cache
@require_GET
@login_required
def certificate_credential(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Return a valid certificate as a credential that its holder can hand on."""
    certificate = get_object_or_404(queries.certificates_visible_to(request.user), public_id=public_id)
    credential = issue_credential(certificate_id=certificate.pk, recipient=request.user, now=timezone.now())
    response = written(credential, content_type=CREDENTIAL)
    response.headers["Content-Disposition"] = (
        f'attachment; filename="credential-{certificate.public_id}.json"'
    )
    return response


@require_safe
@conditional_page
@cache_control(public=True, max_age=SECONDS_KEPT)
def key_list(_request: HttpRequest) -> HttpResponse:
    """Return every key that ever signed in the portal's name, for anybody."""
    document = key_document(queries.credential_keys())
    return for_every_site(written(document, content_type="application/did+json"))


@require_safe
@conditional_page
@cache_control(public=True, max_age=SECONDS_KEPT)
def status_list(_request: HttpRequest, number: int) -> HttpResponse:
    """Return which certificates of one list do not count any more, for anybody."""
    if not queries.status_list_begun(number):
        raise Http404
    credential = signed_status_list(number=number, now=timezone.now())
    return for_every_site(written(credential, content_type=CREDENTIAL))


def written(document: Mapping[str, Any], *, content_type: str) -> HttpResponse:
    """Return a document as JSON, Chinese as Chinese."""
    return JsonResponse(document, content_type=content_type, json_dumps_params={"ensure_ascii": False})


def for_every_site(response: HttpResponse) -> HttpResponse:
    """Let pages of other sites read this: verifiers run in browsers too."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
