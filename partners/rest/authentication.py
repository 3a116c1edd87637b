import hashlib
from typing import cast

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import AccessToken
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from institutions.models import User
from partners import policies, queries
from partners.models import PartnerClient
from partners.rest.callers import caller_of

LONGEST_TOKEN = 128


class PartnerAuthentication(BaseAuthentication):
    """Knows a partner's system by its bearer token, in one query. A session is no token."""

    def authenticate(self, request: Request) -> tuple[User, AccessToken] | None:
        """Return the machine and the token. Raises AuthenticationFailed for one that does not open, whyever."""
        kind, _space, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        stored = _stored(token.strip())
        if stored is not None:
            remember_client(request._request, stored.application)
        if stored is None or not policies.can_use_api(stored.application, caller_of(request._request)):
            raise AuthenticationFailed(
                _("The token is wrong, has ended, or may not be used from here."), code="invalid_token"
            )
        return stored.application.user, stored

    def authenticate_header(self, request: Request) -> str:
        """Return what a refused caller is told to show (RFC 6750)."""
        shown = request.headers.get("Authorization", "").lower().startswith("bearer")
        return 'Bearer realm="api", error="invalid_token"' if shown else 'Bearer realm="api"'


def partner_of(request: Request) -> PartnerClient:
    """Return the client that asks. Only for requests that PartnerAuthentication has let in."""
    return cast(PartnerClient, cast(AccessToken, request.auth).application)


def remember_client(request: HttpRequest, client: PartnerClient | None) -> None:
    """Note on the request who asks, for the log of requests."""
    request.META["partners.client"] = client


def remembered_client(request: HttpRequest) -> PartnerClient | None:
    """Return who asked, if that was found out."""
    client: PartnerClient | None = request.META.get("partners.client")
    return client


def _stored(token: str) -> AccessToken | None:
    if not token or len(token) > LONGEST_TOKEN:
        return None
    return queries.live_token(hashlib.sha256(token.encode()).hexdigest(), timezone.now())
