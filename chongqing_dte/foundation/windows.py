from collections.abc import Callable
from typing import Any, ClassVar

from django.core.exceptions import SuspiciousOperation
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin


class Window(ModelAdmin):
    """A read-only look at rows. What changes a row is a service, reached from a page of its own."""

    # A scoped query: which rows exist for this person.
    visible_to: ClassVar[Callable[[Any], QuerySet[Any]]]
    show_full_result_count = False
    list_per_page = 50
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return only the rows that the person may see, with what the list shows of other tables."""
        visible = type(self).visible_to(request.user)
        return visible.select_related(*(self.list_select_related or ())).order_by(
            *(self.ordering or ("-pk",))
        )

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Accept only the filters that the page shows: any other lookup could spell out what the page masks."""
        shown = [name for name in self.list_filter if isinstance(name, str)]
        return lookup in {
            f"{name}{suffix}" for name in shown for suffix in ("", "__exact", "__in", "__isnull")
        }

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the list. A NUL in the address is nobody's filter, and PostgreSQL takes none."""
        if any("\x00" in value for values in request.GET.lists() for value in (values[0], *values[1])):
            raise SuspiciousOperation("The address holds a NUL.")
        return super().changelist_view(request, extra_context)

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Nobody adds rows here."""
        return False

    def has_change_permission(self, _request: HttpRequest, _row: models.Model | None = None) -> bool:
        """Nobody changes rows here."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _row: models.Model | None = None) -> bool:
        """Nobody deletes rows here."""
        return False
