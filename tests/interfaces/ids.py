"""What a page calls its parts."""

import re
from collections import Counter
from html.parser import HTMLParser

LOOKS_LIKE_AN_ID = re.compile(r"""\bid\s*=\s*["']?([^"'\s>]*)""", re.IGNORECASE)


class _Ids(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.times: Counter[str | None] = Counter()

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.times.update(value for name, value in attrs if name == "id")


def doubled_ids(page: str) -> list[str | None]:
    """Return what more than one element of a page is called: a label or a link then leads to the first of them only."""
    # Most pages are seen to have none without being taken apart, which takes ten times as long.
    candidates = LOOKS_LIKE_AN_ID.findall(page)
    if len(set(candidates)) == len(candidates) and not any("&" in candidate for candidate in candidates):
        return []
    found = _Ids()
    found.feed(page)
    return [name for name, count in found.times.items() if count > 1]
