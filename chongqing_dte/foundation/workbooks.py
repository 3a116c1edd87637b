"""Reads an uploaded list without trusting it: a gate first, and then a child process for the parsing."""

import contextlib
import importlib.util
import io
import lzma
import marshal
import os
import re
import signal
import stat
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from threading import Timer
from typing import Any, Final, NamedTuple

from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext_lazy as _
from chongqing_dte.foundation.tabular import Cell

MEBIBYTE: Final = 1024 * 1024
CHILD: Final = Path(__file__).with_name("workbook_child.py")
ZIP_START: Final = b"PK\x03\x04"
ZIP_CENTRAL_ENTRY: Final = b"PK\x01\x02"
PACKED: Final = (".zip", ".xlsx", ".xlsm", ".xls", ".7z", ".rar", ".gz")
OLE_START: Final = bytes.fromhex("d0cf11e0a1b11ae1")

UNREADABLE: Final = {
    "empty_file": _("The file is empty."),
    "too_large": _("The file is larger than 20 MB."),
    "not_a_spreadsheet": _(
        "The file is not a spreadsheet. Save the list as .xlsx, .xls or .csv and upload it again."
    ),
    "encrypted": _("The file is protected by a password. Remove the password and upload it again."),
    "zip_bomb": _("The file unpacks to far more than a list can hold. Copy the rows into a fresh template."),
    "macros": _("The file contains macros. Save it as .xlsx without macros and upload it again."),
    "external_links": _("The file has links to other workbooks. Paste the values into a fresh template."),
    "embedded_files": _("The file has other files inside it. Paste the values into a fresh template."),
    "damaged": _("The file is damaged and cannot be read. Open it in Excel, save it again and upload it."),
    "too_many_rows": _("The list has too many rows. Split it into smaller files."),
    "too_many_columns": _("The list has too many columns. Use the template."),
    "no_visible_sheet": _("The workbook has no visible sheet."),
    "took_too_long": _("The file took too long to read. Copy the rows into a fresh template."),
}


# What the zip module says of bytes that are no archive, or not the one that its directory tells of.
DAMAGED_ZIP: Final = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
)
# A formula or a failed one, as nearly every program writes them; other spellings are left to the XML parser.
MARKS: Final = re.compile(rb'<f[ >/]|t="e"')
UNUSUAL_SPELLINGS: Final = (b":sheetData", b" r='", b" t='")
# What one mark could be cut into at the end of a piece.
LONGEST_MARK: Final = 16
NOT_SHEETS: Final = ("/sharedstrings.xml", "/styles.xml", "/workbook.xml")
REFUSED_PARTS: Final[dict[str, Callable[[str], bool]]] = {
    "macros": lambda name: name.endswith("vbaproject.bin") or name.startswith("xl/macrosheets/"),
    "external_links": lambda name: name.startswith(
        ("xl/externallinks/", "xl/connections.", "xl/querytables/")
    ),
    "embedded_files": lambda name: name.startswith("xl/embeddings/") or name.endswith(PACKED),
}


class FileRefused(DomainError):
    """A file that cannot be used as a whole. `parameters` are what its text names, fit to be stored as JSON."""

    def __init__(
        self, message: object, *, code: str | None = None, parameters: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message, code=code)
        self.parameters = dict(parameters or {})


class UnreadableWorkbook(FileRefused):
    """The file cannot be read as a list. `code` is a key of UNREADABLE."""

    def __init__(self, code: str) -> None:
        super().__init__(UNREADABLE[code], code=code)


@dataclass(frozen=True)
class WorkbookLimits:
    """Sizes are in bytes, times in seconds."""

    file_size: int = 20 * MEBIBYTE
    unpacked_size: int = 400 * MEBIBYTE
    zip_entries: int = 1_000
    memory: int = 384 * MEBIBYTE
    cpu_seconds: int = 20
    wall_seconds: float = 60
    answer_size: int = 128 * MEBIBYTE
    rows: int = 120_000
    columns: int = 100


DEFAULT_LIMITS: Final = WorkbookLimits()


