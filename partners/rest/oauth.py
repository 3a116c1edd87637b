"""What the OAuth toolkit asks about clients: who they are, whether they are admitted, and for what."""

import base64
from typing import Any
from urllib.parse import unquote_plus

from django.http import HttpRequest
from django.utils import timezone
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.scopes import BaseScopes
from oauthlib.common import Request

from partners import policies, queries
from partners.enums import Scope
from partners.models import PartnerClient
from partners.rest.callers import caller_of
from partners.secrets import opens

LONGEST_CREDENTIAL = 255


class ClientScopes(BaseScopes):
    """A client may ask for the scopes that it was issued with, and gets all of them if it names none."""

    def get_all_scopes(self) -> dict[str, str]:
        """Return every scope with what it is called."""
        return {value: str(label) for value, label in Scope.choices}

    def get_available_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        """Return the scopes of this client."""
        return list(application.scopes) if application else []

    get_default_scopes = get_available_scopes


class PartnerValidator(OAuth2Validator):
    """Knows clients by their secrets, and by where and with which certificate they ask. Made for one request."""

    def __init__(self, asked: HttpRequest) -> None:
        super().__init__()
        self.asked = asked
        self.client: PartnerClient | None = None

    def client_authentication_required(self, request: Request, *args: Any, **kwargs: Any) -> bool:
        """Return that every client must show its secret, also to give a token back."""
        return True

    def authenticate_client(self, request: Request, *args: Any, **kwargs: Any) -> bool:
        """Test whether the secret is right and the client is admitted. Why not is told to nobody."""
        client_id, secret = credentials_of(self.asked)
        client = queries.client_by_client_id(client_id)
        now = timezone.now()
        if not opens(secret, client, now) or client is None:
            return False
        self.client = client
        if not policies.can_use_api(client, caller_of(self.asked)):
            return False
        request.client = client
        return True


def credentials_of(request: HttpRequest) -> tuple[str, str]:
    """Return the client's name and secret, by HTTP Basic or from the body; empty texts where there are none."""
    header = request.headers.get("Authorization", "")
    if header:
        client_id, secret = _basic(header)
    else:
        client_id, secret = request.POST.get("client_id", ""), request.POST.get("client_secret", "")
    if max(len(client_id), len(secret)) > LONGEST_CREDENTIAL or "\0" in client_id + secret:
        return "", ""
    return client_id, secret


def _basic(header: str) -> tuple[str, str]:
    kind, _space, encoded = header.partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode()
    # Whatever is not base64 of UTF-8, or not even ASCII.
    except ValueError:
        return "", ""
    client_id, _colon, secret = decoded.partition(":")
    return unquote_plus(client_id), unquote_plus(secret)
