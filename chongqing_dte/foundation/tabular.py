"""Lists of people in columns: how a cell becomes text, and the checks that every list needs. Pure."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property, lru_cache
from operator import attrgetter
from typing import Any, Final, Literal, NamedTuple, TypeVar

Cell = str | float | int | bool | date | datetime | None
Kind = Literal["text", "identifier", "date", "choice", "score"]
Severity = Literal["error", "warning"]

SCIENTIFIC: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?E[+-]?[0-9]+", re.IGNORECASE)
# What nearly every identifier and date looks like; cleaning one changes nothing.
PLAIN: Final[dict[str, str]] = {"identifier": "[0-9]*X?", "date": "(?:[0-9]{4}-[0-9]{2}-[0-9]{2})?"}
# Excel shows these where a formula failed, and writes them as text into a CSV file.
EXCEL_ERRORS: Final = frozenset(
    {
        "#N/A",
        "#REF!",
        "#VALUE!",
        "#NAME?",
        "#NUM!",
        "#NULL!",
        "#DIV/0!",
        "#SPILL!",
        "#CALC!",
        "#GETTING_DATA",
    }
)
ISO_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
DATE_FORMS: Final = (
    re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?:[ T]0?0:00(?::00)?)?"),
    re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})"),
    re.compile(r"([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日"),
)
# Excel keeps fifteen digits of a number; what it shows beyond them is not what was typed.
EXACT_BELOW: Final = 10**15
# How many cells of a column are remembered, so that a school of a thousand rows is cleaned once.
REMEMBERED_CELLS: Final = 2_000


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
    column in the template, in Chinese and in English. `normalize` runs on text that is already trimmed; `plain` is
    a regular expression for texts that no cleaning changes, by which most cells are done with.
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
    plain: str = ""

    @cached_property
    def plain_lines(self) -> re.Pattern[str] | None:
        """What cells that no cleaning changes look like, one below the other."""
        plain = self.plain or PLAIN.get(self.kind)
        return re.compile(rf"(?:{plain}\n)*{plain}") if plain else None

    @property
    def has_few_values(self) -> bool:
        """Whether a text has to be one of some, and not only of the right length."""
        return self.kind in {"date", "choice"}

    @cached_property
    def codes(self) -> dict[str, str]:
        """The code of each choice by all that a cell may say for it."""
        return {
            said.casefold(): choice.code
            for choice in reversed(self.choices)
            for said in (choice.code, choice.zh, choice.en, f"{choice.zh} {choice.en}")
        }


class CleanCell(NamedTuple):
    """The text of a cell. Damaged: it came as a number where only text is safe, or as a failed formula."""

    text: str
    is_damaged: bool


# Not frozen: that would make the making of a row take nine times as long, and a file has 100,000 of them.
@dataclass(slots=True)
class TableRow:
    """One row of a list, every column as clean text. Nobody changes one.

    `damaged` names columns whose cell does not say what was typed; `formulas` names columns whose cell holds a
    formula, of which the text is the last result.
    """

    number: int
    damaged: frozenset[str] = frozenset()
    formulas: frozenset[str] = frozenset()

    def value(self, column: str) -> str:
        """Return the text of a column by its key."""
        text: str = getattr(self, column)
        return text


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One thing wrong with one cell. `code` is a key of the list's messages; no parameter is personal."""

    row_number: int
    column: str
    code: str
    severity: Severity = "error"
    parameters: Mapping[str, str | int] = field(default_factory=dict)


Row = TypeVar("Row", bound=TableRow)


def clean_text(text: str) -> str:
    """Return one line of visible text: no control or zero-width characters, single spaces between words."""
    if text.isprintable() and (" " not in text or " ".join(text.split()) == text):
        return text
    spaced = "".join(" " if character in "\t\r\n" else character for character in text)
    return " ".join("".join(c for c in spaced if unicodedata.category(c) not in {"Cc", "Cf"}).split())


@lru_cache(maxsize=4_096)
def parse_date(text: str) -> date | None:
    """Return the day written as 2026-06-30, 2026/6/30, 20260630 or 2026年6月30日, or None."""
    if ISO_DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            return None
    folded = unicodedata.normalize("NFKC", text)
    match = next((found for form in DATE_FORMS if (found := form.fullmatch(folded))), None)
    if match is None:
        return None
    try:
        return date(*map(int, match.groups()))
    except ValueError:
        return None


