"""Parses one workbook or CSV file in its own process, because the parser can abort it or eat its memory.

Run as a script: the file on standard input behind its length, the limits as arguments. It answers on standard output
in pieces, each behind its length: what the sheet is, some rows at a time, None at the end; or the code of a refusal.
"""

from __future__ import annotations

import io
import marshal
import resource
import sys
from datetime import date
from itertools import chain, islice

# Every import is paid for by every file: those for odd files come late, and annotations cost nothing.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    Numbered = tuple[int, tuple[Any, ...]]
    Errors = dict[int, dict[int, str]]

WORKBOOK_STARTS = (b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1"))
CSV_DELIMITERS = ",\t;"
LONGEST_CELL = 32_767  # Excel's own limit.
CHUNK_ROWS = 500
INFO_ROWS = 20
FORMULAS_WANTED = b"f"
# The records of Excel 97 that are looked at, and the codes of its errors.
SHEET_ENTRY, OTHER_BOOK, BEGIN, END = 0x0085, 0x01AE, 0x0809, 0x000A
FORMULAS, ERROR_OR_TRUTH = (0x0006, 0x0206, 0x0406), 0x0205
SHORTEST_CHAINED = 4_096
INSIDE_BOOKS = (b"\x01\x04", b"\x01\x3a")
OLD_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}


class Refused(Exception):
    pass


class Caps:
    """What one file may take. Sizes are in bytes."""

    def __init__(self, memory: int, cpu_seconds: int, rows: int, columns: int, answer_size: int) -> None:
        self.memory, self.cpu_seconds = memory, cpu_seconds
        self.rows, self.columns, self.answer_size = rows, columns, answer_size


