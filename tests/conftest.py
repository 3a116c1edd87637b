import itertools
import secrets
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from django.core.management.commands import flush
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test import Client, TestCase
from django.utils import translation
from hypothesis import settings as hypothesis_settings

from institutions.enums import Role
from institutions.models import User
from tests.clock import NOW
from tests.factories.institutions import UserFactory
from tests.tables import database_with_tables

# A machine that is busy with other things must not fail a true property.
hypothesis_settings.register_profile("portal", max_examples=60, deadline=None)
hypothesis_settings.load_profile("portal")


# The names of all models and what may be done with them: no test writes here.
NAMED_BY_MIGRATIONS = {"django_content_type", "auth_permission"}


def _delete_every_row(
    operations: DatabaseOperations, _style: object, tables: list[str], **_: object
) -> list[str]:
    # One statement, which looks into every table and empties those that a test has written to.
    emptied = "".join(
        f"IF EXISTS (SELECT 1 FROM {name}) THEN DELETE FROM {name}; END IF;"  # noqa: S608 - Django's own list
        for name in map(operations.quote_name, sorted({*tables} - NAMED_BY_MIGRATIONS))
    )
    return ["SET LOCAL session_replication_role = replica", f"DO $$ BEGIN {emptied} END $$"]


# The tables refuse DELETE and TRUNCATE, and so the flush after transactional tests. It runs as replication
# does, which fires no trigger: only here, in a database that was made for the tests.
DatabaseOperations.sql_flush = _delete_every_row
# What follows migrations finds its names in place, and would look for each after each of those tests.
flush.emit_post_migrate_signal = lambda *_, **__: None


@pytest.fixture(autouse=True)
def _first_language(settings) -> Iterator[None]:
    # A request leaves its language behind in the thread.
    with translation.override(settings.LANGUAGE_CODE):
        yield


@pytest.fixture
def in_english() -> Iterator[None]:
    """Have what is said said in English."""
    with translation.override("en"):
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    chaos = parser.getgroup("chaos")
    chaos.addoption("--seed", type=int, default=None, help="of a run by chance, to be run again")
    chaos.addoption("--statement-kills", type=int, default=500, help="how many statements are the last")
    chaos.addoption(
        "--kills", type=int, default=25, help="how many workers and children of theirs die in the storm"
    )
    chaos.addoption(
        "--recoveries",
        type=int,
        default=0,
        help="how often the time after each fault is measured; without it a few faults, any, come once",
    )
    chaos.addoption("--restores", type=int, default=1, help="how often the database comes back from a backup")
    histories = parser.getgroup("histories")
    histories.addoption("--histories", type=int, default=10_000, help="how many go through the rules")
    histories.addoption(
        "--paid-histories", type=int, default=25, help="how many go through services and bank"
    )


@pytest.fixture
def chaos_seed(request: pytest.FixtureRequest) -> int:
    """Return the seed of this run, printed with whatever fails: the one that was given, or any."""
    given = request.config.getoption("--seed")
    seed = given if given is not None else secrets.randbelow(1_000_000)
    sys.stdout.write(f"seed {seed}: to run it again, give --seed {seed}\n")
    return seed


@pytest.fixture
def statement_kills(request: pytest.FixtureRequest) -> int:
    """Return at how many statements a process is killed."""
    return int(request.config.getoption("--statement-kills"))


@pytest.fixture
def now() -> datetime:
    """Return the moment at which every test takes place."""
    return NOW


@pytest.fixture(scope="session")
def _new_folders(tmp_path_factory) -> Iterator[Path]:
    # Thousands of tests have one, most for nothing: pytest's own looks through all that there are for the next name.
    everything = tmp_path_factory.mktemp("folders")
    return (everything / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def _bank_folders(settings, _new_folders) -> None:
    folder = next(_new_folders)
    settings.BANK_OUTBOX = folder / "outbox"
    settings.BANK_INBOX = folder / "inbox"
    settings.SMS_OUTBOX = folder / "sms"
    for place in (settings.BANK_OUTBOX, settings.BANK_INBOX):
        place.mkdir(parents=True)


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """Return a function that gives a browser in which this person is logged in."""

    def log_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return log_in


@pytest.fixture
def client_as(db, client_of) -> Callable[..., Client]:
    """Return a function that gives a browser of somebody with this role: client_as(role, district=...)."""

    def log_in(role: Role, **office: object) -> Client:
        return client_of(UserFactory(**{role.lower(): True}, **office))

    return log_in


@pytest.fixture(scope="module")
def made_once(django_db_setup, django_db_blocker) -> Iterator[None]:
    """Keep the rows that a module's fixtures make after this one until its last test is over.

    For what its tests would spend most of their time on. Each takes back what it did itself; none may commit.
    """
    with django_db_blocker.unblock():
        around_all = TestCase._enter_atomics()
        try:
            yield
        finally:
            TestCase._rollback_atomics(around_all)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings, django_db_keepdb, django_db_createdb, django_db_blocker
) -> None:
    """Let the database of the tests be copied, unless there is one to be used again."""
    if django_db_createdb or not django_db_keepdb:
        with django_db_blocker.unblock():
            connection.settings_dict["TEST"]["TEMPLATE"] = database_with_tables()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Close what a live server's thread may still hold at the end, so that the test database can be dropped."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
