"""Parses one workbook or CSV file in its own process, because the parser can abort it or eat its memory.

Run as a script: the file on standard input, the limits as arguments, one JSON answer on standard output.
Standard library and the parser only, so that it starts in a few hundredths of a second.
"""

import csv
import io
import json
import re
import resource
import sys
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any, Final

WORKBOOK_STARTS: Final = (b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1"))
CSV_DELIMITERS: Final = ",\t;"
BINARY: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
LONGEST_CELL: Final = 32_767  # Excel's own limit.


class Refused(Exception):
    pass


def limit_this_process(memory: int, cpu_seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    # The soft limit signals SIGXCPU, which tells slowness from a kill for lack of memory.
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def encoded(cell: object) -> object:
    """JSON keeps 1.0 apart from 1, which tells a number cell from a text cell, and has no dates."""
    if isinstance(cell, datetime):
        return {"datetime": cell.isoformat()}
    if isinstance(cell, date):
        return {"date": cell.isoformat()}
    if isinstance(cell, str):
        if len(cell) > LONGEST_CELL:
            raise Refused("damaged")
        return cell or None
    return cell if isinstance(cell, (bool, int, float)) else str(cell)


def first_visible_sheet(workbook: Any) -> Any:
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    sheets = workbook.sheets_metadata
    if any(sheet.typ in (SheetTypeEnum.MacroSheet, SheetTypeEnum.Vba) for sheet in sheets):
        raise Refused("macros")
    for sheet in sheets:
        if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet:
            return workbook.get_sheet_by_name(sheet.name)
    raise Refused("no_visible_sheet" if sheets else "damaged")


def filled_rows(
    records: Iterable[list[Any]], *, indent: int, max_rows: int, max_columns: int
) -> list[tuple[int, list[object]]]:
    rows = []
    for number, cells in enumerate(records, start=1):
        while cells and (cells[-1] == "" or str(cells[-1]).isspace()):
            cells.pop()
        if not cells:
            continue
        if number > max_rows:
            raise Refused("too_many_rows")
        if indent + len(cells) > max_columns:
            raise Refused("too_many_columns")
        rows.append((number, [None] * indent + [encoded(cell) for cell in cells]))
    return rows


def csv_records(content: bytes) -> Iterator[list[str]]:
    text = decoded_csv(content)
    if not text.strip():
        raise Refused("empty_file")
    # Markup, and anything with control characters in it, is another kind of file under a wrong name.
    if BINARY.search(text) or text.lstrip().startswith(("<", "%PDF", "{\\rtf")):
        raise Refused("not_a_spreadsheet")
    first_line = text.lstrip().splitlines()[0]
    delimiter = max(CSV_DELIMITERS, key=first_line.count)
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def decoded_csv(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused("not_a_spreadsheet")


def parsed(content: bytes, caps: dict[str, int]) -> dict[str, object]:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        if not content.startswith(WORKBOOK_STARTS):
            return {"name": "", "rows": filled_rows(csv_records(content), indent=0, **caps)}
        sheet = first_visible_sheet(CalamineWorkbook.from_filelike(io.BytesIO(content)))
        # The parser keeps blank rows above the first filled one, and drops blank columns left of it.
        indent = sheet.start[1] if sheet.start else 0
        return {"name": sheet.name, "rows": filled_rows(sheet.iter_rows(), indent=indent, **caps)}
    except Refused as refusal:
        return {"error": str(refusal)}
    except MemoryError:
        return {"error": "zip_bomb"}
    except PasswordError:
        return {"error": "encrypted"}
    except (CalamineError, csv.Error):
        return {"error": "damaged"}


def main() -> None:
    memory, cpu_seconds, max_rows, max_columns, max_answer = (int(argument) for argument in sys.argv[1:6])
    limit_this_process(memory, cpu_seconds)
    caps = {"max_rows": max_rows, "max_columns": max_columns}
    answer = json.dumps(parsed(sys.stdin.buffer.read(), caps))
    if len(answer) > max_answer:
        answer = json.dumps({"error": "zip_bomb"})
    sys.stdout.write(answer)


if __name__ == "__main__":
    main()
