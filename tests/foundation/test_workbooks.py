import contextlib
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.tabular import Cell
from chongqing_dte.foundation.workbooks import (
    DEFAULT_LIMITS,
    UNREADABLE,
    Sheet,
    SheetRow,
    UnreadableWorkbook,
    WorkbookLimits,
    open_sheet,
    read_workbook,
)
from tests.factories.workbooks import (
    PARTS,
    XlsError,
    XlsFormula,
    compound_file,
    csv_file,
    number_cell,
    raw_xlsx,
    repeated_entry_xlsx,
    with_declared_size,
    with_password_flag,
    with_symbolic_link,
    with_wrong_checksum,
    xls,
    xlsx,
    zip_of,
)

ONE_CELL = raw_xlsx(number_cell("A1"))
WIDE_STRINGS = "".join(
    f'<row r="{n}">' + f'<c r="A{n}" t="s"><v>0</v></c>' + "</row>" for n in range(1, 20_001)
)
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452")

ODD_FILES = {
    "nothing": (b"", "empty_file"),
    "only white space": (b" \r\n\r\n", "empty_file"),
    "only a byte order mark": (b"\xef\xbb\xbf", "empty_file"),
    "one byte over the limit": (b"a" * (DEFAULT_LIMITS.file_size + 1), "too_large"),
    "picture": (PNG, "not_a_spreadsheet"),
    "web page": (b"<html><table><tr><td>1</td></tr></table></html>", "not_a_spreadsheet"),
    "web page after blank lines": (b"\r\n <table></table>", "not_a_spreadsheet"),
    "pdf": (b"%PDF-1.7 text", "not_a_spreadsheet"),
    "rich text": (b"{\\rtf1 text}", "not_a_spreadsheet"),
    "utf-16 text": ("姓名,身份证号".encode("utf-16"), "not_a_spreadsheet"),
    "text with NUL": (b"name,id\x00", "not_a_spreadsheet"),
    "bytes of no encoding": (b"\xff\xff\xff,\x80", "not_a_spreadsheet"),
    "zip of photos": (zip_of({"a.jpg": b"1"}), "not_a_spreadsheet"),
    "empty zip": (zip_of({}), "not_a_spreadsheet"),
    "word document": (
        zip_of({"[Content_Types].xml": "<Types/>", "word/document.xml": "<d/>"}),
        "not_a_spreadsheet",
    ),
    "binary workbook": (zip_of({**PARTS, "xl/workbook.bin": b"1"}), "not_a_spreadsheet"),
    "ole without a workbook": (compound_file("WordDocument", b""), "not_a_spreadsheet"),
    "encrypted xlsx": (compound_file("EncryptedPackage", b"secret"), "encrypted"),
    "zip entry with a password": (with_password_flag(ONE_CELL), "encrypted"),
    "declares 500 MB": (with_declared_size(ONE_CELL, 500 * 1024 * 1024), "zip_bomb"),
    "1,001 zip entries": (zip_of({f"xl/{n}.xml": "" for n in range(1_001)}), "zip_bomb"),
    "two cells 30 columns and a million rows apart": (
        raw_xlsx(number_cell("A1") + number_cell("AD1048576")),
        "zip_bomb",
    ),
    "two cells in opposite corners": (raw_xlsx(number_cell("A1") + number_cell("XFD1048576")), "zip_bomb"),
    "xlsx macros": (zip_of({**PARTS, "xl/vbaProject.bin": b"1"}), "macros"),
    "excel 4 macro sheet": (zip_of({**PARTS, "xl/macrosheets/sheet1.xml": b"1"}), "macros"),
    "xls macros": (compound_file("_VBA_PROJECT_CUR", b""), "macros"),
    "external links": (zip_of({**PARTS, "xl/externalLinks/externalLink1.xml": b"1"}), "external_links"),
    "data connections": (zip_of({**PARTS, "xl/connections.xml": b"1"}), "external_links"),
    "workbook inside the workbook": (zip_of({**PARTS, "xl/embeddings/a.xlsx": b"1"}), "embedded_files"),
    "zip inside the workbook": (zip_of({**PARTS, "docs/a.zip": ONE_CELL}), "embedded_files"),
    "entry that climbs out": (zip_of({**PARTS, "xl/../../etc/passwd": b"1"}), "damaged"),
    "symbolic link": (with_symbolic_link(ONE_CELL), "damaged"),
    "wrong checksum": (with_wrong_checksum(ONE_CELL), "damaged"),
    "truncated zip": (ONE_CELL[:-200], "damaged"),
    "only the start of a zip": (b"PK\x03\x04", "damaged"),
    "two entries of one name": (repeated_entry_xlsx(), "damaged"),
    "sheet that is not xml": (raw_xlsx("<row><c></row>"), "damaged"),
    "workbook part missing": (zip_of(PARTS), "damaged"),
    "xls with garbage inside": (compound_file("Workbook", b"\x01" * 500), "damaged"),
    "entity bomb": (
        raw_xlsx('<row r="1"><c r="A1" t="s"><v>0</v></c></row>', shared="&lol;" * 10),
        "damaged",
    ),
    "cell longer than Excel allows": (
        raw_xlsx('<row r="1"><c r="A1" t="s"><v>0</v></c></row>', shared="a" * 32_768),
        "damaged",
    ),
    "csv with an open quote": (b'name,id\n"Zhang,1\n', "damaged"),
    "csv with a huge cell": (b"a" * 200_000, "damaged"),
    "row 120,001 of xlsx": (raw_xlsx(number_cell("A1") + number_cell("A120001")), "too_many_rows"),
    "row 120,001 of csv": (b"a\n" * 120_001, "too_many_rows"),
    "column 101 of xlsx": (raw_xlsx(number_cell("A1") + number_cell("CW2")), "too_many_columns"),
    "column 101 by indent": (raw_xlsx(number_cell("CW2")), "too_many_columns"),
    "column 101 of csv": (b"," * 100 + b"a", "too_many_columns"),
    "entry that begins before the file": (ONE_CELL[:-6] + b"\x01" + ONE_CELL[-5:], "damaged"),
    "only a hidden sheet": (raw_xlsx(number_cell("A1"), sheet_state="hidden"), "no_visible_sheet"),
    "only a very hidden sheet": (raw_xlsx(number_cell("A1"), sheet_state="veryHidden"), "no_visible_sheet"),
}


