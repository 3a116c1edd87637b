import hashlib
from datetime import date, timedelta
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from enrollment.enums import DeliveryChannel, Presence
from enrollment.models import AttendanceDelivery, AttendanceMark, Lesson, TrainingCertificate
from tests.clock import NOW
from tests.factories.enrollment import EnrollmentFactory, TrainingClassFactory


class LessonFactory(DjangoModelFactory):
    """The first lesson of a class; cancelled=True did not take place."""

    class Meta:
        model = Lesson

    class Params:
        cancelled = factory.Trait(
            cancelled_by=factory.SelfAttribute("recorded_by"),
            cancelled_at=NOW - timedelta(days=200),
            cancel_reason="The trainer fell ill.",
        )

    training_class = factory.SubFactory(TrainingClassFactory, running=True)
    held_on = date(2026, 3, 9)
    number = 1
    hours = Decimal("4.0")
    recorded_by = factory.SelfAttribute("training_class.drafted_by")
    recorded_at = NOW - timedelta(days=215)


class AttendanceDeliveryFactory(DjangoModelFactory):
    class Meta:
        model = AttendanceDelivery

    training_class = factory.SubFactory(TrainingClassFactory, running=True)
    channel = DeliveryChannel.FILE
    file_name = "attendance.xlsx"
    content = factory.Sequence(lambda n: f"attendance {n}".encode())
    sha256 = factory.LazyAttribute(lambda delivery: hashlib.sha256(delivery.content).hexdigest())
    mark_count = 1
    delivered_by = factory.SelfAttribute("training_class.drafted_by")
    delivered_at = NOW - timedelta(days=100)


class AttendanceMarkFactory(DjangoModelFactory):
    """Somebody who was at the first lesson of their class."""

    class Meta:
        model = AttendanceMark

    enrollment = factory.SubFactory(
        EnrollmentFactory, training_class=factory.SubFactory(TrainingClassFactory, running=True)
    )
    lesson = factory.SubFactory(
        LessonFactory, training_class=factory.SelfAttribute("..enrollment.training_class")
    )
    presence = Presence.PRESENT
    delivery = factory.SubFactory(
        AttendanceDeliveryFactory, training_class=factory.SelfAttribute("..enrollment.training_class")
    )
    recorded_at = NOW - timedelta(days=100)


class TrainingCertificateFactory(DjangoModelFactory):
    class Meta:
        model = TrainingCertificate

    enrollment = factory.SubFactory(EnrollmentFactory, completed=True)
    number = factory.Sequence(lambda n: f"CLASS-{n}-001")
    issued_on = date(2026, 7, 12)
    issued_by = factory.SelfAttribute("enrollment.training_class.drafted_by")
    issued_at = NOW - timedelta(days=100)
