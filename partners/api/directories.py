"""Who takes part, and what assessing costs."""

from datetime import UTC
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from chongqing_dte.foundation.sentences import gettext_lazy as _
from institutions import queries
from institutions.enums import AccreditationKind, Level
from institutions.models import FeeSchedule, Institution, User
from partners.rest.listing import (
    DetailView,
    FollowedView,
    SyncList,
    SyncOutput,
    SyncParameters,
    list_operation,
)
from partners.rest.operations import Operation
from partners.rest.references import (
    DaysOutput,
    DistrictReference,
    InstitutionReference,
    OccupationReference,
)

DISTRICT = {"id": "7e5a1f5e-3c1d-4f6b-9a55-0d9b1c2e3f12", "code": "500112"}
OCCUPATION = {"id": "9a0b1c2d-3e4f-4a5b-8c6d-7e8f9a0b1c13", "code": "2-02-38-01"}
WHOLE_YEAR = {"begins_on": "2026-01-01", "ends_before": "2027-01-01"}
INSTITUTION = {
    "id": "5b1c7a52-0a4f-4f0c-8d52-8f6f0f1f2a11",
    "changed_at": "2026-12-01T01:00:00.000101Z",
    "credit_code": "91500000MA5U000011",
    "name_zh": "重庆示范培训学校",
    "name_en": "Chongqing Example Training School",
    "district": DISTRICT,
    "accreditations": [
        {
            "kind": "TRAINING",
            "occupation": OCCUPATION,
            "direction": "",
            "level": "JUNIOR",
            "in_force": WHOLE_YEAR,
        }
    ],
    "suspensions": [{"in_force": WHOLE_YEAR, "lifted_at": "2026-02-01T01:00:00Z"}],
    "sites": [
        {
            "id": "6d7e8f90-1a2b-4c3d-9e4f-5a6b7c8d9e0f",
            "name": "考核站点一",
            "district": DISTRICT,
            "address": "示例路 8 号 二楼",
            "seat_count": 40,
            "closed_at": None,
        }
    ],
}
FEE = {
    "id": "2f3a4b5c-6d7e-4f80-9a1b-2c3d4e5f6a7b",
    "changed_at": "2026-12-01T01:00:00.000102Z",
    "institution": {"id": INSTITUTION["id"], "credit_code": "91500000MA5U000011"},
    "occupation": OCCUPATION,
    "direction": "",
    "level": "JUNIOR",
    "theory_fee": "300.00",
    "practice_fee": "500.00",
    "review_fee": "0.00",
    "total": "800.00",
    "announcement_url": "https://example.org/fees",
    "in_force": WHOLE_YEAR,
}


class AccreditationOutput(serializers.Serializer[Any]):
    """One approval to train or to assess."""

    kind = serializers.ChoiceField(choices=AccreditationKind.choices)
    occupation = OccupationReference()
    direction = serializers.CharField(help_text=_("Empty: every direction of the occupation."))
    level = serializers.ChoiceField(choices=Level.choices)
    in_force = DaysOutput()


class SuspensionOutput(serializers.Serializer[Any]):
    """Days on which the institution takes on nothing new."""

    in_force = DaysOutput()
    lifted_at = serializers.DateTimeField(
        allow_null=True, default_timezone=UTC, help_text=_("It no longer holds if there is a time.")
    )


class SiteOutput(serializers.Serializer[Any]):
    """One place where an evaluation institution assesses."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    district = DistrictReference()
    address = serializers.CharField()
    seat_count = serializers.IntegerField()
    closed_at = serializers.DateTimeField(allow_null=True, default_timezone=UTC)


class InstitutionOutput(SyncOutput):
    """One body that trains or assesses, and its standing."""

    credit_code = serializers.CharField(help_text=_("Unified social credit code"))
    name_zh = serializers.CharField()
    name_en = serializers.CharField()
    district = DistrictReference()
    accreditations = AccreditationOutput(many=True)
    suspensions = SuspensionOutput(many=True)
    sites = SiteOutput(many=True)


class FeeScheduleOutput(SyncOutput):
    """What an evaluation institution has announced that one assessment costs, in yuan."""

    institution = InstitutionReference()
    occupation = OccupationReference()
    direction = serializers.CharField()
    level = serializers.ChoiceField(choices=Level.choices)
    theory_fee = serializers.DecimalField(max_digits=12, decimal_places=2)
    practice_fee = serializers.DecimalField(max_digits=12, decimal_places=2)
    review_fee = serializers.DecimalField(max_digits=12, decimal_places=2)
    total = serializers.DecimalField(max_digits=12, decimal_places=2)
    announcement_url = serializers.URLField()
    in_force = DaysOutput()


class FeeScheduleParameters(SyncParameters):
    institution = serializers.UUIDField(
        required=False, source="institution__public_id", help_text=_("Only the fees of this institution.")
    )


class Institutions(FollowedView):
    resource = "directories"
    kind = "institutions"
    output = InstitutionOutput

    def visible(self, user: User) -> QuerySet[Institution]:
        return (
            queries.institutions_visible_to(user)
            .select_related("district")
            .prefetch_related("accreditations__occupation", "suspensions", "sites__district")
        )


class FeeSchedules(FollowedView):
    resource = kind = "fee-schedules"
    output = FeeScheduleOutput

    def visible(self, user: User) -> QuerySet[FeeSchedule]:
        return queries.published_fees()


class InstitutionList(Institutions, SyncList):
    """GET /institutions: every institution that the office sees."""

    operations = list_operation(
        "listInstitutions", _("List the institutions with their standing"), INSTITUTION
    )


class InstitutionDetail(Institutions, DetailView):
    """GET /institutions/{id}: one institution."""

    operations = {
        "get": Operation(name="getInstitution", summary=_("Get one institution"), example=INSTITUTION)
    }


class FeeScheduleList(FeeSchedules, SyncList):
    """GET /fee-schedules: every published fee, past ones too."""

    parameters = FeeScheduleParameters
    operations = list_operation(
        "listFeeSchedules", _("List what assessments cost"), FEE, FeeScheduleParameters
    )


class FeeScheduleDetail(FeeSchedules, DetailView):
    """GET /fee-schedules/{id}: one published fee."""

    operations = {
        "get": Operation(name="getFeeSchedule", summary=_("Get what one assessment costs"), example=FEE)
    }
