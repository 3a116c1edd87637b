from datetime import date

import factory
from django.db.backends.postgresql.psycopg_any import DateRange
from factory.django import DjangoModelFactory

from enrollment.enums import ClassStatus
from enrollment.models import ClassStep, ClassTrainer
from institutions.models import DistrictSuccession, Suspension
from tests.clock import NOW
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.institutions import DistrictFactory, InstitutionFactory, UserFactory


class ClassTrainerFactory(DjangoModelFactory):
    class Meta:
        model = ClassTrainer

    training_class = factory.SubFactory(TrainingClassFactory, draft=True)
    name = factory.Sequence(lambda n: f"教师{n}")
    qualification = "高级工程师"


class ClassStepFactory(DjangoModelFactory):
    class Meta:
        model = ClassStep

    training_class = factory.SubFactory(TrainingClassFactory)
    from_status = ClassStatus.DRAFT
    to_status = ClassStatus.FILED
    actor = factory.SelfAttribute("training_class.filed_by")
    at = NOW


class SuspendedFactory(DjangoModelFactory):
    """A suspension that holds on the day of every test."""

    class Meta:
        model = Suspension

    institution = factory.SubFactory(InstitutionFactory)
    in_force = DateRange(date(2026, 10, 1), date(2027, 1, 1))
    reason = "Unanswered questions about attendance."
    imposed_by = factory.SubFactory(UserFactory, municipal_reviewer=True)
    imposed_at = NOW


class DistrictSuccessionFactory(DjangoModelFactory):
    class Meta:
        model = DistrictSuccession

    predecessor = factory.SubFactory(DistrictFactory, in_force=DateRange(date(2020, 1, 1), date(2026, 1, 1)))
    successor = factory.SubFactory(DistrictFactory)
