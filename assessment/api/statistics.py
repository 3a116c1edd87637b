from collections.abc import Collection
from datetime import UTC
from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from assessment.queries import programme_progress
from chongqing_dte.foundation.sentences import gettext_lazy as _
from institutions.rules.plan import PLAN_YEARS
from partners.rest.bulk import Input
from partners.rest.operations import Operation
from partners.rest.views import PartnerView

COUNTS = {"enrolled": 1840, "completed": 1502, "certified": 1377}
EXAMPLE = {
    "year": 2026,
    "target": 3000,
    **COUNTS,
    "by_field": [{"code": "artificial-intelligence", **COUNTS}],
    "by_district": [{"code": "500112", **COUNTS}],
    "refreshed_at": "2026-12-01T01:00:00Z",
}


class StatisticsInput(Input):
    year = serializers.IntegerField(
        required=False,
        min_value=PLAN_YEARS[0],
        max_value=PLAN_YEARS[-1],
        help_text=_("A year of the Plan. Left out: this year."),
    )


class CountsOutput(serializers.Serializer[Any]):
    """How many people are enrolled, have completed their training, and hold a certificate."""

    enrolled = serializers.IntegerField()
    completed = serializers.IntegerField()
    certified = serializers.IntegerField()


class LineOutput(CountsOutput):
    """The people of one field or one district."""

    code = serializers.CharField(help_text=_("To be looked up in the reference data."))


class StatisticsOutput(CountsOutput):
    """How far the target of one year is reached, as everybody sees it on the front page."""

    year = serializers.IntegerField()
    target = serializers.IntegerField(help_text=_("0 if the Plan names none."))
    by_field = LineOutput(many=True)
    by_district = LineOutput(many=True)
    refreshed_at = serializers.DateTimeField(allow_null=True, default_timezone=UTC)


class Statistics(PartnerView):
    """GET /statistics: the public figures of a year."""

    resource = "statistics"
    output = StatisticsOutput
    operations = {
        "get": Operation(
            name="getStatistics",
            summary=_("Get the public figures of a year"),
            example=EXAMPLE,
            parameters=StatisticsInput,
        )
    }

    def scopes_for(self, method: str) -> Collection[str]:
        """Ask for none: everybody sees these figures on the front page."""
        return ()

    def get(self, request: Request) -> Response:
        """Return the figures."""
        year = self.asked(StatisticsInput).get("year", timezone.localdate().year)
        return Response(StatisticsOutput(programme_progress(year)).data)
