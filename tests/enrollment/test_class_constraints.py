"""Classes, steps and trainers that cannot exist, and what cannot change, each refused by name."""

from datetime import date
from decimal import Decimal
from itertools import product

import pytest
from django.db import IntegrityError, InternalError, connection

from chongqing_dte.foundation.errors import InvalidTransition
from chongqing_dte.foundation.transitions import check_transition
from enrollment.enums import ClassStatus
from enrollment.models import ClassStep, ClassTrainer, TrainingClass
from enrollment.models.training_class import PLAN_FIELDS
from enrollment.transitions import CLASS_TRANSITIONS
from tests.clock import NOW
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.filings import ClassStepFactory, ClassTrainerFactory
from tests.factories.institutions import (
    FundedQuotaFactory,
    InstitutionFactory,
    OccupationFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

CLASS_ROWS = {
    "class_status_known": {"confirmed": True, "status": "CANCELED"},
    "class_level_known": {"level": "MASTER"},
    "class_ends_after_it_starts": {"ends_on": date(2026, 3, 8)},
    "class_has_seats": {"seat_count": 0},
    "class_hours_not_negative": {"planned_hours": Decimal("-0.5")},
    "class_confirmation_complete": {"confirmed_at": NOW},
    "class_roster_lock_complete": {"running": True, "roster_locked_at": NOW},
    "class_completion_complete": {"completed_at": NOW},
    "class_answered_only_after_filing": {"filed_by": None, "filed_at": None},
    "class_runs_only_after_confirmation": {"status": "CONFIRMED"},
    "class_completed_by_somebody": {"running": True, "status": "COMPLETED"},
    "class_returned_or_cancelled_with_reason": {"status": "RETURNED"},
    "class_seats_come_from_a_quota": {"reserved_seat_count": 1},
    "class_filing_complete": {"draft": True, "filed_at": NOW},
}
# These need a second row, and have a test of their own below.
WITH_ANOTHER_ROW = {
    "class_holds_no_more_than_its_seats",
    "class_holds_seats_only_while_live",
    "class_assessed_by_another_body",
    "class_confirmed_by_someone_else",
}


@pytest.mark.parametrize("constraint", CLASS_ROWS)
def test_class_is_refused_by(constraint):
    with pytest.raises(IntegrityError, match=constraint):
        TrainingClassFactory(**CLASS_ROWS[constraint])


def test_every_constraint_of_a_class_is_tried():
    named = {constraint.name for constraint in TrainingClass._meta.constraints}

    assert named == {*CLASS_ROWS, *WITH_ANOTHER_ROW}


def test_class_holds_no_more_seats_than_it_has():
    quota = FundedQuotaFactory()

    with pytest.raises(IntegrityError, match="class_holds_no_more_than_its_seats"):
        TrainingClassFactory(
            institution=quota.institution, quota=quota, seat_count=10, reserved_seat_count=11
        )


@pytest.mark.parametrize("status", ["DRAFT", "RETURNED", "CANCELLED"])
def test_class_that_is_not_live_holds_no_seats(status):
    quota = FundedQuotaFactory()

    with pytest.raises(IntegrityError, match="class_holds_seats_only_while_live"):
        TrainingClassFactory(
            institution=quota.institution,
            quota=quota,
            reserved_seat_count=1,
            status=status,
            status_reason="Dates.",
        )


def test_class_is_assessed_by_another_body_than_its_trainer():
    institution = InstitutionFactory()

    with pytest.raises(IntegrityError, match="class_assessed_by_another_body"):
        TrainingClassFactory(institution=institution, intended_evaluator=institution)


def test_class_is_confirmed_by_somebody_else_than_its_filer():
    training_class = TrainingClassFactory()

    with pytest.raises(IntegrityError, match="class_confirmed_by_someone_else"):
        TrainingClass.objects.filter(pk=training_class.pk).update(
            status=ClassStatus.CONFIRMED, confirmed_by=training_class.filed_by, confirmed_at=NOW
        )


@pytest.mark.parametrize("part", ["confirmed_by", "completed_by"])
def test_person_without_a_time_confirms_and_completes_nothing(part):
    constraint = {"confirmed_by": "class_confirmation_complete", "completed_by": "class_completion_complete"}

    with pytest.raises(IntegrityError, match=constraint[part]):
        TrainingClassFactory(**{part: UserFactory()})


def test_reference_of_a_class_is_given_once():
    TrainingClassFactory(reference="CLASS-ONE")

    with pytest.raises(IntegrityError, match="enrollment_trainingclass_reference_key"):
        TrainingClassFactory(reference="CLASS-ONE")


def other_plan():
    return {
        "institution": InstitutionFactory(),
        "occupation": OccupationFactory(),
        "direction": "计算机视觉",
        "level": "SENIOR",
        "starts_on": date(2026, 3, 10),
        "ends_on": date(2026, 6, 27),
        "venue": "新校区",
        "plan": "另一计划",
        "planned_hours": Decimal(1),
        "seat_count": 41,
        "intended_evaluator": InstitutionFactory(),
    }


@pytest.mark.parametrize("state", [{}, {"confirmed": True}, {"running": True}, {"completed": True}])
@pytest.mark.parametrize("field", PLAN_FIELDS)
def test_filed_plan_stays_as_the_bureau_saw_it(state, field):
    training_class = TrainingClassFactory(**state)

    with pytest.raises(InternalError, match="class_plan_stays_once_filed"):
        TrainingClass.objects.filter(pk=training_class.pk).update(**{field: other_plan()[field]})


@pytest.mark.parametrize("state", [{"draft": True}, {"status": "RETURNED", "status_reason": "Dates."}])
def test_plan_in_the_institution_s_hands_can_change(state):
    training_class = TrainingClassFactory(**state)

    assert TrainingClass.objects.filter(pk=training_class.pk).update(**other_plan()) == 1


@pytest.mark.parametrize("changes", [{"locked_count": 2}, {"roster_locked_at": None, "locked_count": None}])
def test_roster_lock_stays(changes):
    training_class = TrainingClassFactory(locked=True)

    with pytest.raises(InternalError, match="class_roster_lock_stays"):
        TrainingClass.objects.filter(pk=training_class.pk).update(**changes)


def test_class_is_never_deleted():
    training_class = TrainingClassFactory(draft=True)

    with pytest.raises(InternalError, match="Cannot delete"):
        TrainingClass.objects.filter(pk=training_class.pk).delete()


# ── Steps ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"from_status": "OPEN"}, "class_step_from_known"),
        ({"to_status": "OPEN"}, "class_step_to_known"),
        ({"to_status": ""}, "class_step_to_known"),
    ],
)
def test_step_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        ClassStepFactory(**fields)


