from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chongqing_dte.foundation.errors import InvalidTransition
from chongqing_dte.foundation.sentences import gettext_lazy as _
from enrollment import queries
from enrollment.enums import Education, EnrollmentStatus, ParticipantCategory
from enrollment.models import Enrollment
from enrollment.services.departures import withdraw_enrollment
from institutions.models import User
from partners.rest.bulk import Input
from partners.rest.listing import (
    DetailView,
    FollowedView,
    SyncList,
    SyncOutput,
    SyncParameters,
    list_operation,
)
from partners.rest.operations import Operation

EXAMPLE = {
    "id": "8f9a0b1c-2d3e-4f4a-8b5c-6d7e8f9a0b1c",
    "changed_at": "2026-12-20T02:00:00.000201Z",
    "class_id": "0d4e9c1a-6f0b-4a57-9d5c-3f2f6b1f7a10",
    "trainee_id": "4c5d6e7f-8a9b-4c0d-9e1f-2a3b4c5d6e7f",
    "category": "GRADUATING_STUDENT",
    "education": "BACHELOR",
    "status": "COMPLETED",
    "roster_row": {"submission_id": "a0b1c2d3-e4f5-4a6b-8c7d-8e9f0a1b2c3d", "number": 4},
    "enrolled_at": "2026-11-25T10:00:00+08:00",
    "locked_at": "2026-12-01T00:00:12+08:00",
    "completed_at": "2026-12-20T10:00:00+08:00",
    "left_at": None,
    "training_certificate": {"number": "TC-2026-000017-004", "issued_on": "2026-12-20"},
}
LONGEST_REASON = 1000


class RosterRowReference(serializers.Serializer[Any]):
    """The row of a roster that enrolled somebody, by which an institution knows its own people."""

    submission_id = serializers.UUIDField(source="upload.public_id")
    number = serializers.IntegerField()


class TrainingCertificateOutput(serializers.Serializer[Any]):
    """The institution's certificate that somebody has completed the class."""

    number = serializers.CharField()
    issued_on = serializers.DateField()


class EnrollmentOutput(SyncOutput):
    """One person in one class. Who it is, no answer says."""

    class_id = serializers.UUIDField(source="training_class.public_id")
    trainee_id = serializers.SerializerMethodField(
        help_text=_("The public number of the person. After a merger, that of the row that stays.")
    )
    category = serializers.ChoiceField(choices=ParticipantCategory.choices)
    education = serializers.ChoiceField(choices=Education.choices)
    status = serializers.ChoiceField(choices=EnrollmentStatus.choices)
    roster_row = RosterRowReference(
        allow_null=True, help_text=_("Null for whoever came over from another class.")
    )
    enrolled_at = serializers.DateTimeField()
    locked_at = serializers.DateTimeField(
        allow_null=True, help_text=_("Set for everybody who was in the class at its roster lock.")
    )
    completed_at = serializers.DateTimeField(allow_null=True)
    left_at = serializers.DateTimeField(allow_null=True)
    training_certificate = TrainingCertificateOutput(allow_null=True, default=None)

    def get_trainee_id(self, enrollment: Enrollment) -> str:
        trainee = enrollment.trainee
        return str((trainee.merged_into or trainee).public_id)


class EnrollmentParameters(SyncParameters):
    class_id = serializers.UUIDField(
        required=False, source="training_class__public_id", help_text=_("Only those of this class.")
    )


class WithdrawalInput(Input):
    """Why somebody has left."""

    reason = serializers.CharField(max_length=LONGEST_REASON)


class Followed(FollowedView):
    resource = kind = "enrollments"
    output = EnrollmentOutput

    def visible(self, user: User) -> QuerySet[Enrollment]:
        return queries.enrollments_by_number_visible_to(user)


class EnrollmentList(Followed, SyncList):
    """GET /enrollments: everybody in the classes that the office sees."""

    parameters = EnrollmentParameters
    operations = list_operation(
        "listEnrollments",
        _("List the enrollments, or what changed of them since"),
        EXAMPLE,
        EnrollmentParameters,
    )


class EnrollmentDetail(Followed, DetailView):
    """GET /enrollments/{id}: one person in one class."""

    operations = {"get": Operation(name="getEnrollment", summary=_("Get one enrollment"), example=EXAMPLE)}


class Withdrawal(Followed):
    """POST /enrollments/{id}/withdrawal: somebody has left the class for good."""

    operations = {
        "post": Operation(
            name="withdrawEnrollment",
            summary=_("Record that somebody has left the class"),
            request=WithdrawalInput,
            request_example={"reason": "本人要求退学"},
            example={**EXAMPLE, "status": "WITHDRAWN", "left_at": "2026-12-10T10:00:00+08:00"},
            refusals=[InvalidTransition],
        )
    }

    def post(self, request: Request, public_id: Any) -> Response:
        """Record the withdrawal."""
        withdraw_enrollment(
            enrollment_id=self.found(public_id).pk,
            withdrawer=self.machine(),
            reason=self.given(WithdrawalInput)["reason"],
            now=timezone.now(),
        )
        return Response(self.shown_now(public_id))
