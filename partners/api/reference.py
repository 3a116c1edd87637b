"""What all refer to: districts, fields, occupations, programme years. Everybody with a token reads them."""

from collections.abc import Collection

from django.db.models import QuerySet
from rest_framework import serializers

from chongqing_dte.foundation.sentences import gettext_lazy as _
from institutions import queries
from institutions.enums import DistrictKind
from institutions.models import District, Field, Occupation, ProgrammeYear, User
from partners.enums import Scope
from partners.rest.listing import (
    DetailView,
    FollowedView,
    SyncList,
    SyncOutput,
    list_operation,
)
from partners.rest.operations import Operation
from partners.rest.references import DaysOutput, FieldReference

CHANGED_AT = "2026-12-01T01:00:00.000101Z"
DISTRICT = {
    "id": "7e5a1f5e-3c1d-4f6b-9a55-0d9b1c2e3f12",
    "changed_at": CHANGED_AT,
    "code": "500112",
    "name_zh": "渝北区",
    "name_en": "Yubei District",
    "kind": "DISTRICT",
    "in_force": {"begins_on": "1994-12-17", "ends_before": None},
}
FIELD = {
    "id": "3d5b7c9e-1f2a-4b3c-8d4e-5f6a7b8c9d10",
    "changed_at": CHANGED_AT,
    "code": "artificial-intelligence",
    "name_zh": "人工智能",
    "name_en": "Artificial intelligence",
    "is_key": True,
}
OCCUPATION = {
    "id": "9a0b1c2d-3e4f-4a5b-8c6d-7e8f9a0b1c13",
    "changed_at": CHANGED_AT,
    "code": "2-02-38-01",
    "former_code": "2-02-10-09",
    "name_zh": "人工智能工程技术人员",
    "name_en": "Artificial intelligence engineering technician",
    "field": {"id": FIELD["id"], "code": FIELD["code"]},
}
YEAR = {
    "id": "1c2d3e4f-5a6b-4c7d-8e9f-0a1b2c3d4e5f",
    "changed_at": CHANGED_AT,
    "year": 2026,
    "target": 3000,
}


class NamedOutput(SyncOutput):
    code = serializers.CharField()
    name_zh = serializers.CharField()
    name_en = serializers.CharField()


class DistrictOutput(NamedOutput):
    """One district, county or zone with a bureau of its own."""

    kind = serializers.ChoiceField(choices=DistrictKind.choices)
    in_force = DaysOutput(help_text=_("The days on which the district is, or was, one."))


class FieldOutput(NamedOutput):
    """One field of the Plan."""

    is_key = serializers.BooleanField(help_text=_("Whether the Plan names it."))


class OccupationOutput(NamedOutput):
    """One occupation of the national classification."""

    former_code = serializers.CharField(help_text=_("Its code in the edition before, or nothing."))
    field = FieldReference()


class ProgrammeYearOutput(SyncOutput):
    """One calendar year of the Plan."""

    year = serializers.IntegerField()
    target = serializers.IntegerField(help_text=_("How many engineers are to be trained in it."))


class Reference(FollowedView):
    def scopes_for(self, method: str) -> Collection[str]:
        """Return the one scope of all reference data."""
        return (Scope.REFERENCE_READ,)


class Districts(Reference):
    resource = kind = "districts"
    output = DistrictOutput

    def visible(self, user: User) -> QuerySet[District]:
        return queries.districts_visible_to(user)


class Fields(Reference):
    resource = kind = "fields"
    output = FieldOutput

    def visible(self, user: User) -> QuerySet[Field]:
        return queries.fields_visible_to(user)


class Occupations(Reference):
    resource = kind = "occupations"
    output = OccupationOutput

    def visible(self, user: User) -> QuerySet[Occupation]:
        return queries.occupations_visible_to(user).select_related("field")


class ProgrammeYears(Reference):
    resource = kind = "programme-years"
    output = ProgrammeYearOutput

    def visible(self, user: User) -> QuerySet[ProgrammeYear]:
        return queries.programme_years_visible_to(user)


class DistrictList(Districts, SyncList):
    """GET /districts."""

    operations = list_operation("listDistricts", _("List the districts"), DISTRICT)


class DistrictDetail(Districts, DetailView):
    """GET /districts/{id}."""

    operations = {"get": Operation(name="getDistrict", summary=_("Get one district"), example=DISTRICT)}


class FieldList(Fields, SyncList):
    """GET /fields."""

    operations = list_operation("listFields", _("List the fields of the Plan"), FIELD)


class FieldDetail(Fields, DetailView):
    """GET /fields/{id}."""

    operations = {"get": Operation(name="getField", summary=_("Get one field of the Plan"), example=FIELD)}


class OccupationList(Occupations, SyncList):
    """GET /occupations."""

    operations = list_operation("listOccupations", _("List the occupations"), OCCUPATION)


class OccupationDetail(Occupations, DetailView):
    """GET /occupations/{id}."""

    operations = {"get": Operation(name="getOccupation", summary=_("Get one occupation"), example=OCCUPATION)}


class ProgrammeYearList(ProgrammeYears, SyncList):
    """GET /programme-years."""

    operations = list_operation("listProgrammeYears", _("List the programme years"), YEAR)


class ProgrammeYearDetail(ProgrammeYears, DetailView):
    """GET /programme-years/{id}."""

    operations = {
        "get": Operation(name="getProgrammeYear", summary=_("Get one programme year"), example=YEAR)
    }
