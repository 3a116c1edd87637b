"""A level certificate as one sheet of paper, in Chinese and English, with the code that leads to its check."""

from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

from chongqing_dte.foundation.typesetting import typeset

SHEET: Final = Path(__file__).resolve().parent / "certificate.typ"


@dataclass(frozen=True)
class Sheet:
    """What stands on the paper. Where there are two texts, the Chinese one comes first."""

    name: str
    number: str
    occupation: tuple[str, str]
    direction: str
    level: tuple[str, str]
    institution: tuple[str, str]
    issued_on: str
    link: str
    check_address: str


def certificate_pdf(sheet: Sheet) -> bytes:
    """Return the sheet as PDF with its fonts embedded. Raises PrintingNotSetUp.

    What people are called goes in as data and is never read as typesetting; the sheet loads no file and no address.
    """
    return typeset(SHEET, {**asdict(sheet), "code": _qr_code(sheet.link)})


def _qr_code(link: str) -> str:
    """Return the code as SVG, with the quiet zone that a reader needs."""
    import segno

    picture = BytesIO()
    segno.make(link, error="m", micro=False).save(picture, kind="svg", border=4, xmldecl=False)
    return picture.getvalue().decode()
