"""What the portal remembers of somebody's self-check, in a session on the server: ids, and an account encrypted."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import wraps
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from chongqing_dte.foundation.crypto import decrypt, encrypt
from chongqing_dte.foundation.limits import client_address, seconds_to_wait
from enrollment.rules.identifiers import normalize_identifier
from enrollment.services.accounts import AccountDetails
from subsidies import queries
from subsidies.models import SelfCheckAccess

ASKED: Final = "self_check_asked"
OPENED: Final = "self_check_opened"
PENDING: Final = "self_check_account"
SLOWED: Final = "self_check_slowed"
# Seconds.
SLOWED_FOR: Final = 30
CONTEXT: Final = "self_check.pending_account"


@dataclass(frozen=True)
class PendingAccount:
    """An account that waits for its code, and the id of the code's key."""

    key_id: int
    account: AccountDetails


def own_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Keep the answers of a view out of every cache and every search engine, and its address to this portal."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["X-Robots-Tag"] = "noindex"
        response["Referrer-Policy"] = "same-origin"
        return response

    return never_cache(answer)


def opened_by(request: HttpRequest) -> SelfCheckAccess | None:
    """Return the key with which this browser opened somebody's decision a short while ago, if it did."""
    key_id = request.session.get(OPENED)
    return queries.opened_key(key_id, timezone.now()) if key_id else None


def open_for(request: HttpRequest, key: SelfCheckAccess) -> None:
    """Let this browser look from now on, under a session number that nobody knew before."""
    request.session.cycle_key()
    request.session.pop(ASKED, None)
    request.session.pop(PENDING, None)
    request.session[OPENED] = key.pk


def close_for(request: HttpRequest) -> None:
    """Forget whatever this browser opened or asked for."""
    for remembered in (ASKED, OPENED, PENDING):
        request.session.pop(remembered, None)


def asked_to_open_again(request: HttpRequest) -> HttpResponse:
    """Lead back to the beginning somebody whose time is over."""
    close_for(request)
    messages.info(request, _("Your page was open for 15 minutes at most. Please show once more who you are."))
    return redirect("self-check")


def remember_account(request: HttpRequest, key_id: int, account: AccountDetails) -> None:
    """Keep an account until its code comes."""
    sealed = encrypt(json.dumps(asdict(account)).encode(), context=CONTEXT)
    request.session[PENDING] = {"key": key_id, "account": b64encode(sealed).decode()}


def pending_account(request: HttpRequest) -> PendingAccount | None:
    """Return the account that waits for its code, if one does."""
    remembered = request.session.get(PENDING)
    if remembered is None:
        return None
    opened = decrypt(b64decode(remembered["account"]), context=CONTEXT)
    return PendingAccount(remembered["key"], AccountDetails(**json.loads(opened)))


def wait_of(request: HttpRequest, number: str = "") -> int:
    """Count one try of an address, and one about a certificate if it is named. Returns the seconds to wait."""
    address = client_address(request)
    wait = seconds_to_wait("self_check", address, limits=settings.SELF_CHECK_LIMITS)
    if wait or not number:
        return wait
    named = normalize_identifier(number[:60])
    limits = settings.SELF_CHECK_CERTIFICATE_LIMITS
    wait = seconds_to_wait("self_check_certificate", named, address, limits=limits)
    if wait or not seconds_to_wait("self_check_number", named, limits=settings.SELF_CHECK_NUMBER_LIMITS):
        return wait
    return _short_wait(request)


def _short_wait(request: HttpRequest) -> int:
    """Let a browser wait a little before each try about a certificate that very many ask for, and then let it try."""
    now = int(timezone.now().timestamp())
    until = request.session.get(SLOWED)
    if until is None:
        until = request.session[SLOWED] = now + SLOWED_FOR
    elif until <= now:
        del request.session[SLOWED]
    return max(until - now, 0)
