"""Where a client gets a token for its secret, and gives one back (RFC 6749 and RFC 7009)."""

from http import HTTPStatus
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.oauth2_backends import OAuthLibCore
from oauth2_provider.settings import oauth2_settings
from oauthlib.oauth2 import BackendApplicationServer

from chongqing_dte.foundation.limits import client_address, seconds_to_wait
from partners.rest.authentication import remember_client
from partners.rest.oauth import PartnerValidator, credentials_of

# Far more than names, secrets and scopes need.
MOST_BYTES: Final = 8 * 1024
FORM: Final = "application/x-www-form-urlencoded"


@csrf_exempt
def issue_token(request: HttpRequest) -> HttpResponse:
    """Answer a client's name and secret with a token for a quarter of an hour, by client credentials alone."""
    return _refused(request) or _answered(request, "create_token_response")


@csrf_exempt
def revoke_token(request: HttpRequest) -> HttpResponse:
    """End one token of the client that asks. A token that is none of its own is answered in the same way."""
    return _refused(request) or _answered(request, "create_revocation_response")


def _answered(request: HttpRequest, step: str) -> HttpResponse:
    validator = PartnerValidator(request)
    core = OAuthLibCore(BackendApplicationServer(validator, **oauth2_settings.server_kwargs))
    _uri, headers, body, status = getattr(core, step)(request)
    remember_client(request, validator.client)
    response = HttpResponse(body or "", status=status, content_type="application/json")
    for name, value in headers.items():
        response[name] = value
    response["Cache-Control"] = "no-store"
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Basic realm="api"'
    return response


def _refused(request: HttpRequest) -> HttpResponse | None:
    """Return the answer to what is no request for a token, or to one too many."""
    if request.method != "POST":
        return _error("invalid_request", HTTPStatus.METHOD_NOT_ALLOWED, "Allow", "POST")
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit() and len(length) < 8 and int(length) <= MOST_BYTES):
        return _error("invalid_request", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if request.content_type != FORM:
        return _error("invalid_request", HTTPStatus.BAD_REQUEST)
    if wait := _seconds_to_wait(request):
        return _error("temporarily_unavailable", HTTPStatus.TOO_MANY_REQUESTS, "Retry-After", str(wait))
    return None


def _seconds_to_wait(request: HttpRequest) -> int:
    address = client_address(request)
    return seconds_to_wait("token-address", address, limits=settings.TOKEN_ADDRESS_LIMITS) or seconds_to_wait(
        "token", address, credentials_of(request)[0], limits=settings.TOKEN_LIMITS
    )


def _error(code: str, status: HTTPStatus, *header: str) -> HttpResponse:
    response = JsonResponse({"error": code}, status=status)
    response["Cache-Control"] = "no-store"
    if header:
        response[header[0]] = header[1]
    return response