@pytest.mark.parametrize(("content", "code"), ODD_FILES.values(), ids=ODD_FILES.keys())
def test_odd_file_is_refused_with_its_reason(content: bytes, code: str) -> None:
    with pytest.raises(UnreadableWorkbook) as refusal:
        read_workbook(content)

    assert refusal.value.code == code


@pytest.mark.slow
def test_one_string_in_very_many_cells_is_refused_before_it_fills_the_memory() -> None:
    limits = WorkbookLimits(memory=256 * 1024 * 1024)

    with pytest.raises(UnreadableWorkbook) as refusal:
        read_workbook(raw_xlsx(WIDE_STRINGS, shared="a" * 32_000), limits=limits)

    assert refusal.value.code == "zip_bomb"


def test_answer_larger_than_its_limit_is_refused() -> None:
    with pytest.raises(UnreadableWorkbook) as refusal:
        read_workbook(xlsx([["long enough"]]), limits=WorkbookLimits(answer_size=10))

    assert refusal.value.code == "zip_bomb"


def test_file_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(UnreadableWorkbook) as refusal:
        read_workbook(ONE_CELL, limits=WorkbookLimits(wall_seconds=0))

    assert refusal.value.code == "took_too_long"


@pytest.mark.slow
def test_file_that_burns_the_processor_is_given_up() -> None:
    rows = "".join(f'<row r="{n}"><c r="A{n}"/><c r="B{n}"/></row>' for n in range(1, 1_000_000))
    limits = WorkbookLimits(file_size=100 * 1024 * 1024, cpu_seconds=0)

    with pytest.raises(UnreadableWorkbook) as refusal:
        read_workbook(raw_xlsx(rows * 3), limits=limits)

    assert refusal.value.code == "took_too_long"


