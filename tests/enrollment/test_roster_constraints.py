"""What the database refuses of rosters, enrollments and their changes, by name."""

from datetime import date

import pytest
from django.db import IntegrityError, InternalError, connection
from django.db.backends.postgresql.psycopg_any import DateRange

from enrollment.enums import EnrollmentAct
from enrollment.models import Enrollment, EnrollmentChange, RosterRow, RosterUpload
from tests.clock import NOW
from tests.factories.enrollment import (
    EnrollmentFactory,
    RosterRowFactory,
    RosterUploadFactory,
    TraineeFactory,
    TrainingClassFactory,
)

pytestmark = pytest.mark.django_db

SPRING = DateRange(date(2026, 3, 9), date(2026, 6, 26), "[]")


def change_of(enrollment, **changed):
    return EnrollmentChange.objects.create(
        **{
            "enrollment": enrollment,
            "act": EnrollmentAct.ROSTER_CHANGE,
            "roster_row": enrollment.roster_row,
            "fields": ["school"],
            "former_values": '{"school": "示范大学"}',
            "done_by": enrollment.training_class.drafted_by,
            "done_at": NOW,
            **changed,
        }
    )


@pytest.mark.parametrize(
    ("factory", "fields", "constraint"),
    [
        (RosterUploadFactory, {"checked_at": None}, "roster_upload_checked_once"),
        (RosterUploadFactory, {"confirmed": True, "checked_at": None}, "roster_upload_checked_once"),
        (RosterUploadFactory, {"status": "CHECKING"}, "roster_upload_checking_since_some_time"),
        (RosterUploadFactory, {"status": "FAILED"}, "roster_upload_failed_for_a_reason"),
        (RosterUploadFactory, {"put_in_count": 2}, "roster_upload_puts_in_what_it_accepted"),
        (EnrollmentFactory, {"roster_row": None}, "enrollment_comes_from_somewhere"),
        (EnrollmentFactory, {"status": "WITHDRAWN"}, "enrollment_left_at_some_time"),
        (EnrollmentFactory, {"status": "TRANSFERRED"}, "enrollment_left_at_some_time"),
    ],
)
def test_row_is_refused_by_name(factory, fields, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        factory(**fields)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"act": "MAGIC"}, "enrollment_change_act_known"),
        ({"act": "WITHDRAWAL", "reason": ""}, "enrollment_change_has_reason"),
        ({"roster_row": None}, "enrollment_change_names_its_row"),
    ],
)
def test_change_is_refused_by_name(fields, constraint):
    enrollment = EnrollmentFactory()

    with pytest.raises(IntegrityError, match=constraint):
        change_of(enrollment, **fields)


@pytest.mark.parametrize(
    ("status", "more"),
    [("REJECTED", {}), ("FAILED", {"failure_code": "damaged"})],
    ids=["rejected", "failed"],
)
def test_file_that_was_put_aside_may_come_again(status, more):
    upload = RosterUploadFactory(status=status, **more)

    again = RosterUploadFactory(training_class=upload.training_class, content=bytes(upload.content))

    assert again.sha256 == upload.sha256


@pytest.mark.parametrize("status", ["RECEIVED", "READY"])
def test_file_that_stands_does_not_come_again(status):
    upload = RosterUploadFactory(status=status)

    with pytest.raises(IntegrityError, match="roster_upload_once_per_class"):
        RosterUploadFactory(
            training_class=upload.training_class, content=bytes(upload.content), status="RECEIVED"
        )


def test_person_is_in_one_class_at_a_time():
    first = EnrollmentFactory(training_period=SPRING)

    with pytest.raises(IntegrityError, match="enrollment_one_class_at_a_time"):
        EnrollmentFactory(
            trainee=first.trainee, training_period=DateRange(date(2026, 6, 26), date(2026, 7, 1), "[]")
        )


