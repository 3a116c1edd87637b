from assessment.results.columns import RESULT_COLUMNS
from assessment.results.rows import ResultRow
from chongqing_dte.foundation.tabular_reading import read_table


def read_results(content: bytes) -> list[ResultRow]:
    """Return the results of an uploaded list as clean text, unchecked.

    Raises UnreadableWorkbook, WrongColumns or NoRows.
    """
    return read_table(content, RESULT_COLUMNS, ResultRow).rows
