"""Brings every encrypted column under the newest key, while the portal runs.

One column after the other, in batches by primary key. A batch is one short transaction that locks its rows, so that
nobody's change is written over. A run that was killed begins again and finds only what is left.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import structlog
from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model
from psycopg2 import sql

from chongqing_dte.foundation.crypto import DAMAGED, EncryptedBytesField, newest_key_version

log = structlog.get_logger(__name__)

# What one batch holds in memory at most, since a row may be a whole file.
BATCH_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True)
class Column:
    """One encrypted column."""

    model: type[Model]
    field: EncryptedBytesField

    @property
    def name(self) -> str:
        """The table and the column, as they are authenticated with each value."""
        return f"{self.table}.{self.field.attname}"

    @property
    def table(self) -> str:
        """The table's name."""
        return self.model._meta.db_table


@dataclass
class Outcome:
    """What was done to one column, and under which keys its values stand afterwards."""

    column: Column
    rewritten_count: int = 0
    unreadable_ids: list[int] = field(default_factory=list)
    versions: dict[int, int] = field(default_factory=dict)


def encrypted_columns() -> list[Column]:
    """Return every encrypted column of every model."""
    return [
        Column(model, each)
        for model in apps.get_models()
        for each in model._meta.local_fields
        if isinstance(each, EncryptedBytesField)
    ]


def rotate(column: Column, *, batch_size: int) -> Outcome:
    """Write what stands under older keys again under the newest one. What cannot be read is left and named."""
    outcome, after = Outcome(column), 0
    while found := _outdated(column, after=after, limit=batch_size):
        for ids in _portions(found):
            _rewrite(column, ids, outcome)
        after = found[-1][0]
    outcome.versions = key_versions(column)
    return outcome


def key_versions(column: Column) -> dict[int, int]:
    """Return how many values of a column stand under each key."""
    statement = sql.SQL(
        "SELECT get_byte({column}, 0), count(*) FROM {table} WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY 1"
    )
    with connection.cursor() as cursor:
        cursor.execute(_named(statement, column))
        return dict(cursor.fetchall())


def _outdated(column: Column, *, after: int, limit: int) -> list[tuple[int, int]]:
    """Return the ids and sizes of values under older keys, behind this id."""
    statement = sql.SQL(
        "SELECT {key}, octet_length({column}) FROM {table} WHERE {key} > %s AND get_byte({column}, 0) < %s"
        " ORDER BY {key} LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(_named(statement, column), [after, newest_key_version(), limit])
        return list(cursor.fetchall())


def _portions(found: Sequence[tuple[int, int]]) -> Iterator[list[int]]:
    """Yield the ids in portions whose values fit into memory."""
    portion: list[int] = []
    total = 0
    for row_id, size in found:
        if portion and total + size > BATCH_BYTES:
            yield portion
            portion, total = [], 0
        portion.append(row_id)
        total += size
    yield portion


@transaction.atomic(durable=True)
def _rewrite(column: Column, ids: Sequence[int], outcome: Outcome) -> None:
    # Asked again under the lock: meanwhile somebody may have written the value anew.
    locked = sql.SQL(
        "SELECT {key}, {column} FROM {table} WHERE {key} = ANY(%s) AND get_byte({column}, 0) < %s"
        " ORDER BY {key} FOR NO KEY UPDATE"
    )
    written = sql.SQL(
        "UPDATE {table} SET {column} = renewed.value FROM unnest(%s::bigint[], %s::bytea[]) AS renewed (id, value)"
        " WHERE {table}.{key} = renewed.id"
    )
    with connection.cursor() as cursor:
        cursor.execute(_named(locked, column), [list(ids), newest_key_version()])
        renewed = {}
        for row_id, stored in cursor.fetchall():
            try:
                renewed[row_id] = column.field.renewed(bytes(stored))
            except DAMAGED:
                log.exception("value_unreadable", column=column.name, row=row_id)
                outcome.unreadable_ids.append(row_id)
        cursor.execute(_named(written, column), [list(renewed), list(renewed.values())])
    outcome.rewritten_count += len(renewed)


def _named(statement: sql.SQL, column: Column) -> sql.Composed:
    key = column.model._meta.pk
    return statement.format(
        key=sql.Identifier(key.column if key else "id"),
        column=sql.Identifier(column.field.column),
        table=sql.Identifier(column.table),
    )
