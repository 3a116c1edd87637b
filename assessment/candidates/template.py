from collections.abc import Iterable, Mapping

from assessment.candidates.columns import CANDIDATE_COLUMNS, CANDIDATES_VERSION
from chongqing_dte.foundation.tabular_writing import TableTexts, write_table


def candidates_template(
    *, session_reference: str, institution_name: str, rows: Iterable[Mapping[str, str]] = ()
) -> bytes:
    """Return a list of candidates (.xlsx) for one session, empty or filled; it reads back with `read_candidates`."""
    title = f"考生名单　考核批次：{session_reference}　评价机构：{institution_name}"
    return write_table(CANDIDATE_COLUMNS, TableTexts("考生名单", title, CANDIDATES_VERSION), rows)
