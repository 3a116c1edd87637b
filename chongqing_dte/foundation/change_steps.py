"""The stamper: gives every change that was committed its place in one order.

It reads what the triggers wrote down, so it sees only what readers see, and it holds the clock until its own
transaction has committed. So whoever has read up to a moment has read everything that was ever stamped before it.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from django.db import OperationalError, connection, transaction
from django.db.backends.postgresql.psycopg_any import errors

from chongqing_dte.foundation.resources import REGISTRY, Scope, Stamped

# What a reader stamps before a page, and for how long it waits for whoever is stamping just then. What is left is a
# later page's: late, and never lost.
READERS_SHARE: Final = 500
READERS_WAIT: Final = "100ms"
WORKERS_SHARE: Final = 5_000
WORKERS_ROUNDS: Final = 40

HOLD_CLOCK: Final = """
    SELECT identity = foundation_database_identity() FROM foundation_changeclock FOR UPDATE
"""
BEGIN_ERA: Final = """
    UPDATE foundation_changeclock SET era = gen_random_uuid(), identity = foundation_database_identity()
"""
# By their places: nothing is looked up, however many rows have come and gone since the table was vacuumed.
TAKE: Final = """
    DELETE FROM foundation_pendingchange WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM foundation_pendingchange WHERE kind = ANY(%s) LIMIT %s))
    RETURNING kind, subject_id
"""
MAKE_CLOCK: Final = """
    INSERT INTO foundation_changeclock (id, last_changed_at, era, identity)
    VALUES (1, clock_timestamp(), gen_random_uuid(), '') ON CONFLICT DO NOTHING
"""
TURN_CLOCK: Final = """
    UPDATE foundation_changeclock
    SET last_changed_at = greatest(clock_timestamp(), last_changed_at + interval '1 microsecond')
    RETURNING last_changed_at
"""
STAMP: Final = """
    INSERT INTO foundation_resourcechange (kind, subject_id, office, public_id, changed_at, is_gone)
    SELECT %s, seen.subject_id, seen.office, seen.public_id, %s, FALSE
    FROM unnest(%s::bigint[], %s::uuid[], %s::text[]) AS seen (subject_id, public_id, office)
    ON CONFLICT (kind, subject_id, office) DO UPDATE
    SET changed_at = excluded.changed_at, public_id = excluded.public_id, is_gone = FALSE
"""
# Whoever saw one of these rows and was not stamped just now does not see it any more.
LEAVE: Final = """
    UPDATE foundation_resourcechange SET changed_at = %(at)s, is_gone = TRUE
    WHERE kind = %(kind)s AND subject_id = ANY(%(ids)s::bigint[]) AND changed_at < %(at)s AND NOT is_gone
    RETURNING subject_id, public_id, office
"""


def stamp_waiting_changes() -> int:
    """Stamp what waits, some thousands at a time, and return how many changes that were. For a worker.

    Whoever comes while somebody stamps has nothing to do. Safe to repeat, and to be killed at any statement.
    """
    stamped = 0
    for _round in range(WORKERS_ROUNDS):
        done = _unless_somebody_stamps(at_most=WORKERS_SHARE, wait="1ms")
        stamped += done
        if done < WORKERS_SHARE:
            break
    return stamped


def stamp_for_a_reader() -> int:
    """Stamp some of what waits, so that a reader finds its own changes. Never waits longer than a moment."""
    return _unless_somebody_stamps(at_most=READERS_SHARE, wait=READERS_WAIT)


def make_clock() -> None:
    """Make the clock of a database that has none yet."""
    with connection.cursor() as cursor:
        cursor.execute(MAKE_CLOCK)


def begin_another_era() -> None:
    """Have every reader start anew. For a database that came back from a copy that nothing else can tell."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(MAKE_CLOCK)
        cursor.execute(BEGIN_ERA)


def _unless_somebody_stamps(*, at_most: int, wait: str) -> int:
    try:
        return stamp_changes(at_most=at_most, wait=wait)
    except OperationalError as error:
        if not isinstance(error.__cause__, errors.LockNotAvailable):
            raise
        return 0


@transaction.atomic
def stamp_changes(*, at_most: int, wait: str) -> int:
    """Stamp up to so many changes, and return how many. Raises OperationalError if the clock is held for too long."""
    with connection.cursor() as cursor:
        _hold_clock(cursor, wait)
        cursor.execute(TAKE, [REGISTRY.known(), at_most])
        taken: list[tuple[str, int]] = cursor.fetchall()
        if not taken:
            return 0
        changed: dict[str, set[int]] = {}
        for kind, subject_id in taken:
            changed.setdefault(kind, set()).add(subject_id)
        # Read after they were taken: as new as what was announced, or newer, and then it is announced again.
        rows = REGISTRY.with_followers(changed)
        cursor.execute(TURN_CLOCK)
        (at,) = cursor.fetchone()
        stamped = [each for kind in sorted(rows) for each in _stamp_kind(cursor, kind, rows[kind], at)]
    for hook in REGISTRY.hooks:
        hook(stamped, at=at)
    return len(taken)


def _hold_clock(cursor: Any, wait: str) -> None:
    """Hold the clock until the transaction ends, and begin another era if the database is not the one it was."""
    cursor.execute("SELECT current_setting('lock_timeout'), set_config('lock_timeout', %s, TRUE)", [wait])
    (usual, _set) = cursor.fetchone()
    cursor.execute(HOLD_CLOCK)
    if (held := cursor.fetchone()) is None:
        cursor.execute(MAKE_CLOCK)
        cursor.execute(HOLD_CLOCK)
        held = cursor.fetchone()
    cursor.execute("SELECT set_config('lock_timeout', %s, TRUE)", [usual])
    if not held[0]:
        cursor.execute(BEGIN_ERA)


def _stamp_kind(cursor: Any, kind: str, ids: Collection[int], at: datetime) -> list[Stamped]:
    scopes: list[Scope] = [scope for scope in REGISTRY.scopes[kind](ids) if scope.offices]
    lines = [(scope.subject_id, str(scope.public_id), office) for scope in scopes for office in scope.offices]
    if lines:
        columns = [list(column) for column in zip(*lines, strict=True)]
        cursor.execute(STAMP, [kind, at, *columns])
    cursor.execute(LEAVE, {"kind": kind, "at": at, "ids": list(ids)})
    return _as_stamped(kind, scopes, cursor.fetchall())


def _as_stamped(
    kind: str, scopes: Collection[Scope], gone: Collection[tuple[int, Any, str]]
) -> list[Stamped]:
    left: dict[int, set[str]] = {}
    names: dict[int, Any] = {subject_id: public_id for subject_id, public_id, _office in gone}
    for subject_id, _public_id, office in gone:
        left.setdefault(subject_id, set()).add(office)
    seen: Mapping[int, Scope] = {scope.subject_id: scope for scope in scopes}
    return [
        Stamped(
            kind,
            subject_id,
            seen[subject_id].public_id if subject_id in seen else names[subject_id],
            frozenset(seen[subject_id].offices) if subject_id in seen else frozenset(),
            frozenset(left.get(subject_id, ())),
        )
        for subject_id in sorted({*seen, *left})
    ]
