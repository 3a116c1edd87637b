"""The document of the API, OpenAPI 3.1, made from the endpoints: complete, in both languages, with every refusal."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework import serializers

from chongqing_dte.foundation.sentences import gettext_lazy as _
from chongqing_dte.foundation.sentences import in_every_language
from partners.rest import fields, idempotency, versions
from partners.rest.bulk import BulkInput, Input
from partners.rest.operations import Operation
from partners.rest.problems import PROBLEM_TYPE, TITLES

SECURITY: Final = "oauth2"
READING: Final = frozenset({"GET", "HEAD"})
JSON: Final = "application/json"

# A mark on an answer whose fields may be left out, taken off again when the document is complete.
SPARSE: Final = "x-sparse"


class TextsOutput(serializers.Serializer[Any]):
    """One text in both languages."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {"zh-Hans": serializers.CharField(), "en": serializers.CharField()}


class FieldProblemOutput(serializers.Serializer[Any]):
    """What is wrong with one part of a request."""

    pointer = serializers.CharField(required=False, help_text=_("Where in the body, as a JSON pointer."))
    parameter = serializers.CharField(required=False, help_text=_("Which parameter of the address."))
    code = serializers.CharField()
    texts = TextsOutput()


class ProblemOutput(serializers.Serializer[Any]):
    """Why a request was refused."""

    type = serializers.CharField(help_text=_("Where the code is explained."))
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField(help_text=_("Stable. Programs decide by it."))
    instance = serializers.CharField(help_text=_("The number of the request, to be named in questions."))
    texts = TextsOutput()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # Not among the above, where it would hide what every serializer has under this name.
        return {**super().get_fields(), "errors": FieldProblemOutput(many=True, required=False)}


class GoneOutput(serializers.Serializer[Any]):
    """A row that the office no longer sees."""

    id = serializers.UUIDField()
    changed_at = serializers.DateTimeField()
    is_gone = serializers.BooleanField()


def both(text: object) -> str:
    """Return a text in both languages, Chinese first, or once if it reads alike."""
    return " / ".join(dict.fromkeys(in_every_language(text).values()))


