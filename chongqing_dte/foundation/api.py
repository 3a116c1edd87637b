"""What every endpoint for machines shares: how a body is read, and how a refusal is answered."""

import json
from typing import IO, Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext_lazy as _
from django.views.defaults import page_not_found
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.response import Response
from rest_framework.views import exception_handler

from chongqing_dte.foundation.errors import DomainError, as_refusal

# Below this, whoever asks is a machine.
MACHINES: Final = "/api/"


class BodyTooLarge(DomainError):
    """The body has more bytes than an uploaded file may have."""

    status_code = 413
    code = "body_too_large"

    def __init__(self) -> None:
        megabytes = settings.ROSTER_MAX_BYTES // 1024 // 1024
        super().__init__(_("The request is larger than %(megabytes)s MB.") % {"megabytes": megabytes})


class BodyMalformed(DomainError):
    """The body is no JSON, or not what any JSON means to every reader. Nothing of it is repeated."""

    status_code = 400
    code = "parse_error"


class BoundedJsonParser(BaseParser):
    """JSON in UTF-8, as large as an uploaded file may be and no larger.

    Reads the request itself: the framework's own JSON parser, and whatever inherits from it, reads no more than
    DATA_UPLOAD_MAX_MEMORY_SIZE, which is meant for forms.
    """

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: Any = None, parser_context: Any = None) -> Any:
        """Return what a body says. Raises BodyTooLarge and BodyMalformed."""
        content = stream.read(settings.ROSTER_MAX_BYTES + 1)
        if len(content) > settings.ROSTER_MAX_BYTES:
            raise BodyTooLarge
        try:
            text = content.decode("utf-8-sig")
            parsed = json.loads(text, object_pairs_hook=_object, parse_constant=_no_number)
            if "\\u" in text:
                # Half a character, which only an escape can write, fits in no answer and no database.
                json.dumps(parsed, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as mistake:
            raise BodyMalformed(_("The body is not valid JSON in UTF-8.")) from mistake
        return parsed


class BoundedList(serializers.ListField):
    """A list that is refused by its length before any of its items is looked at."""

    def to_internal_value(self, data: Any) -> list[Any]:
        """Return the items, each checked."""
        if isinstance(data, list) and self.max_length is not None and len(data) > self.max_length:
            message = self.error_messages["max_length"].format(max_length=self.max_length)
            raise serializers.ValidationError([message])
        return super().to_internal_value(data)


def handle_exception(problem: Exception, context: dict[str, Any]) -> Response | None:
    """Answer what is wrong with a request with its status code, in JSON, for every endpoint alike."""
    refusal = as_refusal(problem)
    if refusal is not None:
        return Response({"code": refusal.code, "detail": str(refusal)}, status=refusal.status_code)
    return exception_handler(problem, context)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that leads nowhere: a machine as every endpoint does, anybody else with the page for it."""
    if request.path.startswith(MACHINES):
        return JsonResponse({"code": "not_found", "detail": str(_("There is nothing here."))}, status=404)
    return page_not_found(request, exception)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object that says each thing once. Which of two values counts, readers do not agree on."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise BodyMalformed(_("An object names the same field more than once."))
    return found


def _no_number(_name: str) -> None:
    """Refuse NaN and the infinities, which are no JSON."""
    raise ValueError
