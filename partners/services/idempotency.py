"""Requests that are made once, however often they are sent.

A key is claimed before the work, in a transaction of its own, and the answer is stored after it. Between the two stands
the work's own transaction. What a crash leaves:

- before the claim, or after the answer: nothing to do;
- after the claim, before the work was committed: nothing happened. Once the claim is old, the next request does it;
- after the work was committed, before the answer was stored: the next request does the work again once the claim is
  old. That doubles nothing, because every service that the API calls finds its own work done, by a constraint or a
  state that it checks under a lock: it gives the same answer, or says that it was done already.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction

from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext as _
from partners import queries
from partners.models import IdempotentAnswer
from partners.models.idempotency import KEPT_DAYS

# Longer than any request can take: the proxy, the server and the database end it before.
CLAIM_HOLDS: Final = timedelta(seconds=120)
LONGEST_ANSWER: Final = 1024 * 1024
PURGED_AT_ONCE: Final = 5000


class KeyUsedOtherwise(DomainError):
    """The key was given to another request of this client before."""

    code = "idempotency_key_reused"


class AtWork(DomainError):
    """The same request is being worked on at this moment."""

    status_code = 409
    code = "request_in_progress"
    retry_after = 2


class AnswerNotKept(DomainError):
    """The request was carried out, and what it was answered is not known any more."""

    status_code = 409
    code = "answer_not_kept"


@dataclass(frozen=True)
class Claim:
    """The right to do the work of one request."""

    row: int
    claim: uuid.UUID


@dataclass(frozen=True)
class Answer:
    """What a request was answered when it was made first."""

    status: int
    headers: dict[str, str]
    body: bytes


def claim_request(
    *, client_id: int, key: str, request: str, body_sha256: str, now: datetime
) -> Claim | Answer:
    """Claim the work of a request, or return what it was answered before.

    Raises KeyUsedOtherwise, AtWork while somebody else has the claim, and AnswerNotKept.
    """
    try:
        return _first_claim(client_id=client_id, key=key, request=request, body_sha256=body_sha256, now=now)
    except IntegrityError as taken:
        if "idempotency_key_once_per_client" not in str(taken):
            raise
    return _known_request(client_id=client_id, key=key, request=request, body_sha256=body_sha256, now=now)


@transaction.atomic(durable=True)
def _first_claim(*, client_id: int, key: str, request: str, body_sha256: str, now: datetime) -> Claim:
    claim = uuid.uuid4()
    row = IdempotentAnswer.objects.create(
        client_id=client_id, key=key, request=request, body_sha256=body_sha256, claim=claim, claimed_at=now
    )
    return Claim(row.pk, claim)


@transaction.atomic(durable=True)
def _known_request(
    *, client_id: int, key: str, request: str, body_sha256: str, now: datetime
) -> Claim | Answer:
    known = queries.lock_idempotent_answer(client_id, key)
    if known is None:
        # Given back in this very moment, because the work had failed.
        raise AtWork(_("The same request is being worked on. Send it again in a moment."))
    if (known.request, known.body_sha256) != (request, body_sha256):
        raise KeyUsedOtherwise(_("This Idempotency-Key was used for another request. Give each its own."))
    if known.status_code is None:
        return _taken_over(known, now)
    if known.body is None:
        raise AnswerNotKept(
            _("The request was carried out, with status %(status)s. Its answer was too long to be kept.")
            % {"status": known.status_code}
        )
    return Answer(known.status_code, known.headers, known.body)


def _taken_over(known: IdempotentAnswer, now: datetime) -> Claim:
    if known.claimed_at + CLAIM_HOLDS > now:
        raise AtWork(_("The same request is being worked on. Send it again in a moment."))
    known.claim, known.claimed_at = uuid.uuid4(), now
    known.save(update_fields=["claim", "claimed_at"])
    return Claim(known.pk, known.claim)


@transaction.atomic(durable=True)
def keep_answer(*, claim: Claim, answer: Answer, now: datetime) -> None:
    """Store what a request was answered. Does nothing if somebody else has taken the work over."""
    body = answer.body if len(answer.body) <= LONGEST_ANSWER else None
    IdempotentAnswer.objects.filter(pk=claim.row, claim=claim.claim, status_code__isnull=True).update(
        status_code=answer.status, headers=answer.headers, body=body, answered_at=now
    )


@transaction.atomic(durable=True)
def give_claim_back(*, claim: Claim) -> None:
    """Let the request be made again under its key: it failed, and changed nothing that counts."""
    IdempotentAnswer.objects.filter(pk=claim.row, claim=claim.claim, status_code__isnull=True).delete()


@transaction.atomic(durable=True)
def purge_idempotent_answers(*, now: datetime) -> int:
    """Delete some of the answers that were kept long enough; return how many. Safe to repeat."""
    deleted, _kinds = IdempotentAnswer.objects.filter(
        pk__in=queries.idempotent_answers_before(now - timedelta(days=KEPT_DAYS))[:PURGED_AT_ONCE]
    ).delete()
    return deleted
