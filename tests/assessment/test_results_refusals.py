"""What is wrong with a result list is named whole, and nothing of the list is recorded."""

from decimal import Decimal

import pytest

from assessment.enums import ResultsStatus
from assessment.models import Attempt, IntegritySignal
from tests.assessment.result_lists import (
    absent,
    check,
    codes,
    failed,
    list_of,
    nothing_is_recorded,
    passed,
    record,
    session_with,
    trained_for,
)
from tests.clock import NOW
from tests.factories.assessment import (
    AssessmentPolicyFactory,
    LevelCertificateFactory,
    SessionCandidateFactory,
)
from tests.factories.enrollment import EnrollmentFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def refused(session, *lines):
    """Return what is wrong with these lines, after a look that they were refused whole."""
    upload = record(session, list_of(*lines))

    assert upload.status == ResultsStatus.REFUSED
    assert nothing_is_recorded(session)
    return codes(upload)


def test_one_bad_line_leaves_no_row_of_the_good_ones():
    session, (first, second) = session_with(2)
    bad = passed(second, 2, theory_score="101")

    assert refused(session, passed(first, 1), bad) == {(3, "theory_score", "score_format")}


@pytest.mark.parametrize(
    ("changes", "column", "code"),
    [
        ({"certificate_issued_on": "soon"}, "certificate_issued_on", "bad_date"),
        ({"certificate_issued_on": "2026-10-21"}, "certificate_issued_on", "issued_in_future"),
        ({"certificate_issued_on": "2026-07-10"}, "certificate_issued_on", "certificate_before_session"),
        ({"certificate_issued_on": ""}, "certificate_issued_on", "certificate_missing"),
        ({"certificate_number": ""}, "certificate_number", "certificate_missing"),
        ({"certificate_number": "DTE-2026-1"}, "certificate_number", "certificate_number_reserved"),
        ({"outcome": "EXCELLENT"}, "outcome", "unknown_choice"),
        ({"practice_score": ""}, "practice_score", "score_missing"),
        ({"practice_score": "59.9"}, "outcome", "passed_below_the_marks"),
        ({"name": "王五"}, "name", "name_differs"),
        ({"admission_number": "NOBODY-0001"}, "admission_number", "not_admitted"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_bad_line_is_refused_with_its_row_its_column_and_its_reason(changes, column, code):
    session, (person,) = session_with(1)

    assert refused(session, passed(person, 1, **changes)) == {(2, column, code)}


def test_line_that_names_nobody_is_refused_and_its_candidate_missing():
    session, (person,) = session_with(1)

    assert refused(session, passed(person, 1, id_number="")) == {
        (0, "admission_number", "candidates_missing"),
        (2, "admission_number", "person_not_named"),
    }


def test_fail_with_both_pass_marks_is_refused():
    session, (person,) = session_with(1)

    assert refused(session, failed(person, practice_score="60")) == {(2, "outcome", "failed_with_pass_marks")}


def test_pass_marks_are_those_of_the_session():
    session, (person,) = session_with(1, practice_pass_mark=Decimal("80.0"))

    assert refused(session, passed(person, 1)) == {(2, "outcome", "passed_below_the_marks")}


def test_every_problem_of_the_file_is_named_at_once():
    session, (first, second) = session_with(2)

    assert refused(session, passed(first, 1, name="王五"), passed(second, 2, theory_score="")) == {
        (2, "name", "name_differs"),
        (3, "theory_score", "score_missing"),
    }


def test_stored_problems_hold_no_personal_data():
    session, (person,) = session_with(1)

    upload = check(session, list_of(passed(EnrollmentFactory.build(), 1), absent(person, name="王五")))

    assert not any(
        text in str(upload.problems) for text in (person.trainee.id_number, person.trainee.name, "王五")
    )


@pytest.mark.parametrize("reason", ["never trained", "not a candidate", "taken off"])
def test_whoever_was_not_admitted_has_no_result(reason):
    session, (person,) = session_with(1)
    stranger = EnrollmentFactory.build() if reason == "never trained" else trained_for(session)
    if reason == "taken off":
        SessionCandidateFactory(
            session=session, enrollment=stranger, removed_by=session.filed_by, removed_at=NOW
        )

    assert refused(session, failed(person), passed(stranger, 1)) == {(3, "id_number", "not_a_candidate")}


def test_candidate_who_is_missing_in_the_file_is_named():
    session, (first, second, third) = session_with(3)
    number = session.candidates.get(trainee=third.trainee).admission_number

    upload = record(session, list_of(passed(first, 1), failed(second)))

    assert (upload.status, codes(upload)) == (
        ResultsStatus.REFUSED,
        {(0, "admission_number", "candidates_missing")},
    )
    assert upload.problems[0]["parameters"] == {"count": 1, "numbers": number}
    assert nothing_is_recorded(session)


def test_admission_number_is_enough():
    session, (person,) = session_with(1)
    number = session.candidates.get().admission_number

    record(session, list_of(passed(person, 1, id_number="", admission_number=number.lower())))

    assert Attempt.objects.get().trainee == person.trainee


def test_admission_number_of_somebody_else_is_refused():
    session, (first, second) = session_with(2)
    number = session.candidates.get(trainee=second.trainee).admission_number

    assert (2, "id_number", "numbers_of_two_people") in refused(
        session, passed(first, 1, admission_number=number), failed(second)
    )


def test_one_person_in_two_ways_is_refused():
    session, (person,) = session_with(1)
    number = session.candidates.get().admission_number

    assert refused(session, passed(person, 1), passed(person, 2, id_number="", admission_number=number)) == {
        (2, "id_number", "candidate_repeated"),
        (3, "admission_number", "candidate_repeated"),
    }


def test_one_person_twice_in_a_file_is_refused():
    session, (person,) = session_with(1)

    assert refused(session, passed(person, 1), passed(person, 2)) == {
        (2, "id_number", "id_repeated"),
        (3, "id_number", "id_repeated"),
    }


def test_candidate_from_outside_has_a_result_without_an_enrollment():
    session, (person,) = session_with(1)
    outsider = EnrollmentFactory.build(trainee=session_with(1)[1][0].trainee)
    session.candidates.create(
        trainee=outsider.trainee,
        origin="OUTSIDE",
        admission_number="OUT-0001",
        added_by=session.filed_by,
        added_at=NOW,
    )

    record(session, list_of(failed(person), passed(outsider, 1)))

    assert Attempt.objects.get(trainee=outsider.trainee).enrollment is None


@pytest.mark.parametrize("is_own", [True, False], ids=["own number", "another institution's"])
def test_certificate_number_is_given_once_in_the_programme(is_own):
    session, (person,) = session_with(1)
    fields = {"attempt__session__institution": session.institution} if is_own else {}
    LevelCertificateFactory(number="C00001", **fields)

    assert refused(session, passed(person, 1)) == {(2, "certificate_number", "certificate_number_used")}


def test_certificate_number_has_the_form_that_the_policy_asks_for():
    session, (person,) = session_with(
        1, policy=AssessmentPolicyFactory(certificate_number_pattern=r"CQ[0-9]{8}")
    )

    assert refused(session, passed(person, 1)) == {(2, "certificate_number", "certificate_number_pattern")}
    assert (
        record(session, list_of(passed(person, 1, certificate_number="CQ00000001"))).status
        == ResultsStatus.RECORDED
    )


def test_number_in_a_session_that_the_portal_numbers_is_refused():
    session, (person,) = session_with(1, certificate_origin="PORTAL")

    assert refused(session, passed(person, 1)) == {
        (2, "certificate_number", "certificate_by_portal"),
        (2, "certificate_issued_on", "certificate_by_portal"),
    }


def test_certificates_dated_before_the_session_are_a_sign_to_look_at():
    session, people = session_with(2)
    lines = [
        passed(person, place, certificate_issued_on=f"2026-07-0{place + 1}")
        for place, person in enumerate(people)
    ]

    upload = record(session, list_of(*lines))

    signal = IntegritySignal.objects.get()
    assert (signal.kind, signal.subject, signal.measured) == (
        "CERTIFICATE_BEFORE_SESSION",
        str(upload.public_id),
        {"certificates": 2, "earliest": "2026-07-01"},
    )
