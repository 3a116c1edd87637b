"""The same people in .xlsx, .xls and .csv are the same rows with the same problems, whatever the cells say."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from chongqing_dte.foundation.workbooks import FileRefused
from enrollment.roster.checks import Circumstances, RosterProblem, find_problems
from enrollment.roster.columns import ROSTER_COLUMNS
from enrollment.roster.reading import read_roster
from enrollment.roster.rows import RosterRow
from tests.enrollment.roster_corpus.people import cells_of, student
from tests.factories.workbooks import csv_file, xls, xlsx

HEADER = [column.zh for column in ROSTER_COLUMNS]
# Quotes, delimiters and line ends belong to the format of text files, and are written plainly by nobody.
TEXTS = st.text(
    st.sampled_from("张三李·Aa0159 Xx　０５ＸＥ+.-/年月日#N/A=@\u200b\u00a0"), max_size=20
) | st.sampled_from(["5.00E+17", "#REF!", "TRUE", "2026/6/30", "20260630", "本科", "BACHELOR", "1.0", "=1+1"])
ODD_CELLS = st.dictionaries(st.sampled_from([column.key for column in ROSTER_COLUMNS]), TEXTS, max_size=6)

Read = tuple[list[RosterRow], list[RosterProblem]]


def read(content: bytes) -> Read | str:
    try:
        rows = read_roster(content).rows
    except FileRefused as refusal:
        return refusal.code
    return rows, find_problems(rows, Circumstances(today=date(2026, 10, 20)))


@settings(max_examples=25, deadline=None)
@given(st.lists(ODD_CELLS, min_size=1, max_size=4))
def test_every_format_gives_the_same_rows_and_problems(odd: list[dict[str, str]]) -> None:
    people = [cells_of(student(number, **changes)) for number, changes in enumerate(odd, start=1)]
    as_text = [HEADER, *([str(cell) for cell in cells] for cells in people)]

    from_xlsx = read(xlsx(as_text, strings_only=True))

    assert read(csv_file(as_text)) == from_xlsx
    assert read(csv_file(as_text, "gb18030")) == from_xlsx
    assert read(xls(as_text)) == from_xlsx
