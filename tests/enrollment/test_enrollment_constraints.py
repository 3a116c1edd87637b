from itertools import product

import pytest
from django.db import IntegrityError, InternalError, connection

from enrollment.enums import Education, EnrollmentStatus, RosterStatus
from enrollment.models import BankAccount, Enrollment, RosterRow, RosterUpload, Trainee, TrainingClass
from enrollment.transitions import ENROLLMENT_TRANSITIONS, ROSTER_TRANSITIONS
from tests.clock import NOW
from tests.factories.enrollment import (
    BankAccountFactory,
    EnrollmentFactory,
    RosterRowFactory,
    RosterUploadFactory,
    TraineeFactory,
    TrainingClassFactory,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("factory", "fields", "constraint"),
    [
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


def test_employee_with_any_education_may_train():
    EnrollmentFactory(employee=True, education=Education.BELOW_ASSOCIATE)


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
    RosterUploadFactory: {"sha256": "0" * 64, "uploaded_at": NOW},
    EnrollmentFactory: {"enrolled_at": NOW},
    BankAccountFactory: {
        "number_hash": "0" * 64,
        "last_four": "0000",
        "bank_name": "另一银行",
        "cnaps": "999653000099",
        "recorded_at": NOW,
    },
}
SECRETS = [
    (RosterUploadFactory, "content", b"another"),
    (BankAccountFactory, "number", "6900000000000000017"),
]


@pytest.mark.parametrize(
    ("factory", "field", "value"),
    [(factory, field, value) for factory, fields in FROZEN.items() for field, value in fields.items()],
    ids=lambda part: part if isinstance(part, str) and len(part) < 20 else "",
)
def test_fact_of_the_row_never_changes(factory, field, value):
    row = factory()

    with pytest.raises(InternalError, match="Cannot update"):
        type(row).objects.filter(pk=row.pk).update(**{field: value})


@pytest.mark.parametrize(("factory", "field", "value"), SECRETS, ids=["content", "number"])
def test_secret_of_the_row_changes_its_key_at_most(factory, field, value):
    row = factory()

    with pytest.raises(InternalError, match="frozen_secrets"):
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

    with pytest.raises(InternalError, match="no_update"):
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
    ("RECEIVED", "CHECKING"),
    ("RECEIVED", "REJECTED"),
    ("RECEIVED", "FAILED"),
    ("CHECKING", "RECEIVED"),
    ("CHECKING", "READY"),
    ("CHECKING", "REJECTED"),
    ("CHECKING", "FAILED"),
    ("READY", "CONFIRMED"),
    ("READY", "PARTLY_CONFIRMED"),
    ("READY", "REJECTED"),
    ("ENROLLED", "COMPLETED"),
    ("ENROLLED", "NOT_COMPLETED"),
    ("ENROLLED", "WITHDRAWN"),
    ("ENROLLED", "TRANSFERRED"),
}


@pytest.mark.parametrize(
    ("table", "current", "target"),
    [
        (table, current, target)
        for table, statuses in (
            (ROSTER_TRANSITIONS, RosterStatus),
            (ENROLLMENT_TRANSITIONS, EnrollmentStatus),
        )
        for current, target in product(statuses, repeat=2)
    ],
    ids=str,
)
def test_status_goes_only_the_ways_of_its_table(table, current, target):
    assert (target in table[current]) == ((current.value, target.value) in WAYS)
