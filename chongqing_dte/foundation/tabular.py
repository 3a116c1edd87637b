"""Lists of people in columns: how a cell becomes text, and the checks that every list needs. Pure."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal, NamedTuple

Cell = str | float | int | bool | date | datetime | None
Kind = Literal["text", "identifier", "date", "choice", "score"]
Severity = Literal["error", "warning"]

SCIENTIFIC: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?E[+-]?[0-9]+", re.IGNORECASE)
DATE_FORMS: Final = (
    re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?:[ T]0?0:00(?::00)?)?"),
    re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})"),
    re.compile(r"([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日"),
)
# Excel keeps fifteen digits of a number; what it shows beyond them is not what was typed.
EXACT_BELOW: Final = 10**15


@dataclass(frozen=True)
class Choice:
    """One value of a choice column. A cell may hold the code or either label."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True)
class Column:
    """One column of an uploaded list.

    "identifier" means that a number cell is refused, because Excel may have damaged it. `notes` explain the
    column in the template, in Chinese and in English. `normalize` runs on text that is already trimmed.
    """

    key: str
    zh: str
    en: str
    kind: Kind = "text"
    required: bool = False
    choices: tuple[Choice, ...] = ()
    notes: tuple[str, str] = ("", "")
    max_length: int = 100
    normalize: Callable[[str], str] = str


class CleanCell(NamedTuple):
    """The text of a cell. Damaged: it came as a number where only text is safe."""

    text: str
    is_damaged: bool


@dataclass(frozen=True, kw_only=True)
class TableRow:
    """One row of a list, every column as clean text. `damaged` names columns whose cell was a number."""

    number: int
    damaged: frozenset[str] = frozenset()

    def value(self, column: str) -> str:
        """Return the text of a column by its key."""
        return str(getattr(self, column))


@dataclass(frozen=True)
class RowProblem:
    """One thing wrong with one cell. `code` is a key of the list's messages; no parameter is personal."""

    row_number: int
    column: str
    code: str
    severity: Severity = "error"
    parameters: Mapping[str, str | int] = field(default_factory=dict)


def clean_text(text: str) -> str:
    """Return one line of visible text: no control or zero-width characters, single spaces between words."""
    spaced = "".join(" " if character in "\t\r\n" else character for character in text)
    return " ".join("".join(c for c in spaced if unicodedata.category(c) not in {"Cc", "Cf"}).split())


def parse_date(text: str) -> date | None:
    """Return the day written as 2026-06-30, 2026/6/30, 20260630 or 2026年6月30日, or None."""
    folded = unicodedata.normalize("NFKC", text)
    match = next((found for form in DATE_FORMS if (found := form.fullmatch(folded))), None)
    if match is None:
        return None
    try:
        return date(*map(int, match.groups()))
    except ValueError:
        return None


def clean_cell(cell: Cell, column: Column) -> CleanCell:
    """Return a cell as text: a choice as its code and a date as ISO, or unchanged where it is neither."""
    if isinstance(cell, str):
        return _clean_string(cell, column)
    if cell is None:
        return CleanCell("", is_damaged=False)
    if isinstance(cell, bool):
        return CleanCell(str(cell).upper(), is_damaged=column.kind == "identifier")
    if isinstance(cell, date):
        day = cell.date() if isinstance(cell, datetime) else cell
        return CleanCell(day.isoformat(), is_damaged=column.kind == "identifier")
    return _clean_number(cell, column)


def _clean_string(cell: str, column: Column) -> CleanCell:
    text = clean_text(cell)
    if column.kind == "identifier":
        is_damaged = SCIENTIFIC.fullmatch(unicodedata.normalize("NFKC", text)) is not None
        return CleanCell(column.normalize(text), is_damaged)
    if column.kind == "choice":
        folded = text.casefold()
        codes = (c.code for c in column.choices if folded in {c.code.casefold(), c.zh, c.en.casefold()})
        return CleanCell(next(codes, text), is_damaged=False)
    if column.kind == "date":
        day = parse_date(text)
        return CleanCell(day.isoformat() if day else text, is_damaged=False)
    return CleanCell(column.normalize(text), is_damaged=False)


def _clean_number(cell: float, column: Column) -> CleanCell:
    if column.kind == "identifier" or not abs(cell) < EXACT_BELOW:
        return CleanCell(str(cell), is_damaged=True)
    exact = Decimal(str(cell))
    text = format(exact.to_integral_value() if exact == exact.to_integral_value() else exact, "f")
    return CleanCell(_clean_string(text, column).text, is_damaged=False)


def shape_problems(rows: Sequence[TableRow], columns: Sequence[Column]) -> Iterator[RowProblem]:
    """Check what follows from the columns alone: number cells, required cells, dates, choices, lengths."""
    for row in rows:
        for column in columns:
            if problem := _shape_problem(row, column):
                yield problem


def _shape_problem(row: TableRow, column: Column) -> RowProblem | None:
    text = row.value(column.key)
    if column.key in row.damaged:
        return RowProblem(row.number, column.key, "number_cell")
    if not text:
        return RowProblem(row.number, column.key, "required") if column.required else None
    if len(text) > column.max_length:
        return RowProblem(row.number, column.key, "too_long", parameters={"longest": column.max_length})
    if column.kind == "date" and parse_date(text) is None:
        return RowProblem(row.number, column.key, "bad_date")
    if column.kind == "choice" and all(text != choice.code for choice in column.choices):
        labels = " / ".join(f"{choice.zh} {choice.en}" for choice in column.choices)
        return RowProblem(row.number, column.key, "unknown_choice", parameters={"choices": labels})
    return None


def rows_by_value(rows: Sequence[TableRow], column: str) -> dict[str, list[TableRow]]:
    """Group the rows by a column; rows where it is empty or damaged are left out."""
    groups: dict[str, list[TableRow]] = defaultdict(list)
    for row in rows:
        if row.value(column) and column not in row.damaged:
            groups[row.value(column)].append(row)
    return groups


def repeated_values(rows: Sequence[TableRow], column: str, code: str) -> Iterator[RowProblem]:
    """Report every row whose value in a column occurs more than once, naming the rows."""
    for group in rows_by_value(rows, column).values():
        if len(group) > 1:
            parameters = {"rows": row_numbers(group)}
            yield from (RowProblem(row.number, column, code, parameters=parameters) for row in group)


def row_numbers(rows: Sequence[TableRow]) -> str:
    """Return the first few row numbers, for a message."""
    shown = ", ".join(str(row.number) for row in rows[:5])
    return f"{shown}, …" if len(rows) > 5 else shown


def in_reading_order(problems: Sequence[RowProblem], columns: Sequence[Column]) -> list[RowProblem]:
    """Sort problems by row, and within a row from left to right."""
    place = {column.key: index for index, column in enumerate(columns)}
    return sorted(problems, key=lambda problem: (problem.row_number, place[problem.column]))
