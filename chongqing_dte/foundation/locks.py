"""Named locks of the database. They die with the transaction or the connection, so that nothing has to expire."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def session_lock(name: str) -> Iterator[bool]:
    """Hold a named lock of the database session, and say whether it is ours. Does not wait.

    For steps that talk to the outside with no transaction open. Needs a connection of its own, not a pooler.
    """
    key = _key_of(name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        (is_ours,) = cursor.fetchone()
    try:
        yield is_ours
    finally:
        if is_ours:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def transaction_lock(name: str) -> None:
    """Wait for a named lock and hold it until the open transaction ends.

    For rows that readers take in the order of their ids: whoever writes them one after the other commits them in
    that order, and no reader passes over a row that is committed later.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_key_of(name)])


def _key_of(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
