"""Interfaces translate: they read rows through queries, and services hold the transactions."""

import ast

import pytest

from tests.guards.sources import INTERFACES, REPOSITORY, app_files, found_in

MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})
TRANSACTIONS = frozenset({"atomic", "on_commit", "set_autocommit", "savepoint"})
INTERFACE_FILES = [*app_files(INTERFACES), REPOSITORY / "chongqing_dte/foundation/tasks.py"]


def managers_in(source: str) -> list[int]:
    """Return the lines that reach for a model's manager."""
    tree = ast.parse(source)
    return [
        node.lineno for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in MANAGERS
    ]


def transactions_in(source: str) -> list[int]:
    """Return the lines that have to do with transactions."""
    tree = ast.parse(source)
    used = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in TRANSACTIONS
    ]
    imported = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and {"transaction", "connection", "atomic"} & {a.name for a in node.names}
    ]
    return used + imported


def test_interface_reads_rows_only_through_queries() -> None:
    assert found_in(INTERFACE_FILES, managers_in) == {}


def test_interface_opens_no_transaction() -> None:
    assert found_in(INTERFACE_FILES, transactions_in) == {}


def test_every_app_has_interfaces_that_are_looked_at() -> None:
    assert len(INTERFACE_FILES) > 15


@pytest.mark.parametrize(
    "planted",
    ["rows = Trainee.objects.all()", "def view(request):\n    return Claim._default_manager.get(pk=1)"],
)
def test_planted_manager_is_found(planted: str) -> None:
    assert managers_in(planted)


@pytest.mark.parametrize(
    "planted",
    [
        "from django.db import transaction",
        "from django.db import connection",
        "import django.db\n\n@django.db.transaction.atomic\ndef view(request): ...",
    ],
)
def test_planted_transaction_is_found(planted: str) -> None:
    assert transactions_in(planted)


def test_reading_through_queries_is_no_offence() -> None:
    source = "from enrollment import queries\nrows = queries.classes_visible_to(user).filter(pk=1)"

    assert managers_in(source) + transactions_in(source) == []
