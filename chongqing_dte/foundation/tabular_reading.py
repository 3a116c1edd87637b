"""From an uploaded file to rows of clean text, by the names in its header."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.tabular import Cell, CleanCell, Column, clean_cell, clean_text
from chongqing_dte.foundation.workbooks import SheetRow, read_workbook

HEADER_SEARCH_ROWS: Final = 10
# A corrected list may come back with the column of problems that we added to it.
PROBLEMS_HEADER: Final = "错误原因/Problems"
TOLERATED: Final = frozenset({"错误原因/problems", "错误原因", "problems"})

TABLE_MESSAGES: Final[dict[str, Promise]] = {
    "number_cell": _(
        "The cell holds a number. Excel keeps only 15 digits, so the number may be damaged: "
        "format the column as text and type it again."
    ),
    "required": _("This column is required."),
    "too_long": _("The text is longer than %(longest)s characters."),
    "bad_date": _("This is not a date. Write it like 2026-06-30."),
    "unknown_choice": _("This is not one of the values: %(choices)s."),
}


class WrongColumns(DomainError):
    """The header is not the template's. `missing`, `extra` and `repeated` hold headers to show."""

    code = "wrong_columns"

    def __init__(self, *, missing: Sequence[str], extra: Sequence[str], repeated: Sequence[str]) -> None:
        self.missing, self.extra, self.repeated = list(missing), list(extra), list(repeated)
        texts = (
            (_("Missing columns: {names}."), missing),
            (_("Columns that are not in the template: {names}."), extra),
            (_("Columns that occur more than once: {names}."), repeated),
        )
        parts = [format_lazy(text, names="、".join(names)) for text, names in texts if names]
        super().__init__(format_lazy(" ".join(["{}"] * len(parts)), *parts))


class NoRows(DomainError):
    """The header is right and nothing is under it."""

    code = "no_rows"

    def __init__(self) -> None:
        super().__init__(_("The list has no rows under its header."))


class CleanRow(NamedTuple):
    """One row of a list. `number` counts from 1 as the user sees it in Excel."""

    number: int
    texts: dict[str, str]
    damaged: frozenset[str]


@dataclass(frozen=True)
class Header:
    """Where each column stands. `unknown` are headers that belong to no column."""

    number: int
    places: dict[str, int]
    unknown: list[str]
    repeated: list[str]


def read_table(content: bytes, columns: Sequence[Column]) -> list[CleanRow]:
    """Return the rows under the header, which stands in the first ten rows with its columns in any order.

    Raises UnreadableWorkbook, WrongColumns or NoRows.
    """
    rows = read_workbook(content).rows
    header = _find_header(rows, columns)
    missing = [column.zh for column in columns if column.key not in header.places]
    if missing or header.unknown or header.repeated:
        raise WrongColumns(missing=missing, extra=header.unknown, repeated=header.repeated)
    under = (row for row in rows if row.number > header.number)
    clean = [_clean_row(row, header, columns) for row in under]
    filled = [row for row in clean if any(row.texts.values())]
    if not filled:
        raise NoRows
    return filled


def _clean_row(row: SheetRow, header: Header, columns: Sequence[Column]) -> CleanRow:
    cells: dict[str, CleanCell] = {}
    for column in columns:
        place = header.places[column.key]
        cells[column.key] = clean_cell(row.cells[place] if place < len(row.cells) else None, column)
    damaged = frozenset(key for key, cell in cells.items() if cell.is_damaged)
    return CleanRow(row.number, {key: cell.text for key, cell in cells.items()}, damaged)


def _find_header(rows: Sequence[SheetRow], columns: Sequence[Column]) -> Header:
    candidates = [_as_header(row, columns) for row in rows if row.number <= HEADER_SEARCH_ROWS]
    best = max(candidates, key=lambda header: len(header.places), default=None)
    # A row with hardly a known name is people and not a header; their data must not come back in a message.
    if best is None or len(best.places) < 2:
        return Header(0, {}, [], [])
    return best


def _as_header(row: SheetRow, columns: Sequence[Column]) -> Header:
    keys = {_folded(name): column for column in columns for name in (column.zh, column.en, column.key)}
    places: dict[str, int] = {}
    unknown: list[str] = []
    found: Counter[str] = Counter()
    for place, cell in enumerate(row.cells):
        name = _folded(cell)
        if name in keys:
            places.setdefault(keys[name].key, place)
            found[keys[name].zh] += 1
        elif name and name not in TOLERATED:
            unknown.append(clean_text(str(cell))[:40])
    return Header(row.number, places, unknown, [name for name, times in found.items() if times > 1])


def _folded(cell: Cell) -> str:
    text = unicodedata.normalize("NFKC", str(cell)) if cell is not None else ""
    return "".join(clean_text(text).split()).rstrip("*").casefold()
