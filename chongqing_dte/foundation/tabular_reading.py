"""From an uploaded file to rows of clean text, by the names in its header."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, compress, zip_longest
from typing import Any, Final, Generic, TypeVar

from django.utils.functional import Promise, lazystr
from django.utils.text import format_lazy
from django.utils.translation import get_language

from chongqing_dte.foundation.sentences import gettext_lazy as _
from chongqing_dte.foundation.tabular import Cell, Column, clean_column, clean_text
from chongqing_dte.foundation.workbooks import FileRefused, OpenSheet, SheetRow, open_sheet

HEADER_SEARCH_ROWS: Final = 10
# A corrected list may come back with the columns that we added to it.
PROBLEMS_HEADER: Final = "错误原因/Problems"
ORIGINAL_ROW_HEADER: Final = "原行号/Original row"
TOLERATED: Final = frozenset(
    {"错误原因/problems", "错误原因", "problems", "原行号/originalrow", "原行号", "originalrow"}
)
NOTHING: Final[frozenset[str]] = frozenset()

TABLE_MESSAGES: Final[dict[str, Promise]] = {
    "number_cell": _(
        "The cell holds a number. Excel keeps only 15 digits, so the number may be damaged: "
        "format the column as text and type it again."
    ),
    "error_cell": _("The cell holds an Excel error and no value. Type the value."),
    "formula_cell": _("The cell holds a formula, and its last result was read. Check the value."),
    "required": _("This column is required."),
    "too_long": _("The text is longer than %(longest)s characters."),
    "bad_date": _("This is not a date. Write it like 2026-06-30."),
    "unknown_choice": _("This is not one of the values: %(choices)s."),
}
NO_ROWS_TEXT: Final = _("The list has no rows under its header.")

Row = TypeVar("Row")


class WrongColumns(FileRefused):
    """The header is not the template's. `missing` and `repeated` hold keys of columns, `extra` holds headers."""

    code = "wrong_columns"

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        missing: Sequence[str],
        extra: Sequence[str],
        repeated: Sequence[str],
    ) -> None:
        self.missing, self.extra, self.repeated = list(missing), list(extra), list(repeated)
        parameters = {"missing": self.missing, "extra": self.extra, "repeated": self.repeated}
        super().__init__(wrong_columns_text(columns, parameters), parameters=parameters)


class NoRows(FileRefused):
    """The header is right and nothing is under it."""

    code = "no_rows"

    def __init__(self) -> None:
        super().__init__(NO_ROWS_TEXT)


@dataclass(frozen=True)
class Table(Generic[Row]):
    """One list as it was read. `info` is what another sheet says of it, by label."""

    rows: list[Row]
    info: Mapping[str, str]


@dataclass(frozen=True)
class Header:
    """Where each column stands. `unknown` are headers that belong to no column."""

    number: int = 0
    places: dict[str, int] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)


def column_label(column: Column) -> str:
    """Return the name of a column in the language of the reader."""
    return column.en if (get_language() or "").startswith("en") else column.zh


def wrong_columns_text(columns: Sequence[Column], parameters: Mapping[str, Sequence[str]]) -> Promise:
    """Return what a refusal of the header says in the language of the reader, also when it was stored before."""
    by_key = {column.key: column for column in columns}
    texts = (
        (_("Missing columns: {names}."), "missing"),
        (_("Columns that are not in the template: {names}."), "extra"),
        (_("Columns that occur more than once: {names}."), "repeated"),
    )
    parts = [
        format_lazy(text, names=lazystr(_Names(parameters[kind], by_key)))
        for text, kind in texts
        if parameters[kind]
    ]
    return format_lazy(" ".join(["{}"] * len(parts)), *parts)


class _Names:
    """Columns in the language of the moment in which they are shown; other headers as they are."""

    def __init__(self, names: Sequence[str], columns: Mapping[str, Column]) -> None:
        self.names, self.columns = names, columns

    def __str__(self) -> str:
        return "、".join(column_label(self.columns[n]) if n in self.columns else n for n in self.names)


def read_table(
    content: bytes,
    columns: Sequence[Column],
    row_type: Callable[..., Row],
    *,
    info_sheet: str = "",
    check_info: Callable[[Mapping[str, str]], None] = lambda _info: None,
) -> Table[Row]:
    """Return the rows under the header, which stands in the first ten rows with its columns in any order.

    A row is made from its number, its damaged columns, its columns with formulas, and its texts in the order of
    `columns`. `check_info` may refuse the list by what the sheet named `info_sheet` says, before any row is read.
    Raises UnreadableWorkbook, WrongColumns or NoRows.
    """
    with open_sheet(content, info_sheet=info_sheet) as sheet:
        info = {_text(cells[0]): _text(cells[1]) for cells in sheet.info if len(cells) > 1}
        check_info(info)
        rows = [row for chunk in _under_header(sheet, columns) for row in chunk.made_into(row_type)]
    if not rows:
        raise NoRows
    return Table(rows, info)


