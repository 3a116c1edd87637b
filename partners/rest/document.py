"""The whole document: what stands in it once, around the endpoints."""

from functools import cache
from typing import Any, Final

from django.utils.translation import override
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer

from chongqing_dte.foundation.sentences import gettext_lazy as _
from partners.enums import Scope
from partners.rest import versions
from partners.rest.codes import example_problem
from partners.rest.fields import KEPT
from partners.rest.problems import API, PROBLEM_TYPE, PROBLEMS
from partners.rest.schema import SECURITY, SPARSE, both

TOKENS: Final = "/api/v1/oauth/token"
TITLE: Final = _("Partner interface of the Chongqing digital-engineer programme")
DESCRIPTION: Final = (
    _(
        "For the systems of training institutions, evaluation institutions, bureaus and registers. "
        "Each system sees the rows of its own office."
    ),
    _(
        "Every request that changes something bears an Idempotency-Key. Sent again under the same key, it is "
        "answered as before and done once. Answers are kept for 7 days."
    ),
    _(
        "Lists are read page by page with a cursor. It stays good: asked again later, it gives what has changed "
        "since, and nothing is left out."
    ),
    _("Every refusal is an RFC 9457 problem with a stable code and texts in Chinese and English."),
    _(
        "A version of the interface never changes, and is answered for 24 months after the next one has come. A "
        "client that names none is answered in the one that was agreed on for it."
    ),
    _(
        "How many requests a client may make in a minute stands in RateLimit-Policy, what is left of them in "
        "RateLimit. Whoever is over it gets 429 and is told in Retry-After how many seconds to wait."
    ),
)
HEADERS: Final = {
    versions.HEADER: (_("The version in which the answer is written."), {"type": "string", "format": "date"}),
    "ETag": (_("What this answer is recognised by."), {"type": "string"}),
    "Idempotency-Replayed": (
        _("“true” if this was answered before under the same key."),
        {"type": "string", "enum": ["true"]},
    ),
    "RateLimit-Policy": (
        _("How many requests (q) the client may make in so many seconds (w)."),
        {"type": "string", "examples": ['"minute";q=600;w=60']},
    ),
    "RateLimit": (
        _("How many of them are left (r), and in how many seconds the count begins anew (t)."),
        {"type": "string", "examples": ['"minute";r=599;t=31']},
    ),
    "Retry-After": (_("In how many seconds to ask again."), {"type": "integer", "minimum": 1}),
    "WWW-Authenticate": (_("What is to be shown."), {"type": "string"}),
}


def document(urlconf: str | None = None) -> dict[str, Any]:
    """Return the document of the newest version, made from the endpoints."""
    # Texts are in both languages wherever they are ours; what the generator itself says is in English.
    with override("en"):
        generator = SchemaGenerator(urlconf=urlconf, api_version=versions.PUBLISHED.newest.name)
        made: dict[str, Any] = generator.get_schema(request=None, public=True)
        return made


@cache
def kept_document(urlconf: str | None = None) -> dict[str, Any]:
    """Return the document, made once for this process."""
    return document(urlconf)


def as_yaml(made: dict[str, Any]) -> bytes:
    """Return a document as YAML, the same for the same endpoints."""
    written: bytes = OpenApiYamlRenderer().render(made, renderer_context={})
    return written


def partner_endpoints(endpoints: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return the endpoints below the API's address. A hook of the generator."""
    return [
        each for each in endpoints if each[0].startswith(API) and getattr(each[3].cls, "operations", None)
    ]


def complete(result: dict[str, Any], **_generator: Any) -> dict[str, Any]:
    """Return the document with everything that stands in it once. A hook of the generator."""
    result["info"] |= {"title": both(TITLE), "description": "\n\n".join(both(text) for text in DESCRIPTION)}
    result["servers"] = [{"url": "/"}]
    components = result.setdefault("components", {})
    components["securitySchemes"] = {
        SECURITY: {
            "type": "oauth2",
            "description": both(
                _("A token lives for 15 minutes. The bureau issues clients and their scopes.")
            ),
            "flows": {
                "clientCredentials": {
                    "tokenUrl": TOKENS,
                    "scopes": {str(scope.value): both(scope.label) for scope in Scope},
                }
            },
        }
    }
    components["headers"] = {
        name: {"description": both(text), "schema": schema} for name, (text, schema) in HEADERS.items()
    }
    components["examples"] = dict(sorted(_problem_examples(result)))
    for schema in components.get("schemas", {}).values():
        # Any of them can be left out by the parameter `fields`.
        if schema.pop(SPARSE, False):
            schema["required"] = [name for name in schema.get("required", []) if name in KEPT]
            if not schema["required"]:
                del schema["required"]
    return result


def _problem_examples(result: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    told = {
        (code, int(status))
        for operations in result["paths"].values()
        for operation in operations.values()
        for status, answer in operation["responses"].items()
        for code in answer.get("content", {}).get(PROBLEM_TYPE, {}).get("examples", {})
    }
    return [
        (f"{code}.{status}", {"summary": code, "value": example_problem(code, status, PROBLEMS)})
        for code, status in told
    ]
