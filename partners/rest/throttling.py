"""How many requests a client may make in a minute, counted exactly, and how that is told to it."""

from typing import Any, Final

from django.conf import settings
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from chongqing_dte.foundation.limits import Tries, client_address, count_try

MINUTE: Final = 60
# The name of the policy in the headers RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers).
POLICY: Final = "minute"


class ClientRate(BaseThrottle):
    """Counts a request for its client, or for the address that it came from where no client is asked for.

    When Redis does not answer everybody goes on, and no header tells what is left.
    """

    def __init__(self) -> None:
        self.most = 0
        self.tries: Tries | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count this request, unless the limit is reached."""
        client = getattr(request.auth, "application", None)
        if client is not None:
            self.most, who = client.requests_per_minute, ("client", str(client.pk))
        else:
            self.most, who = settings.PUBLIC_API_PER_MINUTE, ("address", client_address(request))
        self.tries = count_try("api", *who, limits=[(self.most, MINUTE)] if self.most else [])
        return self.tries is None or self.tries.wait == 0

    def wait(self) -> int | None:
        """Return after how many seconds the client may ask again."""
        return self.tries.wait if self.tries else None

    def tell(self, response: HttpResponse) -> None:
        """Set the headers that tell the limit and what is left of it."""
        if self.tries is not None:
            response["RateLimit-Policy"] = f'"{POLICY}";q={self.most};w={MINUTE}'
            response["RateLimit"] = f'"{POLICY}";r={self.tries.left};t={self.tries.ends_in}'
