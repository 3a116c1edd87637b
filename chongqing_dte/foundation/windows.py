from collections.abc import Callable
from typing import Any, ClassVar

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

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Nobody adds rows here."""
        return False

    def has_change_permission(self, _request: HttpRequest, _row: models.Model | None = None) -> bool:
        """Nobody changes rows here."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _row: models.Model | None = None) -> bool:
        """Nobody deletes rows here."""
        return False
