"""Writes a list, filled or empty, as the Excel template that `tabular_reading` reads back."""

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any, Final, Literal

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from chongqing_dte.foundation.tabular import ISO_DATE, Column, Severity
from chongqing_dte.foundation.tabular_reading import ORIGINAL_ROW_HEADER, PROBLEMS_HEADER

TITLE_ROW, HEADER_ROW, FIRST_ROW = 0, 1, 2
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
CellKind = Literal["number", "formula"]
NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?(E[+-]?[0-9]{1,2})?")
TRUTHS: Final = {"TRUE": True, "FALSE": False}
# The longest text that Excel takes inside a formula.
LONGEST_LITERAL: Final = 255
# How far the dropdowns reach.
PREPARED_ROWS: Final = 100_000
# Excel takes a list of values up to here; a longer one has to stand in cells.
LONGEST_DROPDOWN: Final = 255
# A cell that begins with = or http:// is a person's text and never a formula or a link. No personal data goes to
# the disk on the way.
SAFE_STRINGS: Final = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
MARKS: Final[dict[Severity, str]] = {"error": "#FFC7CE", "warning": "#FFEB9C"}
RULES: Final = (
    (
        "带 * 的列必填。列的顺序可以调整，请勿改动列名，也不要增加或删除列。",
        "Columns with * are required. They may stand in any order; keep their names, and add or remove none.",
    ),
    (
        "身份证号、手机号、账号和代码须以文本填写；显示为 5.00E+17 的单元格会被退回，因为后几位已丢失。",
        "Type ID numbers, mobile numbers, accounts and codes as text. A cell that shows 5.00E+17 is refused, because "
        "its last digits are lost.",
    ),
    (
        "粘贴时请选择“粘贴为数值”，不要保留公式。",
        "Paste values, not formulas.",
    ),
)


@dataclass(frozen=True)
class InfoSheet:
    """A locked sheet that says what the list is about, line by line. `tabular_reading` gives it back."""

    name: str
    lines: Mapping[str, str]


@dataclass(frozen=True)
class TableTexts:
    """What a list is called, and in which version its columns are."""

    sheet_name: str
    title: str
    version: str
    info: InfoSheet | None = None


@dataclass(frozen=True)
class MarkedRow:
    """One row with what is wrong in it. `marks` colors cells by column, `reasons` is for the clerk.

    `kinds` names the columns whose cells were numbers or formulas: they are given back as such, so that the list, if
    nobody corrects it, has the same problems again.
    """

    number: int
    cells: Mapping[str, str]
    reasons: str = ""
    marks: Mapping[str, Severity] = field(default_factory=dict)
    kinds: Mapping[str, CellKind] = field(default_factory=dict)


def write_table(
    columns: Sequence[Column], texts: TableTexts, rows: Iterable[Mapping[str, str]] = ()
) -> bytes:
    """Return an .xlsx with a title, a header and the rows, and a second sheet that explains the columns."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, dict(SAFE_STRINGS)) as workbook:
        writer = _TableWriter(workbook, columns, texts, indent=0)
        for row_index, cells in enumerate(rows, start=FIRST_ROW):
            writer.write_cells(row_index, cells)
        writer.write_other_sheets()
    return target.getvalue()


def write_marked_table(columns: Sequence[Column], texts: TableTexts, rows: Iterable[MarkedRow]) -> bytes:
    """Return the same with two columns before the others: the number that a row had, and what is wrong in it."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, dict(SAFE_STRINGS)) as workbook:
        writer = _TableWriter(workbook, columns, texts, indent=2)
        writer.write_reason_header()
        for row_index, row in enumerate(rows, start=FIRST_ROW):
            writer.write_reasons(row_index, row)
            writer.write_cells(row_index, row.cells, row.marks, row.kinds)
        writer.write_other_sheets()
    return target.getvalue()


