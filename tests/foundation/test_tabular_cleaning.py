import unicodedata
from datetime import date, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chongqing_dte.foundation.tabular import (
    REMEMBERED_CELLS,
    Choice,
    Column,
    clean_cell,
    clean_column,
    clean_text,
    parse_date,
)
from enrollment.roster.columns import ROSTER_COLUMNS

COLUMNS = {column.key: column for column in ROSTER_COLUMNS}
# What clerks and their programs type, beside everything else that can be typed.
TYPED = st.text(
    alphabet="0123456789０１２３４５６７８９ xXｘ年月日/-.·•・　\t\n\u200bE+ 张三丰重庆大学*#N/A", max_size=24
)
CELLS = st.one_of(
    TYPED,
    st.text(max_size=24),
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.dates(),
    st.datetimes(),
)
columns = st.sampled_from(ROSTER_COLUMNS)


def digits_of(text: str) -> str:
    return "".join(character for character in unicodedata.normalize("NFKC", text) if character.isdigit())


@given(CELLS, columns)
def test_cleaning_twice_is_cleaning_once(cell: Any, column: Column) -> None:
    once = clean_cell(cell, column)

    assert clean_cell(once.text, column).text == once.text


@given(
    st.one_of(TYPED, st.text(max_size=24)), st.sampled_from(["id_number", "mobile", "bank_account", "name"])
)
def test_cleaning_invents_no_digit_and_loses_none(text: str, key: str) -> None:
    assert digits_of(clean_cell(text, COLUMNS[key]).text) == digits_of(text)


@given(st.integers() | st.floats())
def test_number_in_an_identifier_is_always_damaged(number: float) -> None:
    assert clean_cell(number, COLUMNS["id_number"]).is_damaged


@given(st.floats(min_value=1e4, max_value=1e30))
def test_text_of_a_scientific_number_is_always_damaged(number: float) -> None:
    assert clean_cell(f"{number:.2E}", COLUMNS["id_number"]).is_damaged


@given(st.lists(CELLS, max_size=30), columns)
def test_a_column_is_cleaned_as_its_cells_are(cells: list[Any], column: Column) -> None:
    expected = [clean_cell(cell, column) for cell in cells]

    texts, damaged = clean_column(cells, column, {})

    assert texts == [cell.text for cell in expected]
    assert damaged == [place for place, cell in enumerate(expected) if cell.is_damaged]


@given(st.lists(TYPED, max_size=10), columns)
def test_what_is_remembered_of_a_column_changes_nothing(cells: list[str], column: Column) -> None:
    remembered: dict[object, str] = {}
    first = clean_column(cells, column, remembered)

    assert clean_column(cells, column, remembered) == first


def test_one_cell_with_a_line_break_is_not_taken_for_two_plain_ones() -> None:
    texts, _damaged = clean_column(["1\n2", "3"], COLUMNS["id_number"], {})

    assert texts == ["12", "3"]


def test_one_and_true_stay_apart() -> None:
    column = Column("school", "学校", "School")

    remembered: dict[object, str] = {}
    texts = [clean_column([cell], column, remembered)[0] for cell in (True, 1, 1.0, "1")]

    assert texts == [["TRUE"], ["1"], ["1"], ["1"]]


def test_only_so_many_cells_are_remembered() -> None:
    remembered: dict[object, str] = {}

    clean_column([f"学校 {number}" for number in range(REMEMBERED_CELLS + 10)], COLUMNS["school"], remembered)

    assert len(remembered) == REMEMBERED_CELLS


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)))
def test_a_day_is_read_however_it_is_written(day: date) -> None:
    forms = (
        day.isoformat(),
        f"{day.year}/{day.month}/{day.day}",
        f"{day:%Y%m%d}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year}.{day.month}.{day.day}",
        f"{day.isoformat()} 00:00:00",
    )

    assert {parse_date(form) for form in forms} == {day}
    assert clean_cell(datetime.combine(day, time(8)), COLUMNS["birth_date"]).text == day.isoformat()


@pytest.mark.parametrize("cell", ["A", "a", "甲", "alpha", "ALPHA", "甲 Alpha", " 甲\u3000Alpha "])
def test_choice_is_known_by_its_code_and_by_both_labels(cell: str) -> None:
    column = Column(
        "kind", "类", "Kind", "choice", choices=(Choice("A", "甲", "Alpha"), Choice("B", "乙", "Beta"))
    )

    assert clean_cell(cell, column).text == "A"


@given(st.text(max_size=40))
def test_clean_text_is_one_line_without_invisible_characters(text: str) -> None:
    cleaned = clean_text(text)

    assert cleaned == clean_text(cleaned)
    assert not [c for c in cleaned if unicodedata.category(c) in {"Cc", "Cf"}]
    assert cleaned == " ".join(cleaned.split())
