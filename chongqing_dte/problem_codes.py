"""Collects every code that a refusal can carry, with the sentences it is told in, from the code of all apps.

python -m chongqing_dte.problem_codes            writes the list
python -m chongqing_dte.problem_codes --check    exits with 1 if that would change it
"""

import ast
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import django

ROOT: Final = Path(__file__).resolve().parent.parent
PACKAGES: Final = ("chongqing_dte", "institutions", "partners", "enrollment", "assessment", "subsidies")
KEPT: Final = ROOT / "partners" / "rest" / "problem_codes.json"
BASE: Final = "DomainError"
TRANSLATIONS: Final = frozenset({"_", "gettext", "gettext_lazy", "ngettext"})
# Tables of what can be wrong with one row of a list that was handed in.
TABLE: Final = "_MESSAGES"


@dataclass
class Kind:
    """One class of refusals: what it is made of, and what it says of itself."""

    bases: list[str]
    code: str | None = None
    status: int | None = None
    sentences: list[str] = field(default_factory=list)


@dataclass
class Entry:
    """What is known of one code."""

    statuses: set[int] = field(default_factory=set)
    sentences: set[str] = field(default_factory=set)


def main() -> int:
    """Write the list, or with --check only say whether it is stale; return the exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chongqing_dte.settings.dev")
    django.setup()
    if "--check" in sys.argv[1:]:
        is_stale = not KEPT.exists() or KEPT.read_text(encoding="utf-8") != written()
        sys.stdout.write("stale: partners/rest/problem_codes.json\n" if is_stale else "")
        return 1 if is_stale else 0
    KEPT.write_text(written(), encoding="utf-8")
    return 0


def written() -> str:
    """Return the list as it is kept."""
    found = [
        {"code": code, "statuses": sorted(entry.statuses), "sentences": sorted(entry.sentences)}
        for code, entry in sorted(collected().items())
    ]
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def collected() -> dict[str, Entry]:
    """Return every code that the code of the apps names, and those of the framework's fields."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in _files()]
    kinds = refusal_kinds(trees)
    entries: dict[str, Entry] = defaultdict(Entry)
    for name in kinds:
        own, usual = told_by(name, kinds)
        entries[own].statuses.add(usual)
        entries[own].sentences.update(kinds[name].sentences)
    for tree in trees:
        for code, status, sentences in _raised(tree, kinds):
            if status is not None:
                entries[code].statuses.add(status)
            entries[code].sentences.update(sentences)
        for code, sentences in _tabled(tree):
            entries[code].sentences.update(sentences)
    for code, sentence in of_the_framework():
        entries[code].sentences.add(sentence)
    return dict(entries)


def refusal_kinds(trees: list[ast.Module]) -> dict[str, Kind]:
    """Return every class that is a DomainError, by its name."""
    classes = {node.name: node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    bases = {name: [_last_name(base) for base in node.bases] for name, node in classes.items()}
    known = {BASE}
    while more := {name for name in bases if name not in known and known & set(bases[name])}:
        known |= more
    return {name: _kind(classes[name], bases[name]) for name in sorted(known)}


def told_by(name: str, kinds: dict[str, Kind]) -> tuple[str, int]:
    """Return the code and the status of a class, its own or those of what it is made of."""
    code: str | None
    status: int | None
    code, status = kinds[name].code, kinds[name].status
    for base in kinds[name].bases:
        if base in kinds:
            inherited = told_by(base, kinds)
            code, status = code or inherited[0], status or inherited[1]
    return code or "refused", status or 422


def of_the_framework() -> Iterator[tuple[str, str]]:
    """Yield the codes of the framework's fields, with their English sentences."""
    from django.utils import translation
    from rest_framework import fields, serializers

    with translation.override("en"):
        for module in (fields, serializers):
            for each in vars(module).values():
                if isinstance(each, type) and issubclass(each, fields.Field):
                    messages = getattr(each, "default_error_messages", {})
                    yield from ((code, str(text)[:]) for code, text in messages.items())


def _files() -> list[Path]:
    found = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return sorted(path for path in found if "migrations" not in path.parts)


def _kind(node: ast.ClassDef, bases: list[str]) -> Kind:
    kind = Kind(bases, sentences=list(_sentences(node)))
    for statement in node.body:
        target = (
            statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
        )
        value = getattr(statement, "value", None)
        if isinstance(target, ast.Name) and isinstance(value, ast.Constant):
            if target.id == "code":
                kind.code = str(value.value)
            elif target.id == "status_code" and isinstance(value.value, int):
                kind.status = value.value
    return kind


def _raised(tree: ast.Module, kinds: dict[str, Kind]) -> Iterator[tuple[str, int | None, list[str]]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = _last_name(node.func)
        given = next((word.value for word in node.keywords if word.arg == "code"), None)
        code = given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else None
        if name in kinds:
            usual, status = told_by(name, kinds)
            if given is None or code is not None:
                yield code or usual, status, list(_sentences(node))
        elif name == "FieldProblem" and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
            yield str(node.args[1].value), None, []
        elif name == "ValidationError" and code is not None:
            yield code, None, list(_sentences(node))


def _tabled(tree: ast.Module) -> Iterator[tuple[str, list[str]]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            continue
        if node.target.id.endswith(TABLE) and isinstance(node.value, ast.Dict):
            for key, value in zip(node.value.keys, node.value.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, list(_sentences(value))


def _sentences(node: ast.AST) -> Iterator[str]:
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and _last_name(call.func) in TRANSLATIONS and call.args:
            # Of a singular and a plural, the plural.
            text = call.args[1 if _last_name(call.func) == "ngettext" else 0]
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                yield text.value


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Subscript):
        return _last_name(node.value)
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


if __name__ == "__main__":
    sys.exit(main())
