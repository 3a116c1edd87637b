from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from chongqing_dte.foundation.tabular import RowProblem
from chongqing_dte.foundation.tabular_reading import column_label
from chongqing_dte.foundation.tabular_writing import (
    CellKind,
    InfoSheet,
    MarkedRow,
    TableTexts,
    write_marked_table,
    write_table,
)
from enrollment.roster.columns import (
    CLASS_REFERENCE,
    INFO_SHEET,
    INSTITUTION,
    ROSTER_COLUMNS,
    ROSTER_VERSION,
    VERSION,
)
from enrollment.roster.messages import message_for

COLUMNS_BY_KEY = {column.key: column for column in ROSTER_COLUMNS}
KINDS: Final[Mapping[str, CellKind]] = {"number_cell": "number", "formula_cell": "formula"}


class ProblemRow(NamedTuple):
    """One row of an upload to give back: its cells as text by column, and what is wrong in them."""

    number: int
    cells: Mapping[str, str]
    problems: Sequence[RowProblem]


def roster_template(*, class_reference: str, institution_name: str) -> bytes:
    """Return an empty roster (.xlsx) for one class; it reads back with `read_roster` once it is filled in."""
    return write_roster((), class_reference=class_reference, institution_name=institution_name)


def write_roster(
    rows: Iterable[Mapping[str, str]], *, class_reference: str = "", institution_name: str = ""
) -> bytes:
    """Return a filled roster (.xlsx). The rows map column keys to text; choices may be given as codes."""
    return write_table(ROSTER_COLUMNS, _texts(class_reference, institution_name), rows)


def write_problem_workbook(
    rows: Iterable[ProblemRow], *, class_reference: str, institution_name: str
) -> bytes:
    """Return the roster (.xlsx) to correct, with what is wrong in the reader's language and the cells colored.

    Corrected, it can be uploaded as it is.
    """
    marked = (
        MarkedRow(
            number=row.number,
            cells=row.cells,
            reasons="\n".join(_reason(problem) for problem in row.problems),
            # An error covers a warning in the same cell.
            marks={
                problem.column: problem.severity
                for problem in sorted(row.problems, key=lambda problem: problem.severity == "error")
            },
            kinds={problem.column: KINDS[problem.code] for problem in row.problems if problem.code in KINDS},
        )
        for row in rows
    )
    return write_marked_table(ROSTER_COLUMNS, _texts(class_reference, institution_name), marked)


def _reason(problem: RowProblem) -> str:
    return f"{column_label(COLUMNS_BY_KEY[problem.column])}: {message_for(problem.code, problem.parameters)}"


def _texts(class_reference: str, institution_name: str) -> TableTexts:
    title = f"学员花名册　班级：{class_reference or '—'}　培训机构：{institution_name or '—'}"
    lines = {VERSION: ROSTER_VERSION, CLASS_REFERENCE: class_reference, INSTITUTION: institution_name}
    return TableTexts("学员花名册", title, ROSTER_VERSION, InfoSheet(INFO_SHEET, lines))
