"""What every endpoint below /api/v1 shares. An endpoint says what it is about, and answers; the rest is here."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar, Final, cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chongqing_dte.foundation.api_bodies import BoundedJsonParser
from chongqing_dte.foundation.errors import Busy, as_refusal
from institutions.models import User
from partners.rest import fields, idempotency, versions
from partners.rest.authentication import PartnerAuthentication, partner_of
from partners.rest.etags import with_etag
from partners.rest.operations import Operation
from partners.rest.permissions import HasScope
from partners.rest.problems import answer_problem, validated
from partners.rest.schema import PartnerSchema
from partners.rest.throttling import ClientRate
from partners.services.idempotency import Claim

READING: Final = frozenset({"GET", "HEAD"})
# An answer belongs to who asked for it, and is asked for again each time.
CACHED: Final = "private, no-cache"


class PartnerView(APIView):
    """An endpoint for partners' systems.

    Says `resource`, which gives the scopes `<resource>:read` and `<resource>:write` and the name under which versions
    know its answers; `output`, the serializer of one of its answers; and `operations`, what the document says of each
    method. Its methods read what was sent by `given` and `asked`, call one service or query, and return a Response.
    """

    resource: ClassVar[str] = ""
    output: ClassVar[type[serializers.Serializer[Any]] | None] = None
    operations: ClassVar[Mapping[str, Operation]] = {}
    published: ClassVar[versions.Versions] = versions.PUBLISHED

    authentication_classes: Sequence[type[BaseAuthentication]] = (PartnerAuthentication,)
    permission_classes: Sequence[type[BasePermission]] = (HasScope,)
    throttle_classes = (ClientRate,)
    renderer_classes = (JSONRenderer,)
    parser_classes = (BoundedJsonParser,)
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    schema = PartnerSchema()

    # Of the request that is answered.
    version: versions.Version
    _fields: frozenset[str] | None = None
    _claim: Claim | None = None
    _is_final = True
    _rate: ClientRate | None = None

    def scopes_for(self, method: str) -> Collection[str]:
        """Return the scopes that a token needs for this method."""
        return (f"{self.resource}:{'read' if method in READING else 'write'}",)

    def given(self, kind: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """Return the body as this serializer reads it. Raises InvalidInput, in both languages."""
        return validated(kind, self.request.data)

    def asked(self, kind: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """Return the parameters of the address, as this serializer reads them. Raises InvalidInput."""
        parameters = self.request.query_params.dict()
        parameters.pop(fields.PARAMETER, None)
        return validated(kind, parameters, are_parameters=True)

    def machine(self) -> User:
        """Return who asks."""
        return cast(User, self.request.user)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer a request. Whatever goes wrong is a problem, never a page."""
        self.args, self.kwargs = args, kwargs
        self.request = self.initialize_request(request, *args, **kwargs)
        self.headers = self.default_response_headers
        self.version = self.published.newest
        try:
            response = self._finished(self._handled(self.request))
        except Exception as exception:
            response = self._finished(self.handle_exception(exception))
        if self._claim is not None:
            idempotency.settle(self._claim, response, is_final=self._is_final)
        return with_etag(request, response) if _has_tag(request, response) else response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find out who asks, whether they may, how often they did, and in which version they want their answer."""
        self.format_kwarg = None
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        self.perform_authentication(request)
        self.check_throttles(request)
        self.check_permissions(request)
        wanted = request.headers.get(versions.HEADER) or self._version_of_client(request)
        self.version = self.published.asked_for(wanted, timezone.localdate())
        self._fields = fields.asked_fields(request.query_params.get(fields.PARAMETER), self._names())

    def handle_exception(self, exc: Exception) -> Response:
        """Return the problem that tells what went wrong."""
        response = answer_problem(exc, {"request": self.request})
        if response.status_code == 401:
            response["WWW-Authenticate"] = self.get_authenticate_header(self.request) or "Bearer"
        self._is_final = not isinstance(as_refusal(exc), Busy)
        return response

    def get_throttles(self) -> list[Any]:
        """Return what counts this request, kept because it says what is left."""
        self._rate = ClientRate()
        return [self._rate]

    def _handled(self, request: Request) -> HttpResponse:
        self.initial(request, *self.args, **self.kwargs)
        method = (request.method or "").lower()
        handler = getattr(self, method, None) if method in self.http_method_names else None
        if handler is None:
            return self.http_method_not_allowed(request)
        if request.method not in READING and request.auth is not None:
            outcome = idempotency.claimed(request)
            if isinstance(outcome, HttpResponse):
                return outcome
            self._claim = outcome
        return handler(request, *self.args, **self.kwargs)

    def _finished(self, response: HttpResponse) -> HttpResponse:
        """Return the response as it goes out: in the version and with the fields that were asked for."""
        if isinstance(response, Response) and not response.exception:
            response.data = self._shaped(response.data)
        self.response = self.finalize_response(
            self.request, cast(Response, response), *self.args, **self.kwargs
        )
        for name, value in self.published.headers(self.version).items():
            response.setdefault(name, value)
        response.setdefault("Cache-Control", CACHED)
        patch_vary_headers(response, ("Authorization", versions.HEADER))
        if self._rate is not None:
            self._rate.tell(response)
        if isinstance(response, Response):
            response.render()
        return response

    def _shaped(self, answer: Any) -> Any:
        if not isinstance(answer, dict):
            return answer
        if isinstance(answer.get("items"), list):
            return {**answer, "items": [self._one_shaped(item) for item in answer["items"]]}
        return self._one_shaped(answer)

    def _one_shaped(self, answer: Any) -> Any:
        if self.version is not self.published.newest:
            answer = self.published.taken_back(answer, resource=self.resource, version=self.version)
        return answer if self._fields is None else fields.only(answer, self._fields)

    def _names(self) -> frozenset[str]:
        names = fields.names_of(self.output) if self.output is not None else frozenset()
        return self.published.names_in(names, resource=self.resource, version=self.version)

    def _version_of_client(self, request: Request) -> str:
        return partner_of(request).api_version if request.auth is not None else self.published.newest.name


class PublicView(PartnerView):
    """An endpoint for everybody, who need no token and are counted by their address. It only reads."""

    authentication_classes = ()
    permission_classes = ()
    http_method_names = ["get", "head"]


def _has_tag(request: HttpRequest, response: HttpResponse) -> bool:
    return request.method in READING and response.status_code == 200 and not response.streaming
