from assessment.candidates.columns import CANDIDATE_COLUMNS
from assessment.candidates.rows import CandidateRow
from chongqing_dte.foundation.tabular import clean_cell
from chongqing_dte.foundation.tabular_reading import read_table


def read_candidates(content: bytes) -> list[CandidateRow]:
    """Return the people of an uploaded list as clean text, unchecked.

    Raises UnreadableWorkbook, WrongColumns or NoRows.
    """
    return read_table(content, CANDIDATE_COLUMNS, CandidateRow).rows


def row_of(*, id_number: str, name: str, mobile: str) -> CandidateRow:
    """Return one person who was typed into a form as the only row of a list."""
    typed = {"id_number": id_number, "name": name, "mobile": mobile}
    cells = {column.key: clean_cell(typed[column.key], column).text for column in CANDIDATE_COLUMNS}
    return CandidateRow(number=1, id_number=cells["id_number"], name=cells["name"], mobile=cells["mobile"])
