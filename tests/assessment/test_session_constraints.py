"""What the database itself refuses of sessions and their candidates, by name."""

from datetime import time, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, InternalError, connection

from assessment.models import SessionCandidate
from enrollment.enums import EnrollmentStatus
from enrollment.models import Enrollment
from tests.clock import NOW
from tests.factories.assessment import (
    AssessmentPolicyFactory,
    AssessmentSessionFactory,
    SessionCandidateFactory,
)
from tests.factories.enrollment import EnrollmentFactory, TraineeFactory
from tests.factories.institutions import (
    AssessmentSiteFactory,
    InstitutionFactory,
    OccupationFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"status": "CANCELED"}, "session_status_known"),
        ({"level": "MASTER"}, "session_level_known"),
        ({"certificate_origin": "PRINTER"}, "session_certificate_origin_known"),
        ({"theory_pass_mark": Decimal("100.1")}, "session_pass_marks_in_range"),
        ({"practice_pass_mark": Decimal("-0.1")}, "session_pass_marks_in_range"),
        ({"admitted_at": NOW}, "session_admission_complete"),
        ({"cancelled_at": NOW}, "session_cancellation_complete"),
        ({"status": "ADMITTED"}, "session_sat_by_admitted_candidates"),
        ({"status": "RECORDED"}, "session_sat_by_admitted_candidates"),
        ({"cancelled": True, "cancel_reason": ""}, "session_cancelled_for_a_reason"),
        ({"status": "CANCELLED", "cancel_reason": "Power cut."}, "session_cancelled_for_a_reason"),
    ],
    ids=str,
)
def test_session_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        AssessmentSessionFactory(**fields)


@pytest.mark.parametrize("part", ["admitted_by", "cancelled_by"])
def test_act_on_a_session_has_its_moment(part):
    with pytest.raises(IntegrityError, match=r"session_(admission|cancellation)_complete"):
        AssessmentSessionFactory(**{part: UserFactory(evaluation_operator=True)})


@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("policy", AssessmentPolicyFactory),
        ("theory_pass_mark", lambda: Decimal("10.0")),
        ("practice_pass_mark", lambda: Decimal("10.0")),
        ("certificate_origin", lambda: "PORTAL"),
        ("filed_by", lambda: UserFactory(evaluation_operator=True)),
    ],
)
def test_what_was_filed_never_changes(field, make):
    session = AssessmentSessionFactory()

    with pytest.raises(InternalError, match="Cannot update"):
        type(session).objects.filter(pk=session.pk).update(**{field: make()})


CHANGED_PLACE = {
    "site": AssessmentSiteFactory,
    "theory_time": lambda: time(8),
    "practice_time": lambda: time(13),
}


@pytest.mark.parametrize("field", CHANGED_PLACE)
@pytest.mark.parametrize("state", ["admitted", "recorded", "cancelled"])
def test_place_stays_after_the_admission(field, state):
    session = AssessmentSessionFactory(**{state: True})

    with pytest.raises(InternalError, match="session_place_stays_after_admission"):
        type(session).objects.filter(pk=session.pk).update(**{field: CHANGED_PLACE[field]()})


# ── Candidates ───────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"origin": "GUEST"}, "candidate_origin_known"),
        ({"origin": "OUTSIDE"}, "candidate_trained_in_a_class"),
        ({"outside": True, "origin": "TRAINED"}, "candidate_trained_in_a_class"),
        ({"removed_at": NOW}, "candidate_removal_complete"),
    ],
    ids=str,
)
def test_candidate_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        SessionCandidateFactory(**fields)


def test_candidate_is_taken_off_by_somebody_at_a_time():
    with pytest.raises(IntegrityError, match="candidate_removal_complete"):
        SessionCandidateFactory(removed_by=UserFactory(evaluation_operator=True))


def test_admitted_candidate_is_not_taken_off():
    candidate = SessionCandidateFactory(admitted=True)

    with pytest.raises(IntegrityError, match="candidate_admitted_or_removed"):
        SessionCandidate.objects.filter(pk=candidate.pk).update(removed_by=candidate.added_by, removed_at=NOW)


def test_person_is_a_candidate_of_a_session_once():
    candidate = SessionCandidateFactory()

    with pytest.raises(IntegrityError, match="candidate_once_per_session"):
        SessionCandidateFactory(session=candidate.session, enrollment=candidate.enrollment)


