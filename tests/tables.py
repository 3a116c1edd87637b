"""The database of the tests: the migrations make it once, and every run starts with a copy."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.core.management import call_command
from django.db import connection

from tests.guards.sources import REPOSITORY

# Whatever the migrations make tables of.
SOURCES: Final = ("*/migrations/*.py", "chongqing_dte/foundation/**/*.py", "requirements.txt")
BEING_MADE: Final = "tables_being_made"
PREFIX: Final = "tables_of_"
ONE_AT_A_TIME: Final = 7_390_518


def database_with_tables() -> str:
    """Return the name of a database with the tables as they are now and no rows of a test, made if there is none."""
    name = PREFIX + _digest_of_sources()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SET statement_timeout = 0; SET lock_timeout = 0")
        # Given back when the connection ends.
        cursor.execute("SELECT pg_advisory_lock(%s)", [ONE_AT_A_TIME])
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX])
        present = {datname for (datname,) in cursor.fetchall()}
        if name not in present:
            for outdated in (BEING_MADE, *present):
                cursor.execute(f"DROP DATABASE IF EXISTS {outdated} WITH (FORCE)")
            cursor.execute(f"CREATE DATABASE {BEING_MADE}")
            with _connected_to(BEING_MADE):
                call_command("migrate", verbosity=0, interactive=False)
            cursor.execute(f"ALTER DATABASE {BEING_MADE} RENAME TO {name}")
    return name


def _digest_of_sources() -> str:
    digest = hashlib.sha256()
    for path in sorted(path for pattern in SOURCES for path in REPOSITORY.glob(pattern)):
        digest.update(f"{path.relative_to(REPOSITORY)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _connected_to(database: str) -> Iterator[None]:
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = database
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before