def limit_this_process(caps: Caps) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (caps.memory, caps.memory))
    # The soft limit signals SIGXCPU, which tells slowness from a kill for lack of memory.
    resource.setrlimit(resource.RLIMIT_CPU, (caps.cpu_seconds, caps.cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def encoded(cell: object) -> object:
    """Return what marshal can carry: a date as a tuple around its text."""
    if isinstance(cell, (str, float, int)):
        return cell
    return (cell.isoformat(),) if isinstance(cell, date) else str(cell)


def visible_sheet(workbook: Any) -> tuple[int, Any]:
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    sheets = workbook.sheets_metadata
    if any(sheet.typ in (SheetTypeEnum.MacroSheet, SheetTypeEnum.Vba) for sheet in sheets):
        raise Refused("macros")
    found = None
    for index, sheet in enumerate(sheets):
        if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet:
            found = (index, workbook.get_sheet_by_index(index))
            # Somebody may have put a blank one before the list.
            if found[1].start is not None:
                break
    if found is None:
        raise Refused("no_visible_sheet" if sheets else "damaged")
    return found


def info_rows(workbook: Any, name: str) -> list[list[object]]:
    if name not in workbook.sheet_names:
        return []
    sheet = workbook.get_sheet_by_name(name)
    return [[encoded(cell) for cell in row[:4]] for row in islice(sheet.iter_rows(), INFO_ROWS)]


def filled_rows(
    records: Iterable[list[Any]], *, indent: int, errors: Errors, caps: Caps
) -> Iterator[Numbered]:
    for number, record in enumerate(records, start=1):
        cells = [""] * indent + record if indent else record
        for place, text in errors.get(number, {}).items() if errors else ():
            if place < len(cells):
                cells[place] = text
        while cells and isinstance(cells[-1], str) and not cells[-1].strip():
            cells.pop()
        if not cells:
            continue
        if number > caps.rows:
            raise Refused("too_many_rows")
        if len(cells) > caps.columns:
            raise Refused("too_many_columns")
        yield number, tuple(cells)


def chunks(rows: Iterator[Numbered]) -> Iterator[bytes]:
    while chunk := list(islice(rows, CHUNK_ROWS)):
        has_dates = False
        try:
            frame = marshal.dumps((has_dates, chunk))
        except ValueError:
            has_dates = True
            frame = marshal.dumps(
                (has_dates, [(number, tuple(map(encoded, cells))) for number, cells in chunk])
            )
        if longest_text(cells for _, cells in chunk) > LONGEST_CELL:
            raise Refused("damaged")
        yield frame


def longest_text(rows: Iterable[tuple[Any, ...]]) -> int:
    cells = list(chain.from_iterable(rows))
    try:
        return max(map(len, cells), default=0)
    except TypeError:
        return max((len(cell) for cell in cells if isinstance(cell, str)), default=0)


def csv_records(content: bytes) -> Iterator[list[str]]:
    import csv
    import re

    text = decoded_csv(content)
    if not text.strip():
        raise Refused("empty_file")
    # Markup, and anything with control characters in it, is another kind of file under a wrong name.
    if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", text) or text.lstrip().startswith(("<", "%PDF", "{\\rtf")):
        raise Refused("not_a_spreadsheet")
    first_line = text.lstrip()[:LONGEST_CELL].splitlines()[0]
    delimiter = max(CSV_DELIMITERS, key=first_line.count)
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def decoded_csv(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused("not_a_spreadsheet")


class MarkFinder:
    """Finds the cells of a sheet that hold a formula, and the texts of those that failed: the parser tells neither.

    A cell may leave out its reference, and then counts on from the last.
    """

    def __init__(self) -> None:
        import pyexpat

        self.formulas: dict[int, list[int]] = {}
        self.errors: Errors = {}
        self.row, self.place = 0, -1
        self.texts: list[str] | None = None
        self.is_error = False
        self.parser = pyexpat.ParserCreate()
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match name.rpartition(":")[2]:
            case "row":
                self.row, self.place = int(attributes.get("r", self.row + 1)), -1
            case "c":
                self.place = place_of(attributes["r"]) if "r" in attributes else self.place + 1
                self.is_error = attributes.get("t") == "e"
            case "f" if self.place >= 0:
                self.formulas.setdefault(self.row, []).append(self.place)
            case "v" if self.is_error:
                self.texts = []

    def end(self, name: str) -> None:
        match name.rpartition(":")[2]:
            case "v" if self.texts is not None:
                self.errors.setdefault(self.row, {})[self.place] = "".join(self.texts)[:20]
                self.texts = None
            case "row":
                # What stands behind the cells has formulas of another kind.
                self.place = -1

    def text(self, text: str) -> None:
        if self.texts is not None:
            self.texts.append(text)


def place_of(reference: str) -> int:
    place = 0
    for letter in reference.rstrip("0123456789"):
        place = place * 26 + ord(letter.upper()) - 64
    return place - 1


def marks_of(content: bytes, index: int) -> MarkFinder:
    import zipfile

    finder = MarkFinder()
    archive = zipfile.ZipFile(io.BytesIO(content))
    with archive, archive.open(path_of_sheet(archive, index)) as sheet:
        finder.parser.ParseFile(sheet)
    return finder


def path_of_sheet(archive: Any, index: int) -> str:
    """Return where in the archive the sheet at this place of the workbook's list lies."""
    ids = [
        value
        for attributes in elements(archive.read("xl/workbook.xml"), "sheet")
        for name, value in attributes.items()
        if name.endswith(":id")
    ]
    targets = {
        attributes.get("Id"): attributes.get("Target", "")
        for attributes in elements(archive.read("xl/_rels/workbook.xml.rels"), "Relationship")
    }
    target = targets[ids[index]].replace("\\", "/")
    return target[1:] if target.startswith("/") else f"xl/{target.removeprefix('./')}"


def elements(content: bytes, name: str) -> list[dict[str, str]]:
    import pyexpat

    found: list[dict[str, str]] = []
    parser = pyexpat.ParserCreate()

    def start(full_name: str, attributes: dict[str, str]) -> None:
        if full_name.rpartition(":")[2] == name:
            found.append(attributes)

    parser.StartElementHandler = start
    parser.ParseFile(io.BytesIO(content))
    return found


class OldMarkFinder:
    """The same for an Excel 97 workbook, as far as its records can be followed."""

    def __init__(self) -> None:
        self.formulas: dict[int, list[int]] = {}
        self.errors: Errors = {}

    def look_at(self, kind: int, body: bytes) -> None:
        number, place = number_at(body, 0, 2) + 1, number_at(body, 2, 2)
        if kind in FORMULAS:
            self.formulas.setdefault(number, []).append(place)
            if body[12:14] == b"\xff\xff" and body[6] == 2:
                self.errors.setdefault(number, {})[place] = OLD_ERRORS.get(body[8], "#N/A")
        elif kind == ERROR_OR_TRUTH and body[7]:
            self.errors.setdefault(number, {})[place] = OLD_ERRORS.get(body[6], "#N/A")


def old_marks_of(content: bytes, index: int) -> OldMarkFinder:
    """Raises Refused where the workbook leans on another one."""
    finder = OldMarkFinder()
    try:
        stream = old_workbook_stream(content)
        sheets = []
        for kind, body in old_records(stream, 0):
            if kind == SHEET_ENTRY:
                sheets.append(number_at(body, 0, 4))
            elif kind == OTHER_BOOK and body[2:4] not in INSIDE_BOOKS:
                raise Refused("external_links")
        for kind, body in old_records(stream, sheets[index]):
            finder.look_at(kind, body)
    except (IndexError, UnicodeDecodeError):
        # What the parser could read is not refused because its container could not be followed here.
        return OldMarkFinder()
    return finder


def old_records(stream: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """Yield the records of one part of the stream; a chart inside a sheet is a part of its own, and left out."""
    depth = 0
    while start + 4 <= len(stream):
        kind, size = number_at(stream, start, 2), number_at(stream, start + 2, 2)
        depth += (kind == BEGIN) - (kind == END)
        if depth == 0:
            return
        if depth == 1:
            yield kind, stream[start + 4 : start + 4 + size]
        start += 4 + size


def old_workbook_stream(content: bytes) -> bytes:
    """Return the stream with the sheets out of its container, a file system of sectors in chains."""
    size = 1 << number_at(content, 30, 2)
    tables = [number_at(content, place, 4) for place in range(76, 512, 4)]
    more, left = number_at(content, 68, 4), number_at(content, 72, 4)
    while left > 0:
        table = content[(more + 1) * size : (more + 2) * size]
        tables += [number_at(table, place, 4) for place in range(0, size - 4, 4)]
        more, left = number_at(table, size - 4, 4), left - 1
    fat = b"".join(content[(n + 1) * size : (n + 2) * size] for n in tables if n < len(content) // size)

    def chained(sector: int) -> bytes:
        parts: list[bytes] = []
        while sector < len(fat) // 4 and len(parts) <= len(content) // size:
            parts.append(content[(sector + 1) * size : (sector + 2) * size])
            sector = number_at(fat, sector * 4, 4)
        return b"".join(parts)

    folder = chained(number_at(content, 48, 4))
    for place in range(0, len(folder), 128):
        entry = folder[place : place + 128]
        name = entry[: max(number_at(entry, 64, 2) - 2, 0)].decode("utf-16-le")
        length = number_at(entry, 120, 4)
        # A shorter stream lies among others in small sectors, and holds hardly a list.
        if name in {"Workbook", "Book"} and length >= SHORTEST_CHAINED:
            return chained(number_at(entry, 116, 4))[:length]
    return b""


def number_at(content: bytes, place: int, size: int) -> int:
    if place + size > len(content):
        raise IndexError
    return int.from_bytes(content[place : place + size], "little")


def workbook_frames(content: bytes, info_sheet: str, caps: Caps) -> Iterator[bytes]:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        index, sheet = visible_sheet(workbook)
        info = info_rows(workbook, info_sheet)
    except PasswordError:
        raise Refused("encrypted") from None
    except CalamineError:
        raise Refused("damaged") from None
    marks: MarkFinder | OldMarkFinder
    if not content.startswith(b"PK"):
        marks = old_marks_of(content, index)
    # The other process has looked meanwhile whether there are any.
    elif sys.stdin.buffer.read(1) == FORMULAS_WANTED:
        marks = marks_of(content, index)
    else:
        marks = OldMarkFinder()
    yield marshal.dumps({"name": sheet.name, "info": info, "formulas": marks.formulas})
    # The parser keeps blank rows above the first filled one, and drops blank columns left of it.
    indent = sheet.start[1] if sheet.start else 0
    yield from chunks(filled_rows(sheet.iter_rows(), indent=indent, errors=marks.errors, caps=caps))


def csv_frames(content: bytes, caps: Caps) -> Iterator[bytes]:
    import csv

    yield marshal.dumps({"name": "", "info": [], "formulas": {}})
    try:
        yield from chunks(filled_rows(csv_records(content), indent=0, errors={}, caps=caps))
    except csv.Error:
        raise Refused("damaged") from None


def answer(content: bytes, info_sheet: str, caps: Caps) -> Iterator[bytes]:
    try:
        if content.startswith(WORKBOOK_STARTS):
            yield from workbook_frames(content, info_sheet, caps)
        else:
            yield from csv_frames(content, caps)
        yield marshal.dumps(None)
    except Refused as refusal:
        yield marshal.dumps(str(refusal))
    except MemoryError:
        yield marshal.dumps("zip_bomb")


def main() -> None:
    parser_folder, info_sheet, *numbers = sys.argv[1:]
    sys.path.append(parser_folder)
    caps = Caps(*map(int, numbers))
    limit_this_process(caps)
    size = int.from_bytes(sys.stdin.buffer.read(8), "little")
    left = caps.answer_size
    for frame in answer(sys.stdin.buffer.read(size), info_sheet, caps):
        left -= len(frame)
        said = frame if left >= 0 else marshal.dumps("zip_bomb")
        sys.stdout.buffer.write(len(said).to_bytes(4, "little") + said)
        sys.stdout.buffer.flush()
        if left < 0:
            return


if __name__ == "__main__":
    main()
