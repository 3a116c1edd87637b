from django.db.models import QuerySet
from rest_framework import serializers

from chongqing_dte.foundation.sentences import gettext_lazy as _
from enrollment import queries
from enrollment.enums import RegisterName, RegisterVerdict
from enrollment.models import RegisterAnswer
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

EXAMPLE = {
    "id": "b1c2d3e4-f5a6-4b7c-8d8e-9f0a1b2c3d4e",
    "changed_at": "2026-11-26T01:00:00.000301Z",
    "enrollment_id": "8f9a0b1c-2d3e-4f4a-8b5c-6d7e8f9a0b1c",
    "class_id": "0d4e9c1a-6f0b-4a57-9d5c-3f2f6b1f7a10",
    "register": "STUDENT_STATUS",
    "verdict": "YES",
    "as_of": "2026-12-01",
    "reference": "XJ-2026-000123",
    "asked_at": "2026-11-26T09:00:00+08:00",
}


class RegisterAnswerOutput(SyncOutput):
    """What one register said about one enrolled person. Unreachable is no answer, and never a no."""

    enrollment_id = serializers.UUIDField(source="enrollment.public_id")
    class_id = serializers.UUIDField(source="enrollment.training_class.public_id")
    register = serializers.ChoiceField(choices=RegisterName.choices)
    verdict = serializers.ChoiceField(choices=RegisterVerdict.choices)
    as_of = serializers.DateField(help_text=_("The day that was asked about."))
    reference = serializers.CharField(
        help_text=_("The register's own reference, or a code that says why there is no yes.")
    )
    asked_at = serializers.DateTimeField()


class RegisterAnswerParameters(SyncParameters):
    enrollment_id = serializers.UUIDField(
        required=False, source="enrollment__public_id", help_text=_("Only those about this person.")
    )


class Followed(FollowedView):
    resource = kind = "register-answers"
    output = RegisterAnswerOutput

    def visible(self, user: User) -> QuerySet[RegisterAnswer]:
        return queries.register_answers_visible_to(user)


class RegisterAnswerList(Followed, SyncList):
    """GET /register-answers: what the registers said about the people of the office's classes."""

    parameters = RegisterAnswerParameters
    operations = list_operation(
        "listRegisterAnswers",
        _("List what the registers answered, or what they answered since"),
        EXAMPLE,
        RegisterAnswerParameters,
    )


class RegisterAnswerDetail(Followed, DetailView):
    """GET /register-answers/{id}: one answer."""

    operations = {
        "get": Operation(name="getRegisterAnswer", summary=_("Get one answer of a register"), example=EXAMPLE)
    }
