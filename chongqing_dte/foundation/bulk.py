"""Many rows at once, through COPY: nothing is held but the lines that are being sent.

Constraints, triggers and foreign keys of the table hold as for any other statement; defaults of a model do not, so
the caller names every column.
"""

import gc
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.fields.ranges import RangeField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError, DataError, IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import errors
from django.db.models import (
    BinaryField,
    DateField,
    DecimalField,
    Field,
    ForeignKey,
    IntegerField,
    JSONField,
    Model,
    UUIDField,
)

from chongqing_dte.foundation.crypto import EncryptedBytesField

LINES_AT_ONCE: Final = 100
NULL: Final = "\\N"
# What the text format of COPY gives a meaning of its own.
SPECIAL: Final = re.compile(r"[\\\t\n\r]")
ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
Values = Sequence[Any]
Encode = Callable[[Any], str]


class Doubled(IntegrityError):
    """A row has a key that another one has."""


def copy_rows(target: type[Model] | str, columns: Sequence[str], rows: Iterable[Values]) -> int:
    """Write rows into a model's table, or a table by its name, in the open transaction, and return how many.

    `columns` are columns of the table, so `trainee_id` and not `trainee`. Encrypted columns of a model are given
    plain. A table by its name takes None, text, bytes, numbers, days and times, and encrypts nothing.
    """
    source = _Source(rows, _encoders(target, columns))
    quoted = connection.ops.quote_name
    table = target if isinstance(target, str) else target._meta.db_table
    statement = f"COPY {quoted(table)} ({', '.join(map(quoted, columns))}) FROM STDIN"
    try:
        # Django does not know this call of the driver, and would let the driver's own errors through.
        with connection.cursor() as cursor, without_quoted_rows(), connection.wrap_database_errors:
            _send(cursor, statement, source)
    except DatabaseError:
        # The driver puts an error of its own in the place of what went wrong with a row.
        if source.failure is not None:
            raise source.failure from None
        raise
    return source.count


def _send(cursor: Any, statement: str, source: "_Source") -> None:
    # By itself, so that a test can stop at it: no wrapper of Django's sees it.
    cursor.copy_expert(statement, source)


def copy_unless_doubled(target: type[Model], columns: Sequence[str], rows: Sequence[Values]) -> bool:
    """Write rows as `copy_rows` does. If one of them has a key that is taken, write none and return False."""
    try:
        with transaction.atomic():
            copy_rows(target, columns, rows)
    except Doubled:
        return False
    return True


def next_ids(model: type[Model], count: int) -> list[int]:
    """Take so many ids from a table's sequence, for rows that others of the same transaction point at."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [row_id for (row_id,) in cursor.fetchall()]


@contextmanager
def without_quoted_rows() -> Iterator[None]:
    """Let an error of the database say what is wrong and not with whom: what quotes a row belongs in no log."""
    try:
        yield
    except DatabaseError as refusal:
        # The first line names the constraint, and the value only of a cell that is not of its column's type.
        named = str(refusal).partition("\n")[0]
        cut = named.partition(": ")[0] if isinstance(refusal, DataError) else named
        is_doubled = isinstance(refusal.__cause__, errors.UniqueViolation)
        raise (Doubled if is_doubled else type(refusal))(cut) from None


def commit_without_waiting() -> None:
    """Let the open transaction count as committed before it is on disk. For what may be lost, and nothing else."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO off")


@contextmanager
def without_search_for_cycles() -> Iterator[None]:
    """Make many objects without Python looking through all of them for cycles again and again.

    For a worker that does one thing at a time: whatever does hang together in a cycle waits until the end.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _encoders(target: type[Model] | str, columns: Sequence[str]) -> list[Encode]:
    if isinstance(target, str):
        return [_as_it_is] * len(columns)
    return [_or_null(_encoder(_field(target, column))) for column in columns]


def _field(model: type[Model], column: str) -> "Field[Any, Any]":
    for field in model._meta.concrete_fields:
        if field.column == column:
            return field
    raise LookupError(f"{model._meta.db_table} has no column {column}.")


def _encoder(field: "Field[Any, Any]") -> Encode:
    if isinstance(field, EncryptedBytesField):
        sealed = field.sealer()
        return lambda value: "\\\\x" + sealed(value).hex()
    if isinstance(field, BinaryField):
        return lambda value: "\\\\x" + bytes(value).hex()
    if isinstance(field, JSONField):
        encode = (field.encoder or DjangoJSONEncoder)(ensure_ascii=False).encode
        # Most rows hold nothing, and there are many of them.
        return lambda value: _escaped(encode(value)) if value or value != [] else "[]"
    if isinstance(field, ArrayField):
        return lambda values: _escaped(_as_array(values)) if values else "{}"
    if isinstance(field, RangeField):
        return lambda value: _escaped(_as_range(value))
    target = field.target_field if isinstance(field, ForeignKey) else field
    # Of a number, a day, a time or a UUID there is nothing to escape.
    return str if isinstance(target, (IntegerField, DecimalField, DateField, UUIDField)) else _as_it_is


def _or_null(encode: Encode) -> Encode:
    if encode is _as_it_is:
        return encode
    return lambda value: NULL if value is None else encode(value)


def _as_it_is(value: Any) -> str:
    if isinstance(value, str):
        return value.translate(ESCAPES) if SPECIAL.search(value) else value
    if value is None:
        return NULL
    if isinstance(value, bytes):
        return "\\\\x" + value.hex()
    return str(value)


def _escaped(text: str) -> str:
    return text.translate(ESCAPES) if SPECIAL.search(text) else text


def _as_array(values: Sequence[Any]) -> str:
    return "{" + ",".join("NULL" if value is None else _quoted(str(value)) for value in values) + "}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _as_range(value: Any) -> str:
    if value.isempty:
        return "empty"
    lower = "" if value.lower is None else _quoted(str(value.lower))
    upper = "" if value.upper is None else _quoted(str(value.upper))
    return f"{value._bounds[0]}{lower},{upper}{value._bounds[1]}"


class _Source:
    """What COPY reads: lines of text, made as they are asked for."""

    def __init__(self, rows: Iterable[Values], encoders: Sequence[Encode]) -> None:
        self.count = 0
        self.failure: Exception | None = None
        self._chunks = self._lines_in_chunks(rows, encoders)

    def read(self, _size: int = -1) -> str:
        try:
            return next(self._chunks, "")
        except Exception as failure:
            self.failure = failure
            raise

    def _lines_in_chunks(self, rows: Iterable[Values], encoders: Sequence[Encode]) -> Iterator[str]:
        lines: list[str] = []
        for row in rows:
            lines.append("\t".join([encode(cell) for encode, cell in zip(encoders, row, strict=True)]))
            if len(lines) == LINES_AT_ONCE:
                self.count += len(lines)
                yield "\n".join(lines) + "\n"
                lines.clear()
        if lines:
            self.count += len(lines)
            yield "\n".join(lines) + "\n"
