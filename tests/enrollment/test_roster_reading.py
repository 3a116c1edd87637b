import io
from datetime import date, datetime, time
from typing import Any

import openpyxl
import pytest
from django.utils.translation import override

from chongqing_dte.foundation.tabular import Choice, Column, RowProblem
from chongqing_dte.foundation.tabular_reading import PROBLEMS_HEADER, NoRows, WrongColumns
from chongqing_dte.foundation.tabular_writing import InfoSheet, TableTexts, write_table
from chongqing_dte.foundation.workbooks import UnreadableWorkbook
from demo.identifiers import make_card_number, make_cnaps, make_mobile, make_resident_id
from enrollment.enums import Education, ParticipantCategory
from enrollment.roster.checks import Circumstances, find_problems
from enrollment.roster.columns import CATEGORIES, EDUCATION_LEVELS, INFO_SHEET, ROSTER_COLUMNS, VERSION
from enrollment.roster.messages import failure_text
from enrollment.roster.reading import OtherClass, OtherVersion, RosterFile, read_roster
from enrollment.roster.rows import RosterRow
from enrollment.roster.template import ProblemRow, roster_template, write_problem_workbook, write_roster
from tests.factories.workbooks import csv_file, xlsx

CHINESE_HEADER = [column.zh for column in ROSTER_COLUMNS]
ENGLISH_HEADER = [column.en for column in ROSTER_COLUMNS]
STUDENT: dict[str, Any] = {
    "name": "欧阳娜娜",
    "id_number": make_resident_id(born_on=date(2003, 5, 1), sequence=8),
    "mobile": make_mobile(8),
    "category": "GRADUATING_STUDENT",
    "education": "BACHELOR",
    "school": "重庆大学",
    "student_number": "20220008",
    "graduated_on": "2026-06-30",
    "bank_account": make_card_number(8),
    "bank_name": "重庆银行渝中支行",
    "bank_cnaps": make_cnaps(8),
}
CELLS = [STUDENT.get(column.key, "") for column in ROSTER_COLUMNS]


def with_cell(key: str, cell: object) -> list[list[object]]:
    """A roster of one person with one cell replaced."""
    cells: list[object] = [
        cell if column.key == key else STUDENT.get(column.key) for column in ROSTER_COLUMNS
    ]
    return [list(CHINESE_HEADER), cells]


def test_written_roster_reads_back_without_a_problem() -> None:
    file = read_roster(write_roster([STUDENT], class_reference="C-1", institution_name="Example"))

    assert file == RosterFile([RosterRow(number=3, **STUDENT)], "C-1", "roster-2")
    assert find_problems(file.rows, Circumstances(today=date(2026, 11, 20))) == []


def test_text_that_looks_like_a_formula_or_a_link_stays_text() -> None:
    content = write_roster([{**STUDENT, "name": '=HYPERLINK("http://x")', "school": "http://example.com"}])

    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]

    assert (sheet.cell(3, 1).data_type, sheet.cell(3, 6).hyperlink) == ("s", None)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(xlsx([CHINESE_HEADER, CELLS]), id="Chinese header"),
        pytest.param(xlsx([ENGLISH_HEADER, CELLS]), id="English header"),
        pytest.param(
            xlsx([[h.upper() + " ＊" for h in ENGLISH_HEADER], CELLS]), id="capitals and an asterisk"
        ),
        pytest.param(xlsx([[f" {h}*" for h in CHINESE_HEADER], CELLS]), id="spaces and an asterisk"),
        pytest.param(
            xlsx([[f"{column.zh} {column.en}" for column in ROSTER_COLUMNS], CELLS]),
            id="header in both languages",
        ),
        pytest.param(xlsx([CHINESE_HEADER[::-1], CELLS[::-1]]), id="other order"),
        pytest.param(xlsx([CHINESE_HEADER, CELLS], indent=(0, 2)), id="two blank columns first"),
        pytest.param(xlsx([CHINESE_HEADER, CELLS], blank_first=True), id="blank sheet first"),
        pytest.param(xlsx([CHINESE_HEADER, CELLS], hidden_first=True), id="hidden sheet first"),
        pytest.param(csv_file([CHINESE_HEADER, CELLS], "gb18030"), id="GB18030 csv"),
        pytest.param(csv_file([CHINESE_HEADER, CELLS]), id="UTF-8 csv"),
        pytest.param(
            xlsx([[*CHINESE_HEADER, PROBLEMS_HEADER], [*CELLS, "必填"]]), id="comes back with our problems"
        ),
    ],
)
def test_roster_is_read_whatever_its_header_looks_like(content: bytes) -> None:
    assert read_roster(content) == RosterFile([RosterRow(number=2, **STUDENT)])


