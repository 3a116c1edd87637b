from assessment.enums import ResultsSource
from assessment.results.columns import RESULT_COLUMNS
from assessment.results.rows import ResultRow
from chongqing_dte.foundation.tabular_entries import read_entries
from chongqing_dte.foundation.tabular_reading import read_table


def read_results(content: bytes) -> list[ResultRow]:
    """Return the results of an uploaded list as clean text, unchecked.

    Raises UnreadableWorkbook, WrongColumns or NoRows.
    """
    return read_table(content, RESULT_COLUMNS, ResultRow).rows


def read_again(source: str, content: bytes) -> list[ResultRow]:
    """Return the rows of what was kept of a submission."""
    if source == ResultsSource.API:
        return read_entries(content, RESULT_COLUMNS, ResultRow)
    return read_results(content)
