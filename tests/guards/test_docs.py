"""What the pages name exists: paths, links, commands, settings, constraints, functions and tests."""

import ast
import os
import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import get_commands
from django.urls import Resolver404, resolve

from subsidies.invariants import INVARIANTS
from tests.guards.sources import APPS, PACKAGES, REPOSITORY, name_of

PAGES: Final = sorted(
    [
        *REPOSITORY.glob("README.md"),
        *REPOSITORY.glob("docs/**/*.md"),
        *(REPOSITORY / app / "README.md" for app in (*APPS, "demo", "chongqing_dte/foundation")),
    ]
)
FENCE: Final = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
QUOTED: Final = re.compile(r"`([^`\n]+)`")
LINK: Final = re.compile(r"(?:\]\(|\bsrc=\")([^)\"\s]+)[)\"]")
SUFFIXES: Final = (".py", ".md", ".csv", ".txt", ".toml", ".yml", ".html", ".css", ".po", ".mo", ".png")
PATH: Final = re.compile(r"[\w.*…-]+(/[\w.*…-]+)*/?")
WORD: Final = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
# Made by running, or by a person before running.
NOT_IN_THE_REPOSITORY: Final = (".venv", ".env", "var", "/var/")
# Words of SQL, of Python and of other programs, which no file here defines.
FOREIGN: Final = {
    "lock_timeout",
    "statement_timeout",
    "idle_in_transaction_session_timeout",
    "PIP_INDEX_URL",
    "CI",
    "StreamMaxLength",
}


def outside_fences(text: str) -> str:
    """Return a page without its blocks of code."""
    return FENCE.sub("", text)


def quoted(text: str) -> list[str]:
    """Return what stands in backticks."""
    return QUOTED.findall(outside_fences(text))


def commands(text: str) -> list[str]:
    """Return the commands in backticks and in shell blocks."""
    blocks = [
        line.strip() for kind, body in FENCE.findall(text) if kind == "sh" for line in body.splitlines()
    ]
    found = [*quoted(text), *(line.partition("  #")[0] for line in blocks)]
    return [words for words in found if re.match(r"bin/\w|\.ci/|.*\b(manage\.py|python -m) ", words)]


def unknown_commands(text: str) -> list[str]:
    """Return the commands that nobody could run."""
    return [command for command in commands(text) if not is_command(command)]


def is_command(command: str) -> bool:
    """Test whether the program, the management command or the module exists."""
    if found := re.search(r"(?:manage\.py|bin/manage) ([a-z_]+)", command):
        return found[1] in get_commands()
    if found := re.search(r"python -m ([\w.]+)", command):
        return find_spec(found[1]) is not None
    program = REPOSITORY / command.split()[0]
    return program.is_file() and os.access(program, os.X_OK)


def missing_paths(text: str, page: Path) -> list[str]:
    """Return the paths in backticks that are neither below the root nor beside the page."""
    named = [words for words in quoted(text) if is_path(words)]
    return [words for words in named if not exists(words, page)]


def is_path(words: str) -> bool:
    """Test whether the text in backticks looks like a path of this repository."""
    if words.startswith(NOT_IN_THE_REPOSITORY) or "…" in words or not PATH.fullmatch(words):
        return False
    return "/" in words or (words.endswith(SUFFIXES) and words not in SUFFIXES)


def exists(words: str, page: Path) -> bool:
    """Test whether a path leads somewhere: from the root, from the page's folder or, a bare name, from an app."""
    folders = [REPOSITORY, page.parent]
    if "/" not in words:
        folders += [REPOSITORY / app for app in APPS]
    return any((folder / words).exists() for folder in folders)


def unknown_addresses(text: str) -> list[str]:
    """Return the addresses in backticks that the portal does not answer."""
    named = [
        words
        for words in quoted(text)
        if re.fullmatch(r"/[\w/-]*", words) and not words.startswith(NOT_IN_THE_REPOSITORY)
    ]
    return [words for words in named if not is_answered(words)]


def is_answered(address: str) -> bool:
    try:
        resolve(address)
    except Resolver404:
        return False
    return True


def broken_links(text: str, page: Path) -> list[str]:
    """Return the relative links that lead to no file, or to no heading in it."""
    targets = [target for target in LINK.findall(outside_fences(text)) if "://" not in target]
    return [target for target in targets if not leads_somewhere(target, page)]


def leads_somewhere(target: str, page: Path) -> bool:
    name, _, anchor = target.partition("#")
    file = (page.parent / name).resolve() if name else page
    if not file.exists():
        return False
    return not anchor or anchor in {
        anchor_of(heading) for heading in headings(file.read_text(encoding="utf-8"))
    }


def headings(text: str) -> list[str]:
    """Return the headings of a page."""
    return re.findall(r"^#+ +(.*)$", outside_fences(text), re.MULTILINE)


def anchor_of(heading: str) -> str:
    """Return the name by which a heading can be linked to."""
    return re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-")


def unknown_words(text: str) -> list[str]:
    """Return the names in backticks that mean nothing in this repository."""
    return [words for words in quoted(text) if looks_like_a_name(words) and not is_known(words)]


