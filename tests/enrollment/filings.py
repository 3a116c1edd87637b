"""What stands behind a class that can be filed, for the tests of filing and of the answers to it."""

from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType

import pytest

from enrollment.enums import ClassStatus
from enrollment.models import TrainingClass
from enrollment.services.filing_checks import PlanRefused
from enrollment.services.filings import file_class
from enrollment.services.plan_checks import ClassPlan, TrainerPlan
from institutions.enums import AccreditationKind, Level
from institutions.models import CalendarDay, FundedQuota
from tests.clock import NOW
from tests.factories.enrollment import IntakePolicyFactory, TrainingClassFactory
from tests.factories.filings import ClassTrainerFactory
from tests.factories.institutions import (
    AccreditationFactory,
    FundedQuotaFactory,
    InstitutionFactory,
    OccupationFactory,
    UserFactory,
)

STARTS_ON, ENDS_ON = date(2026, 11, 9), date(2026, 12, 18)
SEATS = 30
AS_USUAL = MappingProxyType({})


def publish_calendar(first=date(2026, 10, 1), last=date(2026, 12, 31)):
    """Let the calendar know these days: the weekdays are worked."""
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    CalendarDay.objects.bulk_create(
        CalendarDay(day=day, is_working=day.weekday() < 5, source="Example") for day in days
    )


def accredited_pair(*, to_train, to_assess):
    """Return a training and an evaluation institution that may both work on an occupation."""
    occupation = OccupationFactory()
    trainer, evaluator = InstitutionFactory(), InstitutionFactory()
    AccreditationFactory(**{"institution": trainer, "occupation": occupation, **to_train})
    AccreditationFactory(
        **{
            "institution": evaluator,
            "occupation": occupation,
            "kind": AccreditationKind.EVALUATION,
            **to_assess,
        }
    )
    return trainer, evaluator, occupation


def draft_to_file(
    *, funded=100, with_trainer=True, to_train=MappingProxyType({}), to_assess=MappingProxyType({}), **changed
):
    """Return a complete draft that everything speaks for: policy, calendar, accreditations, funded seats."""
    if not IntakePolicyFactory._meta.model.objects.exists():
        IntakePolicyFactory()
        publish_calendar()
    trainer, evaluator, occupation = accredited_pair(to_train=to_train, to_assess=to_assess)
    FundedQuotaFactory(institution=trainer, year=2026, seat_count=funded)
    training_class = TrainingClassFactory(
        **{
            "draft": True,
            "institution": trainer,
            "occupation": occupation,
            "intended_evaluator": evaluator,
            "starts_on": STARTS_ON,
            "ends_on": ENDS_ON,
            "venue": "示范路1号",
            "plan": "六周，每周三十学时。",
            "planned_hours": Decimal(180),
            "seat_count": SEATS,
            **changed,
        }
    )
    if with_trainer:
        ClassTrainerFactory(training_class=training_class)
    return training_class


def twin_of(training_class, **changed):
    """Return another complete draft of the same institution for the same training."""
    same = (
        "institution",
        "occupation",
        "direction",
        "level",
        "intended_evaluator",
        "starts_on",
        "ends_on",
        "venue",
        "plan",
        "planned_hours",
        "seat_count",
        "drafted_by",
    )
    twin = TrainingClassFactory(
        **{"draft": True, **{name: getattr(training_class, name) for name in same}, **changed}
    )
    ClassTrainerFactory(training_class=twin)
    return twin


def file_it(training_class, **changed):
    """File a class, as its institution does."""
    return file_class(
        **{"class_id": training_class.pk, "filer": training_class.drafted_by, "now": NOW, **changed}
    )


def filed_class(**changed):
    """Return a class that went through its filing."""
    return file_it(draft_to_file(**changed))


def reviewer_of(training_class):
    return UserFactory(district_reviewer=True, district=training_class.district)


def quota_of(training_class):
    return FundedQuota.objects.get(institution_id=training_class.institution_id)


def status_of(training_class):
    return ClassStatus(TrainingClass.objects.get(pk=training_class.pk).status)


def plan_for(occupation, **changed):
    """Return a complete plan."""
    return ClassPlan(
        **{
            "occupation_id": occupation.pk,
            "level": Level.JUNIOR,
            "starts_on": STARTS_ON,
            "ends_on": ENDS_ON,
            "seat_count": SEATS,
            "venue": "示范路1号",
            "plan": "六周，每周三十学时。",
            "planned_hours": Decimal(180),
            "trainers": (TrainerPlan("王老师", "高级工程师"),),
            **changed,
        }
    )


def codes_of_filing(training_class, **changed):
    """Return why a filing is refused."""
    with pytest.raises(PlanRefused) as refusal:
        file_it(training_class, **changed)
    return [problem.code for problem in refusal.value.problems]
