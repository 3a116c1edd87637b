"""Every code that a refusal can carry, with what it means in both languages.

The list is made from the code of all apps by chongqing_dte.problem_codes, and kept beside this module.
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from chongqing_dte.foundation.sentences import LANGUAGES, gettext, in_every_language, text_in
from partners.rest.problems import TITLES

KEPT: Final = Path(__file__).with_name("problem_codes.json")
# What a sentence leaves open: `%(count)s` of the portal, `{count}` of the framework.
OPEN: Final = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")


@dataclass(frozen=True)
class Code:
    """One code: the status it comes with, or none for what is wrong with one field, and the sentences it is told in."""

    code: str
    statuses: tuple[int, ...]
    sentences: tuple[str, ...]

    def meanings(self) -> list[dict[str, str]]:
        """Return its sentences in both languages; what differs from case to case is shown as {name}."""
        told = [in_every_language(gettext(sentence)) for sentence in self.sentences]
        told = told or [in_every_language(TITLES[status]) for status in self.statuses or (400,)]
        return [{language: _opened(text) for language, text in texts.items()} for texts in told]

    def shown(self) -> dict[str, Any]:
        """Return it as machines read it."""
        return {"code": self.code, "statuses": list(self.statuses), "texts": self.meanings()}


@cache
def known_codes() -> dict[str, Code]:
    """Return every code."""
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    return {
        each["code"]: Code(each["code"], tuple(each["statuses"]), tuple(each["sentences"])) for each in kept
    }


def example_problem(code: str, status: int, origin: str) -> dict[str, Any]:
    """Return a problem with this code as an example."""
    known = known_codes().get(code)
    texts = known.meanings()[0] if known else in_every_language(TITLES[status])
    return {
        "type": f"{origin}#{code}",
        "title": text_in(TITLES[status], LANGUAGES["zh-Hans"]),
        "status": status,
        "detail": texts["zh-Hans"],
        "code": code,
        "instance": "7f0c5a4e9b7d4c0f8a1e2d3c4b5a6978",
        "texts": texts,
    }


def _opened(text: str) -> str:
    return OPEN.sub(lambda found: "{" + (found[1] or found[2]) + "}", text).replace("%%", "%")
