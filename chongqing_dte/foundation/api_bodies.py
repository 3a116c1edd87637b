"""How a machine's body is read. By itself, because the framework imports it while it makes its own views."""

import json
from typing import IO, Any

from django.conf import settings
from rest_framework.parsers import BaseParser

from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext_lazy as _


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


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object that says each thing once. Which of two values counts, readers do not agree on."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise BodyMalformed(_("An object names the same field more than once."))
    return found


def _no_number(_name: str) -> None:
    """Refuse NaN and the infinities, which are no JSON."""
    raise ValueError
