"""Pages of a list sorted by falling id. What one costs does not grow with the list."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows of a list. `next_key` is what asks for the rows after them, None at the end."""

    rows: list[Row]
    next_key: int | None
    is_first: bool


def page_of(rows: QuerySet[Row], request: HttpRequest, *, size: int = 50) -> Page[Row]:
    """Return the page that `?after=` asks for, newest first; what is no number asks for the first page."""
    after = request.GET.get("after", "")
    is_first = not (after.isascii() and after.isdigit() and len(after) < 19)
    if not is_first:
        rows = rows.filter(pk__lt=int(after))
    found = list(rows.order_by("-pk")[: size + 1])
    return Page(found[:size], found[size - 1].pk if len(found) > size else None, is_first)
