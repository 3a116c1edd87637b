from datetime import date

import factory
from factory.django import DjangoModelFactory

from enrollment.enums import RegisterName, RegisterVerdict
from enrollment.models import RegisterAnswer
from tests.clock import NOW
from tests.factories.enrollment import EnrollmentFactory


class RegisterAnswerFactory(DjangoModelFactory):
    """A register's yes; unreachable=True is none."""

    class Meta:
        model = RegisterAnswer

    class Params:
        unreachable = factory.Trait(verdict=RegisterVerdict.UNREACHABLE, reference="TOO_SLOW")

    enrollment = factory.SubFactory(EnrollmentFactory)
    register = RegisterName.STUDENT_STATUS
    verdict = RegisterVerdict.YES
    as_of = date(2026, 3, 9)
    reference = "XJ-1"
    adapter = "file"
    asked_at = NOW
