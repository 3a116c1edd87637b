"""Many acts in one request. Each is its own transaction, and one that is refused stops nobody."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

import structlog
from django.utils.functional import Promise
from rest_framework import serializers
from rest_framework.response import Response

from chongqing_dte.foundation.api import BoundedList
from chongqing_dte.foundation.errors import POISON
from chongqing_dte.foundation.sentences import gettext_lazy as _
from partners.rest.fields import FIELD_MESSAGES
from partners.rest.problems import UNEXPECTED, problem, refusal_for, validated

log = structlog.get_logger(__name__)

MULTI_STATUS: Final = 207
LONGEST_ID: Final = 64
MOST_ITEMS: Final = 500
NAME: Final = "request_id"
BULK_MESSAGES: Final[dict[str, Promise]] = {
    "request_id_repeated": _("Two items have the same request_id."),
}

# What an act answers: the status that it would have by itself, and the public number of what it made or changed.
Done = tuple[int, str | None]
SerializerClass = type[serializers.Serializer[Any]]


class Input(serializers.Serializer[Any]):
    """A body, or a part of one, in which nothing may stand that is not read: a misspelled field would be lost."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return what was given, field by field."""
        if isinstance(data, Mapping) and (unknown := [name for name in data if name not in self.fields]):
            text = str(FIELD_MESSAGES["unknown_field"]) % {"known": ", ".join(sorted(self.fields))}
            raise serializers.ValidationError({str(name): [text] for name in unknown}, code="unknown_field")
        return super().to_internal_value(data)


class NothingInput(Input):
    """An empty object."""


class NamedItem(serializers.Serializer[Any]):
    """One of many acts, as far as it must be right for its result to be told: the caller's name for it."""

    request_id = serializers.CharField(max_length=LONGEST_ID)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the item as it was given, with its name."""
        named = super().to_internal_value(data)
        return {**data, **named}


class BulkInput(Input):
    """Many acts of one kind, each under a name of the caller's own. Made by bulk_input."""

    # For the document: what an item holds, and how many there may be.
    documented: ClassVar[SerializerClass]
    most: ClassVar[int] = MOST_ITEMS

    items = BoundedList(child=NamedItem(), allow_empty=False, max_length=MOST_ITEMS)

    def validate_items(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Refuse two items of one name: their results could not be told apart."""
        if len({item[NAME] for item in items}) < len(items):
            raise serializers.ValidationError(
                str(BULK_MESSAGES["request_id_repeated"]), code="request_id_repeated"
            )
        return items


class BulkResult(serializers.Serializer[Any]):
    """What became of one item."""

    request_id = serializers.CharField(help_text=_("The caller's name for the item."))
    status = serializers.IntegerField(help_text=_("The status that the item would have by itself."))
    id = serializers.CharField(required=False, help_text=_("What was made or changed."))
    problem = serializers.DictField(required=False, help_text=_("Why it was refused, as problem details."))


class BulkOutput(serializers.Serializer[Any]):
    """What became of each item, in their order."""

    results = BulkResult(many=True)


def bulk_input(kind: SerializerClass, *, most: int = MOST_ITEMS) -> type[BulkInput]:
    """Return the serializer of a body with up to so many acts, each with the fields of `kind` and a `request_id`."""
    items = BoundedList(child=NamedItem(), allow_empty=False, max_length=most)
    # It is read item by item, so that a bad one spoils no other.
    documented = type(f"{kind.__name__}Item", (kind,), {NAME: serializers.CharField(max_length=LONGEST_ID)})
    return type(
        f"Bulk{kind.__name__}", (BulkInput,), {"items": items, "documented": documented, "most": most}
    )


def answer_each(
    items: list[dict[str, Any]], kind: SerializerClass, act: Callable[[dict[str, Any]], Done]
) -> Response:
    """Do every item by itself and tell what became of each.

    `act` calls one service, which opens and ends its own transaction. A lost connection ends the whole request: sent
    again under its key, what was done before is found done.
    """
    return Response({"results": [_answered(item, kind, act) for item in items]}, status=MULTI_STATUS)


def _answered(
    item: dict[str, Any], kind: SerializerClass, act: Callable[[dict[str, Any]], Done]
) -> dict[str, Any]:
    given = {name: value for name, value in item.items() if name != NAME}
    try:
        status, public_id = act(validated(kind, given))
    except Exception as exception:
        refusal, status = refusal_for(exception)
        if refusal is UNEXPECTED:
            if not isinstance(exception, POISON):
                raise
            log.exception("bulk_item_failed")
        return {NAME: item[NAME], "status": status, "problem": problem(refusal, status=status)}
    return {NAME: item[NAME], "status": status, **({} if public_id is None else {"id": public_id})}
