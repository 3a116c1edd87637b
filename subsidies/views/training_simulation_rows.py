"""What a simulated training policy says, in words: for the page, and for the files to be sent on."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from enrollment.models import TrainingClass
from institutions.models import User
from subsidies import queries
from subsidies.rules.tallies import Tally
from subsidies.rules.training_tallies import ClassComparison
from subsidies.services.training_simulations import TrainingSimulation
from subsidies.statement_files import as_csv, as_workbook
from subsidies.views.simulation_rows import FORMULA_STARTS, district_names

# How many classes are read at once for a file.
ROWS_AT_ONCE = 1_000
Row = tuple[ClassComparison, TrainingClass]


def changed_classes(user: User, changes: Sequence[ClassComparison]) -> Iterator[Row]:
    """Yield each of these changes with its class."""
    for start in range(0, len(changes), ROWS_AT_ONCE):
        some = changes[start : start + ROWS_AT_ONCE]
        classes = queries.tried_classes(user, [change.class_id for change in some])
        for change in some:
            yield change, classes[change.class_id]


def shown_changes(user: User, changes: Sequence[ClassComparison]) -> list[dict[str, Any]]:
    """Return what the page's list shows of these changes."""
    return [{"change": change, "class": each} for change, each in changed_classes(user, changes)]


def tallies_by_institution(user: User, simulation: TrainingSimulation) -> list[dict[str, Any]]:
    """Return a row for each institution, the one that gains or loses most first."""
    tallies = simulation.tables.by_institution
    names = {pk: each.name for pk, each in queries.institutions_tried(user, tallies).items()}
    by_difference = sorted(tallies.items(), key=lambda each: (-abs(each[1].difference), each[0]))
    return tally_rows((names[pk], tally) for pk, tally in by_difference)


def tallies_by_district(user: User, simulation: TrainingSimulation) -> list[dict[str, Any]]:
    """Return a row for each district in which a class ended."""
    tallies, names = simulation.tables.by_district, district_names(user)
    return tally_rows((name, tallies[pk]) for pk, name in names.items() if pk is not None and pk in tallies)


def tallies_by_month(simulation: TrainingSimulation) -> list[dict[str, Any]]:
    """Return a row for each month in which a class ended."""
    by_month = sorted(simulation.tables.by_month.items())
    return tally_rows((f"{year}-{month:02}", tally) for (year, month), tally in by_month)


def tally_rows(named: Iterable[tuple[str, Tally]]) -> list[dict[str, Any]]:
    """Return the rows of one table, each a name and its tally."""
    return [{"name": name, "tally": tally} for name, tally in named]


def file_of_changes(user: User, simulation: TrainingSimulation, *, is_csv: bool) -> tuple[bytes, str]:
    """Return the changes of a simulation as a file, with the end of its name."""
    head: list[str | Decimal] = [
        _("Training class"),
        _("Training institution"),
        _("District"),
        _("Ended on"),
        _("People, in force"),
        _("Factor, in force"),
        _("Amount, in force"),
        _("People, tried"),
        _("Factor, tried"),
        _("Amount, tried"),
        _("Difference"),
    ]
    rows = [head, *(_cells(change, each) for change, each in changed_classes(user, simulation.changes))]
    if is_csv:
        return as_csv([[_safe(cell) for cell in row] for row in rows]), "csv"
    return as_workbook(simulation.version.name, rows), "xlsx"


def _cells(change: ClassComparison, each: TrainingClass) -> list[str | Decimal]:
    sides = (change.in_force, change.tried)
    figures = [(str(side.counted_count), str(side.factor), side.amount) for side in sides]
    return [
        each.reference,
        each.institution.name,
        each.district.name,
        change.ends_on.isoformat(),
        *figures[0],
        *figures[1],
        change.difference,
    ]


def _safe(cell: str | Decimal) -> str | Decimal:
    """Return a cell that a spreadsheet takes for text, whatever a name begins with."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell
