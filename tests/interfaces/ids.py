"""What a page calls its parts."""

from collections import Counter
from html.parser import HTMLParser


class _Ids(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.times: Counter[str | None] = Counter()

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.times.update(value for name, value in attrs if name == "id")


def doubled_ids(page: str) -> list[str | None]:
    """Return what more than one element of a page is called: a label or a link then leads to the first of them only."""
    found = _Ids()
    found.feed(page)
    return [name for name, count in found.times.items() if count > 1]
