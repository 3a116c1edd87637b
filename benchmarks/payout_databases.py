"""Copies of the benchmark's database, so that sizes can be measured in turn on one server."""

from collections.abc import Iterator
from contextlib import contextmanager


def copy_database(name: str) -> None:
    """Make a database of this name that holds what the present one holds, in the place of one that is there."""
    from django.db import connection

    here = connection.settings_dict["NAME"]
    with in_database("postgres"), connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {here}")


@contextmanager
def in_database(name: str) -> Iterator[None]:
    """Let Django work in another database of the same server."""
    from django.db import connection

    here = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = here
