"""Lists that can be followed, and their rows one by one.

A list is read in pages, and read on from its last cursor whenever somebody wants to know what changed since. Nothing is
passed over: decision 0035 says why.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final
from uuid import UUID

from django.core import signing
from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chongqing_dte.foundation.change_pages import (
    BEGINNING,
    Change,
    ChangePage,
    Position,
    changed_at_of,
    changes_after,
)
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.lookups import Among
from chongqing_dte.foundation.sentences import gettext_lazy as _
from institutions.models import User
from institutions.office_queries import offices_of
from partners.rest.bulk import Input
from partners.rest.operations import Example, Operation, Text
from partners.rest.problems import NOTHING_HERE
from partners.rest.views import PartnerView

MOST: Final = 500
USUAL: Final = 100
# How many changes one page of a narrowed list looks at.
LOOKED_AT: Final = 2_000
SALT: Final = "partners.cursor"
OF_THE_PAGE: Final = frozenset({"cursor", "updated_since", "limit"})
LATEST_ID: Final = 2**63 - 1
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class CursorUnknown(DomainError):
    """The cursor was not given by this list, asked with these parameters."""

    status_code = 400
    code = "cursor_unknown"


class CursorOfAnotherTime(DomainError):
    """What the reader knows is of a former life of the database, or of an office that sees other rows by now."""

    status_code = 410
    code = "cursor_from_another_time"


class SyncParameters(Input):
    """What a list can be asked. A list adds its filters: facts that never change, each with its column as `source`."""

    cursor = serializers.CharField(
        required=False,
        max_length=512,
        help_text=_(
            "The next_cursor of the page before. It stays good: with the last one, ask what changed since."
        ),
    )
    updated_since = serializers.DateTimeField(
        required=False,
        help_text=_(
            "Begin with what changed at this time or later. Without it and without a cursor: with everything."
        ),
    )
    limit = serializers.IntegerField(required=False, default=USUAL, min_value=1, max_value=MOST)

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Refuse two beginnings."""
        if "cursor" in asked and "updated_since" in asked:
            both = _("A cursor goes on where it was. Send updated_since without it.")
            raise serializers.ValidationError({"updated_since": [both]}, code="cursor_goes_on")
        return asked


class SyncOutput(serializers.Serializer[Any]):
    """One row that can be followed."""

    id = serializers.UUIDField(source="public_id")
    # In UTC, so that there is no plus sign to be lost in an address.
    changed_at = serializers.DateTimeField(default_timezone=UTC)


@dataclass(frozen=True)
class Cursor:
    """Where a reader stands in one list of one office, in one life of the database."""

    listed: str
    offices: str
    era: str
    position: Position

    def sealed(self) -> str:
        """Return it as the reader keeps it."""
        moment = (self.position.changed_at - EPOCH) // timedelta(microseconds=1)
        return signing.dumps(
            [self.listed, self.offices, self.era, moment, self.position.subject_id], salt=SALT
        )

    @classmethod
    def opened(cls, text: str) -> "Cursor":
        """Return what a reader has kept. Raises CursorUnknown for anything else."""
        try:
            listed, offices, era, moment, subject_id = signing.loads(text, salt=SALT)
        except signing.BadSignature:
            raise CursorUnknown(_("The cursor is not one of this list. Begin anew without it.")) from None
        return cls(listed, offices, era, Position(EPOCH + timedelta(microseconds=moment), subject_id))


class FollowedView(PartnerView):
    """What a list and its rows have in common: the kind that they are followed by, and who sees them."""

    kind: ClassVar[str] = ""

    def visible(self, user: User) -> QuerySet[Any]:
        """Return the rows that this machine may see, with all that an answer needs of them."""
        raise NotImplementedError

    def shown(self, row: Any, changed_at: datetime) -> dict[str, Any]:
        """Return one row as it is answered."""
        if self.output is None:
            raise NotImplementedError
        row.changed_at = changed_at
        return dict(self.output(row).data)

    def found(self, public_id: UUID) -> Any:
        """Return one row. Raises NothingHere for what the machine may not see."""
        row = self.visible(self.machine()).filter(public_id=public_id).first()
        if row is None:
            raise NOTHING_HERE
        return row

    def shown_now(self, public_id: UUID) -> dict[str, Any]:
        """Return one row as it is now, as it is answered."""
        row, offices = self.found(public_id), offices_of(self.machine())
        return self.shown(row, changed_at_of(self.kind, row.pk, offices=offices))


