"""Sparse answers: only the fields that were asked for."""

from functools import cache
from typing import Any, Final

from django.utils.functional import Promise
from rest_framework import serializers

from chongqing_dte.foundation.sentences import gettext_lazy as _
from chongqing_dte.foundation.sentences import in_every_language
from partners.rest.problems import FieldProblem, InvalidInput

# What is always answered where there is such a field: without it a list cannot be followed.
KEPT: Final = frozenset({"id", "changed_at", "is_gone"})
PARAMETER: Final = "fields"
FIELD_MESSAGES: Final[dict[str, Promise]] = {
    "unknown_field": _("A field is not known. There are: %(known)s."),
}


@cache
def names_of(output: type[serializers.Serializer[Any]]) -> frozenset[str]:
    """Return how the fields of an answer are called in the newest version."""
    return frozenset(output().fields)


def asked_fields(asked: str | None, known: frozenset[str]) -> frozenset[str] | None:
    """Return the fields that `?fields=id,name` asks for, or None for all. Raises InvalidInput if one is not known."""
    if asked is None:
        return None
    names = frozenset(asked.split(","))
    if names - known:
        text = str(FIELD_MESSAGES["unknown_field"]) % {"known": ", ".join(sorted(known))}
        raise InvalidInput(
            [FieldProblem(PARAMETER, "unknown_field", in_every_language(text), is_parameter=True)]
        )
    return names | KEPT


def only(answer: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    """Return an answer with these fields only."""
    return {name: value for name, value in answer.items() if name in names}