def test_every_refusal_has_a_text_and_is_a_domain_error() -> None:
    texts = {str(UnreadableWorkbook(code)) for code in UNREADABLE}

    assert len(texts) == len(UNREADABLE)
    assert issubclass(UnreadableWorkbook, DomainError)


def test_cells_keep_their_types() -> None:
    sheet = read_workbook(xlsx([["500101", 5.00101199001e17, date(2026, 6, 30), True, None, 12]]))

    assert sheet.rows == [SheetRow(1, ("500101", 5.00101199001e17, date(2026, 6, 30), True, "", 12.0))]
    assert [type(cell) for cell in sheet.rows[0].cells] == [str, float, date, bool, str, float]


def test_rows_and_columns_count_from_the_corner_of_the_sheet() -> None:
    sheet = read_workbook(xlsx([["a"], [], ["b", "  "], [" "]], indent=(3, 2)))

    assert sheet.rows == [SheetRow(4, ("", "", "a")), SheetRow(6, ("", "", "b"))]


def test_first_visible_sheet_is_read() -> None:
    sheet = read_workbook(xlsx([["a"]], hidden_first=True))

    assert (sheet.name, sheet.rows) == ("list", [SheetRow(1, ("a",))])


def test_handwritten_workbook_is_a_good_one_so_that_its_odd_variants_fail_for_their_own_reason() -> None:
    assert read_workbook(ONE_CELL).rows == [SheetRow(1, (1.0,))]


def test_empty_workbook_has_no_rows() -> None:
    assert read_workbook(xlsx([])).rows == []


def test_excel_97_workbook_is_read() -> None:
    sheet = read_workbook(xls([["姓名", "身份证号"], ["张三", 5e17]]))

    assert sheet.rows == [SheetRow(1, ("姓名", "身份证号")), SheetRow(2, ("张三", 5e17))]


def test_formulas_and_errors_of_excel_97_are_told_too() -> None:
    cells = ["a", XlsFormula(result=3.0), XlsFormula(error=0x2A), XlsError(0x07)]

    sheet = read_workbook(xls([["x"], cells]))

    assert sheet.rows[1] == SheetRow(2, ("a", 3.0, "#N/A", "#DIV/0!"))
    assert sheet.formulas == {2: [1, 2]}