@dataclass(frozen=True)
class _Chunk:
    """Some hundreds of rows lying on their side, because a column is cleaned faster than its cells."""

    numbers: list[int]
    damaged: dict[int, frozenset[str]]
    formulas: dict[int, frozenset[str]]
    texts: list[list[str]]

    def made_into(self, row_type: Callable[..., Row]) -> Iterator[Row]:
        """Yield a row for each that has any text."""
        damaged, formulas = (
            [marked.get(index, NOTHING) for index in range(len(self.numbers))] if marked else self._none()
            for marked in (self.damaged, self.formulas)
        )
        rows = map(row_type, self.numbers, damaged, formulas, *self.texts)
        if any(map(all, self.texts)):
            return rows
        return compress(rows, map(any, zip(*self.texts, strict=True)))

    def _none(self) -> list[frozenset[str]]:
        return [NOTHING] * len(self.numbers)


def _under_header(sheet: OpenSheet, columns: Sequence[Column]) -> Iterator[_Chunk]:
    first = next(sheet.chunks, [])
    header = _find_header(first, columns)
    missing = [column.key for column in columns if column.key not in header.places]
    if missing or header.unknown or header.repeated:
        raise WrongColumns(columns, missing=missing, extra=header.unknown, repeated=header.repeated)
    remembered: list[dict[object, str]] = [{} for _column in columns]
    for rows in chain([[row for row in first if row.number > header.number]], sheet.chunks):
        if rows:
            yield _clean_chunk(rows, header, columns, remembered, sheet.formulas)


def _clean_chunk(
    rows: Sequence[SheetRow],
    header: Header,
    columns: Sequence[Column],
    remembered: Sequence[dict[object, str]],
    formulas: Mapping[int, Sequence[int]],
) -> _Chunk:
    lanes = list(zip_longest(*(row.cells for row in rows), fillvalue=""))
    damaged: dict[int, set[str]] = defaultdict(set)
    texts = []
    for column, known in zip(columns, remembered, strict=True):
        place = header.places[column.key]
        cells: Sequence[Any] = lanes[place] if place < len(lanes) else [""] * len(rows)
        cleaned, damaged_places = clean_column(cells, column, known)
        texts.append(cleaned)
        for index in damaged_places:
            damaged[index].add(column.key)
    return _Chunk(
        numbers=[row.number for row in rows],
        damaged={index: frozenset(keys) for index, keys in damaged.items()},
        formulas=_formulas(rows, header, formulas) if formulas else {},
        texts=texts,
    )


def _formulas(
    rows: Sequence[SheetRow], header: Header, formulas: Mapping[int, Sequence[int]]
) -> dict[int, frozenset[str]]:
    keys = {place: key for key, place in header.places.items()}
    return {
        index: frozenset(keys[place] for place in formulas[row.number] if place in keys)
        for index, row in enumerate(rows)
        if row.number in formulas
    }


def _find_header(rows: Sequence[SheetRow], columns: Sequence[Column]) -> Header:
    candidates = [_as_header(row, columns) for row in rows if row.number <= HEADER_SEARCH_ROWS]
    best = max(candidates, key=lambda header: len(header.places), default=None)
    # A row with hardly a known name is people and not a header; their data must not come back in a message.
    return best if best is not None and len(best.places) >= 2 else Header()


def _as_header(row: SheetRow, columns: Sequence[Column]) -> Header:
    known = {
        _folded(name): column.key
        for column in columns
        for name in (column.key, f"{column.zh} {column.en}", column.en, column.zh)
    }
    places: dict[str, int] = {}
    unknown: list[str] = []
    found: Counter[str] = Counter()
    for place, cell in enumerate(row.cells):
        name = _folded(cell)
        if name in known:
            places.setdefault(known[name], place)
            found[known[name]] += 1
        elif name and name not in TOLERATED:
            unknown.append(clean_text(str(cell))[:40])
    return Header(row.number, places, unknown, [key for key, times in found.items() if times > 1])


def _text(cell: Cell) -> str:
    return clean_text(str(cell)) if cell is not None else ""


def _folded(cell: Cell) -> str:
    text = unicodedata.normalize("NFKC", _text(cell))
    return "".join(text.split()).replace("*", "").casefold()
