from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chongqing_dte.foundation.api import BoundedList
from chongqing_dte.foundation.errors import InvalidTransition, NotPermitted
from chongqing_dte.foundation.sentences import gettext_lazy as _
from chongqing_dte.foundation.sentences import in_every_language
from chongqing_dte.foundation.tabular import RowProblem
from enrollment import queries
from enrollment.api.classes import class_of
from enrollment.attendance.marks import LessonKey, ReadMark
from enrollment.attendance.messages import message_for
from enrollment.enums import Presence
from enrollment.models import Lesson
from enrollment.services.attendance import AttendanceRefused, Delivered, deliver_attendance
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
from partners.rest.problems import FieldProblem, InvalidInput
from partners.rest.views import PartnerView

MOST_MARKS = 20_000
LARGEST_NUMBER = 2**15 - 1
CLASS = "0d4e9c1a-6f0b-4a57-9d5c-3f2f6b1f7a10"
ENROLLMENT = "8f9a0b1c-2d3e-4f4a-8b5c-6d7e8f9a0b1c"
EXAMPLE = {
    "id": "c2d3e4f5-a6b7-4c8d-8e9f-0a1b2c3d4e5f",
    "changed_at": "2026-12-02T09:30:00.000501Z",
    "class_id": CLASS,
    "held_on": "2026-12-02",
    "number": 1,
    "hours": "4.0",
    "topic": "机器学习基础",
    "cancelled_at": None,
    "marks": [{"enrollment_id": ENROLLMENT, "presence": "PRESENT"}],
}
GIVEN = {
    "marks": [
        {"enrollment_id": ENROLLMENT, "lesson": EXAMPLE["id"], "presence": "PRESENT"},
        {
            "enrollment_id": ENROLLMENT,
            "lesson": {"held_on": "2026-12-03", "number": 1},
            "presence": "ON_LEAVE",
        },
    ]
}
# How the columns of a sheet are called in a mark.
NAMES: Mapping[str, str] = {"person": "enrollment_id", "lesson": "lesson"}


class _DayAndNumber(Input):
    held_on = serializers.DateField()
    number = serializers.IntegerField(min_value=1, max_value=LARGEST_NUMBER, default=1)


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "format": "uuid"},
            {
                "type": "object",
                "properties": {
                    "held_on": {"type": "string", "format": "date"},
                    "number": {"type": "integer", "minimum": 1, "maximum": LARGEST_NUMBER, "default": 1},
                },
                "required": ["held_on"],
                "additionalProperties": False,
            },
        ]
    }
)
class LessonField(serializers.Field):
    """A lesson by its public number, or by its day and its number on that day."""

    def to_internal_value(self, data: Any) -> LessonKey:
        if isinstance(data, Mapping):
            named = _DayAndNumber(data=data)
            named.is_valid(raise_exception=True)
            return named.validated_data["held_on"], named.validated_data["number"]
        return str(serializers.UUIDField().to_internal_value(data))


class MarkInput(Input):
    """Whether one person was at one lesson."""

    enrollment_id = serializers.UUIDField()
    lesson = LessonField()
    presence = serializers.ChoiceField(choices=Presence.choices)


class AttendanceInput(Input):
    """Marks of one class, all of which are recorded, or none."""

    marks = BoundedList(child=MarkInput(), allow_empty=False, max_length=MOST_MARKS)


class DeliveryOutput(serializers.Serializer[Any]):
    """What became of a delivery of marks."""

    id = serializers.UUIDField()
    mark_count = serializers.IntegerField()
    changed_count = serializers.IntegerField(help_text=_("How many marks said something new."))


class MarkOutput(serializers.Serializer[Any]):
    """What was reported last of one person at a lesson. Of whom there is no mark, nothing was reported."""

    enrollment_id = serializers.UUIDField(source="enrollment.public_id")
    presence = serializers.ChoiceField(choices=Presence.choices)


class LessonOutput(SyncOutput):
    """One lesson of a class and who was there."""

    class_id = serializers.UUIDField(source="training_class.public_id")
    held_on = serializers.DateField()
    number = serializers.IntegerField(help_text=_("Number on the day"))
    hours = serializers.DecimalField(max_digits=4, decimal_places=1)
    topic = serializers.CharField()
    cancelled_at = serializers.DateTimeField(
        allow_null=True, default_timezone=UTC, help_text=_("Set if the lesson does not take place.")
    )
    marks = MarkOutput(many=True, source="live_marks")


class LessonParameters(SyncParameters):
    class_id = serializers.UUIDField(
        required=False, source="training_class__public_id", help_text=_("Only those of this class.")
    )


class Followed(FollowedView):
    resource = kind = "attendance"
    output = LessonOutput

    def visible(self, user: User) -> QuerySet[Lesson]:
        return queries.lessons_with_marks_visible_to(user)


class LessonList(Followed, SyncList):
    """GET /attendance: the lessons of the classes that the office sees, with their marks."""

    parameters = LessonParameters
    operations = list_operation(
        "listAttendance",
        _("List the lessons with their marks, or what changed of them since"),
        EXAMPLE,
        LessonParameters,
    )


class LessonDetail(Followed, DetailView):
    """GET /attendance/{id}: one lesson with its marks."""

    operations = {
        "get": Operation(name="getAttendance", summary=_("Get one lesson with its marks"), example=EXAMPLE)
    }


class ClassAttendance(PartnerView):
    """POST /classes/{id}/attendance: report who was there."""

    resource = "attendance"
    output = DeliveryOutput
    operations = {
        "post": Operation(
            name="reportAttendance",
            summary=_("Report who was at the lessons of a class"),
            description=_(
                "All marks are recorded or none. The same marks in the same order are the same delivery, and change "
                "nothing. A later mark that says otherwise takes the place of the one before."
            ),
            status=201,
            request=AttendanceInput,
            request_example=GIVEN,
            example={"id": "d3e4f5a6-b7c8-4d9e-8f0a-1b2c3d4e5f60", "mark_count": 2, "changed_count": 2},
            refusals=[InvalidTransition, NotPermitted, AttendanceRefused],
        )
    }

    def post(self, request: Request, public_id: UUID) -> Response:
        """Record marks."""
        training_class = class_of(self.machine(), public_id)
        marks = [
            ReadMark(index, "lesson", str(mark["enrollment_id"]), mark["lesson"], mark["presence"])
            for index, mark in enumerate(self.given(AttendanceInput)["marks"])
        ]
        try:
            delivered = deliver_attendance(
                class_id=training_class.pk, deliverer=self.machine(), marks=marks, now=timezone.now()
            )
        except AttendanceRefused as refusal:
            raise MarksRefused(refusal.problems) from refusal
        return Response(_delivery_shown(delivered), status=201)


class MarksRefused(InvalidInput):
    """At least one mark cannot be. Each is named, and none was recorded."""

    status_code = 422
    code = "attendance_refused"

    def __init__(self, problems: Sequence[RowProblem]) -> None:
        super().__init__(list(_told(problems)))


def _told(problems: Sequence[RowProblem]) -> Iterator[FieldProblem]:
    for problem in problems:
        name = "presence" if problem.code == "presence_unknown" else NAMES[problem.column]
        texts = in_every_language(message_for(problem.code, problem.parameters))
        yield FieldProblem(f"/marks/{problem.row_number}/{name}", problem.code, texts)


def _delivery_shown(delivered: Delivered) -> dict[str, Any]:
    delivery = delivered.delivery
    return {
        "id": str(delivery.public_id),
        "mark_count": delivery.mark_count,
        "changed_count": delivered.changed_count,
    }
