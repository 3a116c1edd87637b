"""What the document says of one method of an endpoint."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from rest_framework import serializers

from chongqing_dte.foundation.api_bodies import BodyMalformed, BodyTooLarge
from chongqing_dte.foundation.errors import Busy, DomainError
from partners.rest.idempotency import KeyMissing
from partners.rest.problems import (
    InvalidInput,
    MediaTypeUnknown,
    NotAcceptable,
    NothingHere,
    NotKnown,
    ScopeMissing,
    TokenRefused,
    TooManyRequests,
    Unexpected,
)
from partners.rest.versions import VersionExpired, VersionUnknown
from partners.services.idempotency import AnswerNotKept, AtWork, KeyUsedOtherwise

Text = str | Promise
SerializerClass = type[serializers.Serializer[Any]]
Example = Any


@dataclass(frozen=True)
class Refusal:
    """A code that an operation refuses with, and its status."""

    status: int
    code: str


# What every endpoint can refuse with, and what is added by a token, by a number in the address, and by a change.
ALWAYS = (
    InvalidInput,
    VersionUnknown,
    VersionExpired,
    NotAcceptable,
    TooManyRequests,
    Busy,
    Unexpected,
)
WITH_TOKEN = (NotKnown, TokenRefused, ScopeMissing)
ON_ROW = (NothingHere,)
ON_CHANGE = (
    BodyMalformed,
    BodyTooLarge,
    MediaTypeUnknown,
    KeyMissing,
    KeyUsedOtherwise,
    AtWork,
    AnswerNotKept,
)


@dataclass(frozen=True)
class Operation:
    """One method of an endpoint, for the document: its name there, what goes in, what comes out and what is refused.

    `answer` is the view's `output` unless it says otherwise. Of a list, `example` is one of its items.
    """

    name: str
    summary: Text
    example: Example
    description: Text = ""
    status: int = 200
    request: SerializerClass | None = None
    request_example: Example = None
    parameters: SerializerClass | None = None
    answer: SerializerClass | None = None
    is_list: bool = False
    is_deprecated: bool = False
    refusals: Sequence[type[DomainError] | Refusal] = ()

    def all_refusals(self, *, is_open: bool, is_reading: bool, is_on_row: bool) -> list[Refusal]:
        """Return everything that this can refuse with, its own refusals and those of its kind, each once."""
        kinds = [
            *ALWAYS,
            *(() if is_open else WITH_TOKEN),
            *(ON_ROW if is_on_row else ()),
            *(() if is_reading else ON_CHANGE),
            *self.refusals,
        ]
        found = {_refusal(kind) for kind in kinds}
        return sorted(found, key=lambda refusal: (refusal.status, refusal.code))


def _refusal(kind: type[DomainError] | Refusal) -> Refusal:
    return kind if isinstance(kind, Refusal) else Refusal(kind.status_code, kind.code)
