"""Bad files, and the code with which each is refused as a whole."""

from collections.abc import Callable
from typing import Final

from chongqing_dte.foundation.tabular_writing import InfoSheet, TableTexts, write_table
from chongqing_dte.foundation.workbooks import DEFAULT_LIMITS
from enrollment.roster.columns import INFO_SHEET, ROSTER_COLUMNS, VERSION
from enrollment.roster.template import roster_template, write_roster
from tests.enrollment.roster_corpus.people import HEADER, cells_of, student, text_file, workbook
from tests.factories.workbooks import (
    PARTS,
    compound_file,
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

THIS_CLASS: Final = "C-1"
PERSON: Final = student(1)
PNG: Final = bytes.fromhex("89504e470d0a1a0a0000000d49484452")
OLD_TEMPLATE: Final = TableTexts("list", "title", "roster-1", InfoSheet(INFO_SHEET, {VERSION: "roster-1"}))

Make = Callable[[], bytes]


def one_cell() -> bytes:
    return raw_xlsx(number_cell("A1"))


def with_header(header: list[str]) -> bytes:
    return xlsx([header, cells_of(PERSON)[: len(header)]])


NO_LIST: Final[dict[str, tuple[Make, str]]] = {
    "empty file": (lambda: b"", "empty_file"),
    "blank lines": (lambda: b"\r\n \r\n", "empty_file"),
    "only a byte order mark": (lambda: b"\xef\xbb\xbf", "empty_file"),
    "file of 20 MB and a byte": (lambda: b"a" * (DEFAULT_LIMITS.file_size + 1), "too_large"),
    "picture renamed": (lambda: PNG, "not_a_spreadsheet"),
    "web page renamed .xls": (
        lambda: b"<html><table><tr><td>1</td></tr></table></html>",
        "not_a_spreadsheet",
    ),
    "pdf renamed": (lambda: b"%PDF-1.7 text", "not_a_spreadsheet"),
    "rich text renamed": (lambda: b"{\\rtf1 text}", "not_a_spreadsheet"),
    "word document renamed": (
        lambda: zip_of({"[Content_Types].xml": "<Types/>", "word/document.xml": "<d/>"}),
        "not_a_spreadsheet",
    ),
    "open document": (
        lambda: zip_of({"mimetype": "application/vnd.oasis", "content.xml": "<d/>"}),
        "not_a_spreadsheet",
    ),
    "binary workbook": (lambda: zip_of({**PARTS, "xl/workbook.bin": b"1"}), "not_a_spreadsheet"),
    "workbook packed in a zip": (lambda: zip_of({"roster.xlsx": one_cell()}), "embedded_files"),
    "zip of photos": (lambda: zip_of({"a.jpg": b"1"}), "not_a_spreadsheet"),
    "utf-16 text": (lambda: text_file([PERSON], encoding="utf-16"), "not_a_spreadsheet"),
    "text with a NUL": (lambda: text_file([PERSON], encoding="utf-8") + b"\0", "not_a_spreadsheet"),
    "bytes of no encoding": (lambda: b"\xff\xff\xff,\x80", "not_a_spreadsheet"),
}
HOSTILE: Final[dict[str, tuple[Make, str]]] = {
    "encrypted .xlsx": (lambda: compound_file("EncryptedPackage", b"secret"), "encrypted"),
    "zip entry with a password": (lambda: with_password_flag(one_cell()), "encrypted"),
    ".xlsm renamed .xlsx": (lambda: zip_of({**PARTS, "xl/vbaProject.bin": b"1"}), "macros"),
    "Excel 4 macro sheet": (lambda: zip_of({**PARTS, "xl/macrosheets/sheet1.xml": b"1"}), "macros"),
    ".xls with macros": (lambda: compound_file("_VBA_PROJECT_CUR", b""), "macros"),
    "link to another workbook": (
        lambda: zip_of({**PARTS, "xl/externalLinks/externalLink1.xml": b"1"}),
        "external_links",
    ),
    ".xls with a link to another workbook": (lambda: xls([["x"]], links_to="other.xls"), "external_links"),
    "query to a database": (lambda: zip_of({**PARTS, "xl/connections.xml": b"1"}), "external_links"),
    "workbook embedded": (lambda: zip_of({**PARTS, "xl/embeddings/a.xlsx": b"1"}), "embedded_files"),
    "zip nested": (lambda: zip_of({**PARTS, "xl/media/a.zip": one_cell()}), "embedded_files"),
    "declares 500 MB": (lambda: with_declared_size(one_cell(), 500 * 1024 * 1024), "zip_bomb"),
    "one cell of 200 MB": (
        lambda: raw_xlsx('<row r="1"><c r="A1" t="s"><v>0</v></c></row>', shared="a" * 200 * 1024 * 1024),
        "zip_bomb",
    ),
    "1,001 entries": (lambda: zip_of({f"xl/{n}.xml": "" for n in range(1_001)}), "zip_bomb"),
    "cells A1 and XFD1048576": (lambda: raw_xlsx(number_cell("A1") + number_cell("XFD1048576")), "zip_bomb"),
    "cells A1 and AD1048576": (
        lambda: raw_xlsx(number_cell("A1") + number_cell("AD1048576")),
        "zip_bomb",
    ),
    "entity bomb": (
        lambda: raw_xlsx('<row r="1"><c r="A1" t="s"><v>0</v></c></row>', shared="&lol;" * 10),
        "damaged",
    ),
    "two entries of one name": (repeated_entry_xlsx, "damaged"),
    "entry that climbs out": (lambda: zip_of({**PARTS, "xl/../../etc/passwd": b"1"}), "damaged"),
    "symbolic link": (lambda: with_symbolic_link(one_cell()), "damaged"),
}
BROKEN: Final[dict[str, tuple[Make, str]]] = {
    "truncated": (lambda: workbook([PERSON])[:-200], "damaged"),
    "half a file": (lambda: workbook([PERSON])[:3_000], "damaged"),
    "only the start of a zip": (lambda: b"PK\x03\x04", "damaged"),
    "wrong checksum": (lambda: with_wrong_checksum(one_cell()), "damaged"),
    "sheet that is not XML": (lambda: raw_xlsx("<row><c></row>"), "damaged"),
    "workbook part missing": (lambda: zip_of(PARTS), "damaged"),
    ".xls with garbage inside": (lambda: compound_file("Workbook", b"\x01" * 500), "damaged"),
    "quote that never closes": (lambda: text_file([PERSON], encoding="utf-8") + b'\n"open', "damaged"),
    "cell longer than Excel allows": (
        lambda: raw_xlsx('<row r="1"><c r="A1" t="s"><v>0</v></c></row>', shared="a" * 32_768),
        "damaged",
    ),
    "only a hidden sheet": (lambda: raw_xlsx(number_cell("A1"), sheet_state="hidden"), "no_visible_sheet"),
    "row 120,001": (lambda: raw_xlsx(number_cell("A1") + number_cell("A120001")), "too_many_rows"),
    "row 120,001 of a text file": (
        lambda: text_file([PERSON], encoding="utf-8") + b"\n,a" * 120_000,
        "too_many_rows",
    ),
    "column 101": (lambda: raw_xlsx(number_cell("A1") + number_cell("CW2")), "too_many_columns"),
}
WRONG_LIST: Final[dict[str, tuple[Make, str]]] = {
    "one column missing": (lambda: with_header(HEADER[:-1]), "wrong_columns"),
    "one column more": (lambda: with_header([*HEADER, "微信号"]), "wrong_columns"),
    "one column twice": (lambda: with_header([*HEADER, HEADER[2]]), "wrong_columns"),
    "one column renamed": (lambda: with_header(["学生姓名", *HEADER[1:]]), "wrong_columns"),
    "header in row 11": (lambda: xlsx([HEADER, cells_of(PERSON)], indent=(10, 0)), "wrong_columns"),
    "people without a header": (lambda: xlsx([cells_of(PERSON)] * 2), "wrong_columns"),
    "another list": (lambda: b"some,other\nlist,1\n", "wrong_columns"),
    "another old workbook": (lambda: xls([["Zhang", 1.0]]), "wrong_columns"),
    "blank sheet": (lambda: xlsx([]), "wrong_columns"),
    "header only": (lambda: xlsx([HEADER]), "no_rows"),
    "only invisible characters": (lambda: xlsx([HEADER, ["\u200b"]]), "no_rows"),
    "empty template": (
        lambda: roster_template(class_reference=THIS_CLASS, institution_name="Example"),
        "no_rows",
    ),
    "template of another class": (lambda: write_roster([PERSON], class_reference="C-2"), "other_class"),
    "template of last year": (
        lambda: write_table(ROSTER_COLUMNS[:3], OLD_TEMPLATE, [PERSON]),
        "other_version",
    ),
}
FILES: Final = {**NO_LIST, **HOSTILE, **BROKEN, **WRONG_LIST}
# What takes its time to be made, and not to be refused.
LARGE: Final = frozenset({"one cell of 200 MB", "row 120,001 of a text file", "file of 20 MB and a byte"})