class SheetRow(NamedTuple):
    """One row that is not blank. `number` counts from 1 as the user sees it in Excel."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class OpenSheet:
    """The first visible sheet. Cells keep their type: a number cell is a float or an int, never text.

    `info` holds the first rows of the sheet that was asked for by name, if the workbook has it. `formulas` names,
    by row number, the places of the cells that hold a formula; such a cell comes with the formula's last result.
    `chunks` can be gone through once.
    """

    name: str
    info: list[list[Cell]]
    formulas: Mapping[int, Sequence[int]]
    chunks: Iterator[list[SheetRow]]


@dataclass(frozen=True)
class Sheet:
    """The first visible sheet, whole."""

    name: str
    rows: list[SheetRow]
    formulas: Mapping[int, Sequence[int]]


def read_workbook(content: bytes, *, limits: WorkbookLimits = DEFAULT_LIMITS) -> Sheet:
    """Return the rows of a file at once. Raises as open_sheet does."""
    with open_sheet(content, limits=limits) as sheet:
        rows = [row for chunk in sheet.chunks for row in chunk]
        return Sheet(sheet.name, rows, sheet.formulas)


@contextlib.contextmanager
def open_sheet(
    content: bytes, *, info_sheet: str = "", limits: WorkbookLimits = DEFAULT_LIMITS
) -> Iterator[OpenSheet]:
    """Open an .xlsx, .xls or .csv (UTF-8 or GB18030) file, told apart by content, not by name.

    Raises UnreadableWorkbook, whatever the file does to the parser, here or while the chunks are read.
    """
    if not content:
        raise UnreadableWorkbook("empty_file")
    if len(content) > limits.file_size:
        raise UnreadableWorkbook("too_large")
    archive = _checked_zip(content, limits) if content.startswith(ZIP_START) else None
    if content.startswith(OLE_START):
        _check_ole(content)
    with _started_child(limits, info_sheet) as child:
        _send(child, len(content).to_bytes(8, "little") + content)
        # Looked for while the child parses, because the parser tells nothing of formulas.
        _send(child, b"f" if archive is not None and _has_formulas(archive) else b"-")
        frames = _frames(child, limits)
        head = next(frames)
        yield OpenSheet(head["name"], head["info"], head["formulas"], (_rows(frame) for frame in frames))


def _checked_zip(content: bytes, limits: WorkbookLimits) -> zipfile.ZipFile:
    # Counted before the directory is read, because a directory of 200,000 entries is itself a cost.
    if content.count(ZIP_CENTRAL_ENTRY) > limits.zip_entries:
        raise UnreadableWorkbook("zip_bomb")
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except DAMAGED_ZIP as error:
        raise UnreadableWorkbook("damaged") from error
    if code := _problem_in_zip(archive.infolist(), limits):
        raise UnreadableWorkbook(code)
    return archive


def _problem_in_zip(entries: list[zipfile.ZipInfo], limits: WorkbookLimits) -> str | None:
    names = [entry.filename.replace("\\", "/").lower() for entry in entries]
    if any(entry.flag_bits & 1 for entry in entries):
        return "encrypted"
    if sum(entry.file_size for entry in entries) > limits.unpacked_size:
        return "zip_bomb"
    if len(set(names)) != len(names) or any(map(_leads_elsewhere, entries)):
        return "damaged"
    for code, is_one in REFUSED_PARTS.items():
        if any(map(is_one, names)):
            return code
    is_workbook = "[content_types].xml" in names and any(name.startswith("xl/") for name in names)
    return None if is_workbook and "xl/workbook.bin" not in names else "not_a_spreadsheet"


def _leads_elsewhere(entry: zipfile.ZipInfo) -> bool:
    parts = entry.filename.replace("\\", "/").split("/")
    return ".." in parts or stat.S_ISLNK(entry.external_attr >> 16)


def _has_formulas(archive: zipfile.ZipFile) -> bool:
    """Test whether any sheet may hold a formula or an error, in bounded memory: the sizes were checked before."""
    try:
        return any(_may_hold_formulas(archive, entry) for entry in archive.infolist() if _is_sheet(entry))
    except DAMAGED_ZIP as error:
        raise UnreadableWorkbook("damaged") from error


def _is_sheet(entry: zipfile.ZipInfo) -> bool:
    name = entry.filename.lower()
    return name.startswith("xl/") and name.endswith(".xml") and not name.endswith(NOT_SHEETS)


def _may_hold_formulas(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    with archive.open(entry) as sheet:
        before = b""
        while piece := sheet.read(MEBIBYTE):
            whole = before + piece
            if not before and any(spelling in piece for spelling in UNUSUAL_SPELLINGS):
                return True
            if (b"<f" in whole or b't="e"' in whole) and MARKS.search(whole):
                return True
            before = piece[-LONGEST_MARK:]
    return False


def _check_ole(content: bytes) -> None:
    """OLE names its streams in UTF-16, and the names are enough to tell what to refuse."""
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise UnreadableWorkbook("encrypted")
    if "_VBA_PROJECT".encode("utf-16-le") in content:
        raise UnreadableWorkbook("macros")
    if not any(name.encode("utf-16-le") in content for name in ("Workbook", "Book")):
        raise UnreadableWorkbook("not_a_spreadsheet")


@cache
def _parser_folder() -> str:
    """Return where the parser is installed; the child starts without the site packages, twice as fast."""
    found = importlib.util.find_spec("python_calamine")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("python_calamine")
    return str(Path(found.origin).parent.parent)


@contextlib.contextmanager
def _started_child(limits: WorkbookLimits, info_sheet: str) -> Iterator["subprocess.Popen[bytes]"]:
    caps = (
        limits.memory,
        limits.cpu_seconds,
        limits.rows,
        limits.columns,
        limits.answer_size,
    )
    with subprocess.Popen(  # noqa: S603 - our own script, numbers and a sheet's name as arguments, no shell
        [sys.executable, "-I", "-S", str(CHILD), _parser_folder(), info_sheet, *map(str, caps)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # The child has no business with the secrets in our environment.
        env={name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ},
    ) as child:
        clock = Timer(limits.wall_seconds, child.send_signal, [signal.SIGALRM])
        clock.start()
        try:
            yield child
        finally:
            clock.cancel()
            child.kill()
            if child.stdin is not None:
                with contextlib.suppress(BrokenPipeError):
                    child.stdin.close()


def _send(child: "subprocess.Popen[bytes]", content: bytes) -> None:
    # A child that has died already says why by its return code.
    with contextlib.suppress(BrokenPipeError):
        if child.stdin is not None:
            child.stdin.write(content)
            child.stdin.flush()


def _frames(child: "subprocess.Popen[bytes]", limits: WorkbookLimits) -> Iterator[Any]:
    """Yield what the child says, piece by piece, up to its last word."""
    while True:
        size = int.from_bytes(_read(child, 4), "little")
        if size > limits.answer_size:
            raise UnreadableWorkbook("zip_bomb")
        frame = marshal.loads(_read(child, size))
        if frame is None:
            return
        if isinstance(frame, str):
            raise UnreadableWorkbook(frame)
        yield frame


def _read(child: "subprocess.Popen[bytes]", size: int) -> bytes:
    found = child.stdout.read(size) if child.stdout is not None else b""
    if len(found) < size:
        raise UnreadableWorkbook(_reason_of_death(child.wait()))
    return found


def _reason_of_death(return_code: int) -> str:
    if return_code in {-signal.SIGXCPU, -signal.SIGALRM}:
        return "took_too_long"
    # The parser aborts when the memory it asks for is refused, and the system kills what takes too much.
    return "zip_bomb" if return_code in {-signal.SIGABRT, -signal.SIGKILL} else "damaged"


def _rows(frame: tuple[bool, list[tuple[int, tuple[Any, ...]]]]) -> list[SheetRow]:
    has_dates, rows = frame
    if not has_dates:
        return [SheetRow(number, cells) for number, cells in rows]
    return [SheetRow(number, tuple(map(_decoded, cells))) for number, cells in rows]


def _decoded(cell: Any) -> Any:
    """Return a cell with its date, which travels as a tuple around its text."""
    if not isinstance(cell, tuple):
        return cell
    return datetime.fromisoformat(cell[0]) if len(cell[0]) > 10 else date.fromisoformat(cell[0])