def test_first_step_comes_from_nowhere():
    assert ClassStepFactory(from_status="", to_status="DRAFT").pk


def test_step_is_never_changed():
    step = ClassStepFactory()

    with pytest.raises(InternalError, match="Cannot update"):
        ClassStep.objects.filter(pk=step.pk).update(reason="Another.")


def test_step_is_never_deleted():
    step = ClassStepFactory()

    with pytest.raises(InternalError, match="Cannot delete"):
        ClassStep.objects.filter(pk=step.pk).delete()


@pytest.mark.parametrize("table", ["enrollment_trainingclass", "enrollment_classstep"])
def test_tables_are_never_emptied(table):
    with pytest.raises(InternalError, match="no_truncate"), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {table} CASCADE")


# ── Trainers ─────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("empty", ["name", "qualification"])
def test_trainer_has_a_name_and_a_qualification(empty):
    with pytest.raises(IntegrityError, match="class_trainer_has_qualification"):
        ClassTrainerFactory(**{empty: ""})


def test_trainer_is_named_once():
    trainer = ClassTrainerFactory()

    with pytest.raises(IntegrityError, match="class_trainer_named_once"):
        ClassTrainerFactory(
            training_class=trainer.training_class, name=trainer.name, qualification=trainer.qualification
        )


def test_filed_class_takes_no_further_trainer():
    training_class = TrainingClassFactory()

    with pytest.raises(InternalError, match="class_trainers_stay_once_filed"):
        ClassTrainerFactory(training_class=training_class)


@pytest.mark.parametrize("act", ["update", "delete"])
def test_trainers_of_a_filed_class_stay(act):
    trainer = ClassTrainerFactory()
    TrainingClass.objects.filter(pk=trainer.training_class_id).update(
        status=ClassStatus.FILED, filed_by=trainer.training_class.drafted_by, filed_at=NOW
    )
    trainers = ClassTrainer.objects.filter(pk=trainer.pk)

    with pytest.raises(InternalError, match="class_trainers_stay_once_filed"):
        trainers.update(name="李老师") if act == "update" else trainers.delete()


# ── States ───────────────────────────────────────────────────────────────────────────────────────────────
# Every way there is. What is not here does not happen.
WAYS = {
    ("DRAFT", "FILED"),
    ("DRAFT", "CANCELLED"),
    ("FILED", "CONFIRMED"),
    ("FILED", "RETURNED"),
    ("FILED", "CANCELLED"),
    ("RETURNED", "FILED"),
    ("RETURNED", "CANCELLED"),
    ("CONFIRMED", "RUNNING"),
    ("CONFIRMED", "CANCELLED"),
    ("RUNNING", "COMPLETED"),
    ("RUNNING", "CANCELLED"),
}


@pytest.mark.parametrize(("current", "target"), list(product(ClassStatus, ClassStatus)))
def test_class_goes_this_way_or_not(current, target):
    if (current, target) in WAYS:
        check_transition(CLASS_TRANSITIONS, current=current, target=target)
    else:
        with pytest.raises(InvalidTransition):
            check_transition(CLASS_TRANSITIONS, current=current, target=target)
