"""How a request that changes something says which it is, so that sent twice it is made once."""

import hashlib
import re
from typing import Final

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from chongqing_dte.foundation.api_bodies import BodyTooLarge
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext as _
from partners.rest.authentication import partner_of
from partners.services.idempotency import (
    Answer,
    Claim,
    claim_request,
    give_claim_back,
    keep_answer,
)

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
# With the quotation marks that the draft of the header wants, or without.
KEY: Final = re.compile(r'(?P<mark>"?)(?P<key>[A-Za-z0-9_.:/+=-]{8,128})(?P=mark)')
# What of an answer's headers belongs to what was done, and not to the moment.
KEPT: Final = ("Content-Type", "Location", "API-Version")


class KeyMissing(DomainError):
    """A request that changes something came without its key, or with one that is none."""

    status_code = 400
    code = "idempotency_key_missing"


def claimed(request: Request) -> Claim | HttpResponse:
    """Claim the work of this request under its key, or return what it was answered before.

    Reads the body, which stays readable.
    """
    found = KEY.fullmatch(request.headers.get(HEADER, ""))
    if found is None:
        raise KeyMissing(
            _(
                "Send an Idempotency-Key of 8 to 128 letters and digits with every request that changes something."
            )
        )
    outcome = claim_request(
        client_id=partner_of(request).pk,
        key=found["key"],
        request=f"{request.method} {request.path}"[:256],
        body_sha256=hashlib.sha256(_body_of(request)).hexdigest(),
        now=timezone.now(),
    )
    return outcome if isinstance(outcome, Claim) else _again(outcome)


def settle(claim: Claim, response: HttpResponse, *, is_final: bool) -> None:
    """Keep the answer to a claimed request, unless the portal failed or was busy: then it can be made again."""
    if response.status_code >= 500 or not is_final:
        give_claim_back(claim=claim)
        return
    headers = {name: response[name] for name in KEPT if name in response}
    keep_answer(
        claim=claim, answer=Answer(response.status_code, headers, response.content), now=timezone.now()
    )


def _again(answer: Answer) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status, headers=answer.headers)
    response[REPLAYED] = "true"
    return response


def _body_of(request: Request) -> bytes:
    """Return the body, which may be longer than what the framework holds in memory for a form, up to the limit."""
    content = request._request.read(settings.ROSTER_MAX_BYTES + 1)
    if len(content) > settings.ROSTER_MAX_BYTES:
        raise BodyTooLarge
    # From here the framework reads it again.
    request._request._body = content
    return content
