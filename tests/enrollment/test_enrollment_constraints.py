from datetime import date
from itertools import product

import pytest
from django.db import IntegrityError, InternalError, connection

from enrollment.enums import ClassStatus, Education, EnrollmentStatus, RosterStatus
from enrollment.models import BankAccount, Enrollment, RosterRow, RosterUpload, Trainee, TrainingClass
from enrollment.transitions import CLASS_TRANSITIONS, ENROLLMENT_TRANSITIONS, ROSTER_TRANSITIONS
from tests.clock import NOW
from tests.factories.enrollment import (
    BankAccountFactory,
    EnrollmentFactory,
    RosterRowFactory,
    RosterUploadFactory,
    TraineeFactory,
    TrainingClassFactory,
)
from tests.factories.institutions import UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("factory", "fields", "constraint"),
    [
        (TrainingClassFactory, {"confirmed": True, "status": "CANCELED"}, "class_status_known"),
        (TrainingClassFactory, {"level": "MASTER"}, "class_level_known"),
        (TrainingClassFactory, {"ends_on": date(2026, 3, 8)}, "class_ends_after_it_starts"),
        (TrainingClassFactory, {"seat_count": 0}, "class_has_seats"),
        (TrainingClassFactory, {"confirmed_at": NOW}, "class_confirmation_complete"),
        (TrainingClassFactory, {"completed_at": NOW}, "class_completion_complete"),
        (TrainingClassFactory, {"status": "CONFIRMED"}, "class_runs_only_after_confirmation"),
        (TrainingClassFactory, {"confirmed": True, "status": "COMPLETED"}, "class_completed_by_somebody"),
        (RosterUploadFactory, {"status": "LOST"}, "roster_upload_status_known"),
        (RosterUploadFactory, {"confirmed_at": NOW}, "roster_upload_confirmation_complete"),
        (RosterUploadFactory, {"status": "CONFIRMED"}, "roster_upload_confirmed_by_somebody"),
        (RosterUploadFactory, {"status": "PARTLY_CONFIRMED"}, "roster_upload_confirmed_by_somebody"),
        (RosterRowFactory, {"outcome": "LOST"}, "roster_row_outcome_known"),
        (RosterRowFactory, {"number": 0}, "roster_row_number_positive"),
        (EnrollmentFactory, {"category": "TOURIST"}, "enrollment_category_known"),
        (EnrollmentFactory, {"education": "SCHOOL"}, "enrollment_education_known"),
        (EnrollmentFactory, {"status": "EXPELLED"}, "enrollment_status_known"),
        (EnrollmentFactory, {"education": "BELOW_ASSOCIATE"}, "enrollment_open_to_this_person"),
        (
            EnrollmentFactory,
            {"earlier_graduate": True, "education": "BELOW_ASSOCIATE"},
            "enrollment_open_to_this_person",
        ),
        (EnrollmentFactory, {"employee": True, "employer_name": ""}, "enrollment_employee_has_employer"),
        (
            EnrollmentFactory,
            {"employee": True, "employer_credit_code": ""},
            "enrollment_employee_has_employer",
        ),
        (EnrollmentFactory, {"school": ""}, "enrollment_graduate_has_school"),
        (EnrollmentFactory, {"graduated_on": None}, "enrollment_graduate_has_school"),
        (EnrollmentFactory, {"earlier_graduate": True, "school": ""}, "enrollment_graduate_has_school"),
        (EnrollmentFactory, {"status": "COMPLETED"}, "enrollment_completed_at_some_time"),
        (BankAccountFactory, {"source": "RUMOR"}, "bank_account_source_known"),
        (BankAccountFactory, {"cnaps": "12345"}, "bank_account_cnaps_has_12_digits"),
        (BankAccountFactory, {"cnaps": "12345678901X"}, "bank_account_cnaps_has_12_digits"),
        (BankAccountFactory, {"corrected": True, "reason": ""}, "bank_account_correction_has_reason"),
    ],
)
def test_row_is_refused_by(factory, fields, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        factory(**fields)


def test_class_is_confirmed_by_somebody_else_than_its_filer():
    training_class = TrainingClassFactory()

    with pytest.raises(IntegrityError, match="class_confirmed_by_someone_else"):
        TrainingClass.objects.filter(pk=training_class.pk).update(
            status=ClassStatus.CONFIRMED, confirmed_by=training_class.filed_by, confirmed_at=NOW
        )


def test_employee_with_any_education_may_train():
    EnrollmentFactory(employee=True, education=Education.BELOW_ASSOCIATE)


@pytest.mark.parametrize("part", ["confirmed_by", "completed_by"])
def test_person_without_a_time_confirms_and_completes_nothing(part):
    constraint = {"confirmed_by": "class_confirmation_complete", "completed_by": "class_completion_complete"}

    with pytest.raises(IntegrityError, match=constraint[part]):
        TrainingClassFactory(**{part: UserFactory()})


def test_reference_of_a_class_is_given_once():
    TrainingClassFactory(reference="CLASS-ONE")

    with pytest.raises(IntegrityError, match="reference"):
        TrainingClassFactory(reference="CLASS-ONE")


def test_same_file_is_one_upload_of_a_class():
    upload = RosterUploadFactory()

    with pytest.raises(IntegrityError, match="roster_upload_once_per_class"):
        RosterUploadFactory(training_class=upload.training_class, content=bytes(upload.content))


def test_row_number_occurs_once_in_a_roster():
    row = RosterRowFactory()

    with pytest.raises(IntegrityError, match="roster_row_number_once"):
        RosterRowFactory(upload=row.upload, number=row.number)


def test_person_is_in_a_class_once():
    enrollment = EnrollmentFactory()

    with pytest.raises(IntegrityError, match="enrollment_once_per_class"):
        EnrollmentFactory(training_class=enrollment.training_class, trainee=enrollment.trainee)


def test_roster_row_enrolls_one_person():
    enrollment = EnrollmentFactory()

    with pytest.raises(IntegrityError, match="roster_row"):
        EnrollmentFactory(training_class=enrollment.training_class, roster_row=enrollment.roster_row)


def test_id_number_belongs_to_one_trainee():
    trainee = TraineeFactory()

    with pytest.raises(IntegrityError, match="id_number_hash"):
        TraineeFactory(id_number=trainee.id_number)


def test_trainee_has_one_current_account():
    account = BankAccountFactory()

    with pytest.raises(IntegrityError, match="bank_account_one_current_per_trainee"):
        BankAccountFactory(trainee=account.trainee)


def test_trainee_has_any_number_of_former_accounts():
    trainee = TraineeFactory()
    BankAccountFactory.create_batch(2, trainee=trainee, replaced_at=NOW)

    BankAccountFactory(trainee=trainee)


FROZEN = {
    RosterUploadFactory: {"sha256": "0" * 64, "uploaded_at": NOW, "content": b"another"},
    EnrollmentFactory: {"category": "EARLIER_GRADUATE", "enrolled_at": NOW},
    BankAccountFactory: {
        "number_hash": "0" * 64,
        "last_four": "0000",
        "bank_name": "另一银行",
        "cnaps": "999653000099",
        "recorded_at": NOW,
        "number": "6900000000000000017",
    },
}


@pytest.mark.parametrize(
    ("factory", "field", "value"),
    [(factory, field, value) for factory, fields in FROZEN.items() for field, value in fields.items()],
    ids=lambda part: part if isinstance(part, str) and len(part) < 20 else "",
)
def test_fact_of_the_row_never_changes(factory, field, value):
    row = factory()

    with pytest.raises(InternalError, match="Cannot update"):
        type(row).objects.filter(pk=row.pk).update(**{field: value})


@pytest.mark.parametrize(
    ("factory", "other"),
    [
        (RosterUploadFactory, "training_class"),
        (EnrollmentFactory, "training_class"),
        (EnrollmentFactory, "trainee"),
    ],
)
def test_row_never_moves_to_another(factory, other):
    row, another = factory(), factory()

    with pytest.raises(InternalError, match="Cannot update"):
        type(row).objects.filter(pk=row.pk).update(**{other: getattr(another, other)})


def test_roster_row_never_changes():
    row = RosterRowFactory()

    with pytest.raises(InternalError, match="Cannot update"):
        RosterRow.objects.filter(pk=row.pk).update(outcome="REFUSED")


@pytest.mark.parametrize(
    ("factory", "model"),
    [
        (TrainingClassFactory, TrainingClass),
        (RosterUploadFactory, RosterUpload),
        (RosterRowFactory, RosterRow),
        (TraineeFactory, Trainee),
        (BankAccountFactory, BankAccount),
        (EnrollmentFactory, Enrollment),
    ],
)
def test_row_is_never_deleted(factory, model):
    row = factory()
    connection.check_constraints()

    with pytest.raises(InternalError, match="Cannot delete"):
        model.objects.filter(pk=row.pk)._raw_delete("default")


@pytest.mark.parametrize("model", [TrainingClass, RosterUpload, RosterRow, Trainee, BankAccount, Enrollment])
def test_table_is_never_emptied(model):
    with pytest.raises(InternalError, match="no_truncate"), connection.cursor() as cursor:
        cursor.execute(f'TRUNCATE "{model._meta.db_table}" CASCADE')


WAYS = {
    ("FILED", "CONFIRMED"),
    ("CONFIRMED", "COMPLETED"),
    ("READY", "CONFIRMED"),
    ("READY", "PARTLY_CONFIRMED"),
    ("READY", "REJECTED"),
    ("ENROLLED", "COMPLETED"),
}


@pytest.mark.parametrize(
    ("table", "current", "target"),
    [
        (table, current, target)
        for table, statuses in (
            (CLASS_TRANSITIONS, ClassStatus),
            (ROSTER_TRANSITIONS, RosterStatus),
            (ENROLLMENT_TRANSITIONS, EnrollmentStatus),
        )
        for current, target in product(statuses, repeat=2)
    ],
    ids=str,
)
def test_status_goes_only_the_ways_of_its_table(table, current, target):
    assert (target in table[current]) == ((current.value, target.value) in WAYS)
