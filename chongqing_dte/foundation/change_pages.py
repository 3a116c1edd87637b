"""What changed for an office, in pages that lose nothing."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection

from chongqing_dte.foundation.change_steps import make_clock, stamp_for_a_reader
from chongqing_dte.foundation.resources import REGISTRY


@dataclass(frozen=True, order=True)
class Position:
    """How far somebody has read: everything up to this row of this moment."""

    changed_at: datetime
    subject_id: int


BEGINNING: Final = Position(datetime(1970, 1, 1, tzinfo=UTC), 0)


@dataclass(frozen=True)
class Change:
    """One row that changed last at this moment, as far as these offices are concerned."""

    public_id: UUID
    position: Position
    is_gone: bool


@dataclass(frozen=True)
class ChangePage:
    """Some changes in their order. An `era` lasts from one restore to the next; `last` was the last stamp in it."""

    changes: list[Change]
    has_more: bool
    era: str
    last: datetime


CLOCK: Final = """
    WITH clock AS MATERIALIZED (
        SELECT era, last_changed_at,
               identity = foundation_database_identity() AND NOT EXISTS (
                   SELECT 1 FROM foundation_pendingchange WHERE kind = ANY(%(known)s)) AS is_settled
        FROM foundation_changeclock)
"""
# One index range for each office, from wherever the reader is: what a page costs does not grow with what lies before.
READ: Final = """
    SELECT clock.*, page.public_id, page.changed_at, page.subject_id, page.is_gone
    FROM clock LEFT JOIN (
        SELECT DISTINCT ON (one.changed_at, one.subject_id) one.*
        FROM unnest(%(offices)s::text[]) AS named (office) CROSS JOIN LATERAL (
            SELECT public_id, changed_at, subject_id, is_gone FROM foundation_resourcechange
            WHERE office = named.office AND kind = %(kind)s
              AND (changed_at, subject_id) > (%(changed_at)s, %(subject_id)s)
            ORDER BY changed_at, subject_id LIMIT %(limit)s
        ) one
        ORDER BY one.changed_at, one.subject_id, one.is_gone LIMIT %(limit)s
    ) page ON TRUE
    ORDER BY page.changed_at, page.subject_id
"""
# When a row changed last for any of these offices. What has not been stamped yet will be later than anything was.
READ_ONE: Final = """
    SELECT is_settled, coalesce((
        SELECT max(changed_at) FROM foundation_resourcechange
        WHERE kind = %(kind)s AND subject_id = %(subject_id)s AND office = ANY(%(offices)s)), last_changed_at)
    FROM clock
"""


def changes_after(position: Position, *, kind: str, offices: Collection[str], limit: int) -> ChangePage:
    """Return what changed for these offices after a position, each row once, at most so many.

    What was committed before the call is among it, unless very much waits to be stamped or somebody is stamping.
    """
    asked = {
        "known": REGISTRY.known(),
        "offices": sorted(offices),
        "kind": kind,
        "changed_at": position.changed_at,
        "subject_id": position.subject_id,
        "limit": limit + 1,
    }
    found = _settled(READ, asked, lambda row: _Row(*row).is_settled)
    rows = [_Row(*row) for row in found]
    changes = [
        Change(row.public_id, Position(row.changed_at, row.subject_id), row.is_gone)
        for row in rows
        if row.public_id is not None
    ]
    return ChangePage(changes[:limit], len(changes) > limit, str(rows[0].era), rows[0].last)


def changed_at_of(kind: str, subject_id: int, *, offices: Collection[str]) -> datetime:
    """Return when a row changed last for any of these offices."""
    asked = {"known": REGISTRY.known(), "kind": kind, "subject_id": subject_id, "offices": sorted(offices)}
    ((_is_settled, changed_at),) = _settled(READ_ONE, asked, lambda row: bool(row[0]))
    moment: datetime = changed_at
    return moment


class _Row(NamedTuple):
    era: UUID
    last: datetime
    is_settled: bool
    public_id: UUID | None
    changed_at: datetime
    subject_id: int
    is_gone: bool


def _settled(
    statement: str, asked: dict[str, Any], is_settled: Callable[[tuple[Any, ...]], bool]
) -> list[tuple[Any, ...]]:
    """Return what a statement finds, read once more if there was something to be stamped before."""
    found = _read(statement, asked)
    if found and is_settled(found[0]):
        return found
    if not found:
        make_clock()
    stamp_for_a_reader()
    return _read(statement, asked)


def _read(statement: str, asked: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(CLOCK + statement, asked)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