def test_person_may_be_in_the_next_class_the_day_after():
    first = EnrollmentFactory(training_period=SPRING)

    EnrollmentFactory(
        trainee=first.trainee, training_period=DateRange(date(2026, 6, 27), date(2026, 7, 1), "[]")
    )

    assert Enrollment.objects.filter(trainee=first.trainee).count() == 2


def test_person_who_has_left_may_be_in_another_class_on_the_same_days():
    first = EnrollmentFactory(training_period=SPRING, status="WITHDRAWN", left_at=NOW)

    EnrollmentFactory(trainee=first.trainee, training_period=SPRING)

    assert Enrollment.objects.filter(trainee=first.trainee).count() == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [("education", "MASTER"), ("school", "西南大学"), ("student_number", "9"), ("graduated_on", NOW.date())],
)
def test_evidence_stays_after_the_roster_lock(field, value):
    enrollment = EnrollmentFactory(training_class=TrainingClassFactory(locked=True))

    with pytest.raises(InternalError, match="enrollment_evidence_stays_after_the_lock"):
        Enrollment.objects.filter(pk=enrollment.pk).update(**{field: value})


def test_evidence_may_change_before_the_roster_lock():
    enrollment = EnrollmentFactory()

    Enrollment.objects.filter(pk=enrollment.pk).update(school="西南大学")

    enrollment.refresh_from_db()
    assert enrollment.school == "西南大学"


def test_person_stays_in_the_denominator():
    enrollment = EnrollmentFactory(locked_at=NOW)

    with pytest.raises(InternalError, match="enrollment_stays_in_the_denominator"):
        Enrollment.objects.filter(pk=enrollment.pk).update(locked_at=None)


@pytest.mark.parametrize("field", ["training_period", "enrolled_at", "roster_row", "trainee"])
def test_what_an_enrollment_is_made_of_never_changes(field):
    enrollment = EnrollmentFactory()
    other = {
        "training_period": DateRange(date(2030, 1, 1), date(2030, 2, 1)),
        "enrolled_at": NOW,
        "roster_row": RosterRowFactory(),
        "trainee": TraineeFactory(),
    }

    with pytest.raises(InternalError, match="Cannot update rows"):
        Enrollment.objects.filter(pk=enrollment.pk).update(**{field: other[field]})


@pytest.mark.parametrize("act", ["update", "delete"])
def test_change_of_an_enrollment_stays_as_it_was_written(act):
    changes = EnrollmentChange.objects.filter(pk=change_of(EnrollmentFactory()).pk)

    with pytest.raises(InternalError, match={"update": "no_update", "delete": "Cannot delete"}[act]):
        changes.update(reason="otherwise") if act == "update" else changes.delete()


def test_changes_of_enrollments_are_never_emptied():
    with connection.cursor() as cursor, pytest.raises(InternalError, match="no_truncate"):
        cursor.execute("TRUNCATE enrollment_enrollmentchange")


@pytest.mark.parametrize(
    ("make", "column"),
    [(RosterRowFactory, "cells"), (RosterUploadFactory, "content")],
    ids=["row", "upload"],
)
def test_encrypted_column_is_written_again_only_under_a_newer_key(make, column):
    row = make()
    model, same = type(row), getattr(row, column)

    with pytest.raises(InternalError, match=r"no_update|frozen_secrets"):
        model.objects.filter(pk=row.pk).update(**{column: same})


@pytest.mark.parametrize("model", [RosterRow, RosterUpload], ids=["row", "upload"])
def test_encrypted_column_may_be_written_again_under_a_newer_key(settings, model):
    row = RosterRowFactory()
    instance = row if model is RosterRow else row.upload
    column = "cells" if model is RosterRow else "content"
    plain = getattr(instance, column)
    newest = max(int(entry.split(":")[0]) for entry in settings.FIELD_KEYS.split(","))
    settings.FIELD_KEYS += f",{newest + 1}:" + "ab" * 32

    model.objects.filter(pk=instance.pk).update(**{column: plain})

    assert getattr(model.objects.get(pk=instance.pk), column) == plain
