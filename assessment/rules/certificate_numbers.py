"""What the number of a level certificate may look like."""

import re
from functools import lru_cache
from itertools import pairwise
from typing import Final

LONGEST_NUMBER: Final = 40
# Numbers that begin so are the portal's own.
PORTAL_PREFIX: Final = "DTE-"
# With so few, the longest number is matched in a moment, whatever it says.
MOST_CHOICES: Final = 6
TOKEN: Final = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?:|\(\?|\{[0-9]*,?[0-9]*\}|.",
    re.DOTALL,
)
REPEAT: Final = re.compile(r"[*+]|\{.*\}")
VARIABLE: Final = re.compile(r"[*+?]|\{.*,.*\}")
BACK_REFERENCE: Final = re.compile(r"\\[1-9]")


def number_flaw(number: str, pattern: str) -> str | None:
    """Return the code of what is wrong with a number that an institution gave, or None. No pattern lets all pass."""
    if number.upper().startswith(PORTAL_PREFIX):
        return "certificate_number_reserved"
    if len(number) > LONGEST_NUMBER or (pattern and not _fits(number, pattern)):
        return "certificate_number_pattern"
    return None


def pattern_is_bounded(pattern: str) -> bool:
    """Test whether a pattern is quick for every number: no repeated group, no back-reference, few choices."""
    parts = TOKEN.findall(pattern)
    if any(part == "(?" or BACK_REFERENCE.fullmatch(part) for part in parts):
        return False
    if any(former == ")" and REPEAT.fullmatch(part) for former, part in pairwise(parts)):
        return False
    alternatives = sum(part == "|" for part in parts)
    variable = sum(VARIABLE.fullmatch(part) is not None for part in parts)
    return alternatives <= MOST_CHOICES and variable <= MOST_CHOICES


def _fits(number: str, pattern: str) -> bool:
    compiled = _compiled(pattern)
    return compiled is not None and compiled.fullmatch(number) is not None


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    if not pattern_is_bounded(pattern):
        return None
    try:
        return re.compile(pattern)
    except re.error:
        return None