def test_whoever_was_taken_off_may_be_a_candidate_again():
    candidate = SessionCandidateFactory()
    SessionCandidate.objects.update(removed_by=candidate.added_by, removed_at=NOW)

    SessionCandidateFactory(session=candidate.session, enrollment=candidate.enrollment)

    assert candidate.session.candidates.count() == 2


def test_admission_number_is_given_once():
    SessionCandidateFactory(admitted=True, admission_number="ADM-1")

    with pytest.raises(IntegrityError, match="admission_number"):
        SessionCandidateFactory(admitted=True, admission_number="ADM-1")


@pytest.mark.parametrize(
    "fields",
    [
        {"trainee": TraineeFactory},
        {"enrollment__training_class__occupation": OccupationFactory},
        {"enrollment__training_class__level": lambda: "SENIOR"},
    ],
    ids=["somebody else's training", "another occupation", "another level"],
)
def test_candidate_completed_what_is_assessed(fields):
    with pytest.raises(IntegrityError, match="candidate_assessor_is_not_trainer"):
        SessionCandidateFactory(**{name: make() for name, make in fields.items()})


@pytest.mark.parametrize(
    "status", [status for status in EnrollmentStatus if status != EnrollmentStatus.COMPLETED]
)
def test_candidate_completed_the_training(status):
    session = AssessmentSessionFactory()
    enrollment = EnrollmentFactory(training_class__occupation=session.occupation)
    Enrollment.objects.filter(pk=enrollment.pk).update(status=status, left_at=NOW)

    with pytest.raises(IntegrityError, match="candidate_assessor_is_not_trainer"):
        SessionCandidateFactory(session=session, enrollment=enrollment)


def test_one_whom_the_assessor_trained_refuses_all_of_the_statement():
    session = AssessmentSessionFactory()
    good, bad = (
        EnrollmentFactory(
            completed=True,
            training_class__occupation=session.occupation,
            training_class__institution=institution,
        )
        for institution in (InstitutionFactory(), session.institution)
    )

    with pytest.raises(IntegrityError, match="candidate_assessor_is_not_trainer"):
        SessionCandidate.objects.bulk_create(
            SessionCandidateFactory.build(
                session=session,
                enrollment=enrollment,
                trainee=enrollment.trainee,
                added_by=session.filed_by,
            )
            for enrollment in (good, bad)
        )


@pytest.mark.parametrize(
    ("fields", "changed", "rule"),
    [
        ({}, {"origin": "OUTSIDE"}, "Cannot update"),
        ({}, {"added_at": NOW}, "Cannot update"),
        ({"admitted": True}, {"admission_number": "ADM-OTHER"}, "candidate_keeps_admission_number"),
        ({"admitted": True}, {"admission_number": None}, "candidate_keeps_admission_number"),
    ],
    ids=str,
)
def test_fact_of_a_candidate_never_changes(fields, changed, rule):
    candidate = SessionCandidateFactory(**fields)

    with pytest.raises(InternalError, match=rule):
        SessionCandidate.objects.filter(pk=candidate.pk).update(**changed)


@pytest.mark.parametrize("field", ["session", "trainee", "enrollment", "added_by"])
def test_candidate_never_becomes_another(field):
    candidate, other = SessionCandidateFactory.create_batch(2)

    with pytest.raises(InternalError, match="Cannot update"):
        SessionCandidate.objects.filter(pk=candidate.pk).update(**{field: getattr(other, field)})


def test_whoever_was_taken_off_stays_so():
    candidate = SessionCandidateFactory()
    rows = SessionCandidate.objects.filter(pk=candidate.pk)
    rows.update(removed_by=candidate.added_by, removed_at=NOW)

    with pytest.raises(InternalError, match="candidate_stays_removed"):
        rows.update(removed_at=NOW + timedelta(days=1))


def test_candidate_is_never_deleted():
    candidate = SessionCandidateFactory()

    with pytest.raises(InternalError, match="Cannot delete"):
        SessionCandidate.objects.filter(pk=candidate.pk)._raw_delete("default")


def test_candidates_are_never_emptied():
    with pytest.raises(InternalError, match="no_truncate"), connection.cursor() as cursor:
        cursor.execute(f'TRUNCATE "{SessionCandidate._meta.db_table}" CASCADE')
