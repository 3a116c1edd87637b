from typing import Any

from django.utils.cache import patch_cache_control
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from enrollment import queries

MOST_LINES = 1000
LARGEST_KEY = 2**63 - 1
# How long a page may be answered from a cache. A full page never changes again; the last one grows.
FULL_PAGE_SECONDS, LAST_PAGE_SECONDS = 86_400, 60


class FeedInput(serializers.Serializer[Any]):
    """Behind which line the feed is read on, and how many lines at most."""

    after = serializers.IntegerField(min_value=0, max_value=LARGEST_KEY, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=MOST_LINES, default=100)


class FeedLine(serializers.Serializer[Any]):
    """One number that stands for somebody under another number."""

    id = serializers.IntegerField()
    former_number = serializers.UUIDField(source="former_public_id")
    number = serializers.UUIDField(source="public_id")
    changed_at = serializers.DateTimeField()


class ChangedTraineeNumbers(APIView):
    """GET /api/changed-trainee-numbers?after=&limit=. Public: numbers only, and nobody behind them.

    Lines come in the order in which they were written and never change. `next_after` asks for the lines behind
    these, now or on another day. The latest line of a former number holds.
    """

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get(self, request: Request) -> Response:
        """Return some lines of the feed."""
        asked = FeedInput(data=request.query_params)
        asked.is_valid(raise_exception=True)
        after, limit = asked.validated_data["after"], asked.validated_data["limit"]
        lines = list(queries.changed_trainee_numbers(after=after, limit=limit))
        is_full = len(lines) == limit
        response = Response(
            {"results": FeedLine(lines, many=True).data, "next_after": lines[-1].pk if lines else after}
        )
        patch_cache_control(
            response, public=True, max_age=FULL_PAGE_SECONDS if is_full else LAST_PAGE_SECONDS
        )
        return response
