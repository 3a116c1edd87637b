"""An institution's statement as a workbook, a sheet for each table, and as paper. The same data are the same bytes."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

import xlsxwriter
from django.utils import timezone
from django.utils.translation import get_language

from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.tabular_writing import SAFE_STRINGS
from chongqing_dte.foundation.typesetting import typeset
from subsidies.claim_statement_tables import NUMERIC, STEADY, Cell, Table, shown, tables_of
from subsidies.queries.claim_statements import ClaimStatement

SHEET: Final = Path(__file__).resolve().parent / "printing" / "claim_statement.typ"
# A workbook says when it was made. Who takes the same statement out twice gets the same file.
MADE_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
# As many as Excel lets stand in the name of a sheet.
LONGEST_NAME: Final = 31
WIDTHS: Final = {"": 22, NUMERIC: 16, STEADY: 12}


def statement_title(statement: ClaimStatement) -> str:
    """Return what a statement is called: of whom, and of which month."""
    month = f"{timezone.localdate(statement.span.since):%Y-%m}"
    return _("Statement of %(institution)s for %(month)s") % {
        "institution": statement.institution.name,
        "month": month,
    }


def row_count(tables: Sequence[Table]) -> int:
    """Return how many rows the tables have together."""
    return sum(len(table.rows) for table in tables)


def as_workbook(title: str, tables: Sequence[Table]) -> bytes:
    """Return tables as a workbook in which amounts are numbers."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, dict(SAFE_STRINGS)) as workbook:
        workbook.set_properties({"title": title, "created": MADE_AT})
        formats = {
            "head": workbook.add_format({"bold": True, "text_wrap": True}),
            "money": workbook.add_format({"num_format": "#,##0.00"}),
        }
        for table in tables:
            sheet = workbook.add_worksheet(table.title[:LONGEST_NAME])
            sheet.freeze_panes(1, 0)
            for column, (label, kind) in enumerate(table.heads):
                sheet.set_column(column, column, WIDTHS[kind])
                sheet.write_string(0, column, str(label), formats["head"])
            for number, row in enumerate(table.rows, start=1):
                for column, cell in enumerate(row.cells):
                    _write(sheet, number, column, cell, formats["money"])
    return target.getvalue()


def as_paper(statement: ClaimStatement) -> bytes:
    """Return a statement as PDF, in the reader's language. Raises PrintingNotSetUp."""
    facts = {
        "title": statement_title(statement),
        "lead": lead_of(statement),
        "lang": (get_language() or "zh-hans")[:2],
        "tables": [
            {
                "title": table.title,
                "heads": [str(label) for label, _kind in table.heads],
                "kinds": [kind for _label, kind in table.heads],
                "rows": [[shown(cell) for cell in row.cells] for row in table.rows],
                "empty": table.empty,
            }
            for table in tables_of(statement)
        ],
    }
    return typeset(SHEET, facts)


def lead_of(statement: ClaimStatement) -> str:
    """Return what a statement is about, in a sentence or two: that a month is not over, and of which part it is."""
    lead = _("As the journal has it, to the cent. All amounts are in yuan.")
    if statement.is_running:
        lead = _("The month is not over: the balances at the end are those of now. All amounts are in yuan.")
    part = _("Only the claims that your district answers for.") if statement.is_part else ""
    return f"{lead} {part}".rstrip()


def _write(sheet: xlsxwriter.worksheet.Worksheet, row: int, column: int, cell: Cell, money: object) -> None:
    if isinstance(cell, Decimal):
        sheet.write_number(row, column, cell, money)
    elif isinstance(cell, int):
        sheet.write_number(row, column, cell)
    else:
        sheet.write_string(row, column, cell)
