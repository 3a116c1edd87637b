"""What the API says of itself: its document, its versions, and what each code means. For everybody."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views import defaults
from django.views.generic import TemplateView
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext_lazy as _
from chongqing_dte.foundation.sentences import in_every_language
from partners.rest.codes import example_problem, known_codes
from partners.rest.document import as_yaml, kept_document
from partners.rest.kept_documents import path_of
from partners.rest.operations import Operation
from partners.rest.problems import (
    API,
    NOTHING_HERE,
    PROBLEM_TYPE,
    PROBLEMS,
    TITLES,
    UNEXPECTED,
    RequestMalformed,
    problem,
)
from partners.rest.schema import TextsOutput
from partners.rest.versions import PUBLISHED, SUPPORT_MONTHS, Version
from partners.rest.views import PublicView

YAML: Final = "application/yaml"


class CodeOutput(serializers.Serializer[Any]):
    """One code of a problem."""

    code = serializers.CharField()
    statuses = serializers.ListField(
        child=serializers.IntegerField(),
        help_text=_("With which statuses it comes; none if it is about one field."),
    )
    texts = TextsOutput(
        many=True, help_text=_("How it is told. What differs from case to case is in braces.")
    )


class CodesOutput(serializers.Serializer[Any]):
    """Every code."""

    codes = CodeOutput(many=True)


class ProblemCodes(PublicView):
    """GET /problems: every code that a refusal can carry."""

    output = CodesOutput
    operations = {
        "get": Operation(
            name="listProblemCodes",
            summary=_("List every code of a problem, with its meaning"),
            example={
                "codes": [
                    {
                        "code": "busy",
                        "statuses": [409],
                        "texts": [example_problem("busy", 409, PROBLEMS)["texts"]],
                    }
                ]
            },
        )
    }

    def get(self, request: Request) -> Response:
        """Return the codes."""
        return Response({"codes": [code.shown() for code in known_codes().values()]})


class VersionOutput(serializers.Serializer[Any]):
    """One version of the interface."""

    version = serializers.CharField()
    released_on = serializers.DateField()
    answered_until = serializers.DateField(
        allow_null=True,
        help_text=_("The first day on which it is no longer answered; null for the newest version."),
    )
    changes = TextsOutput(many=True)


class VersionsOutput(serializers.Serializer[Any]):
    """Every version."""

    support_months = serializers.IntegerField(
        help_text=_("How long a version is answered after the next one has come.")
    )
    versions = VersionOutput(many=True)


class ApiVersions(PublicView):
    """GET /versions: the change log."""

    output = VersionsOutput
    operations = {
        "get": Operation(
            name="listVersions",
            summary=_("List the versions of the interface, with what changed in each"),
            example={
                "support_months": 24,
                "versions": [
                    {
                        "version": "2026-12-01",
                        "released_on": "2026-12-01",
                        "answered_until": None,
                        "changes": [{"zh-Hans": "第一个版本。", "en": "The first version."}],
                    }
                ],
            },
        )
    }

    def get(self, request: Request) -> Response:
        """Return the versions, newest first."""
        shown = [_version_shown(version) for version in reversed(PUBLISHED.all)]
        return Response({"support_months": SUPPORT_MONTHS, "versions": shown})


class ApiDocument(PublicView):
    """GET /openapi.json: the document of the version that is asked for."""

    def get(self, request: Request) -> Response | HttpResponse:
        """Return the document: of the newest version from the code, of an older one as it was kept."""
        if self.version is PUBLISHED.newest:
            return Response(kept_document())
        return _kept(self.version)


class ApiDocumentYaml(PublicView):
    """GET /openapi.yaml: the same as YAML."""

    def get(self, request: Request) -> HttpResponse:
        """Return the document."""
        if self.version is PUBLISHED.newest:
            return HttpResponse(as_yaml(kept_document()), content_type=YAML)
        return _kept(self.version)


class NoSuchAddress(PublicView):
    """Whatever is asked for below the API's address and is nowhere."""

    http_method_names = ["get", "head", "post", "put", "patch", "delete"]

    def get(self, request: Request, **_address: str) -> Response:
        """Refuse it."""
        raise NOTHING_HERE

    post = put = patch = delete = get


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that no endpoint was reached with: a machine by a problem, anybody else by a page."""
    if request.path.startswith(API):
        return _told(RequestMalformed(TITLES[400]))
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer where the portal failed before or after an endpoint: a machine by a problem, anybody else by a page."""
    return _told(UNEXPECTED) if request.path.startswith(API) else defaults.server_error(request)


def _told(refusal: DomainError) -> HttpResponse:
    return JsonResponse(problem(refusal), status=refusal.status_code, content_type=PROBLEM_TYPE)


class ApiPage(TemplateView):
    """GET /docs: the document to read in a browser, without anything from outside."""

    template_name = "partners/api_docs.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return where the document is."""
        return {**super().get_context_data(**kwargs), "document": reverse("api-document")}


def _kept(version: Version) -> HttpResponse:
    return HttpResponse(path_of(version).read_bytes(), content_type=YAML)


def _version_shown(version: Version) -> dict[str, Any]:
    ends = PUBLISHED.ends_on(version)
    return {
        "version": version.name,
        "released_on": version.released_on.isoformat(),
        "answered_until": ends.isoformat() if ends else None,
        "changes": [in_every_language(change) for change in version.changes],
    }
