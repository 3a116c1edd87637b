from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from demo.generator import make_world
from institutions.services.reference_data import load_reference_data
from tests.clock import NOW


@pytest.fixture(scope="session")
def made_world(django_db_setup, django_db_blocker) -> Callable[..., object]:
    """Return a context in which a world of this size and seed stands, and after which it never was."""

    @contextmanager
    def world(make: Callable[..., object] = make_world, **arguments: object) -> Iterator[None]:
        outer = transaction.atomic()
        # Services insist on the outermost transaction, except inside one that a test will undo.
        outer._from_testcase = True
        with django_db_blocker.unblock(), outer:
            load_reference_data()
            make(**({"trainees": 300, "years": 2, "seed": 7, "now": NOW} | arguments))
            # What the database looks at when a transaction commits.
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
            yield
            transaction.set_rollback(True)

    return world