def test_row_numbers_are_those_of_the_sheet() -> None:
    content = xlsx([["title"], CHINESE_HEADER, CELLS, [" "] * 15, CELLS], indent=(2, 1))

    assert [row.number for row in read_roster(content).rows] == [5, 7]


def test_wrong_columns_are_named() -> None:
    header = ["姓名", "身份证", *CHINESE_HEADER[2:], "手机号"]

    with pytest.raises(WrongColumns) as refusal:
        read_roster(xlsx([header, CELLS]))

    assert refusal.value.parameters == {"missing": ["id_number"], "extra": ["身份证"], "repeated": ["mobile"]}


@pytest.mark.parametrize(
    ("language", "names"),
    [("zh-hans", ("身份证号", "身份证", "手机号")), ("en", ("ID number", "身份证", "Mobile number"))],
)
def test_wrong_columns_are_named_in_the_language_of_the_reader(language: str, names: tuple[str, ...]) -> None:
    header = ["姓名", "身份证", *CHINESE_HEADER[2:], "手机号"]

    with pytest.raises(WrongColumns) as refusal:
        read_roster(xlsx([header, CELLS]))

    with override(language):
        assert all(name in str(refusal.value) for name in names)
        assert str(failure_text("wrong_columns", refusal.value.parameters)) == str(refusal.value)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(xlsx([CELLS, CELLS]), id="people without a header"),
        pytest.param(xlsx([]), id="blank sheet"),
        pytest.param(xlsx([CHINESE_HEADER, CELLS], indent=(10, 0)), id="header in row 11"),
        pytest.param(b"some,other\nlist,1\n", id="another csv"),
    ],
)
def test_without_a_header_all_columns_are_missing_and_nothing_of_the_file_is_repeated(content: bytes) -> None:
    with pytest.raises(WrongColumns) as refusal:
        read_roster(content)

    assert (refusal.value.missing, refusal.value.extra) == ([column.key for column in ROSTER_COLUMNS], [])


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(roster_template(class_reference="C-1", institution_name="Example"), id="empty template"),
        pytest.param(xlsx([CHINESE_HEADER]), id="header only"),
        pytest.param(xlsx([CHINESE_HEADER, ["\u200b"]]), id="only invisible characters"),
    ],
)
def test_roster_without_people_is_refused(content: bytes) -> None:
    with pytest.raises(NoRows):
        read_roster(content)


def test_file_that_is_no_workbook_is_refused() -> None:
    with pytest.raises(UnreadableWorkbook):
        read_roster(b"<html></html>")


@pytest.mark.parametrize(
    "key", ["id_number", "mobile", "bank_account", "bank_cnaps", "employer_credit_code"], ids=str
)
@pytest.mark.parametrize(
    "cell",
    [
        pytest.param(5.00299200305e17, id="number"),
        pytest.param(13800000000, id="short number"),
        pytest.param("5.00E+17", id="scientific text"),
        pytest.param("５.００Ｅ+１７", id="full-width scientific text"),
        pytest.param(True, id="truth value"),
        pytest.param(date(2026, 6, 30), id="date"),
    ],
)
def test_identifier_that_is_not_text_is_damaged(key: str, cell: object) -> None:
    (row,) = read_roster(xlsx(with_cell(key, cell))).rows

    assert row.damaged == {key}