def clean_column(
    cells: Sequence[Any], column: Column, remembered: dict[object, str]
) -> tuple[list[str], list[int]]:
    """Return the texts of some cells of one column, and the places of those that are damaged.

    `remembered` belongs to the column and is filled on the way.
    """
    if column.plain_lines is not None and _are_plain(cells, column.plain_lines):
        return list(cells), []
    texts: list[Any] = list(map(remembered.get, cells))
    damaged: list[int] = []
    unknown = [place for place, text in enumerate(texts) if text is None] if None in texts else ()
    for place in unknown:
        cell = cells[place]
        texts[place], is_damaged = clean_cell(cell, column)
        if is_damaged:
            damaged.append(place)
        # A number is not remembered: 1, 1.0 and TRUE are one key and three texts.
        elif isinstance(cell, (str, date)) and len(remembered) < REMEMBERED_CELLS:
            remembered[cell] = texts[place]
    return texts, damaged


def _are_plain(cells: Sequence[Any], plain_lines: re.Pattern[str]) -> bool:
    try:
        lines = "\n".join(cells)
    except TypeError:
        return False
    return lines.count("\n") == len(cells) - 1 and plain_lines.fullmatch(lines) is not None


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
    if text.startswith("#") and text.upper() in EXCEL_ERRORS:
        return CleanCell(text.upper(), is_damaged=True)
    if column.kind == "identifier":
        is_damaged = SCIENTIFIC.fullmatch(unicodedata.normalize("NFKC", text)) is not None
        return CleanCell(column.normalize(text), is_damaged)
    if column.kind == "choice":
        return CleanCell(column.codes.get(text.casefold(), text), is_damaged=False)
    if column.kind == "date":
        day = parse_date(text)
        return CleanCell(day.isoformat() if day else text, is_damaged=False)
    return CleanCell(column.normalize(text), is_damaged=False)


def _clean_number(cell: float, column: Column) -> CleanCell:
    if column.kind == "identifier" or not abs(cell) < EXACT_BELOW:
        return CleanCell(str(cell).upper(), is_damaged=True)
    exact = Decimal(str(cell))
    text = format(exact.to_integral_value() if exact == exact.to_integral_value() else exact, "f")
    return CleanCell(_clean_string(text, column).text, is_damaged=False)


def shape_problems(rows: Sequence[TableRow], columns: Sequence[Column]) -> Iterator[RowProblem]:
    """Check what follows from the columns alone: number cells, required cells, dates, choices, lengths."""
    for row in rows:
        for key in row.damaged:
            code = "error_cell" if row.value(key) in EXCEL_ERRORS else "number_cell"
            yield RowProblem(row.number, key, code)
        for key in row.formulas - row.damaged:
            yield RowProblem(row.number, key, "formula_cell", "warning")
    for column in columns:
        yield from _text_problems(rows, column)


def _text_problems(rows: Sequence[TableRow], column: Column) -> Iterator[RowProblem]:
    texts = list(map(attrgetter(column.key), rows))
    if not column.has_few_values and _fit(texts, column):
        return
    found = {text: problem for text in set(texts) if (problem := _text_problem(text, column))}
    if not found:
        return
    for row, text in zip(rows, texts, strict=True):
        if text in found and column.key not in row.damaged:
            code, parameters = found[text]
            yield RowProblem(row.number, column.key, code, parameters=parameters)


def _fit(texts: Sequence[str], column: Column) -> bool:
    return (not column.required or all(texts)) and max(map(len, texts), default=0) <= column.max_length


def _text_problem(text: str, column: Column) -> tuple[str, dict[str, str | int]] | None:
    if not text:
        return ("required", {}) if column.required else None
    if len(text) > column.max_length:
        return "too_long", {"longest": column.max_length}
    if column.kind == "date" and parse_date(text) is None:
        return "bad_date", {}
    if column.kind == "choice" and all(text != choice.code for choice in column.choices):
        return "unknown_choice", {
            "choices": " / ".join(f"{choice.zh} {choice.en}" for choice in column.choices)
        }
    return None


def repeated_groups(rows: Sequence[Row], column: str) -> Iterator[list[Row]]:
    """Return the rows of each value that occurs more than once; empty and damaged cells are left out."""
    texts = list(map(attrgetter(column), rows))
    repeated = {text for text, times in Counter(texts).items() if times > 1 and text}
    if not repeated:
        return
    groups: dict[str, list[Row]] = defaultdict(list)
    for row, text in zip(rows, texts, strict=True):
        if text in repeated and column not in row.damaged:
            groups[text].append(row)
    yield from (group for group in groups.values() if len(group) > 1)


def repeated_values(rows: Sequence[TableRow], column: str, code: str) -> Iterator[RowProblem]:
    """Report every row whose value in a column occurs more than once, naming the rows."""
    for group in repeated_groups(rows, column):
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
