"""What an institution does with its classes: plan, file, complete."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chongqing_dte.foundation.api import BoundedList
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.sentences import gettext_lazy as _
from chongqing_dte.foundation.sentences import in_every_language
from enrollment import queries
from enrollment.api.classes import EXAMPLE, ClassList, Followed
from enrollment.models import TrainingClass
from enrollment.services.completion import complete_class
from enrollment.services.filing_checks import NearDuplicateFilings, PlanRefused
from enrollment.services.filings import draft_class, file_class
from enrollment.services.plan_checks import (
    LONGEST_DIRECTION,
    LONGEST_NAME,
    LONGEST_QUALIFICATION,
    LONGEST_REFERENCE,
    LONGEST_VENUE,
    MOST_TRAINERS,
    ClassPlan,
    TrainerPlan,
)
from institutions.enums import Level
from institutions.queries import institution_by_credit_code, occupation_by_code
from institutions.rules.plan import MOST_SEATS
from partners.rest.bulk import Input
from partners.rest.operations import Operation
from partners.rest.problems import NOTHING_HERE, FieldProblem, InvalidInput

LONGEST_PLAN, LONGEST_REASON = 20_000, 1000
MOST_PEOPLE = 1000
# Of nothing: no row has it.
NONE = 0
DRAFT = {
    **EXAMPLE,
    "status": "DRAFT",
    "reserved_seat_count": 0,
    **dict.fromkeys(
        (
            "filed_at",
            "answer_due_on",
            "confirmed_at",
            "started_at",
            "roster_locked_at",
            "locked_count",
        )
    ),
}
FILED = {**DRAFT, "status": "FILED", "reserved_seat_count": 40, "filed_at": "2026-11-10T09:30:00+08:00"}
COMPLETED = {**EXAMPLE, "status": "COMPLETED", "completed_at": "2026-12-20T10:00:00+08:00"}


class PlanNotTaken(InvalidInput):
    """A plan that contradicts itself, or that cannot be filed as it is. What is wrong with it is named."""

    status_code = 422
    code = "plan_refused"

    def __init__(self, problems: Sequence[DomainError]) -> None:
        told = [FieldProblem("", each.code, in_every_language(each.message)) for each in problems]
        super().__init__(told)


class TrainerInput(Input):
    """One teacher and what shows that they may teach it."""

    name = serializers.CharField(max_length=LONGEST_NAME)
    qualification = serializers.CharField(max_length=LONGEST_QUALIFICATION)


class ClassInput(Input):
    """A plan for a class, which may still be incomplete."""

    occupation = serializers.CharField(max_length=12, help_text=_("Its code, of either edition."))
    direction = serializers.CharField(max_length=LONGEST_DIRECTION, allow_blank=True, default="")
    level = serializers.ChoiceField(choices=Level.choices)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    seat_count = serializers.IntegerField(min_value=1, max_value=MOST_SEATS)
    reference = serializers.CharField(
        max_length=LONGEST_REFERENCE,
        allow_blank=True,
        default="",
        help_text=_("The institution's own number. Without one, the portal gives one."),
    )
    venue = serializers.CharField(max_length=LONGEST_VENUE, allow_blank=True, default="")
    plan = serializers.CharField(max_length=LONGEST_PLAN, allow_blank=True, default="")
    planned_hours = serializers.DecimalField(max_digits=6, decimal_places=1, min_value=0, default=Decimal(0))
    intended_evaluator = serializers.CharField(
        max_length=18,
        allow_null=True,
        default=None,
        help_text=_("The credit code of the evaluation institution."),
    )
    trainers = BoundedList(child=TrainerInput(), max_length=MOST_TRAINERS, default=list)


class FilingInput(Input):
    """Whether a class very like another one of the institution is filed all the same."""

    accepts_near_duplicates = serializers.BooleanField(default=False)


class FailureInput(Input):
    """Somebody who has not completed the class, and why."""

    enrollment_id = serializers.UUIDField()
    reason = serializers.CharField(max_length=LONGEST_REASON)


class CompletionInput(Input):
    """Who has not completed the class. Everybody else in it has."""

    not_completed = BoundedList(child=FailureInput(), max_length=MOST_PEOPLE, default=list)


class ClassCollection(ClassList):
    """POST /classes: write down a plan that nobody has been asked about yet."""

    operations = {
        **ClassList.operations,
        "post": Operation(
            name="draftClass",
            summary=_("Write down a plan for a class"),
            description=_(
                "Nobody but the institution sees it before it is filed. With a reference of the institution's own, "
                "the same plan is never written down twice."
            ),
            status=201,
            request=ClassInput,
            request_example={
                "occupation": "2-02-38-01",
                "level": "JUNIOR",
                "starts_on": "2026-12-01",
                "ends_on": "2026-12-20",
                "seat_count": 40,
                "venue": "渝北区示范路 1 号",
                "plan": "培训计划",
                "planned_hours": "80.0",
                "intended_evaluator": None,
                "trainers": [{"name": "示例教师", "qualification": "高级工程师"}],
            },
            example=DRAFT,
            refusals=[PlanNotTaken],
        ),
    }

    def post(self, request: Request) -> Response:
        """Write the plan down."""
        try:
            drafted = draft_class(
                plan=_plan(self.given(ClassInput)), drafter=self.machine(), now=timezone.now()
            )
        except PlanRefused as refusal:
            raise PlanNotTaken(refusal.problems) from refusal
        return Response(self.shown_now(drafted.public_id), status=201)


class ClassFiling(Followed):
    """POST /classes/{id}/filing: hand the plan to the district."""

    operations = {
        "post": Operation(
            name="fileClass",
            summary=_("Hand the plan of a class to the district bureau"),
            request=FilingInput,
            request_example={"accepts_near_duplicates": False},
            example=FILED,
            refusals=[PlanNotTaken, NearDuplicateFilings, InvalidTransition],
        )
    }

    def post(self, request: Request, public_id: UUID) -> Response:
        """File the class."""
        training_class = self.found(public_id)
        try:
            file_class(
                class_id=training_class.pk,
                filer=self.machine(),
                now=timezone.now(),
                **self.given(FilingInput),
            )
        except PlanRefused as refusal:
            raise PlanNotTaken(refusal.problems) from refusal
        return Response(self.shown_now(public_id))


class ClassCompletion(Followed):
    """POST /classes/{id}/completion: the class is over."""

    operations = {
        "post": Operation(
            name="completeClass",
            summary=_("Record that a class is over, and certify who has completed it"),
            request=CompletionInput,
            request_example={
                "not_completed": [
                    {"enrollment_id": "8f9a0b1c-2d3e-4f4a-8b5c-6d7e8f9a0b1c", "reason": "缺课过多"}
                ]
            },
            example=COMPLETED,
            refusals=[InvalidTransition],
        )
    }

    def post(self, request: Request, public_id: UUID) -> Response:
        """Complete the class."""
        training_class = self.found(public_id)
        complete_class(
            class_id=training_class.pk,
            completer=self.machine(),
            not_completed=_reasons(training_class, self.given(CompletionInput)["not_completed"]),
            now=timezone.now(),
        )
        return Response(self.shown_now(public_id))


def _plan(given: Mapping[str, Any]) -> ClassPlan:
    occupation = occupation_by_code(given["occupation"])
    evaluator = given["intended_evaluator"] and institution_by_credit_code(given["intended_evaluator"])
    names = ("direction", "level", "starts_on", "ends_on", "seat_count", "reference", "venue", "plan")
    return ClassPlan(
        **{name: given[name] for name in names},
        # What is unknown is refused with everything else that cannot be.
        occupation_id=occupation.pk if occupation else NONE,
        planned_hours=given["planned_hours"],
        intended_evaluator_id=(evaluator.pk if evaluator else NONE) if given["intended_evaluator"] else None,
        trainers=tuple(TrainerPlan(**trainer) for trainer in given["trainers"]),
    )


def _reasons(training_class: TrainingClass, given: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """Return the reasons by enrollment. Raises InvalidInput for whoever is not in this class."""
    known = dict(queries.enrollments_of(training_class).values_list("public_id", "pk"))
    strangers = [
        FieldProblem(
            f"/not_completed/{index}/enrollment_id",
            NOTHING_HERE.code,
            in_every_language(NOTHING_HERE.message),
        )
        for index, each in enumerate(given)
        if each["enrollment_id"] not in known
    ]
    if strangers:
        raise InvalidInput(strangers)
    return {known[each["enrollment_id"]]: each["reason"] for each in given}
