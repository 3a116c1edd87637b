"""Reads an uploaded list without trusting it: a gate first, and then a child process for the parsing."""

import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.tabular import Cell

MEBIBYTE: Final = 1024 * 1024
CHILD: Final = Path(__file__).with_name("workbook_child.py")
ZIP_START: Final = b"PK\x03\x04"
ZIP_CENTRAL_ENTRY: Final = b"PK\x01\x02"
OLE_START: Final = bytes.fromhex("d0cf11e0a1b11ae1")

UNREADABLE: Final = {
    "empty_file": _("The file is empty."),
    "too_large": _("The file is larger than 10 MB."),
    "not_a_spreadsheet": _(
        "The file is not a spreadsheet. Save the list as .xlsx, .xls or .csv and upload it again."
    ),
    "encrypted": _("The file is protected by a password. Remove the password and upload it again."),
    "zip_bomb": _("The file unpacks to far more than a list can hold. Copy the rows into a fresh template."),
    "macros": _("The file contains macros. Save it as .xlsx without macros and upload it again."),
    "external_links": _("The file has links to other workbooks. Paste the values into a fresh template."),
    "damaged": _("The file is damaged and cannot be read. Open it in Excel, save it again and upload it."),
    "too_many_rows": _("The list has too many rows. Split it into smaller files."),
    "too_many_columns": _("The list has too many columns. Use the template."),
    "no_visible_sheet": _("The workbook has no visible sheet."),
    "took_too_long": _("The file took too long to read. Copy the rows into a fresh template."),
}


class UnreadableWorkbook(DomainError):
    """The file cannot be read as a list. `code` is a key of UNREADABLE."""

    def __init__(self, code: str) -> None:
        super().__init__(UNREADABLE[code], code=code)


@dataclass(frozen=True)
class WorkbookLimits:
    """Sizes are in bytes, times in seconds."""

    file_size: int = 10 * MEBIBYTE
    unpacked_size: int = 400 * MEBIBYTE
    zip_entries: int = 1_000
    memory: int = 1024 * MEBIBYTE
    cpu_seconds: int = 20
    wall_seconds: int = 30
    answer_size: int = 64 * MEBIBYTE
    rows: int = 20_000
    columns: int = 100


DEFAULT_LIMITS: Final = WorkbookLimits()


class SheetRow(NamedTuple):
    """One row that is not blank. `number` counts from 1 as the user sees it in Excel."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Sheet:
    """The first visible sheet. Cells keep their type: a number cell is a float or an int, never text."""

    name: str
    rows: list[SheetRow]


def read_workbook(content: bytes, *, limits: WorkbookLimits = DEFAULT_LIMITS) -> Sheet:
    """Return the rows of an .xlsx, .xls or .csv (UTF-8 or GB18030) file, told apart by content, not by name.

    Raises UnreadableWorkbook, whatever the file does to the parser.
    """
    if not content:
        raise UnreadableWorkbook("empty_file")
    if len(content) > limits.file_size:
        raise UnreadableWorkbook("too_large")
    if content.startswith(ZIP_START):
        _check_zip(content, limits)
    elif content.startswith(OLE_START):
        _check_ole(content)
    return _parsed_by_child(content, limits)


def _check_zip(content: bytes, limits: WorkbookLimits) -> None:
    # Counted before the directory is read, because a directory of 200,000 entries is itself a cost.
    if content.count(ZIP_CENTRAL_ENTRY) > limits.zip_entries:
        raise UnreadableWorkbook("zip_bomb")
    try:
        entries = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise UnreadableWorkbook("damaged") from error
    if code := _problem_in_zip(entries, limits):
        raise UnreadableWorkbook(code)


def _problem_in_zip(entries: list[zipfile.ZipInfo], limits: WorkbookLimits) -> str | None:
    names = [entry.filename.replace("\\", "/").lower() for entry in entries]
    if any(entry.flag_bits & 1 for entry in entries):
        return "encrypted"
    if sum(entry.file_size for entry in entries) > limits.unpacked_size:
        return "zip_bomb"
    if len(set(names)) != len(names):
        return "damaged"
    if any(name.endswith("vbaproject.bin") or name.startswith("xl/macrosheets/") for name in names):
        return "macros"
    if any(name.startswith("xl/externallinks/") for name in names):
        return "external_links"
    is_workbook = "[content_types].xml" in names and any(name.startswith("xl/") for name in names)
    return None if is_workbook and "xl/workbook.bin" not in names else "not_a_spreadsheet"


def _check_ole(content: bytes) -> None:
    """OLE names its streams in UTF-16, and the names are enough to tell what to refuse."""
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise UnreadableWorkbook("encrypted")
    if "_VBA_PROJECT".encode("utf-16-le") in content:
        raise UnreadableWorkbook("macros")
    if not any(name.encode("utf-16-le") in content for name in ("Workbook", "Book")):
        raise UnreadableWorkbook("not_a_spreadsheet")


def _parsed_by_child(content: bytes, limits: WorkbookLimits) -> Sheet:
    caps = (limits.memory, limits.cpu_seconds, limits.rows, limits.columns, limits.answer_size)
    try:
        child = subprocess.run(  # noqa: S603 - our own script, numbers as arguments, no shell
            [sys.executable, "-I", str(CHILD), *map(str, caps)],
            input=content,
            capture_output=True,
            timeout=limits.wall_seconds,
            check=False,
            # The child has no business with the secrets in our environment.
            env={name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ},
        )
    except subprocess.TimeoutExpired as error:
        raise UnreadableWorkbook("took_too_long") from error
    if child.returncode != 0:
        raise UnreadableWorkbook(_reason_of_death(child.returncode))
    answer = json.loads(child.stdout, object_hook=_decoded_date)
    if "error" in answer:
        raise UnreadableWorkbook(answer["error"])
    return Sheet(answer["name"], [SheetRow(number, tuple(cells)) for number, cells in answer["rows"]])


def _reason_of_death(return_code: int) -> str:
    if return_code == -signal.SIGXCPU:
        return "took_too_long"
    # The parser aborts when the memory it asks for is refused, and the system kills what takes too much.
    return "zip_bomb" if return_code in {-signal.SIGABRT, -signal.SIGKILL} else "damaged"


def _decoded_date(value: dict[str, Any]) -> Any:
    match value:
        case {"date": str(text)}:
            return date.fromisoformat(text)
        case {"datetime": str(text)}:
            return datetime.fromisoformat(text)
        case _:
            return value
