"""Files that an upload may bring, made on the spot: good ones, odd ones and hostile ones."""

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import xlsxwriter

SHEET_NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
    "_rels/.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{RELATIONSHIPS}/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>"
    ),
    "xl/_rels/workbook.xml.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{RELATIONSHIPS}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{RELATIONSHIPS}/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>"
    ),
}


def xlsx(
    rows: Sequence[Sequence[object]],
    *,
    indent: tuple[int, int] = (0, 0),
    hidden_first: bool = False,
    blank_first: bool = False,
    info: Sequence[Sequence[object]] = (),
    date_1904: bool = False,
    strings_only: bool = False,
) -> bytes:
    """Return a workbook with the cells in their own types, `indent` rows and columns from the corner."""
    target = io.BytesIO()
    options = {"in_memory": True, "default_date_format": "yyyy-mm-dd", "date_1904": date_1904}
    if strings_only:
        options |= {"strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as workbook:
        if hidden_first:
            cover = workbook.add_worksheet("hidden")
            cover.write_string(0, 0, "not this one")
            cover.hide()
        if blank_first:
            workbook.add_worksheet("Sheet1").set_column(0, 3, 20)
        sheet = workbook.add_worksheet("list")
        sheet.activate()
        sheet.set_first_sheet()
        for row_index, row in enumerate(rows, start=indent[0]):
            for place, cell in enumerate(row, start=indent[1]):
                sheet.write(row_index, place, cell)
        if info:
            about = workbook.add_worksheet("info")
            for row_index, row in enumerate(info):
                about.write_row(row_index, 0, row)
    return target.getvalue()


def csv_file(rows: Sequence[Sequence[str]], encoding: str = "utf-8-sig") -> bytes:
    return "\r\n".join(",".join(row) for row in rows).encode(encoding)


def zip_of(parts: Mapping[str, str | bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target.getvalue()


def raw_xlsx(
    sheet_rows: str,
    *,
    shared: str = "",
    sheet_state: str = "visible",
    behind: str = "",
    parts: Mapping[str, str] | None = None,
) -> bytes:
    """Return a workbook around hand-written rows, which may say what no honest program writes."""
    workbook = (
        f'<workbook {SHEET_NAMESPACE} xmlns:r="{RELATIONSHIPS}"><sheets>'
        f'<sheet name="list" sheetId="1" state="{sheet_state}" r:id="rId1"/></sheets></workbook>'
    )
    return zip_of(
        {
            **PARTS,
            "xl/workbook.xml": workbook,
            "xl/worksheets/sheet1.xml": (
                f"<worksheet {SHEET_NAMESPACE}><sheetData>{sheet_rows}</sheetData>{behind}</worksheet>"
            ),
            "xl/sharedStrings.xml": f"<sst {SHEET_NAMESPACE}><si><t>{shared}</t></si></sst>",
            **(parts or {}),
        }
    )


def number_cell(reference: str) -> str:
    return f'<row r="{reference.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")}"><c r="{reference}"><v>1</v></c></row>'


def with_declared_size(content: bytes, size: int) -> bytes:
    """Return a zip whose first entry claims another unpacked size."""
    entry = content.index(b"PK\x01\x02")
    return content[: entry + 24] + struct.pack("<I", size) + content[entry + 28 :]


def with_password_flag(content: bytes) -> bytes:
    """Return a zip whose first entry claims to be encrypted."""
    entry = content.index(b"PK\x01\x02")
    return content[: entry + 8] + b"\x01" + content[entry + 9 :]


def with_symbolic_link(content: bytes) -> bytes:
    """Return a zip whose first entry says that it is a link to another file."""
    entry = content.index(b"PK\x01\x02")
    link = struct.pack("<I", 0o120777 << 16)
    return content[: entry + 38] + link + content[entry + 42 :]


def with_wrong_checksum(content: bytes) -> bytes:
    """Return a zip whose sheet is not what its checksum says."""
    entry = content.rindex(b"PK\x01\x02", 0, content.rindex(b"xl/worksheets/sheet1.xml"))
    return content[: entry + 16] + b"\0\0\0\0" + content[entry + 20 :]


def repeated_entry_xlsx() -> bytes:
    """Return a workbook with two entries of one name, of which two programs may read different ones."""
    content = raw_xlsx(number_cell("A1"), parts={"xl/worksheets/sheet9.xml": "<worksheet/>"})
    return content.replace(b"sheet9.xml", b"sheet1.xml")


def compound_file(stream_name: str, stream: bytes) -> bytes:
    """Return an OLE file with one stream: the container of .xls files and of encrypted .xlsx files."""
    stream = stream.ljust(4096, b"\0")
    stream += b"\0" * (-len(stream) % 512)
    sectors = len(stream) // 512
    end, free, fat_mark = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
    chain = [fat_mark, end, *range(3, 2 + sectors), end]
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16)
    header += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, end, 0, end, 0) + struct.pack("<I", 0)
    header += struct.pack("<I", free) * 108
    fat = b"".join(struct.pack("<I", mark) for mark in chain).ljust(512, b"\xff")
    root = _directory_entry("Root Entry", kind=5, child=1, start=end, size=0)
    entry = _directory_entry(stream_name, kind=2, child=free, start=2, size=len(stream))
    return header + fat + (root + entry).ljust(512, b"\0") + stream


def _directory_entry(name: str, *, kind: int, child: int, start: int, size: int) -> bytes:
    encoded = name.encode("utf-16-le") + b"\0\0"
    free = 0xFFFFFFFF
    links = struct.pack("<BBIII", kind, 1, free, free, child)
    return (
        encoded.ljust(64, b"\0")
        + struct.pack("<H", len(encoded))
        + links
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )


class XlsFormula(NamedTuple):
    """A formula in an Excel 97 workbook with its last result, or with the code of its error."""

    result: float = 0
    error: int | None = None


class XlsError(NamedTuple):
    """An error in an Excel 97 workbook that no formula stands behind."""

    code: int


def xls(rows: Sequence[Sequence[str | float | XlsFormula | XlsError]], *, links_to: str = "") -> bytes:
    """Return a small Excel 97 workbook (BIFF8)."""
    sheet = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
    for row_index, row in enumerate(rows):
        for place, cell in enumerate(row):
            where = struct.pack("<HHH", row_index, place, 0)
            if isinstance(cell, XlsFormula):
                result = (
                    struct.pack("<d", cell.result)
                    if cell.error is None
                    else bytes([2, 0, cell.error, 0, 0, 0, 255, 255])
                )
                sheet += _record(0x0006, where + result + struct.pack("<HIHBH", 0, 0, 3, 0x1E, 1))
            elif isinstance(cell, XlsError):
                sheet += _record(0x0205, where + bytes([cell.code, 1]))
            elif isinstance(cell, str):
                text = struct.pack("<HB", len(cell), 1) + cell.encode("utf-16-le")
                sheet += _record(0x0204, where + text)
            else:
                sheet += _record(0x0203, where + struct.pack("<d", cell))
    sheet += _record(0x000A, b"")
    start = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    name = b"\x04\x00list"
    link = (
        struct.pack("<HHB", 0, len(links_to), 0) + links_to.encode()
        if links_to
        else struct.pack("<HH", 1, 0x0401)
    )
    behind = _record(0x01AE, link) + _record(0x000A, b"")
    offset = len(start) + len(_record(0x0085, bytes(6) + name)) + len(behind)
    bound_sheet = _record(0x0085, struct.pack("<IBB", offset, 0, 0) + name)
    return compound_file("Workbook", start + bound_sheet + behind + sheet)


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body
