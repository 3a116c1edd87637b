"""Where the code is, for the rules about it."""

import ast
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

REPOSITORY: Final = Path(__file__).resolve().parent.parent.parent
APPS: Final = ("institutions", "partners", "enrollment", "assessment", "subsidies")
PACKAGES: Final = ("chongqing_dte", *APPS)
INTERFACES: Final = frozenset({"admin", "api", "views", "tasks", "forms", "urls", "management", "rest"})


def python_files(*folders: str) -> list[Path]:
    """Return the modules of these folders, without migrations."""
    found = (path for folder in folders for path in (REPOSITORY / folder).rglob("*.py"))
    return sorted(path for path in found if "migrations" not in path.parts)


def layer_of(path: Path) -> str:
    """Return the layer of an app's module: the name of its folder or file just below the app."""
    return path.relative_to(REPOSITORY).parts[1].removesuffix(".py")


def app_files(layers: frozenset[str]) -> list[Path]:
    """Return the apps' modules that belong to these layers."""
    return [path for path in python_files(*APPS) if layer_of(path) in layers]


def files_below_interfaces() -> list[Path]:
    """Return the apps' modules that take the time and the user as arguments."""
    return [
        path for path in python_files(*APPS) if layer_of(path) not in INTERFACES | {"templatetags", "apps"}
    ]


def found_in(files: Iterable[Path], rule: Callable[[str], list[Any]]) -> dict[str, list[Any]]:
    """Return what a rule finds in these files, by the name of the file."""
    texts = {name_of(path): path.read_text() for path in files}
    if not texts:
        raise ValueError("There is no file to look at.")
    return {name: found for name, text in texts.items() if (found := rule(text))}


def name_of(path: Path) -> str:
    """Return a path as it is shown for a parametrized test."""
    return str(path.relative_to(REPOSITORY))


def dotted(node: ast.AST) -> str:
    """Return `timezone.now` for that expression, and an empty text for anything that is not a dotted name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{before}.{node.attr}" if (before := dotted(node.value)) else f".{node.attr}"
    return ""


def calls_in(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Yield every call in the tree under the dotted name that is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield dotted(node.func), node
