from collections.abc import Iterable, Mapping

from assessment.results.columns import RESULT_COLUMNS, RESULTS_VERSION
from chongqing_dte.foundation.tabular_writing import TableTexts, write_table


def results_template(*, session_reference: str, institution_name: str) -> bytes:
    """Return an empty result list (.xlsx) for one session; filled in, it reads back with `read_results`."""
    return write_results((), session_reference=session_reference, institution_name=institution_name)


def write_results(
    rows: Iterable[Mapping[str, str]], *, session_reference: str = "", institution_name: str = ""
) -> bytes:
    """Return a filled result list (.xlsx). The rows map column keys to text; outcomes may be codes."""
    title = f"考核结果　考核批次：{session_reference or '—'}　评价机构：{institution_name or '—'}"
    return write_table(RESULT_COLUMNS, TableTexts("考核结果", title, RESULTS_VERSION), rows)
