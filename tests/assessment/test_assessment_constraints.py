from datetime import date
from decimal import Decimal
from itertools import product

import pytest
from django.db import IntegrityError, InternalError, connection

from assessment.enums import CertificateStatus, Outcome, SessionStatus
from assessment.models import AssessmentSession, Attempt, LevelCertificate, ProgressCount, ResultsUpload
from assessment.transitions import CERTIFICATE_TRANSITIONS, SESSION_TRANSITIONS
from tests.clock import NOW
from tests.factories.assessment import (
    AssessmentSessionFactory,
    AttemptFactory,
    LevelCertificateFactory,
    ResultsUploadFactory,
)
from tests.factories.enrollment import EnrollmentFactory, TraineeFactory
from tests.factories.institutions import (
    DistrictFactory,
    FieldFactory,
    InstitutionFactory,
    OccupationFactory,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("factory", "fields", "constraint"),
    [
        (AssessmentSessionFactory, {"status": "CANCELED"}, "session_status_known"),
        (AssessmentSessionFactory, {"level": "MASTER"}, "session_level_known"),
        (AttemptFactory, {"absent": True, "outcome": "SICK"}, "attempt_outcome_known"),
        (AttemptFactory, {"theory_score": None}, "attempt_scored_when_sat"),
        (AttemptFactory, {"practice_score": None}, "attempt_scored_when_sat"),
        (AttemptFactory, {"failed": True, "theory_score": None}, "attempt_scored_when_sat"),
        (AttemptFactory, {"theory_score": Decimal("100.1")}, "attempt_scored_when_sat"),
        (AttemptFactory, {"practice_score": Decimal("-0.1")}, "attempt_scored_when_sat"),
        (AttemptFactory, {"outcome": Outcome.ABSENT}, "attempt_without_score_when_not_sat"),
        (
            AttemptFactory,
            {"outcome": Outcome.MISCONDUCT, "practice_score": None},
            "attempt_without_score_when_not_sat",
        ),
        (LevelCertificateFactory, {"number": ""}, "certificate_number_present"),
        (LevelCertificateFactory, {"status": "LOST"}, "certificate_status_known"),
    ],
)
def test_row_is_refused_by(factory, fields, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        factory(**fields)


def test_unknown_level_of_a_certificate_is_refused():
    attempt = AttemptFactory()

    # The trigger that compares it with the session comes after the constraint.
    with pytest.raises(IntegrityError, match="certificate_level_known"):
        LevelCertificateFactory(attempt=attempt, level="MASTER")


def test_reference_of_a_session_is_given_once():
    AssessmentSessionFactory(reference="SESSION-ONE")

    with pytest.raises(IntegrityError, match="reference"):
        AssessmentSessionFactory(reference="SESSION-ONE")


def test_session_has_one_file_of_results():
    upload = ResultsUploadFactory()

    with pytest.raises(IntegrityError, match="session_id"):
        ResultsUploadFactory(session=upload.session)


def test_person_sits_once_in_a_session():
    attempt = AttemptFactory()

    with pytest.raises(IntegrityError, match="attempt_once_per_session"):
        AttemptFactory(session=attempt.session, enrollment=attempt.enrollment)


def test_line_of_the_file_is_one_attempt():
    attempt = AttemptFactory()

    with pytest.raises(IntegrityError, match="attempt_row_once_per_upload"):
        AttemptFactory(session=attempt.session, row_number=attempt.row_number)


def test_attempt_has_one_certificate():
    certificate = LevelCertificateFactory()

    with pytest.raises(IntegrityError, match="attempt_id"):
        LevelCertificateFactory(attempt=certificate.attempt)


def test_institution_gives_a_number_once():
    certificate = LevelCertificateFactory()

    with pytest.raises(IntegrityError, match="certificate_number_once"):
        LevelCertificateFactory(
            attempt__session__institution=certificate.institution, number=certificate.number
        )


def test_progress_is_counted_once_for_a_year_a_field_and_a_district():
    where = {"year": 2026, "field": FieldFactory(), "district": DistrictFactory(), "refreshed_at": NOW}
    ProgressCount.objects.create(**where)

    with pytest.raises(IntegrityError, match="progress_once"):
        ProgressCount.objects.create(**where)


def test_database_refuses_that_the_trainer_assesses():
    both = InstitutionFactory()

    with pytest.raises(IntegrityError, match="attempt_assessor_is_not_trainer"):
        AttemptFactory(session__institution=both, enrollment__training_class__institution=both)


@pytest.mark.parametrize(
    "fields",
    [
        {"trainee": TraineeFactory},
        {"enrollment__training_class__occupation": OccupationFactory},
        {"enrollment__training_class__level": lambda: "SENIOR"},
    ],
    ids=["somebody else's enrollment", "another occupation", "another level"],
)
def test_database_refuses_an_attempt_that_does_not_follow_from_its_training(fields):
    with pytest.raises(IntegrityError, match="attempt_assessor_is_not_trainer"):
        AttemptFactory(**{name: make() for name, make in fields.items()})


def test_one_bad_attempt_among_many_in_a_statement_refuses_them_all():
    session = AssessmentSessionFactory(recorded=True)
    upload = ResultsUploadFactory(session=session)
    good, bad = (
        EnrollmentFactory(
            completed=True,
            training_class__occupation=session.occupation,
            training_class__institution=institution,
        )
        for institution in (InstitutionFactory(), session.institution)
    )

    with pytest.raises(IntegrityError, match="attempt_assessor_is_not_trainer"):
        Attempt.objects.bulk_create(
            AttemptFactory.build(
                session=session, enrollment=enrollment, trainee=enrollment.trainee, results_upload=upload
            )
            for enrollment in (good, bad)
        )


@pytest.mark.parametrize("traits", [{"failed": True}, {"absent": True}], ids=["failed", "absent"])
def test_database_refuses_a_certificate_without_a_pass(traits):
    with pytest.raises(IntegrityError, match="certificate_follows_a_pass"):
        LevelCertificateFactory(attempt=AttemptFactory(**traits))


@pytest.mark.parametrize(
    "fields",
    [
        {"trainee": TraineeFactory},
        {"institution": InstitutionFactory},
        {"occupation": OccupationFactory},
        {"level": lambda: "SENIOR"},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_database_refuses_a_certificate_of_something_else_than_its_attempt(fields):
    with pytest.raises(IntegrityError, match="certificate_follows_a_pass"):
        LevelCertificateFactory(**{name: make() for name, make in fields.items()})


FROZEN = {
    AssessmentSessionFactory: {
        "direction": "视觉",
        "level": "SENIOR",
        "held_on": date(2026, 7, 12),
        "filed_at": NOW,
    },
    LevelCertificateFactory: {
        "number": "CERT-OTHER",
        "direction": "视觉",
        "level": "SENIOR",
        "issued_on": date(2026, 7, 21),
        "recorded_at": NOW,
    },
    AttemptFactory: {"outcome": "FAILED", "theory_score": Decimal("99.0")},
    ResultsUploadFactory: {"file_name": "another.xlsx", "content": b"another"},
}


@pytest.mark.parametrize(
    ("factory", "field", "value"),
    [(factory, field, value) for factory, fields in FROZEN.items() for field, value in fields.items()],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_fact_of_the_row_never_changes(factory, field, value):
    row = factory()

    with pytest.raises(InternalError, match=r"Cannot update|keeps what was written"):
        type(row).objects.filter(pk=row.pk).update(**{field: value})


@pytest.mark.parametrize(
    ("factory", "other"),
    [
        (AssessmentSessionFactory, "institution"),
        (AssessmentSessionFactory, "occupation"),
        (LevelCertificateFactory, "trainee"),
        (LevelCertificateFactory, "attempt"),
        (LevelCertificateFactory, "institution"),
    ],
)
def test_row_never_moves_to_another(factory, other):
    row, another = factory(), factory()

    with pytest.raises(InternalError, match="Cannot update"):
        type(row).objects.filter(pk=row.pk).update(**{other: getattr(another, other)})


@pytest.mark.parametrize(
    "factory", [AssessmentSessionFactory, ResultsUploadFactory, AttemptFactory, LevelCertificateFactory]
)
def test_row_is_never_deleted(factory):
    row = factory()

    with pytest.raises(InternalError, match="Cannot delete"):
        type(row).objects.filter(pk=row.pk)._raw_delete("default")


@pytest.mark.parametrize("model", [AssessmentSession, ResultsUpload, Attempt, LevelCertificate])
def test_table_is_never_emptied(model):
    with pytest.raises(InternalError, match="no_truncate"), connection.cursor() as cursor:
        cursor.execute(f'TRUNCATE "{model._meta.db_table}" CASCADE')


WAYS = {("FILED", "RECORDED"), ("VALID", "SUPERSEDED"), ("VALID", "REVOKED"), ("SUPERSEDED", "REVOKED")}


@pytest.mark.parametrize(
    ("table", "current", "target"),
    [
        (table, current, target)
        for table, statuses in (
            (SESSION_TRANSITIONS, SessionStatus),
            (CERTIFICATE_TRANSITIONS, CertificateStatus),
        )
        for current, target in product(statuses, repeat=2)
    ],
    ids=str,
)
def test_status_goes_only_the_ways_of_its_table(table, current, target):
    assert (target in table[current]) == ((current.value, target.value) in WAYS)
