"""What every endpoint for machines shares: how long a list may be, and how a refusal is answered."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.defaults import page_not_found
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import exception_handler

from chongqing_dte.foundation.errors import as_refusal
from chongqing_dte.foundation.sentences import gettext_lazy as _

# Below this, whoever asks is a machine.
MACHINES: Final = "/api/"


class BoundedList(serializers.ListField):
    """A list that is refused by its length before any of its items is looked at."""

    def to_internal_value(self, data: Any) -> list[Any]:
        """Return the items, each checked."""
        if isinstance(data, list) and self.max_length is not None and len(data) > self.max_length:
            message = self.error_messages["max_length"].format(max_length=self.max_length)
            raise serializers.ValidationError([message])
        return super().to_internal_value(data)


def handle_exception(problem: Exception, context: dict[str, Any]) -> Response | None:
    """Answer what is wrong with a request with its status code, in JSON, for every endpoint alike."""
    refusal = as_refusal(problem)
    if refusal is not None:
        return Response({"code": refusal.code, "detail": str(refusal)}, status=refusal.status_code)
    return exception_handler(problem, context)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that leads nowhere: a machine as every endpoint does, anybody else with the page for it."""
    if request.path.startswith(MACHINES):
        return JsonResponse({"code": "not_found", "detail": str(_("There is nothing here."))}, status=404)
    return page_not_found(request, exception)
