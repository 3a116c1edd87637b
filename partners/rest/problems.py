"""How a refusal is told to a machine: RFC 9457 problem details, with every text in both languages."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.signals import got_request_exception
from django.http import Http404
from django.utils.translation import override
from rest_framework import exceptions, serializers
from rest_framework.response import Response

from chongqing_dte.foundation.errors import DomainError, NotPermitted, as_refusal
from chongqing_dte.foundation.sentences import LANGUAGES, in_every_language, main_language, text_in
from chongqing_dte.foundation.sentences import gettext_lazy as _

log = structlog.get_logger(__name__)

PROBLEM_TYPE: Final = "application/problem+json"
# Below this every refusal is a problem, and here every code is explained.
API: Final = "/api/v1/"
PROBLEMS: Final = "/api/v1/problems"

TITLES: Final = {
    400: _("The request cannot be understood"),
    401: _("It is not known who asks"),
    403: _("Not permitted"),
    404: _("Not found"),
    405: _("The method is not allowed here"),
    406: _("No such form of answer"),
    409: _("It does not fit how things stand"),
    410: _("No longer to be had"),
    413: _("The request is too large"),
    415: _("No such form of request"),
    422: _("It cannot be done"),
    429: _("Too many requests"),
    500: _("The portal failed"),
    503: _("The portal is not ready"),
}


class RequestMalformed(DomainError):
    """The request is none that any endpoint could be reached with."""

    status_code = 400
    code = "bad_request"


class NotKnown(DomainError):
    """Nobody has shown who they are, or what they showed holds no longer."""

    status_code = 401
    code = "not_authenticated"


class TokenRefused(NotKnown):
    """A token was shown that does not open. Why is not said."""

    code = "invalid_token"


class ScopeMissing(NotPermitted):
    """The token is good, and lacks the scope that this needs."""

    code = "insufficient_scope"


class NothingHere(DomainError):
    """There is nothing at this address, or nothing that whoever asks may see."""

    status_code = 404
    code = "not_found"


class MethodNotAllowed(DomainError):
    """The address is known, and this method is not."""

    status_code = 405
    code = "method_not_allowed"


class NotAcceptable(DomainError):
    """The answer is wanted in a form in which there is none."""

    status_code = 406
    code = "not_acceptable"


class MediaTypeUnknown(DomainError):
    """The body is in a form that is not read."""

    status_code = 415
    code = "unsupported_media_type"


class TooManyRequests(DomainError):
    """The client has used up what it may ask in a minute."""

    status_code = 429
    code = "too_many_requests"


class Unexpected(DomainError):
    """A mistake of the portal. What happened is in its log, under the number of the request."""

    status_code = 500
    code = "internal_error"


@dataclass(frozen=True)
class FieldProblem:
    """What is wrong with one part of a request: a place in its body, or a parameter of its address."""

    place: str
    code: str
    texts: Mapping[str, str]
    is_parameter: bool = False

    def shown(self) -> dict[str, object]:
        """Return it as machines read it."""
        name = "parameter" if self.is_parameter else "pointer"
        return {name: self.place, "code": self.code, "texts": dict(self.texts)}


class InvalidInput(DomainError):
    """Parts of the request are not as the document says. Each is named."""

    status_code = 400
    code = "invalid_input"

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        super().__init__(_("Parts of the request are not as they should be. Each is named below."))
        self.problems = tuple(problems)


NOT_PERMITTED: Final = NotPermitted()
NOTHING_HERE: Final = NothingHere(_("There is nothing here, or nothing that you may see."))
# What the framework raises by itself, each with the sentence that the portal has for it.
OF_THE_FRAMEWORK: Final[tuple[tuple[type[Exception], DomainError], ...]] = (
    (exceptions.NotAuthenticated, NotKnown(_("Send an access token."))),
    (
        exceptions.AuthenticationFailed,
        TokenRefused(_("The token is wrong, has ended, or may not be used from here.")),
    ),
    (exceptions.PermissionDenied, NOT_PERMITTED),
    (PermissionDenied, NOT_PERMITTED),
    (Http404, NOTHING_HERE),
    (exceptions.NotFound, NOTHING_HERE),
    (exceptions.MethodNotAllowed, MethodNotAllowed(_("This address does not take this method."))),
    (exceptions.NotAcceptable, NotAcceptable(_("Answers are given as application/json only."))),
    (exceptions.UnsupportedMediaType, MediaTypeUnknown(_("A body is read as application/json only."))),
    (
        exceptions.Throttled,
        TooManyRequests(_("You have asked too often. Ask again when the time in Retry-After is over.")),
    ),
)
NO_SCOPE: Final = ScopeMissing(_("The token does not have the scope that this needs."))
UNEXPECTED: Final = Unexpected(
    _("The portal made a mistake. Try again later; if it stays, name the number of the request.")
)


def problem(refusal: DomainError, *, status: int | None = None) -> dict[str, Any]:
    """Return the problem details of a refusal."""
    status = status or refusal.status_code
    texts = in_every_language(refusal.message)
    shown: dict[str, Any] = {
        "type": f"{settings.PORTAL_ORIGIN}{PROBLEMS}#{refusal.code}",
        "title": text_in(TITLES.get(status, TITLES[422]), settings.LANGUAGE_CODE),
        "status": status,
        "detail": texts[main_language()],
        "code": refusal.code,
        "instance": structlog.contextvars.get_contextvars().get("request_id", ""),
        "texts": texts,
    }
    found = [inner for inner in getattr(refusal, "problems", ()) if isinstance(inner, FieldProblem)]
    if found:
        shown["errors"] = [inner.shown() for inner in found]
    return shown


def answer_problem(exception: Exception, context: Mapping[str, Any]) -> Response:
    """Answer whatever went wrong below the API's address. What nobody can put right is logged, and told as such."""
    refusal, status = refusal_for(exception)
    if refusal is UNEXPECTED:
        log.exception("api_failed")
        request = context.get("request")
        got_request_exception.send(sender=None, request=getattr(request, "_request", request))
    headers = {}
    if wait := getattr(exception, "wait", None) or getattr(refusal, "retry_after", None):
        headers["Retry-After"] = str(int(-(-wait // 1)))
    response = Response(problem(refusal, status=status), status=status, headers=headers)
    response.content_type = PROBLEM_TYPE
    response.exception = True
    return response


def refusal_for(exception: Exception) -> tuple[DomainError, int]:
    """Return a refusal and its status code for anything that can be raised while a request is answered."""
    if (refusal := as_refusal(exception)) is not None:
        return refusal, refusal.status_code
    if isinstance(exception, exceptions.ValidationError):
        return InvalidInput(list(field_problems(exception.detail, exception.detail))), 400
    if isinstance(exception, exceptions.PermissionDenied) and exception.get_codes() == NO_SCOPE.code:
        return NO_SCOPE, NO_SCOPE.status_code
    for kind, known in OF_THE_FRAMEWORK:
        if isinstance(exception, kind):
            return known, getattr(exception, "status_code", known.status_code)
    if isinstance(exception, exceptions.APIException):
        said = DomainError(str(exception.detail), code=exception.default_code)
        return said, exception.status_code
    return UNEXPECTED, UNEXPECTED.status_code


def validated(
    kind: type[serializers.Serializer[Any]], given: Any, *, pointer: str = "", are_parameters: bool = False
) -> dict[str, Any]:
    """Return what was given, as this serializer reads it. Raises InvalidInput, in both languages.

    The framework's mistakes are text at once. So what is refused is read again in each language, and never anything
    else: what a serializer does must depend on what it is given only.
    """
    reader = kind(data=given)
    if reader.is_valid():
        return dict(reader.validated_data)
    chinese, english = (_errors_in(language, kind(data=given)) for language in LANGUAGES.values())
    raise InvalidInput(list(field_problems(chinese, english, pointer=pointer, are_parameters=are_parameters)))


def _errors_in(language: str, reader: serializers.Serializer[Any]) -> Any:
    with override(language):
        reader.is_valid()
    return reader.errors


def field_problems(
    chinese: Any, english: Any, *, pointer: str = "", are_parameters: bool = False
) -> Iterator[FieldProblem]:
    """Yield what a serializer found, which it says in dictionaries and lists, each with its place."""
    if isinstance(chinese, Mapping):
        for name, inner in chinese.items():
            place = (
                pointer if name == "non_field_errors" else _inside(pointer, name, is_parameter=are_parameters)
            )
            yield from field_problems(inner, english[name], pointer=place, are_parameters=are_parameters)
    elif isinstance(chinese, list):
        for index, inner in enumerate(chinese):
            place = (
                pointer if isinstance(inner, str) else _inside(pointer, index, is_parameter=are_parameters)
            )
            yield from field_problems(inner, english[index], pointer=place, are_parameters=are_parameters)
    else:
        texts = {"zh-Hans": str(chinese)[:], "en": str(english)[:]}
        yield FieldProblem(pointer, getattr(chinese, "code", "invalid"), texts, is_parameter=are_parameters)


def _inside(pointer: str, name: object, *, is_parameter: bool) -> str:
    if is_parameter:
        return pointer or str(name)
    return f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}"
