import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from chongqing_dte.foundation.crypto import keyed_hash
from chongqing_dte.foundation.limits import client_address
from chongqing_dte.foundation.logs import current_request_id
from partners.rest.authentication import remembered_client
from partners.services.access import Access, record_access

log = structlog.get_logger(__name__)

LOGGED: Final = "/api/v1/"
LONGEST_ROUTE, LONGEST_METHOD = 128, 8
MOST_MILLISECONDS = 2**31 - 1


class ApiAccessMiddleware:
    """Writes one row for each request to the API, refused ones too. What it cannot write breaks no answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request, and log how."""
        if not request.path_info.startswith(LOGGED):
            return self.get_response(request)
        at, began = timezone.now(), time.monotonic_ns()
        response = self.get_response(request)
        try:
            record_access(access=_access(request, response, at, time.monotonic_ns() - began))
        except Exception as problem:
            log.warning("api_access_not_logged", problem=type(problem).__name__)
        return response


def _access(request: HttpRequest, response: HttpResponse, at: datetime, nanoseconds: int) -> Access:
    match = request.resolver_match
    client = remembered_client(request)
    sent = request.META.get("CONTENT_LENGTH") or "0"
    return Access(
        client_id=None if client is None else client.pk,
        at=at,
        method=(request.method or "")[:LONGEST_METHOD],
        # The route, not the address: an address can hold what somebody typed.
        route=(match.route if match else "")[:LONGEST_ROUTE],
        status=response.status_code,
        milliseconds=min(nanoseconds // 1_000_000, MOST_MILLISECONDS),
        request_bytes=int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 16 else 0,
        answer_bytes=0 if response.streaming else len(response.content),
        request_id=current_request_id(),
        address_hash=keyed_hash("api_access", client_address(request)),
    )
