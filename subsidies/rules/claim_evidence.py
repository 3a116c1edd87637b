"""What a file that was handed in is, by its bytes. What it is called says nothing. Pure."""

from dataclasses import dataclass
from io import BytesIO
from typing import Final
from zipfile import BadZipFile, ZipFile

MAX_BYTES: Final = 10 * 1024 * 1024
MAX_FILES: Final = 20
MAX_NAME: Final = 255
# So many entries have the packages that offices write; more is none of them.
MAX_ENTRIES: Final = 5000


@dataclass(frozen=True)
class MediaType:
    """A type of file that is taken, and the ending under which it is handed out."""

    name: str
    ending: str


PDF: Final = MediaType("application/pdf", "pdf")
PNG: Final = MediaType("image/png", "png")
JPEG: Final = MediaType("image/jpeg", "jpg")
XLSX: Final = MediaType("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx")
OFD: Final = MediaType("application/ofd", "ofd")
TYPES: Final = (PDF, PNG, JPEG, XLSX, OFD)
BY_FIRST_BYTES: Final = ((b"%PDF-", PDF), (b"\x89PNG\r\n\x1a\n", PNG), (b"\xff\xd8\xff", JPEG))
ZIP_START: Final = b"PK\x03\x04"
# What the list of a package's entries has to name. Nothing of it is unpacked.
BY_ENTRIES: Final = (({"OFD.xml"}, OFD), ({"[Content_Types].xml", "xl/workbook.xml"}, XLSX))


def media_type_of(content: bytes) -> MediaType | None:
    """Return what a file is, or None for what is not taken."""
    for start, media_type in BY_FIRST_BYTES:
        if content.startswith(start):
            return media_type
    return _package_type(content) if content.startswith(ZIP_START) else None


def ending_of(media_type: str) -> str:
    """Return the ending under which a file of this type is handed out."""
    return next((each.ending for each in TYPES if each.name == media_type), "bin")


def _package_type(content: bytes) -> MediaType | None:
    try:
        with ZipFile(BytesIO(content)) as package:
            entries = package.namelist()
    # A list of entries can be damaged in more ways than the reader has a name for.
    except (BadZipFile, ValueError, NotImplementedError, OSError, EOFError):
        return None
    if len(entries) > MAX_ENTRIES:
        return None
    names = set(entries)
    return next((media_type for needed, media_type in BY_ENTRIES if needed <= names), None)
