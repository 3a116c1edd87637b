"""Sheets of paper as PDF: a sheet that says how it looks, and facts that are never read as typesetting."""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, Final

from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext_lazy as _

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


def typeset(sheet: Path, facts: Mapping[str, Any]) -> bytes:
    """Return a sheet with these facts as PDF, its fonts embedded; the same facts are the same bytes.

    The sheet loads no file and no address. Raises PrintingNotSetUp.
    """
    typst = _typesetter()
    fonts, family = _fonts()
    pdf: bytes = typst.compile(
        sheet.read_bytes(),
        root=sheet.parent,
        font_paths=fonts,
        ignore_system_fonts=True,
        sys_inputs={"facts": json.dumps({**facts, "font": family}, ensure_ascii=False)},
    )
    return pdf


def _typesetter() -> ModuleType:
    # Only who prints needs it: everything else of the portal runs where its wheel does not.
    try:
        import typst
    except ImportError as problem:
        raise PrintingNotSetUp(
            _("Nothing can be printed here: the typesetter is not installed.")
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
            _("Nothing can be printed here: no font with Chinese characters is installed.")
        )
    return fonts, family
