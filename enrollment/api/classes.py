from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework import serializers

from chongqing_dte.foundation.sentences import gettext_lazy as _
from enrollment import queries
from enrollment.enums import ClassStatus
from enrollment.models import TrainingClass
from institutions.enums import Level
from institutions.models import User
from partners.rest.listing import (
    DetailView,
    FollowedView,
    SyncList,
    SyncOutput,
    SyncParameters,
    list_operation,
)
from partners.rest.operations import Operation
from partners.rest.problems import NOTHING_HERE
from partners.rest.references import DistrictReference, InstitutionReference, OccupationReference

EXAMPLE = {
    "id": "0d4e9c1a-6f0b-4a57-9d5c-3f2f6b1f7a10",
    "changed_at": "2026-12-03T01:12:45.120331Z",
    "reference": "TC-2026-000017",
    "status": "RUNNING",
    "status_reason": "",
    "institution": {"id": "5b1c7a52-0a4f-4f0c-8d52-8f6f0f1f2a11", "credit_code": "91500000MA5U000011"},
    "district": {"id": "7e5a1f5e-3c1d-4f6b-9a55-0d9b1c2e3f12", "code": "500112"},
    "occupation": {"id": "9a0b1c2d-3e4f-4a5b-8c6d-7e8f9a0b1c13", "code": "2-02-38-01"},
    "direction": "",
    "level": "JUNIOR",
    "starts_on": "2026-12-01",
    "ends_on": "2026-12-20",
    "venue": "渝北区示范路 1 号",
    "planned_hours": "80.0",
    "seat_count": 40,
    "reserved_seat_count": 40,
    "intended_evaluator": None,
    "trainers": [{"name": "示例教师", "qualification": "高级工程师"}],
    "filed_at": "2026-11-10T09:30:00+08:00",
    "answer_due_on": "2026-11-17",
    "confirmed_at": "2026-11-12T15:02:11+08:00",
    "started_at": "2026-12-01T00:00:09+08:00",
    "roster_locked_at": "2026-12-01T00:00:12+08:00",
    "locked_count": 38,
    "completed_at": None,
}


class TrainerOutput(serializers.Serializer[Any]):
    """One teacher named in the filing."""

    name = serializers.CharField()
    qualification = serializers.CharField()


class ClassOutput(SyncOutput):
    """One training class."""

    reference = serializers.CharField(help_text=_("The number on paper."))
    status = serializers.ChoiceField(choices=ClassStatus.choices)
    status_reason = serializers.CharField(help_text=_("Why the class was returned or cancelled."))
    institution = InstitutionReference()
    district = DistrictReference(help_text=_("Whose bureau was competent when the class was filed."))
    occupation = OccupationReference()
    direction = serializers.CharField()
    level = serializers.ChoiceField(choices=Level.choices)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    venue = serializers.CharField()
    planned_hours = serializers.DecimalField(max_digits=6, decimal_places=1)
    seat_count = serializers.IntegerField()
    reserved_seat_count = serializers.IntegerField(help_text=_("The funded seats that the class holds."))
    intended_evaluator = InstitutionReference(allow_null=True)
    trainers = TrainerOutput(many=True)
    filed_at = serializers.DateTimeField(allow_null=True)
    answer_due_on = serializers.DateField(allow_null=True)
    confirmed_at = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    roster_locked_at = serializers.DateTimeField(allow_null=True)
    locked_count = serializers.IntegerField(
        allow_null=True, help_text=_("How many people were in the class at the roster lock.")
    )
    completed_at = serializers.DateTimeField(allow_null=True)


class ClassParameters(SyncParameters):
    institution = serializers.UUIDField(
        required=False, source="institution__public_id", help_text=_("Only the classes of this institution.")
    )


class Followed(FollowedView):
    resource = "classes"
    kind = "classes"
    output = ClassOutput

    def visible(self, user: User) -> QuerySet[TrainingClass]:
        return (
            queries.classes_visible_to(user)
            .select_related("institution", "district", "occupation", "intended_evaluator")
            .prefetch_related("trainers")
        )


def class_of(user: User, public_id: UUID) -> TrainingClass:
    """Return a class by its number. Raises NothingHere for one that this machine may not see."""
    found = queries.classes_visible_to(user).filter(public_id=public_id).first()
    if found is None:
        raise NOTHING_HERE
    return found


class ClassList(Followed, SyncList):
    """GET /classes: every class that the office sees."""

    parameters = ClassParameters
    operations = list_operation(
        "listClasses", _("List the classes, or what changed of them since"), EXAMPLE, ClassParameters
    )


class ClassDetail(Followed, DetailView):
    """GET /classes/{id}: one class."""

    operations = {"get": Operation(name="getClass", summary=_("Get one class"), example=EXAMPLE)}