class PartnerSchema(AutoSchema):
    """Describes one method of an endpoint by its Operation."""

    @property
    def endpoint(self) -> Any:
        """The endpoint, a PartnerView."""
        return self.view

    @property
    def said(self) -> Operation:
        """What the endpoint says of this method."""
        operations: Mapping[str, Operation] = self.endpoint.operations
        return operations[self.method.lower()]

    @property
    def is_reading(self) -> bool:
        """Whether the method changes nothing."""
        return self.method in READING

    @property
    def is_open(self) -> bool:
        """Whether no token is asked for."""
        return not self.endpoint.authentication_classes

    def get_operation_id(self) -> str:
        """Return the operation's name."""
        return self.said.name

    def get_summary(self) -> str:
        """Return what it does, in both languages."""
        return both(self.said.summary)

    def get_description(self, *_args: Any, **_kwargs: Any) -> str:
        """Return what else is to be said, in both languages."""
        return both(self.said.description) if self.said.description else ""

    def get_tags(self) -> list[str]:
        """Return the resource that it is about."""
        return [self.endpoint.resource or "about"]

    def is_deprecated(self) -> bool:
        """Return whether it will go."""
        return self.said.is_deprecated

    def get_auth(self) -> list[dict[str, list[str]]]:
        """Return the scopes that a token needs."""
        return [] if self.is_open else [{SECURITY: sorted(self.endpoint.scopes_for(self.method))}]

    def get_request_serializer(self) -> Any:
        """Return what the body holds."""
        kind = self.said.request
        return self._bulk_schema(kind) if kind is not None and issubclass(kind, BulkInput) else kind

    def get_response_serializers(self) -> Any:
        """Return what is answered."""
        kind = self.said.answer or self.endpoint.output
        if self.said.is_list:
            return {self.said.status: self._page_schema(kind)}
        if kind is not None and kind is self.endpoint.output and self.is_reading:
            self._may_be_sparse(kind)
        return {self.said.status: kind}

    def get_examples(self) -> list[OpenApiExample]:
        """Return the examples of the body and of the answer."""
        said = self.said
        value = said.example
        if said.is_list:
            value = {"items": [value], "next_cursor": "eyJhIjoi…", "has_more": False}
        shown = [OpenApiExample("answer", value=value, response_only=True, status_codes=[str(said.status)])]
        if said.request is not None:
            shown.append(OpenApiExample("request", value=said.request_example, request_only=True))
        return shown

    def get_override_parameters(self) -> list[Any]:
        """Return the parameters of the address and the headers."""
        shown: list[Any] = [
            _header(
                versions.HEADER,
                _("The version of the interface, a date. Left out: the one agreed on for the client."),
            )
        ]
        if self.is_reading:
            shown.append(
                _header("If-None-Match", _("The ETag of the answer that you have. If it still holds: 304."))
            )
            if self.endpoint.output is not None:
                shown.append(_fields_parameter(sorted(fields.names_of(self.endpoint.output))))
        elif not self.is_open:
            shown.append(
                _header(
                    idempotency.HEADER,
                    _(
                        "Names this request. Sent again under the same key, it is answered as before and done once."
                    ),
                    required=True,
                )
            )
        if self.said.parameters is not None:
            shown.append(self.said.parameters)
        return shown

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        """Return the operation, with its refusals and the headers of its answers."""
        operation: dict[str, Any] = super().get_operation(*args, **kwargs) or {}
        if "requestBody" in operation:
            operation["requestBody"]["required"] = True
        answers = operation["responses"]
        answers[str(self.said.status)]["headers"] = self._headers(
            *(["ETag"] if self.is_reading else ["Idempotency-Replayed"])
        )
        if self.is_reading:
            answers["304"] = {
                "description": both(_("What you have still holds.")),
                "headers": self._headers("ETag"),
            }
        self.resolve_serializer(ProblemOutput, "response")
        for status, codes in self._refusals().items():
            answers[str(status)] = self._problem(status, codes)
        operation["responses"] = dict(sorted(answers.items()))
        return operation

    def _refusals(self) -> dict[int, list[str]]:
        found: dict[int, list[str]] = defaultdict(list)
        for refusal in self.said.all_refusals(
            is_open=self.is_open, is_reading=self.is_reading, is_on_row="{" in self.path
        ):
            found[refusal.status].append(refusal.code)
        return found

    def _problem(self, status: int, codes: list[str]) -> dict[str, Any]:
        return {
            "description": both(TITLES[status]),
            "headers": self._headers(*({401: ["WWW-Authenticate"], 429: ["Retry-After"]}.get(status, []))),
            "content": {
                PROBLEM_TYPE: {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "examples": {code: {"$ref": f"#/components/examples/{code}.{status}"} for code in codes},
                }
            },
        }

    def _headers(self, *names: str) -> dict[str, Any]:
        usual = [versions.HEADER, "RateLimit", "RateLimit-Policy"]
        return {name: {"$ref": f"#/components/headers/{name}"} for name in [*names, *usual]}

    def _page_schema(self, kind: Any) -> dict[str, Any]:
        self._may_be_sparse(kind)
        gone = self.resolve_serializer(GoneOutput, "response").ref
        item = self.resolve_serializer(kind, "response").ref
        return {
            "type": "object",
            "properties": {
                "items": {"type": "array", "items": {"anyOf": [item, gone]}},
                "next_cursor": {"type": "string"},
                "has_more": {"type": "boolean"},
            },
            "required": ["items", "next_cursor", "has_more"],
        }

    def _bulk_schema(self, kind: type[BulkInput]) -> dict[str, Any]:
        item = self.resolve_serializer(kind.documented, "request").ref
        schema = {
            "type": "object",
            "properties": {"items": {"type": "array", "minItems": 1, "maxItems": kind.most, "items": item}},
            "required": ["items"],
            "additionalProperties": False,
        }
        return {JSON: schema}

    def _may_be_sparse(self, kind: Any) -> None:
        self.resolve_serializer(kind, "response").schema[SPARSE] = True

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:
        """Return what a part of a body is called in the document."""
        name: str = super().get_serializer_name(serializer, direction)
        return name.removesuffix("Output")

    def _map_serializer(self, serializer: Any, direction: Any, *args: Any, **kwargs: Any) -> Any:
        schema = super()._map_serializer(serializer, direction, *args, **kwargs)
        if isinstance(serializer, Input):
            schema["additionalProperties"] = False
        return schema

    def _map_serializer_field(self, field: Any, direction: Any, *args: Any, **kwargs: Any) -> Any:
        schema = super()._map_serializer_field(field, direction, *args, **kwargs)
        if isinstance(field, serializers.ChoiceField) and "enum" in schema:
            schema.pop("x-spec-enum-id", None)
            labels = "\n".join(f"* `{value}`: {both(label)}" for value, label in field.choices.items())
            schema["description"] = "\n\n".join(filter(None, (schema.get("description"), labels)))
        return schema

    def _get_serializer_field_meta(self, field: Any, direction: Any) -> Any:
        meta = super()._get_serializer_field_meta(field, direction)
        meta.pop("title", None)
        if getattr(field, "help_text", None):
            meta["description"] = both(field.help_text)
        if direction == "request" and isinstance(field, serializers.CharField) and not field.allow_blank:
            meta["minLength"] = max(1, field.min_length or 1)
        return meta


def _header(name: str, text: object, *, required: bool = False) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, description=both(text), required=required)


def _fields_parameter(names: list[str]) -> OpenApiParameter:
    text = _(
        "Only these fields, with commas between them. The number and the time of the change always come along."
    )
    return OpenApiParameter(
        fields.PARAMETER,
        {"type": "array", "items": {"type": "string", "enum": names}, "minItems": 1},
        OpenApiParameter.QUERY,
        description=both(text),
        style="form",
        explode=False,
    )
