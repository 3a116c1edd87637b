from collections.abc import Collection
from typing import Protocol, cast

from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import AccessToken
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from partners.rest.authentication import partner_of


class ScopedView(Protocol):
    """A view that says which scopes a method needs."""

    def scopes_for(self, method: str) -> Collection[str]:
        """Return the scopes that a token needs."""


class HasScope(BasePermission):
    """Lets in whose token has every scope that the view asks for by `scopes_for(method)`.

    What was taken from the client since its token was made is not in it any more.
    """

    message = _("The token does not have the scope that this needs.")
    code = "insufficient_scope"

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Test whether the token has the view's scopes."""
        if request.auth is None:
            return False
        token = cast(AccessToken, request.auth)
        granted = set(token.scope.split()) & set(partner_of(request).scopes)
        return granted.issuperset(cast(ScopedView, view).scopes_for(request.method or ""))