@pytest.mark.parametrize(
    ("key", "cell", "text"),
    [
        pytest.param(
            "id_number", "５００２９９２００３０５０１００８ｘ", "50029920030501008X", id="full width"
        ),
        pytest.param("id_number", "'500299 2003\u200b", "'5002992003", id="white space inside"),
        pytest.param("mobile", "154\u3000\t0000 0008", "15400000008", id="spaces in a mobile"),
        pytest.param("student_number", 20220008, "20220008", id="student number as a number"),
        pytest.param("student_number", 2022.5, "2022.5", id="number with decimals"),
        pytest.param("name", "张\u3000三\n", "张三", id="name"),
        pytest.param("school", "重庆\n大学\u202e", "重庆 大学", id="line break and direction mark"),
        pytest.param("school", True, "TRUE", id="truth value"),
        pytest.param("category", "企业职工 ", "ENTERPRISE_EMPLOYEE", id="Chinese label"),
        pytest.param("category", "graduating STUDENT", "GRADUATING_STUDENT", id="English label"),
        pytest.param("category", "earlier_graduate", "EARLIER_GRADUATE", id="code"),
        pytest.param("category", "其他", "其他", id="unknown choice stays"),
        pytest.param("graduated_on", date(2026, 6, 30), "2026-06-30", id="Excel date"),
        pytest.param(
            "graduated_on",
            datetime.combine(date(2026, 6, 30), time(8, 30)),
            "2026-06-30",
            id="Excel date with a time",
        ),
        pytest.param("graduated_on", 20260630, "2026-06-30", id="date as a number"),
        pytest.param("graduated_on", "2026-06-30", "2026-06-30", id="ISO"),
        pytest.param("graduated_on", "2026-06-30 00:00:00", "2026-06-30", id="ISO with midnight"),
        pytest.param("graduated_on", "2026/6/3", "2026-06-03", id="slashes"),
        pytest.param("graduated_on", "2026.6.3", "2026-06-03", id="dots"),
        pytest.param("graduated_on", "20260630", "2026-06-30", id="eight digits"),
        pytest.param("graduated_on", "2026年6月30日", "2026-06-30", id="Chinese"),
        pytest.param("graduated_on", "２０２６年６月３０日", "2026-06-30", id="full-width Chinese"),
        pytest.param("graduated_on", "2026-02-30", "2026-02-30", id="no such day stays"),
        pytest.param("graduated_on", "30/06/2026", "30/06/2026", id="day first stays"),
    ],
)
def test_cell_is_cleaned(key: str, cell: object, text: str) -> None:
    (row,) = read_roster(xlsx(with_cell(key, cell))).rows

    assert row.value(key) == text
    assert row.damaged == frozenset()


def test_text_column_with_a_number_beyond_15_digits_is_damaged() -> None:
    (row,) = read_roster(xlsx(with_cell("student_number", 2.02200081234567e17))).rows

    assert row.damaged == {"student_number"}


def test_template_of_another_class_is_refused_with_both_names() -> None:
    content = write_roster([STUDENT], class_reference="C-1")

    with pytest.raises(OtherClass) as refusal:
        read_roster(content, class_reference="C-2")

    assert refusal.value.parameters == {"found": "C-1", "expected": "C-2"}
    assert all(name in str(refusal.value) for name in ("C-1", "C-2"))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(write_roster([STUDENT], class_reference="C-1"), id="template of this class"),
        pytest.param(xlsx([CHINESE_HEADER, CELLS]), id="own list"),
        pytest.param(csv_file([CHINESE_HEADER, CELLS]), id="csv"),
    ],
)
def test_class_is_compared_where_the_file_names_one(content: bytes) -> None:
    assert len(read_roster(content, class_reference="C-1").rows) == 1


def test_template_of_another_version_is_refused_before_its_columns_are_looked_at() -> None:
    texts = TableTexts("list", "title", "roster-1", InfoSheet(INFO_SHEET, {VERSION: "roster-1"}))
    content = write_table(ROSTER_COLUMNS[:3], texts, [STUDENT])

    with pytest.raises(OtherVersion) as refusal:
        read_roster(content)

    assert refusal.value.parameters == {"found": "roster-1", "expected": "roster-2"}
    assert "roster-2" in str(refusal.value)


def template_sheets() -> list[Any]:
    content = roster_template(class_reference="C-1", institution_name="Example")
    sheets: list[Any] = openpyxl.load_workbook(io.BytesIO(content)).worksheets
    return sheets


