"""Ways to plant one bug, as somebody careless could have made it, and to take it out again."""

import ast
import builtins
import dis
import inspect
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib import import_module
from types import CodeType, FunctionType
from typing import Any, Final, Protocol

from django.conf import settings
from django.db import DatabaseError, connection


class CannotBePlanted(Exception):
    """The place where the bug would be planted is not there, or not once."""


class Plant(Protocol):
    """One bug, in a word and in a sentence, and the test that is to fail with it."""

    name: str
    bug: str
    test: str
    in_database: bool

    def planted(self) -> AbstractContextManager[None]:
        """Have the bug in the product until the block ends."""


@dataclass(frozen=True)
class Rewritten:
    """One function of the product in which this text reads otherwise."""

    name: str
    bug: str
    module: str
    text: str
    instead: str
    test: str
    in_database: bool = False

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Swap the code of the function itself, so that whoever has imported it runs the other."""
        function, other = self.function_and_code()
        own = function.__code__
        function.__code__ = other
        try:
            yield
        finally:
            function.__code__ = own

    def function_and_code(self) -> tuple[FunctionType, CodeType]:
        """Return the function, and its code with the bug. Raises CannotBePlanted."""
        module = import_module(self.module)
        source = inspect.getsource(module)
        if (times := source.count(self.text)) != 1:
            raise CannotBePlanted(f"{self.name}: the text stands {times} times in {self.module}.")
        path = _path_of_function(source, source[: source.index(self.text)].count("\n") + 1)
        if path is None:
            raise CannotBePlanted(f"{self.name}: the text stands in no function of {self.module}.")
        with_bug = compile(source.replace(self.text, self.instead), inspect.getfile(module), "exec")
        function, code = _function_at(module, path), _code_at(with_bug, path)
        # A test that fails because a name is unknown has found nothing.
        if unknown := _names_read(code) - function.__globals__.keys() - vars(builtins).keys():
            raise CannotBePlanted(f"{self.name}: {self.module} does not know {', '.join(unknown)}.")
        return function, code


@dataclass(frozen=True)
class Unscheduled:
    """A task that somebody has taken out of the schedule."""

    name: str
    bug: str
    task: str
    test: str
    in_database: bool = False

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Take out every entry that names the task."""
        schedule = settings.CELERY_BEAT_SCHEDULE
        taken_out = {name: entry for name, entry in schedule.items() if entry["task"] == self.task}
        if not taken_out:
            raise CannotBePlanted(f"{self.name}: {self.task} is not in the schedule.")
        for name in taken_out:
            del schedule[name]
        try:
            yield
        finally:
            schedule.update(taken_out)


@dataclass(frozen=True)
class Dropped:
    """A constraint, a unique index or a trigger that somebody has dropped from its table."""

    name: str
    bug: str
    table: str
    kind: str
    place: str
    test: str
    in_database: bool = True

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Drop it. A test that runs in a transaction brings it back by rolling back, any other by defining it anew."""
        is_rolled_back = connection.in_atomic_block
        definition, drop, restore = KINDS[self.kind]
        with connection.cursor() as cursor:
            name = _name_over(self.table, self.place) if self.kind == "unique" else self.place
            cursor.execute(definition, [self.table, name])
            row = cursor.fetchone()
            if row is None:
                raise CannotBePlanted(f"{self.name}: {self.table} has no {name}.")
            cursor.execute(drop.format(table=self.table, name=name))
        yield
        if not is_rolled_back:
            self._restore(restore.format(table=self.table, name=name, definition=row[0]))

    def _restore(self, statement: str) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
        except DatabaseError as refusal:
            raise CannotBePlanted(f"{self.name} cannot be taken out again.") from refusal


CONSTRAINT: Final = (
    "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND conname = %s",
    "ALTER TABLE {table} DROP CONSTRAINT {name}",
    "ALTER TABLE {table} ADD CONSTRAINT {name} {definition}",
)
# How each kind is described, dropped and defined anew. A unique key of one column has no name of ours.
KINDS: Final = {
    "constraint": CONSTRAINT,
    "unique": CONSTRAINT,
    "index": (
        "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = %s::regclass AND indexrelid = %s::regclass",
        "DROP INDEX {name}",
        "{definition}",
    ),
    "trigger": (
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname = %s",
        "DROP TRIGGER {name} ON {table}",
        "{definition}",
    ),
}


def _name_over(table: str, column: str) -> str:
    """Return the name of the unique constraint over one column."""
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, table)
    names = [
        name
        for name, constraint in found.items()
        if constraint["unique"] and not constraint["primary_key"] and constraint["columns"] == [column]
    ]
    if len(names) != 1:
        raise CannotBePlanted(f"{table}.{column} has {len(names)} unique constraints.")
    return names[0]


def _path_of_function(source: str, line: int) -> list[str] | None:
    """Return the names that lead to the outermost function around this line: classes, and then the function."""
    path: list[str] = []
    body = ast.parse(source).body
    while around := next((node for node in body if _is_around(node, line)), None):
        path.append(around.name)
        if isinstance(around, ast.FunctionDef):
            return path
        body = around.body
    return None


def _is_around(node: ast.stmt, line: int) -> bool:
    is_named = isinstance(node, ast.FunctionDef | ast.ClassDef)
    return is_named and node.lineno <= line <= (node.end_lineno or node.lineno)


def _function_at(module: Any, path: list[str]) -> FunctionType:
    found = module
    for name in path:
        found = inspect.getattr_static(found, name)
    # A method may be behind a property or the like, and a function behind its decorators.
    inner = getattr(found, "fget", None) or getattr(found, "__func__", found)
    function = inspect.unwrap(inner)
    if not isinstance(function, FunctionType):
        raise CannotBePlanted(f"{'.'.join(path)} is no function.")
    return function


def _names_read(code: CodeType) -> set[str]:
    """Return the names that a function, and what is inside it, reads from its module."""
    names = {step.argval for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL"}
    inner = (const for const in code.co_consts if isinstance(const, CodeType))
    return names.union(*map(_names_read, inner))


def _code_at(code: CodeType, path: list[str]) -> CodeType:
    for name in path:
        inner = [const for const in code.co_consts if isinstance(const, CodeType)]
        code = next(const for const in inner if const.co_name == name)
    return code
