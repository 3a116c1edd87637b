from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chongqing_dte.foundation.sentences import gettext_lazy as _
from enrollment import queries
from partners.rest.bulk import Input
from partners.rest.operations import Operation
from partners.rest.views import PublicView

MOST_LINES = 1000
LARGEST_KEY = 2**63 - 1
# How long a page may be answered from a cache. A full page never changes again; the last one grows.
FULL_PAGE_SECONDS, LAST_PAGE_SECONDS = 86_400, 60
EXAMPLE = {
    "results": [
        {
            "id": 17,
            "former_number": "4c5d6e7f-8a9b-4c0d-9e1f-2a3b4c5d6e7f",
            "number": "5d6e7f80-9a0b-4c1d-8e2f-3a4b5c6d7e8f",
            "changed_at": "2026-11-12T15:02:11+08:00",
        }
    ],
    "next_after": 17,
}


class FeedInput(Input):
    """Behind which line the feed is read on, and how many lines at most."""

    after = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=LARGEST_KEY,
        default=0,
        help_text=_("The next_after of the page before."),
    )
    limit = serializers.IntegerField(required=False, min_value=1, max_value=MOST_LINES, default=100)


class FeedLine(serializers.Serializer[Any]):
    """One number that stands for somebody under another number."""

    id = serializers.IntegerField()
    former_number = serializers.UUIDField(source="former_public_id")
    number = serializers.UUIDField(source="public_id")
    changed_at = serializers.DateTimeField()


class FeedOutput(serializers.Serializer[Any]):
    """Some lines of the feed."""

    results = FeedLine(many=True)
    next_after = serializers.IntegerField()


class ChangedTraineeNumbers(PublicView):
    """GET /changed-trainee-numbers. Public: numbers only, and nobody behind them.

    Lines come in the order in which they were written and never change. `next_after` asks for the lines behind
    these, now or on another day. The latest line of a former number holds.
    """

    output = FeedOutput
    operations = {
        "get": Operation(
            name="listChangedTraineeNumbers",
            summary=_("List the numbers of trainees that stand for another number now"),
            description=_("The latest line of a former number holds."),
            example=EXAMPLE,
            parameters=FeedInput,
        )
    }

    def get(self, request: Request) -> Response:
        """Return some lines of the feed."""
        asked = self.asked(FeedInput)
        after, limit = asked["after"], asked["limit"]
        lines = list(queries.changed_trainee_numbers(after=after, limit=limit))
        is_full = len(lines) == limit
        response = Response(
            {"results": FeedLine(lines, many=True).data, "next_after": lines[-1].pk if lines else after}
        )
        patch_cache_control(
            response, public=True, max_age=FULL_PAGE_SECONDS if is_full else LAST_PAGE_SECONDS
        )
        return response


@require_safe
def feed_has_moved(request: HttpRequest) -> HttpResponse:
    """Lead whoever knows the feed's former address to the present one."""
    address = reverse("api-changed-trainee-numbers")
    query = request.META.get("QUERY_STRING", "")
    return HttpResponsePermanentRedirect(f"{address}?{query}" if query else address, preserve_request=True)