def test_template_asks_for_text_and_offers_the_choices() -> None:
    sheet, explanation, _info = template_sheets()

    assert sheet.freeze_panes == "C3"
    formats = sheet.column_dimensions.values()
    assert {columns.number_format for columns in formats} == {"@"}
    assert max(columns.max for columns in formats) == len(ROSTER_COLUMNS)
    assert [cell.value for cell in sheet[2]][:3] == ["姓名 *", "身份证号 *", "出生日期"]
    rules = {str(rule.sqref) for rule in sheet.data_validations.dataValidation}
    assert rules == {"E3:E100003", "F3:F100003"}
    assert explanation.max_row > len(ROSTER_COLUMNS) + 1


def test_template_locks_what_it_is_for_and_leaves_the_list_open() -> None:
    sheet, explanation, info = template_sheets()

    assert [one.protection.sheet for one in (sheet, explanation, info)] == [False, True, True]
    assert [cell.value for cell in info["B"]] == ["roster-2", "C-1", "Example"]


def test_long_dropdown_stands_in_cells_of_a_hidden_sheet() -> None:
    schools = tuple(Choice(f"S{number}", f"第{number}所示例学校", f"School {number}") for number in range(60))
    column = Column("school", "学校", "School", "choice", choices=schools)
    content = write_table([Column("name", "姓名", "Name"), column], TableTexts("list", "title", "test-1"))

    sheet, _explanation, options = openpyxl.load_workbook(io.BytesIO(content)).worksheets

    (rule,) = sheet.data_validations.dataValidation
    assert rule.formula1 == f"'{options.title}'!$B$1:$B$60"
    assert (options.sheet_state, options["B60"].value) == ("hidden", "第59所示例学校")


WRONG = {**STUDENT, "id_number": "5.00E+17", "school": "=1+1", "mobile": ""}
PROBLEMS = [
    RowProblem(7, "id_number", "number_cell"),
    RowProblem(7, "mobile", "required"),
    RowProblem(7, "bank_account", "account_check_digit", "warning"),
    RowProblem(7, "bank_account", "account_format"),
    RowProblem(7, "bank_name", "formula_cell", "warning"),
]


def problem_sheet() -> Any:
    content = write_problem_workbook(
        [ProblemRow(7, WRONG, PROBLEMS)], class_reference="C-1", institution_name="Example"
    )
    return openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]


def test_problem_workbook_says_where_the_row_stood_and_what_is_wrong() -> None:
    sheet = problem_sheet()

    with override("en"):
        assert sheet["A3"].value == "7"
    assert sheet["B3"].value.count("\n") == len(PROBLEMS) - 1


def test_problem_workbook_marks_the_cells_and_an_error_covers_a_warning() -> None:
    colors = {cell.column - 3: cell.fill.fgColor.rgb for cell in problem_sheet()[3] if cell.fill.fill_type}

    red, yellow = "FFFFC7CE", "FFFFEB9C"
    keys = {ROSTER_COLUMNS[place].key: color for place, color in colors.items()}
    assert keys == {"id_number": red, "mobile": red, "bank_account": red, "bank_name": yellow}


def test_problem_workbook_holds_text_and_of_a_formula_its_last_result() -> None:
    written = [cell for cell in problem_sheet()[3] if cell.value is not None]

    assert {cell.number_format for cell in written} == {"@"}
    assert [cell.value for cell in written if cell.data_type != "s"] == [f'="{WRONG["bank_name"]}"']


def test_formula_that_is_too_long_for_excel_becomes_text() -> None:
    row = ProblemRow(7, {**STUDENT, "bank_name": "大" * 256}, PROBLEMS)
    content = write_problem_workbook([row], class_reference="C-1", institution_name="Example")

    written = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0][3]

    assert {cell.data_type for cell in written if cell.value is not None} == {"s"}


def test_problem_workbook_comes_back_as_it_is() -> None:
    content = write_problem_workbook(
        [ProblemRow(7, STUDENT, PROBLEMS)], class_reference="C-1", institution_name="Example"
    )

    file = read_roster(content, class_reference="C-1")

    assert file.rows == [RosterRow(number=3, formulas=frozenset({"bank_name"}), **STUDENT)]


def test_choices_are_the_values_of_the_enums() -> None:
    assert [choice.code for choice in CATEGORIES] == ParticipantCategory.values
    assert [choice.code for choice in EDUCATION_LEVELS] == Education.values
