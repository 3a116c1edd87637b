"""Enrollments that are due at a register, and registers that say what they are told to."""

from datetime import timedelta

from enrollment.enums import RegisterName, RegisterVerdict
from enrollment.models import Enrollment, RegisterAnswer
from enrollment.services.registers import ask_registers
from tests.clock import NOW
from tests.factories.enrollment import EnrollmentFactory
from tests.fakes.registers import FakeRegister

STUDENTS, INSURED = RegisterName.STUDENT_STATUS, RegisterName.EMPLOYMENT_INSURANCE


def due(**facts):
    return EnrollmentFactory(registers_due_at=NOW - timedelta(minutes=1), **facts)


def saying(verdict=RegisterVerdict.YES, **facts):
    return FakeRegister(says=verdict, **facts)


def ask(*registers, now=NOW):
    """Ask these registers; the first is that of the students, the second that of the insured."""
    return ask_registers(now=now, registers=dict(zip((STUDENTS, INSURED), registers, strict=False)))


def due_at(enrollment):
    return Enrollment.objects.values_list("registers_due_at", flat=True).get(pk=enrollment.pk)


def verdicts():
    return list(RegisterAnswer.objects.order_by("pk").values_list("verdict", flat=True))
