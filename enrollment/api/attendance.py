from collections.abc import Mapping, Sequence
from typing import Any, cast

from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chongqing_dte.foundation.api import BoundedList
from chongqing_dte.foundation.tabular import RowProblem
from enrollment import policies, queries
from enrollment.attendance.marks import LessonKey, ReadMark
from enrollment.attendance.messages import message_for
from enrollment.enums import Presence
from enrollment.models import TrainingClass
from enrollment.services.attendance import AttendanceRefused, deliver_attendance
from institutions.models import User

MOST_MARKS = 20_000


class LessonField(serializers.Field):
    """A lesson by its public number, or by its day and its number on that day."""

    def to_internal_value(self, data: Any) -> LessonKey:
        if isinstance(data, Mapping):
            named = _DayAndNumber(data=data)
            named.is_valid(raise_exception=True)
            return named.validated_data["held_on"], named.validated_data["number"]
        return str(serializers.UUIDField().to_internal_value(data))


class _DayAndNumber(serializers.Serializer[Any]):
    held_on = serializers.DateField()
    number = serializers.IntegerField(min_value=1, default=1)


class MarkInput(serializers.Serializer[Any]):
    enrollment = serializers.UUIDField()
    lesson = LessonField()
    presence = serializers.ChoiceField(choices=Presence.choices)


class AttendanceInput(serializers.Serializer[Any]):
    marks = BoundedList(child=MarkInput(), allow_empty=False, max_length=MOST_MARKS)


class ClassAttendance(APIView):
    """The lessons of a class and who was there, to read and to report. Which class exists depends on who asks."""

    def get(self, request: Request, public_id: str) -> Response:
        """Return every lesson and every mark that stands. Of whom there is no mark, nothing was reported."""
        training_class = _class_of(request, public_id)
        return Response({"lessons": _lessons(training_class), "marks": _marks(training_class)})

    def post(self, request: Request, public_id: str) -> Response:
        """Record marks, all of them or none. The same marks again are the same delivery and change nothing."""
        training_class = _class_of(request, public_id)
        policies.check_can_report_attendance(_user(request), training_class)
        given = AttendanceInput(data=request.data)
        given.is_valid(raise_exception=True)
        marks = [
            ReadMark(index, "lesson", str(mark["enrollment"]), mark["lesson"], mark["presence"])
            for index, mark in enumerate(given.validated_data["marks"])
        ]
        try:
            delivered = deliver_attendance(
                class_id=training_class.pk, deliverer=_user(request), marks=marks, now=timezone.now()
            )
        except AttendanceRefused as refusal:
            return Response(_refused(refusal), status=refusal.status_code)
        answer = {
            "delivery": str(delivered.delivery.public_id),
            "marks": delivered.delivery.mark_count,
            "changed": delivered.changed_count,
        }
        return Response(answer, status=201 if delivered.is_new else 200)


def _class_of(request: Request, public_id: str) -> TrainingClass:
    return get_object_or_404(queries.classes_visible_to(_user(request)), public_id=public_id)


def _user(request: Request) -> User:
    # IsAuthenticated has answered everybody else.
    return cast(User, request.user)


def _lessons(training_class: TrainingClass) -> list[dict[str, object]]:
    return [
        {
            "lesson": str(lesson.public_id),
            "held_on": lesson.held_on.isoformat(),
            "number": lesson.number,
            "hours": str(lesson.hours),
            "topic": lesson.topic,
        }
        for lesson in queries.lessons_of(training_class)
    ]


def _marks(training_class: TrainingClass) -> list[dict[str, str]]:
    marks = queries.live_marks_of(training_class).order_by("lesson__held_on", "lesson__number", "enrollment")
    return [
        {"enrollment": str(enrollment), "lesson": str(lesson), "presence": presence}
        for enrollment, lesson, presence in marks.values_list(
            "enrollment__public_id", "lesson__public_id", "presence"
        )
    ]


def _refused(refusal: AttendanceRefused) -> dict[str, object]:
    return {"code": refusal.code, "detail": str(refusal), "problems": _shown(refusal.problems)}


def _shown(problems: Sequence[RowProblem]) -> list[dict[str, object]]:
    fields = {"person": "enrollment", "lesson": "lesson"}
    return [
        {
            "index": problem.row_number,
            "field": "presence" if problem.code == "presence_unknown" else fields[problem.column],
            "code": problem.code,
            "detail": message_for(problem.code, problem.parameters),
        }
        for problem in problems
    ]
