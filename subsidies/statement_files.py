"""A statement as a workbook or a CSV file: one row for each district and account, a column for each kind of entry."""

import csv
import io
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

import xlsxwriter

from chongqing_dte.foundation.tabular_writing import SAFE_STRINGS
from subsidies.enums import JournalAccount
from subsidies.rules.statements import Statement

Cell = str | Decimal
COLUMN_WIDTH: Final = 18


def statement_rows(statements: Sequence[tuple[str, Statement]], kinds: Sequence[str]) -> Iterator[list[Cell]]:
    """Yield the rows of these statements, each under the name of its part: opening, what each kind moved, closing."""
    for name, statement in statements:
        for line in statement.accounts:
            moved = [statement.moved(kind, line.account) for kind in kinds]
            yield [name, str(JournalAccount(line.account).label), line.opening, *moved, line.closing]


def as_csv(rows: Sequence[Sequence[Cell]]) -> bytes:
    """Return rows as a CSV file that a spreadsheet reads as UTF-8."""
    target = io.StringIO(newline="")
    csv.writer(target).writerows(rows)
    return target.getvalue().encode("utf-8-sig")


def as_workbook(title: str, rows: Sequence[Sequence[Cell]]) -> bytes:
    """Return rows as a workbook in which amounts are numbers."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, dict(SAFE_STRINGS)) as workbook:
        workbook.set_properties({"title": title})
        sheet = workbook.add_worksheet()
        money = workbook.add_format({"num_format": "#,##0.00"})
        sheet.set_column(0, len(rows[0]) - 1, COLUMN_WIDTH)
        sheet.freeze_panes(1, 2)
        for row_number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, Decimal):
                    sheet.write_number(row_number, column, cell, money)
                else:
                    sheet.write_string(row_number, column, cell)
    return target.getvalue()
