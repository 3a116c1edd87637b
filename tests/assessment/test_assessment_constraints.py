from datetime import date
from decimal import Decimal
from itertools import product

import pytest
from django.db import IntegrityError, InternalError, connection

from assessment import transitions
from assessment.enums import Outcome
from assessment.models import AssessmentSession, Attempt, LevelCertificate, ProgressCount, ResultsUpload
from tests.clock import NOW
from tests.factories.assessment import (
    AssessmentSessionFactory,
    AttemptFactory,
    LevelCertificateFactory,
    ResultsUploadFactory,
    SessionCandidateFactory,
)
from tests.factories.enrollment import EnrollmentFactory
from tests.factories.institutions import DistrictFactory, FieldFactory

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
    ],
)
def test_row_is_refused_by(factory, fields, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        factory(**fields)


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


def test_progress_is_counted_once_for_a_year_a_field_and_a_district():
    where = {"year": 2026, "field": FieldFactory(), "district": DistrictFactory(), "refreshed_at": NOW}
    ProgressCount.objects.create(**where)

    with pytest.raises(IntegrityError, match="progress_once"):
        ProgressCount.objects.create(**where)


# ── Whoever sits was admitted ────────────────────────────────────────────────────────────────────────────
def unsaved(session, candidate, **fields):
    """Return an attempt that the factory has not admitted anybody for."""
    upload = ResultsUpload.objects.filter(session=session).first() or ResultsUploadFactory(session=session)
    words = {"enrollment": candidate.enrollment, "trainee": candidate.trainee} | fields
    return AttemptFactory.build(session=session, results_upload=upload, **words)


def never_a_candidate(session):
    return SessionCandidateFactory.build(session=session, enrollment=EnrollmentFactory(completed=True))


def not_admitted(session):
    return SessionCandidateFactory(session=session)


def taken_off(session):
    return SessionCandidateFactory(session=session, removed_by=session.filed_by, removed_at=NOW)


@pytest.mark.parametrize("candidate_of", [never_a_candidate, not_admitted, taken_off])
def test_attempt_is_of_an_admitted_candidate(candidate_of):
    session = AssessmentSessionFactory(recorded=True)
    candidate = candidate_of(session)

    with pytest.raises(IntegrityError, match="attempt_of_an_admitted_candidate"):
        unsaved(session, candidate).save()


def test_attempt_names_the_enrollment_that_its_candidate_was_admitted_with():
    session = AssessmentSessionFactory(recorded=True)
    candidate = SessionCandidateFactory(session=session, admission_number="ADM-ONE")

    with pytest.raises(IntegrityError, match="attempt_of_an_admitted_candidate"):
        unsaved(session, candidate, enrollment=None).save()


def test_candidate_from_elsewhere_sits_without_an_enrollment():
    candidate = SessionCandidateFactory(
        session=AssessmentSessionFactory(recorded=True), outside=True, admission_number="ADM-ONE"
    )

    attempt = unsaved(candidate.session, candidate)
    attempt.save()

    assert Attempt.objects.get().trainee == candidate.trainee


def test_one_who_was_not_admitted_refuses_all_of_the_statement():
    session = AssessmentSessionFactory(recorded=True)
    good = SessionCandidateFactory(session=session, admission_number="ADM-ONE")
    bad = SessionCandidateFactory(session=session)

    with pytest.raises(IntegrityError, match="attempt_of_an_admitted_candidate"):
        Attempt.objects.bulk_create([unsaved(session, candidate) for candidate in (good, bad)])


@pytest.mark.parametrize(
    ("outcome", "theory_score", "practice_score"),
    [
        (Outcome.PASSED, "59.9", "80.0"),
        (Outcome.PASSED, "80.0", "59.9"),
        (Outcome.FAILED, "60.0", "60.0"),
    ],
    ids=["a pass without the theory", "a pass without the practice", "a failure at the marks"],
)
def test_outcome_follows_the_pass_marks(outcome, theory_score, practice_score):
    with pytest.raises(IntegrityError, match="attempt_outcome_follows_the_pass_marks"):
        AttemptFactory(
            outcome=outcome, theory_score=Decimal(theory_score), practice_score=Decimal(practice_score)
        )


def test_outcome_follows_the_marks_of_its_own_session():
    session = AssessmentSessionFactory(recorded=True, theory_pass_mark=Decimal("85.0"))

    with pytest.raises(IntegrityError, match="attempt_outcome_follows_the_pass_marks"):
        AttemptFactory(session=session, theory_score=Decimal("80.0"))


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


WAYS = {
    "SESSION_TRANSITIONS": {
        ("FILED", "ADMITTED"),
        ("FILED", "CANCELLED"),
        ("ADMITTED", "RECORDED"),
        ("ADMITTED", "CANCELLED"),
    },
    "RESULTS_TRANSITIONS": {
        ("REFUSED", "DISCARDED"),
        ("READY", "RECORDED"),
        ("READY", "REFUSED"),
        ("READY", "DISCARDED"),
    },
    "REVIEW_TRANSITIONS": {("OPEN", "CLOSED")},
    "CERTIFICATE_TRANSITIONS": {("VALID", "SUPERSEDED"), ("VALID", "REVOKED"), ("SUPERSEDED", "REVOKED")},
}
TABLES = {name: table for name, table in vars(transitions).items() if name.endswith("_TRANSITIONS")}


def test_every_table_has_its_ways():
    assert set(WAYS) == set(TABLES)


@pytest.mark.parametrize(
    ("name", "current", "target"),
    [
        (name, current, target)
        for name, table in TABLES.items()
        for current, target in product(table, repeat=2)
    ],
    ids=str,
)
def test_status_goes_only_the_ways_of_its_table(name, current, target):
    assert (target in TABLES[name][current]) == ((current.value, target.value) in WAYS[name])