def looks_like_a_name(words: str) -> bool:
    """Test whether this is a name of the code: two words joined, capitals, or a dotted path. Plain words are prose."""
    if not WORD.fullmatch(words) or words.endswith(SUFFIXES):
        return False
    return "_" in words or "." in words or words != words.lower()


def is_known(words: str) -> bool:
    """Test whether a name is defined, declared or set somewhere. Of a dotted name, each part is."""
    return words in FOREIGN or is_module(words) or all(part in known_names() for part in words.split("."))


def is_module(words: str) -> bool:
    if words.partition(".")[0] not in PACKAGES:
        return False
    try:
        return find_spec(words) is not None
    except ModuleNotFoundError:
        return False


@cache
def known_names() -> frozenset[str]:
    """Return every name that a page may speak of."""
    invariants = (invariant.name for invariant in INVARIANTS)
    return frozenset(
        {*defined_names(), *names_in_the_database(), *settings_names(), *invariants, *get_commands()}
    )


def defined_names() -> Iterator[str]:
    """Return the functions, classes, fields and constants of the code, the codes that it writes, and the tests."""
    for folder in (*PACKAGES, "demo", "tests"):
        for path in (REPOSITORY / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef | ast.ClassDef):
                    yield node.name
                elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    yield node.id
                elif isinstance(node, ast.Constant) and isinstance(node.value, str) and folder != "tests":
                    yield node.value


def names_in_the_database() -> Iterator[str]:
    """Return the constraints, indexes and triggers, those of the models and those that migrations make by hand."""
    for label in ("foundation", *APPS):
        for model in apps.get_app_config(label).get_models():
            yield from (constraint.name for constraint in model._meta.constraints)
            yield from (index.name for index in model._meta.indexes)
            yield from (trigger.name for trigger in getattr(model._meta, "triggers", ()))
    for path in REPOSITORY.glob("*/migrations/*.py"):
        yield from re.findall(r"CREATE CONSTRAINT TRIGGER (\w+)", path.read_text(encoding="utf-8"))


def settings_names() -> Iterator[str]:
    """Return the settings, and the names that are read from the environment."""
    yield from dir(settings)
    for path in (*REPOSITORY.glob("*/settings/*.py"), *REPOSITORY.glob("*/management/commands/*.py")):
        text = path.read_text(encoding="utf-8")
        yield from re.findall(r'(?:env\.\w+\(|environ\.get\()"(\w+)"', text)
    yield from re.findall(r"^(\w+)=", (REPOSITORY / ".env.example").read_text(encoding="utf-8"), re.MULTILINE)
    yield from re.findall(
        r"^  +(\w+): ", (REPOSITORY / "docker-compose.yml").read_text(encoding="utf-8"), re.MULTILINE
    )


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_path_exists(path: Path) -> None:
    assert missing_paths(path.read_text(encoding="utf-8"), path) == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_link_leads_somewhere(path: Path) -> None:
    assert broken_links(path.read_text(encoding="utf-8"), path) == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_command_can_be_run(path: Path) -> None:
    assert unknown_commands(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_address_is_answered(path: Path) -> None:
    assert unknown_addresses(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_name_is_a_name_of_the_code(path: Path) -> None:
    assert unknown_words(path.read_text(encoding="utf-8")) == []


def test_pages_are_looked_at() -> None:
    assert len(PAGES) > 20
    assert "attempt_one_open_per_payment" in known_names()
    assert "certificate_decided_has_entitlement" in known_names()


@pytest.mark.parametrize("planted", ["subsidies/services/payouts.py", "docs/nothing.md", "roster/"])
def test_planted_path_is_found(planted: str) -> None:
    assert missing_paths(f"See `{planted}`.", REPOSITORY / "README.md") == [planted]


@pytest.mark.parametrize("planted", ["docs/nothing.md", "README.md#no-such-heading", "../outside.md"])
def test_planted_link_is_found(planted: str) -> None:
    assert broken_links(f"[text]({planted})", REPOSITORY / "README.md") == [planted]


@pytest.mark.parametrize(
    "planted",
    [
        "bin/nothing --once",
        "manage.py pay_everybody",
        "python -m chongqing_dte.nothing",
        "bin/manage nothing",
    ],
)
def test_planted_command_is_found(planted: str) -> None:
    assert unknown_commands(f"Run `{planted}`.") == [planted]
    assert unknown_commands(f"```sh\n{planted}\n```\n") == [planted]


@pytest.mark.parametrize(
    "planted", ["payment_is_never_lost", "test_nothing_of_it", "Payment.nothing_at_all", "NO_SUCH_SETTING"]
)
def test_planted_name_is_found(planted: str) -> None:
    assert unknown_words(f"Held by `{planted}`.") == [planted]


def test_planted_address_is_found() -> None:
    assert unknown_addresses("Ask `/no-such-page`, or `/readyz`.") == ["/no-such-page"]


def test_prose_in_backticks_is_no_name() -> None:
    assert unknown_words("A `school` with a `README.md` and `FOR UPDATE SKIP LOCKED`.") == []
