"""Rows about the training itself that cannot exist, and facts that cannot change."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, InternalError

from enrollment.enums import EnrollmentAct, EnrollmentStatus
from enrollment.models import AttendanceDelivery, Enrollment, EnrollmentChange, Lesson, TrainingClass
from tests.clock import NOW
from tests.factories.enrollment import EnrollmentFactory, TrainingClassFactory
from tests.factories.institutions import UserFactory
from tests.factories.training import (
    AttendanceDeliveryFactory,
    AttendanceMarkFactory,
    LessonFactory,
    TrainingCertificateFactory,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("factory", "fields", "constraint"),
    [
        (LessonFactory, {"hours": Decimal(0)}, "lesson_hours_within_a_day"),
        (LessonFactory, {"hours": Decimal("12.5")}, "lesson_hours_within_a_day"),
        (LessonFactory, {"number": 0}, "lesson_number_positive"),
        (LessonFactory, {"cancelled_at": NOW, "cancel_reason": "Ill."}, "lesson_cancellation_complete"),
        (LessonFactory, {"cancelled": True, "cancel_reason": ""}, "lesson_cancelled_with_reason"),
        (AttendanceDeliveryFactory, {"channel": "FAX"}, "attendance_delivery_channel_known"),
        (AttendanceMarkFactory, {"presence": "ASLEEP"}, "attendance_mark_presence_known"),
        (EnrollmentFactory, {"status": "WITHDRAWN"}, "enrollment_left_at_some_time"),
        (EnrollmentFactory, {"status": "TRANSFERRED"}, "enrollment_left_at_some_time"),
        (EnrollmentFactory, {"roster_row": None}, "enrollment_comes_from_somewhere"),
        (
            TrainingClassFactory,
            {"running": True, "roster_locked_at": NOW},
            "class_roster_lock_complete",
        ),
        (TrainingClassFactory, {"running": True, "locked_count": 1}, "class_roster_lock_complete"),
    ],
)
def test_row_is_refused_by(factory, fields, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        factory(**fields)


def test_lesson_stands_once_in_the_timetable():
    lesson = LessonFactory()

    with pytest.raises(IntegrityError, match="lesson_once"):
        LessonFactory(training_class=lesson.training_class)


def test_cancelled_lesson_leaves_its_place_to_another():
    lesson = LessonFactory(cancelled=True)

    LessonFactory(training_class=lesson.training_class)


def test_delivery_stands_once_in_a_class():
    delivery = AttendanceDeliveryFactory()

    with pytest.raises(IntegrityError, match="attendance_delivery_once"):
        AttendanceDeliveryFactory(training_class=delivery.training_class, content=bytes(delivery.content))


def test_one_mark_is_live():
    mark = AttendanceMarkFactory()

    with pytest.raises(IntegrityError, match="attendance_mark_one_live"):
        AttendanceMarkFactory(enrollment=mark.enrollment, lesson=mark.lesson, delivery=mark.delivery)


def test_superseded_mark_stays_beside_the_live_one():
    mark = AttendanceMarkFactory(superseded_at=NOW)

    AttendanceMarkFactory(enrollment=mark.enrollment, lesson=mark.lesson, delivery=mark.delivery)


def test_number_of_a_training_certificate_is_given_once():
    certificate = TrainingCertificateFactory()

    with pytest.raises(IntegrityError, match="number"):
        TrainingCertificateFactory(number=certificate.number)


def test_person_has_one_training_certificate_of_a_class():
    certificate = TrainingCertificateFactory()

    with pytest.raises(IntegrityError, match="enrollment"):
        TrainingCertificateFactory(enrollment=certificate.enrollment)


def test_enrollment_comes_from_a_row_or_from_another_class():
    former = EnrollmentFactory()

    with pytest.raises(IntegrityError, match="enrollment_comes_from_somewhere"):
        EnrollmentFactory(transferred_from=former)


def test_person_is_in_one_class_at_a_time():
    enrollment = EnrollmentFactory()

    with pytest.raises(IntegrityError, match="enrollment_one_class_at_a_time"):
        EnrollmentFactory(trainee=enrollment.trainee)


def test_who_has_left_may_be_in_another_class():
    enrollment = EnrollmentFactory(status=EnrollmentStatus.WITHDRAWN, left_at=NOW)

    EnrollmentFactory(trainee=enrollment.trainee)


@pytest.mark.parametrize(
    ("factory", "changes"),
    [
        (LessonFactory, {"hours": Decimal(2)}),
        (AttendanceMarkFactory, {"presence": "ABSENT"}),
        (AttendanceDeliveryFactory, {"sha256": "0" * 64}),
        (TrainingCertificateFactory, {"number": "OTHER"}),
    ],
)
def test_what_was_written_stays(factory, changes):
    row = factory()

    with pytest.raises(InternalError, match="frozen_facts"):
        type(row).objects.filter(pk=row.pk).update(**changes)


@pytest.mark.parametrize(
    "factory", [LessonFactory, AttendanceMarkFactory, AttendanceDeliveryFactory, TrainingCertificateFactory]
)
def test_row_is_never_deleted(factory):
    row = factory()

    with pytest.raises(InternalError, match="no_delete"):
        type(row).objects.filter(pk=row.pk)._raw_delete("default")


def test_content_of_a_delivery_stays():
    delivery = AttendanceDeliveryFactory()

    with pytest.raises(InternalError, match="frozen_secrets"):
        AttendanceDelivery.objects.filter(pk=delivery.pk).update(content=b"something else")


def test_cancellation_of_a_lesson_stays():
    lesson = LessonFactory(cancelled=True)

    with pytest.raises(InternalError, match="lesson_cancellation_stays"):
        Lesson.objects.filter(pk=lesson.pk).update(cancelled_at=None, cancelled_by=None, cancel_reason="")


@pytest.mark.parametrize("changes", [{"locked_count": 2}, {"roster_locked_at": None, "locked_count": None}])
def test_roster_lock_stays(changes):
    training_class = TrainingClassFactory(locked=True)

    with pytest.raises(InternalError, match="class_roster_lock_stays"):
        TrainingClass.objects.filter(pk=training_class.pk).update(**changes)


@pytest.mark.parametrize("later", [None, NOW])
def test_enrollment_stays_in_the_denominator(later):
    locked = TrainingClassFactory(locked=True)
    enrollment = EnrollmentFactory(training_class=locked, locked_at=locked.roster_locked_at)

    with pytest.raises(InternalError, match="enrollment_stays_in_the_denominator"):
        Enrollment.objects.filter(pk=enrollment.pk).update(locked_at=later)


@pytest.mark.parametrize("changes", [{"school": "Another school"}, {"education": "MASTER"}])
def test_evidence_stays_after_the_lock(changes):
    enrollment = EnrollmentFactory(training_class=TrainingClassFactory(locked=True))

    with pytest.raises(InternalError, match="enrollment_evidence_stays_after_the_lock"):
        Enrollment.objects.filter(pk=enrollment.pk).update(**changes)


def test_evidence_changes_before_the_lock():
    enrollment = EnrollmentFactory()

    assert Enrollment.objects.filter(pk=enrollment.pk).update(school="Another school") == 1


@pytest.mark.parametrize(
    ("act", "constraint"),
    [
        ("EXPULSION", "enrollment_change_act_known"),
        (EnrollmentAct.WITHDRAWAL, "enrollment_change_has_reason"),
        (EnrollmentAct.NON_COMPLETION, "enrollment_change_has_reason"),
        (EnrollmentAct.ROSTER_CHANGE, "enrollment_change_names_its_row"),
    ],
)
def test_change_of_an_enrollment_is_refused_by(act, constraint):
    reason = "" if act == EnrollmentAct.WITHDRAWAL or act == EnrollmentAct.NON_COMPLETION else "Moved away."

    with pytest.raises(IntegrityError, match=constraint):
        EnrollmentChange.objects.create(
            enrollment=EnrollmentFactory(),
            act=act,
            former_values="{}",
            reason=reason,
            done_by=UserFactory(),
            done_at=NOW,
        )
