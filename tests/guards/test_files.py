"""Names and sizes of files, and the number of places where a tool is told to look away."""

import ast
import io
import re
import tokenize
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.guards.sources import APPS, PACKAGES, REPOSITORY, name_of, python_files

ALL_FILES = [*python_files(*PACKAGES, "demo", "tests"), REPOSITORY / "manage.py"]
NAMELESS = frozenset({"utils", "util", "helpers", "helper", "common", "misc"})
LONGEST_FILE = 400
LONGEST_README = 40
# This number only falls. Raise it with a reason in the decision records, or not at all.
SUPPRESSIONS = 17
SUPPRESSION = re.compile(r"#\s*(?:noqa|type:\s*ignore|pragma:\s*no\s*cover|nosec|fmt:\s*off)", re.IGNORECASE)


def nameless(paths: Iterable[Path]) -> list[Path]:
    """Return the paths that say nothing about what is in them."""
    return [path for path in paths if NAMELESS & {part.removesuffix(".py") for part in path.parts}]


def suppressions_in(source: str) -> list[str]:
    """Return the comments that silence a tool."""
    if not SUPPRESSION.search(source):
        return []
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [t.string for t in tokens if t.type == tokenize.COMMENT and SUPPRESSION.search(t.string)]


def is_too_long(text: str, longest: int) -> bool:
    return len(text.splitlines()) > longest


def is_front(source: str) -> bool:
    """Test whether this is a list of what a package offers, and nothing else."""
    return all(
        isinstance(statement, ast.Import | ast.ImportFrom)
        or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        or (isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__all__")
        for statement in ast.parse(source).body
    )


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert nameless(path.relative_to(REPOSITORY) for path in ALL_FILES) == []


def test_every_file_keeps_to_its_budget() -> None:
    texts = {path: path.read_text() for path in ALL_FILES}
    too_long = [path for path, text in texts.items() if is_too_long(text, LONGEST_FILE)]

    assert [path for path in too_long if path.name != "__init__.py" or not is_front(texts[path])] == []


@pytest.mark.parametrize("app", APPS)
def test_readme_of_an_app_keeps_to_its_budget(app: str) -> None:
    readme = REPOSITORY / app / "README.md"

    assert not readme.exists() or not is_too_long(readme.read_text(), LONGEST_README)


def test_number_of_suppressions_only_falls() -> None:
    found = [f"{name_of(path)}: {text}" for path in ALL_FILES for text in suppressions_in(path.read_text())]

    assert len(found) <= SUPPRESSIONS, "\n".join(found)


def test_every_suppression_says_what_it_silences() -> None:
    found = [text for path in ALL_FILES for text in suppressions_in(path.read_text())]

    assert [text for text in found if re.fullmatch(r"#\s*(noqa|type:\s*ignore)\s*", text)] == []


@pytest.mark.parametrize("planted", ["enrollment/utils.py", "assessment/common/rows.py", "subsidies/misc.py"])
def test_planted_nameless_file_is_found(planted: str) -> None:
    assert nameless([Path(planted)])


@pytest.mark.parametrize("planted", ["x = 1  # noqa: E501", "x = 1  # type: ignore[assignment]"])
def test_planted_suppression_is_found(planted: str) -> None:
    assert suppressions_in(planted)


def test_the_word_in_a_text_is_no_suppression() -> None:
    assert suppressions_in('x = "# noqa"') == []


def test_planted_long_file_is_found() -> None:
    assert is_too_long("x = 1\n" * 401, LONGEST_FILE)


def test_planted_function_is_no_list_of_names() -> None:
    assert is_front("from subsidies.queries.desk import desk_rows\n\n__all__ = ['desk_rows']\n")
    assert not is_front("from subsidies.queries.desk import desk_rows\n\ndef more(): ...\n")