class _TableWriter:
    """One workbook while it is written. The columns stand `indent` places from the left."""

    def __init__(self, workbook: Any, columns: Sequence[Column], texts: TableTexts, *, indent: int) -> None:
        self.workbook, self.columns, self.texts, self.indent = workbook, columns, texts, indent
        self.as_text = workbook.add_format({"num_format": "@"})
        self.wrapped = workbook.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        self.bold = workbook.add_format({"bold": True, "font_size": 13})
        self.optional = workbook.add_format({"bold": True, "bg_color": "#E7EEF7", "border": 1})
        self.required = workbook.add_format({"bold": True, "bg_color": "#FCE4D6", "border": 1})
        self.marked = {
            severity: workbook.add_format({"num_format": "@", "bg_color": color, "border": 1})
            for severity, color in MARKS.items()
        }
        self.marked_day = workbook.add_format(
            {"num_format": "yyyy-mm-dd", "bg_color": MARKS["error"], "border": 1}
        )
        self.labels = [{choice.code: choice.zh for choice in column.choices} for column in columns]
        workbook.set_properties({"title": texts.title, "comments": texts.version})
        self.sheet = workbook.add_worksheet(texts.sheet_name)
        self._write_header()

    def _write_header(self) -> None:
        self.sheet.write_string(TITLE_ROW, 0, self.texts.title, self.bold)
        for place, column in enumerate(self.columns, start=self.indent):
            self.sheet.set_column(place, place, max(14, 2 * len(column.zh) + 4), self.as_text)
            shown, format_ = (
                (f"{column.zh} *", self.required) if column.required else (column.zh, self.optional)
            )
            self.sheet.write_string(HEADER_ROW, place, shown, format_)
        self.sheet.freeze_panes(FIRST_ROW, 2)

    def write_reason_header(self) -> None:
        """Write the header of the two columns that only a marked list has."""
        self.sheet.set_column(0, 0, 10, self.as_text)
        self.sheet.set_column(1, 1, 48, self.wrapped)
        self.sheet.write_string(HEADER_ROW, 0, ORIGINAL_ROW_HEADER, self.optional)
        self.sheet.write_string(HEADER_ROW, 1, PROBLEMS_HEADER, self.optional)

    def write_reasons(self, row_index: int, row: MarkedRow) -> None:
        """Write where the row stood and what is wrong with it."""
        self.sheet.write_string(row_index, 0, str(row.number), self.as_text)
        self.sheet.write_string(row_index, 1, row.reasons, self.wrapped)

    def write_cells(
        self,
        row_index: int,
        cells: Mapping[str, str],
        marks: Mapping[str, Severity] = NOTHING,
        kinds: Mapping[str, CellKind] = NOTHING,
    ) -> None:
        """Write one row as text, choices in words."""
        for place, (column, labels) in enumerate(
            zip(self.columns, self.labels, strict=True), start=self.indent
        ):
            text = cells.get(column.key, "")
            shown = labels.get(text, text)
            # The format of a column does not reach a cell that is written, and a number could be typed into it.
            format_ = self.marked[marks[column.key]] if column.key in marks else self.as_text
            if column.key in kinds:
                self._write_as_it_was(row_index, place, shown, kinds[column.key], format_)
            elif shown:
                self.sheet.write_string(row_index, place, shown, format_)
            elif column.key in marks:
                self.sheet.write_blank(row_index, place, None, format_)

    def _write_as_it_was(self, row_index: int, place: int, text: str, kind: CellKind, format_: Any) -> None:
        if kind == "number" and text in TRUTHS:
            self.sheet.write_boolean(row_index, place, TRUTHS[text], format_)
        elif kind == "number" and _is_text_of_number(text):
            self.sheet.write_number(row_index, place, float(text), format_)
        elif kind == "number" and ISO_DATE.fullmatch(text):
            self.sheet.write_datetime(row_index, place, date.fromisoformat(text), self.marked_day)
        elif kind == "formula" and len(text) <= LONGEST_LITERAL:
            # The text in quotes is all that the formula does, whatever the text says.
            literal = text.replace('"', '""')
            self.sheet.write_formula(row_index, place, f'="{literal}"', format_, text)
        else:
            self.sheet.write_string(row_index, place, text, format_)

    def write_other_sheets(self) -> None:
        """Write what explains the list and what it is about, and the values to choose from."""
        self._write_explanation()
        if self.texts.info is not None:
            self._write_info(self.texts.info)
        self._write_dropdowns()

    def _write_explanation(self) -> None:
        sheet = self.workbook.add_worksheet("填写说明 Instructions")
        headings = [
            ("列 Column", 26),
            ("必填 Required", 14),
            ("说明", 44),
            ("Explanation", 52),
            ("可选值 Values", 44),
        ]
        for place, (heading, width) in enumerate(headings):
            sheet.set_column(place, place, width, self.wrapped)
            sheet.write_string(0, place, heading, self.optional)
        for row_index, column in enumerate(self.columns, start=1):
            for place, text in enumerate(_explanation(column)):
                sheet.write_string(row_index, place, text)
        for row_index, (zh, en) in enumerate(RULES, start=len(self.columns) + 2):
            sheet.write_string(row_index, 2, zh)
            sheet.write_string(row_index, 3, en)
        sheet.protect()

    def _write_info(self, info: InfoSheet) -> None:
        sheet = self.workbook.add_worksheet(info.name)
        sheet.set_column(0, 0, 34, self.optional)
        sheet.set_column(1, 1, 44, self.wrapped)
        for row_index, (label, text) in enumerate(info.lines.items()):
            sheet.write_string(row_index, 0, label)
            sheet.write_string(row_index, 1, text)
        sheet.protect()

    def _write_dropdowns(self) -> None:
        options = None
        for place, column in enumerate(self.columns):
            labels = [choice.zh for choice in column.choices]
            if not labels:
                continue
            source: Any = labels
            if len(",".join(labels)) > LONGEST_DROPDOWN:
                options = options or self._options_sheet()
                options.write_column(0, place, labels)
                source = f"='{options.get_name()}'!{_range(place, len(labels))}"
            last = FIRST_ROW + PREPARED_ROWS
            rule = {"validate": "list", "source": source}
            self.sheet.data_validation(FIRST_ROW, place + self.indent, last, place + self.indent, rule)

    def _options_sheet(self) -> Any:
        sheet = self.workbook.add_worksheet("选项 Options")
        sheet.hide()
        return sheet


def _is_text_of_number(text: str) -> bool:
    """Test whether a cell that holds this number reads as this text again."""
    return NUMBER.fullmatch(text) is not None and str(float(text)).upper() in {text, f"{text}.0"}


def _range(place: int, count: int) -> str:
    column = xl_col_to_name(place, col_abs=True)
    return f"{column}$1:{column}${count}"


def _explanation(column: Column) -> tuple[str, ...]:
    values = "\n".join(f"{choice.zh} {choice.en}" for choice in column.choices)
    is_required = "是 Yes" if column.required else "见说明 See note" if column.notes[0] else "否 No"
    return (f"{column.zh} {column.en}", is_required, *column.notes, values)
