"""Pages of a list sorted by falling id. What one costs does not grow with the list."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows of a list. `next_key` asks for the rows after them, `previous_key` for those before; None at an end."""

    rows: list[Row]
    next_key: int | None
    is_first: bool
    previous_key: int | None = None


def page_of(rows: QuerySet[Row], request: HttpRequest, *, size: int = 50) -> Page[Row]:
    """Return the page that `?after=` or `?before=` asks for, newest first; what is no number asks for the first."""
    before, after = _key(request, "before"), _key(request, "after")
    if before is not None:
        newer = list(rows.filter(pk__gt=before).order_by("pk")[: size + 1])
        # With fewer than a page before it that is the first page, which begins with the newest row.
        if len(newer) > size:
            found = newer[size - 1 :: -1]
            return Page(found, found[-1].pk, is_first=False, previous_key=found[0].pk)
        after = None
    if after is not None:
        rows = rows.filter(pk__lt=after)
    found = list(rows.order_by("-pk")[: size + 1])
    next_key = found[size - 1].pk if len(found) > size else None
    previous_key = found[0].pk if found and after is not None else None
    return Page(found[:size], next_key, is_first=after is None, previous_key=previous_key)


def _key(request: HttpRequest, name: str) -> int | None:
    given = request.GET.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None
