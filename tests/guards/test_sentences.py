"""What services and policies say can be told in both languages: it is made by the portal's own words for it."""

import ast
from pathlib import Path

import pytest

from tests.guards.sources import APPS, REPOSITORY, app_files, layer_of, name_of, python_files

DJANGO = "django.utils.translation"
# Of Django's module, what makes no text.
HARMLESS = frozenset({"get_language", "override"})
SPEAKING = frozenset({"services", "policies"})
# Besides the layers: tables of sentences for what is wrong with one row.
TABLES = [path for path in python_files(*APPS) if path.name == "messages.py"]


def texts_of_django(tree: ast.AST) -> list[str]:
    """Return the names of Django that a module makes texts with."""
    found = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == DJANGO)
    return [alias.name for node in found for alias in node.names if alias.name not in HARMLESS]


@pytest.mark.parametrize("path", [*app_files(SPEAKING), *TABLES], ids=name_of)
def test_sentence_knows_both_languages(path: Path) -> None:
    assert texts_of_django(ast.parse(path.read_text())) == []


def test_services_and_tables_are_looked_at() -> None:
    assert {layer_of(path) for path in app_files(SPEAKING)} >= SPEAKING
    assert REPOSITORY / "assessment" / "results" / "messages.py" in TABLES


@pytest.mark.parametrize(
    "planted",
    [
        "from django.utils.translation import gettext as _",
        "def late():\n    from django.utils.translation import ngettext",
        "from django.utils.translation import get_language, gettext_lazy",
    ],
)
def test_planted_import_is_found(planted: str) -> None:
    assert len(texts_of_django(ast.parse(planted))) == 1


def test_language_of_the_moment_is_no_offence() -> None:
    assert texts_of_django(ast.parse("from django.utils.translation import get_language")) == []
