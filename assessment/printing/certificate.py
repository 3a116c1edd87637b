"""A level certificate as one sheet of paper, in Chinese and English, with the code that leads to its check."""

import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, Final

from django.utils.translation import gettext_lazy as _

from chongqing_dte.foundation.errors import DomainError

FOLDER: Final = Path(__file__).resolve().parent
SHEET: Final = FOLDER / "certificate.typ"
# The first one that the machine has. Serif comes first, as on other certificates.
FONTS: Final = (
    "Noto Serif CJK SC",
    "Source Han Serif SC",
    "Noto Serif SC",
    "Songti SC",
    "SimSun",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "PingFang SC",
    "Microsoft YaHei",
)


class PrintingNotSetUp(DomainError):
    """This machine has no typesetter, or no font with Chinese characters."""

    status_code: ClassVar[int] = 503
    code = "printing_not_set_up"


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
    typst = _typesetter()
    fonts, family = _fonts()
    facts = {**asdict(sheet), "font": family, "code": _qr_code(sheet.link)}
    pdf: bytes = typst.compile(
        SHEET.read_bytes(),
        root=FOLDER,
        font_paths=fonts,
        ignore_system_fonts=True,
        sys_inputs={"facts": json.dumps(facts, ensure_ascii=False)},
    )
    return pdf


def _qr_code(link: str) -> str:
    """Return the code as SVG, with the quiet zone that a reader needs."""
    import segno

    picture = BytesIO()
    segno.make(link, error="m", micro=False).save(picture, kind="svg", border=4, xmldecl=False)
    return picture.getvalue().decode()


def _typesetter() -> ModuleType:
    # Only who prints needs it: everything else of the portal runs where its wheel does not.
    try:
        import typst
    except ImportError as problem:
        raise PrintingNotSetUp(
            _("Certificates cannot be printed here: the typesetter is not installed.")
        ) from problem
    return typst


@lru_cache(maxsize=1)
def _fonts() -> tuple[Any, str]:
    """Return the machine's fonts, looked through once a process, and the family to set in."""
    fonts = _typesetter().Fonts(include_system_fonts=True, include_embedded_fonts=False)
    families = set(fonts.families())
    family = next((name for name in FONTS if name in families), None)
    if family is None:
        raise PrintingNotSetUp(
            _("Certificates cannot be printed here: no font with Chinese characters is installed.")
        )
    return fonts, family
