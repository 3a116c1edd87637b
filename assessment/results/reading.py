import json
from collections.abc import Mapping, Sequence

from assessment.enums import ResultsSource
from assessment.results.columns import RESULT_COLUMNS
from assessment.results.rows import ResultRow
from chongqing_dte.foundation.tabular import clean_cell
from chongqing_dte.foundation.tabular_reading import read_table

Entry = Mapping[str, str]


def read_results(content: bytes) -> list[ResultRow]:
    """Return the results of an uploaded list as clean text, unchecked.

    Raises UnreadableWorkbook, WrongColumns or NoRows.
    """
    return read_table(content, RESULT_COLUMNS, ResultRow).rows


def entries_as_content(entries: Sequence[Entry]) -> bytes:
    """Return what a machine reported in the one form in which it is kept, so that the same is the same."""
    return json.dumps([dict(entry) for entry in entries], ensure_ascii=False, sort_keys=True).encode()


def read_entries(content: bytes) -> list[ResultRow]:
    """Return what a machine reported as rows, numbered from 1, cleaned as the cells of a list are."""
    return [
        ResultRow(
            number,
            frozenset(),
            frozenset(),
            *(clean_cell(entry.get(column.key, ""), column).text for column in RESULT_COLUMNS),
        )
        for number, entry in enumerate(json.loads(content), start=1)
    ]


def read_again(source: str, content: bytes) -> list[ResultRow]:
    """Return the rows of what was kept of a submission."""
    return read_entries(content) if source == ResultsSource.API else read_results(content)
