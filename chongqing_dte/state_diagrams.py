"""Draws every status table of every app into docs/states, so that the pictures are never older than the code.

python -m chongqing_dte.state_diagrams            writes the pages
python -m chongqing_dte.state_diagrams --check    exits with 1 if that would change one
"""

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final

import django
from django.apps import apps
from django.db import models
from django.db.models import TextChoices
from django.utils import translation

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = ROOT / "docs" / "states"
APPS: Final = ("institutions", "partners", "enrollment", "assessment", "subsidies")
SUFFIX: Final = "_TRANSITIONS"

Table = Mapping[TextChoices, frozenset[TextChoices]]


@dataclass(frozen=True)
class Machine:
    """One status table, and the model whose status it speaks of."""

    app: str
    constant: str
    table: Table
    model: type[models.Model]

    @property
    def file_name(self) -> str:
        """The page's name: the app, and the model in lower case."""
        return f"{self.app}-{self.model._meta.model_name}.md"

    @property
    def first(self) -> TextChoices | None:
        """The status that a new row has unless its service says otherwise, if there is one."""
        defaults = [field.default for field in self.model._meta.local_fields if field.name == "status"]
        return next((status for status in self.table if status in defaults), None)


def main() -> int:
    """Write the pages, or with --check only name those that are stale; return the exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chongqing_dte.settings.dev")
    django.setup()
    wrong = stale()
    if "--check" in sys.argv[1:]:
        sys.stdout.write("".join(f"stale: {name}\n" for name in wrong))
        return 1 if wrong else 0
    write()
    return 0


def pages() -> dict[str, str]:
    """Return what every page should say, by file name."""
    found = list(machines())
    return {"README.md": index_page(found), **{machine.file_name: page(machine) for machine in found}}


def stale() -> list[str]:
    """Return the pages that are missing, left over, or say something else than the code."""
    wanted = pages()
    there = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    return sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))


def write() -> None:
    """Bring the folder up to the code."""
    wanted = pages()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in FOLDER.glob("*.md"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


def machines() -> Iterator[Machine]:
    """Return the status tables of all apps, in the order of the road."""
    for app in APPS:
        if not (ROOT / app / "transitions.py").exists():
            continue
        for constant, table in vars(import_module(f"{app}.transitions")).items():
            if constant.endswith(SUFFIX):
                yield Machine(app, constant, table, model_of(app, table))


def model_of(app: str, table: Table) -> type[models.Model]:
    """Return the app's model whose status takes the values of this table."""
    values = {status.value for status in table}
    for model in apps.get_app_config(app).get_models():
        for field in model._meta.local_fields:
            if field.name == "status" and {value for value, _label in field.flatchoices} == values:
                return model
    raise LookupError(f"{app} has no model with the statuses {sorted(values)}.")


def page(machine: Machine) -> str:
    """Return one machine as a diagram and a table, with the words that people read."""
    lines = [
        f"# {in_english(machine.model._meta.verbose_name)} · {in_chinese(machine.model._meta.verbose_name)}",
        "",
        f"Drawn from `{machine.constant}` in `{machine.app}/transitions.py` by `chongqing_dte/state_diagrams.py`. "
        "Do not edit this page.",
        "",
        "```mermaid",
        "stateDiagram-v2",
        *diagram(machine),
        "```",
        "",
        "| Status | English | 中文 | May become |",
        "|---|---|---|---|",
        *(row(status, machine.table) for status in machine.table),
        "",
    ]
    return "\n".join(lines)


def diagram(machine: Machine) -> Iterator[str]:
    """Return the arrows. A status with no way out ends in the closing dot."""
    if machine.first is not None:
        yield f"    [*] --> {machine.first.value}"
    for status, targets in machine.table.items():
        for target in in_order(targets, machine.table):
            yield f"    {status.value} --> {target.value}"
        if not targets:
            yield f"    {status.value} --> [*]"


def row(status: TextChoices, table: Table) -> str:
    """Return one status as a line of the table."""
    targets = ", ".join(target.value for target in in_order(table[status], table)) or "nothing: it ends here"
    return f"| {status.value} | {in_english(status.label)} | {in_chinese(status.label)} | {targets} |"


def index_page(found: list[Machine]) -> str:
    """Return the list of all machines."""
    lines = [
        "# States · 状态",
        "",
        "One page for each status that changes. Only a service changes it, and only along these arrows; the tables",
        "stand in each app's transitions module. `python -m chongqing_dte.state_diagrams` draws these pages anew,",
        "and a test fails when one is stale.",
        "",
        *(
            f"- [{in_english(machine.model._meta.verbose_name)} · "
            f"{in_chinese(machine.model._meta.verbose_name)}]({machine.file_name})"
            for machine in found
        ),
        "",
    ]
    return "\n".join(lines)


def in_order(targets: frozenset[TextChoices], table: Table) -> list[TextChoices]:
    """Return targets in the order in which the table names its statuses."""
    return [status for status in table if status in targets]


def in_english(text: object) -> str:
    """Return a text as an English reader sees it."""
    with translation.override("en"):
        return str(text)


def in_chinese(text: object) -> str:
    """Return a text as a Chinese reader sees it."""
    with translation.override("zh-hans"):
        return str(text)


if __name__ == "__main__":
    sys.exit(main())
