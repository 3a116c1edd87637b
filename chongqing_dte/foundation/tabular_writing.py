"""Writes a list, filled or empty, as the Excel template that `tabular_reading` reads back."""

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import xlsxwriter

from chongqing_dte.foundation.tabular import Column

TITLE_ROW, HEADER_ROW, FIRST_ROW = 0, 1, 2
PREPARED_ROWS: Final = 1_000
# A cell that begins with = or http:// is a person's text and never a formula or a link.
SAFE_STRINGS: Final = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}


def write_table(
    columns: Sequence[Column],
    *,
    sheet_name: str,
    title: str,
    version: str,
    rows: Iterable[Mapping[str, str]] = (),
) -> bytes:
    """Return an .xlsx with a title, a header and the rows, and a second sheet that explains the columns."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, dict(SAFE_STRINGS)) as workbook:
        workbook.set_properties({"title": title, "comments": version})
        sheet = workbook.add_worksheet(sheet_name)
        _write_header(workbook, sheet, columns, title)
        for row_index, row in enumerate(rows, start=FIRST_ROW):
            for place, column in enumerate(columns):
                if shown := _shown(row.get(column.key, ""), column):
                    sheet.write_string(row_index, place, shown)
        _write_explanation(workbook, columns)
    return target.getvalue()


def _shown(text: str, column: Column) -> str:
    return next((choice.zh for choice in column.choices if choice.code == text), text)


def _header_text(column: Column) -> str:
    return f"{column.zh} *" if column.required else column.zh


def _write_header(workbook: Any, sheet: Any, columns: Sequence[Column], title: str) -> None:
    as_text = workbook.add_format({"num_format": "@"})
    bold = workbook.add_format({"bold": True, "font_size": 13})
    required = workbook.add_format({"bold": True, "bg_color": "#FCE4D6", "border": 1})
    optional = workbook.add_format({"bold": True, "bg_color": "#E7EEF7", "border": 1})
    sheet.write_string(TITLE_ROW, 0, title, bold)
    for place, column in enumerate(columns):
        sheet.set_column(place, place, max(14, 2 * len(column.zh) + 4), as_text)
        sheet.write_string(HEADER_ROW, place, _header_text(column), required if column.required else optional)
        if column.choices:
            labels = [choice.zh for choice in column.choices]
            rule = {"validate": "list", "source": labels}
            sheet.data_validation(FIRST_ROW, place, FIRST_ROW + PREPARED_ROWS, place, rule)
    sheet.freeze_panes(FIRST_ROW, 2)


def _write_explanation(workbook: Any, columns: Sequence[Column]) -> None:
    sheet = workbook.add_worksheet("填写说明 Instructions")
    wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
    bold = workbook.add_format({"bold": True, "bg_color": "#E7EEF7", "border": 1})
    for place, (heading, width) in enumerate(
        [("列 Column", 26), ("必填 Required", 14), ("说明", 44), ("Explanation", 52), ("可选值 Values", 44)]
    ):
        sheet.set_column(place, place, width, wrapped)
        sheet.write_string(0, place, heading, bold)
    for row_index, column in enumerate(columns, start=1):
        values = "\n".join(f"{choice.zh} {choice.en}" for choice in column.choices)
        is_required = "是 Yes" if column.required else "见说明 See note" if column.notes[0] else "否 No"
        texts = (f"{column.zh} {column.en}", is_required, *column.notes, values)
        for place, text in enumerate(texts):
            sheet.write_string(row_index, place, text)