def list_operation(
    name: str, summary: Text, example: Example, parameters: type[SyncParameters] = SyncParameters
) -> dict[str, Operation]:
    """Return what the document says of a list that can be followed, of whose items this is one."""
    return {
        "get": Operation(
            name=name,
            summary=summary,
            example=example,
            parameters=parameters,
            is_list=True,
            refusals=[CursorUnknown, CursorOfAnotherTime],
        )
    }


class SyncList(FollowedView):
    """A list that can be followed: every visible change moves a row to its end."""

    parameters: ClassVar[type[SyncParameters]] = SyncParameters

    def get(self, request: Request) -> Response:
        """Return one page, and from where to read on."""
        asked = self.asked(self.parameters)
        user = self.machine()
        filters = {name: value for name, value in asked.items() if name not in OF_THE_PAGE}
        offices = offices_of(user)
        start = _start(asked, listed=_digest([self.kind, filters]), offices=_digest(sorted(offices)))
        page = changes_after(
            start.position,
            kind=self.kind,
            offices=offices,
            limit=LOOKED_AT if filters else asked["limit"],
        )
        _check_era(start, page)
        changes, position = self._chosen(user, page, filters, asked["limit"])
        position = position or _not_ahead(start.position, page)
        return Response(
            {
                "items": self._items(user, changes),
                "next_cursor": Cursor(start.listed, start.offices, page.era, position).sealed(),
                "has_more": page.has_more or bool(page.changes and position < page.changes[-1].position),
            }
        )

    def _chosen(
        self, user: User, page: ChangePage, filters: Mapping[str, Any], limit: int
    ) -> tuple[list[Change], Position | None]:
        """Return the changes of a page that are asked for, and up to where that is all of them."""
        chosen = page.changes
        if filters:
            matching = set(self._rows(user, page.changes).filter(**filters).values_list("pk", flat=True))
            # Nobody can say of a row that is gone whether it was asked for.
            chosen = [each for each in chosen if each.is_gone or each.position.subject_id in matching]
        if len(chosen) > limit:
            return chosen[:limit], chosen[limit - 1].position
        return chosen, page.changes[-1].position if page.changes else None

    def _items(self, user: User, changes: Collection[Change]) -> list[dict[str, Any]]:
        """Return the changed rows as they are now. What the machine may not see is gone, whoever says otherwise."""
        rows = {row.pk: row for row in self._rows(user, changes)} if changes else {}
        return [
            self.shown(rows[change.position.subject_id], change.position.changed_at)
            if change.position.subject_id in rows
            else _gone(change)
            for change in changes
        ]

    def _rows(self, user: User, changes: Collection[Change]) -> QuerySet[Any]:
        return self.visible(user).filter(Among("id", (each.position.subject_id for each in changes)))


class DetailView(FollowedView):
    """One row of such a list. What the machine may not see does not exist for it."""

    def get(self, request: Request, public_id: UUID) -> Response:
        """Return the row as it is now."""
        return Response(self.shown_now(public_id))


def _start(asked: Mapping[str, Any], *, listed: str, offices: str) -> Cursor:
    if "cursor" not in asked:
        since = Position(asked["updated_since"], 0) if "updated_since" in asked else BEGINNING
        return Cursor(listed, offices, "", since)
    cursor = Cursor.opened(asked["cursor"])
    if cursor.listed != listed:
        raise CursorUnknown(_("The cursor is not one of this list. Begin anew without it."))
    if cursor.offices != offices:
        raise CursorOfAnotherTime(
            _(
                "Your office sees other rows by now. Begin anew without a cursor, and forget what does not come."
            )
        )
    return cursor


def _check_era(start: Cursor, page: ChangePage) -> None:
    """Raise CursorOfAnotherTime if the reader knows more than the database does."""
    if start.era and (start.era != page.era or start.position.changed_at > page.last):
        raise CursorOfAnotherTime(
            _(
                "The portal came back from a backup. Begin anew without a cursor, and forget what does not come."
            )
        )


def _not_ahead(position: Position, page: ChangePage) -> Position:
    """Return where a reader stands who found nothing: never later than anything that can still come."""
    return min(position, Position(page.last, LATEST_ID))


def _digest(facts: Any) -> str:
    text = json.dumps(facts, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _gone(change: Change) -> dict[str, Any]:
    at = serializers.DateTimeField(default_timezone=UTC).to_representation(change.position.changed_at)
    return {"id": str(change.public_id), "changed_at": at, "is_gone": True}
