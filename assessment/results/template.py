from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from assessment.results.columns import RESULT_COLUMNS, RESULTS_VERSION
from assessment.results.messages import message_for
from assessment.results.people import NO_ROW
from chongqing_dte.foundation.tabular import RowProblem
from chongqing_dte.foundation.tabular_reading import column_label
from chongqing_dte.foundation.tabular_writing import (
    CellKind,
    MarkedRow,
    TableTexts,
    write_marked_table,
    write_table,
)

COLUMNS_BY_KEY: Final = {column.key: column for column in RESULT_COLUMNS}
KINDS: Final[Mapping[str, CellKind]] = {"number_cell": "number", "formula_cell": "formula"}


class ProblemRow(NamedTuple):
    """One row to give back: its cells as text by column, and what is wrong in them."""

    number: int
    cells: Mapping[str, str]
    problems: Sequence[RowProblem]


def write_results(
    rows: Iterable[Mapping[str, str]], *, session_reference: str = "", institution_name: str = ""
) -> bytes:
    """Return a result list (.xlsx), filled as far as the rows are. They map column keys to text or codes.

    Filled in, it reads back with `read_results`.
    """
    return write_table(RESULT_COLUMNS, _texts(session_reference, institution_name), rows)


def write_problem_workbook(
    rows: Iterable[ProblemRow], *, session_reference: str, institution_name: str
) -> bytes:
    """Return the whole list (.xlsx) to correct, with what is wrong in the reader's language and the cells colored.

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
    return write_marked_table(RESULT_COLUMNS, _texts(session_reference, institution_name), marked)


def _reason(problem: RowProblem) -> str:
    text = message_for(problem.code, problem.parameters)
    if problem.row_number == NO_ROW:
        return text
    return f"{column_label(COLUMNS_BY_KEY[problem.column])}: {text}"


def _texts(session_reference: str, institution_name: str) -> TableTexts:
    title = f"考核结果　考核批次：{session_reference or '—'}　评价机构：{institution_name or '—'}"
    return TableTexts("考核结果", title, RESULTS_VERSION)