def test_excel_97_workbook_that_leans_on_another_is_refused() -> None:
    with pytest.raises(UnreadableWorkbook) as refusal:
        read_workbook(xls([["x"]], links_to="other.xls"))

    assert refusal.value.code == "external_links"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_csv_is_read_in_the_encodings_that_excel_and_wps_write(encoding: str) -> None:
    sheet = read_workbook(csv_file([["姓名", "学校"], [], ["张三", "", ""], ["李四", "重庆大学"]], encoding))

    assert sheet.rows == [
        SheetRow(1, ("姓名", "学校")),
        SheetRow(3, ("张三",)),
        SheetRow(4, ("李四", "重庆大学")),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_delimiter_is_taken_from_the_first_line(delimiter: str) -> None:
    content = delimiter.join(["a", "b"]) + "\n" + delimiter.join(["1", "2"])

    assert read_workbook(content.encode()).rows[1] == SheetRow(2, ("1", "2"))


def marked(cells: str) -> Sheet:
    return read_workbook(raw_xlsx(f'<row r="1"><c r="A1"><v>1</v></c></row><row r="2">{cells}</row>'))


@pytest.mark.parametrize(
    ("cells", "row"),
    [
        pytest.param('<c r="B2"><f>A1+1</f><v>2</v></c>', ("", 2.0), id="formula"),
        pytest.param('<c r="B2" t="str"><f>A1</f><v>x</v></c>', ("", "x"), id="formula with text"),
        pytest.param('<c r="B2"><f t="shared" si="0"/><v>2</v></c>', ("", 2.0), id="shared formula"),
        pytest.param("<c r='B2'><f>A1+1</f><v>2</v></c>", ("", 2.0), id="single quotes"),
        pytest.param('<c/><c><f ca="1">A1+1</f><v>2</v></c>', ("", 2.0), id="no references"),
    ],
)
def test_formula_is_read_as_its_last_result_and_told(cells: str, row: tuple[Cell, ...]) -> None:
    sheet = marked(cells)

    assert (sheet.rows[1].cells, sheet.formulas) == (row, {2: [1]})


def test_formula_without_a_last_result_is_blank_and_told() -> None:
    sheet = marked('<c r="A2"><f>A1+1</f></c><c r="B2"><v>2</v></c>')

    assert (sheet.rows[1].cells, sheet.formulas) == (("", 2.0), {2: [0]})


@pytest.mark.parametrize("error", ["#N/A", "#DIV/0!", "#REF!"])
def test_failed_formula_is_read_as_what_excel_shows(error: str) -> None:
    sheet = marked(f'<c r="A2" t="e"><f>1/0</f><v>{error}</v></c><c r="B2"><v>2</v></c>')

    assert (sheet.rows[1].cells, sheet.formulas) == ((error, 2.0), {2: [0]})


def test_error_at_the_end_of_a_row_is_not_taken_for_a_blank() -> None:
    assert marked('<c r="A2"><v>2</v></c><c r="B2" t="e"><v>#N/A</v></c>').rows[1].cells == (2.0, "#N/A")


def test_formulas_of_other_sheets_and_of_rules_are_nothing_to_tell() -> None:
    rules = '<dataValidations><dataValidation sqref="A2"><formula1>"a,b"</formula1></dataValidation></dataValidations>'
    content = raw_xlsx(
        number_cell("A1"),
        behind=rules,
        parts={"xl/worksheets/sheet2.xml": '<worksheet><c r="A1"><f>1</f></c></worksheet>'},
    )

    assert read_workbook(content).formulas == {}


def test_formula_of_a_rule_is_not_taken_for_one_of_the_last_cell() -> None:
    rules = '<extLst xmlns:xm="urn:xm"><xm:f>$A$1</xm:f></extLst>'
    cells = '<row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1"><v>2</v></c></row>'

    assert read_workbook(raw_xlsx(cells, behind=rules)).formulas == {1: [0]}


def test_formula_behind_a_megabyte_of_cells_is_found() -> None:
    rows = "".join(number_cell(f"A{number}") for number in range(1, 30_000))
    last = '<row r="30000"><c r="A30000"><f>1+1</f><v>2</v></c></row>'

    assert read_workbook(raw_xlsx(rows + last)).formulas == {30_000: [0]}


def test_rows_come_in_chunks_and_dates_stay_dates() -> None:
    rows: list[list[object]] = [[number, "x"] for number in range(1_200)]
    rows[700] = [date(2026, 6, 30), "x"]

    with open_sheet(xlsx(rows)) as sheet:
        chunks = list(sheet.chunks)

    assert [len(chunk) for chunk in chunks] == [500, 500, 200]
    assert chunks[1][200] == SheetRow(701, (date(2026, 6, 30), "x"))


def test_info_sheet_is_read_by_its_name_and_only_a_little_of_it() -> None:
    content = xlsx([["a"]], info=[["label", "text", 3, 4, 5], *[["more"]] * 50])

    with open_sheet(content, info_sheet="info") as sheet:
        assert (sheet.info[0], len(sheet.info)) == (["label", "text", 3.0, 4.0], 20)


def test_reader_may_stop_before_the_end() -> None:
    with open_sheet(xlsx([["x" * 100] * 15] * 5_000)) as sheet:
        assert len(next(sheet.chunks)) == 500


@pytest.mark.parametrize("is_1904", [False, True])
def test_dates_count_from_the_day_that_the_workbook_says(*, is_1904: bool) -> None:
    sheet = read_workbook(xlsx([[date(2026, 6, 30)]], date_1904=is_1904))

    assert sheet.rows[0].cells == (date(2026, 6, 30),)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes_are_read_or_refused(noise: bytes) -> None:
    _read_or_refuse(noise)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.integers(0, len(ONE_CELL) - 1), st.binary(min_size=1, max_size=8))
def test_overwritten_workbook_is_read_or_refused(place: int, noise: bytes) -> None:
    _read_or_refuse(ONE_CELL[:place] + noise + ONE_CELL[place + len(noise) :])


def _read_or_refuse(content: bytes) -> None:
    with contextlib.suppress(UnreadableWorkbook):
        read_workbook(content)
