from datetime import date
from decimal import Decimal

import pytest

from assessment.enums import Outcome, SessionStatus
from assessment.models import Attempt, LevelCertificate, ResultsUpload
from assessment.services.certificates import make_due_again, mark_decided
from assessment.services.results import ResultsRefused
from chongqing_dte.foundation.errors import InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from chongqing_dte.foundation.tabular_reading import NoRows, WrongColumns
from chongqing_dte.foundation.workbooks import UnreadableWorkbook
from tests.assessment.result_lists import absent, candidate, failed, list_of, passed, record, session_with
from tests.clock import NOW
from tests.factories.assessment import AssessmentSessionFactory, LevelCertificateFactory
from tests.factories.enrollment import EnrollmentFactory
from tests.factories.institutions import InstitutionFactory, OccupationFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def nothing_is_recorded(session):
    session.refresh_from_db()
    rows = (
        model.objects.filter(**of)
        for model, of in (
            (ResultsUpload, {"session": session}),
            (Attempt, {"session": session}),
            (AuditEvent, {}),
        )
    )
    return session.status == SessionStatus.FILED and not any(found.exists() for found in rows)


def codes(refused):
    return {(problem.row_number, problem.column, problem.code) for problem in refused.value.problems}


def test_recorded_results_are_attempts_and_certificates_that_wait_for_a_decision():
    session, (first, second, third) = session_with(3)

    record(session, list_of(passed(first, 1), failed(second), absent(third)))

    outcomes = Attempt.objects.order_by("row_number").values_list("trainee_id", "outcome", "practice_score")
    assert list(outcomes) == [
        (first.trainee_id, Outcome.PASSED, Decimal("75.5")),
        (second.trainee_id, Outcome.FAILED, Decimal("41.0")),
        (third.trainee_id, Outcome.ABSENT, None),
    ]
    certificate = LevelCertificate.objects.get()
    assert (certificate.number, certificate.trainee_id, certificate.issued_on, certificate.decision_due) == (
        "C00001",
        first.trainee_id,
        date(2026, 7, 20),
        True,
    )


def test_recorded_session_takes_no_more():
    session, (person,) = session_with(1)

    record(session, list_of(failed(person)))

    session.refresh_from_db()
    assert session.status == SessionStatus.RECORDED


def test_recording_leaves_an_event_with_numbers_only():
    session, (first, second) = session_with(2)

    record(session, list_of(passed(first, 1), failed(second)))

    event = AuditEvent.objects.get()
    assert (event.name, event.subject_id, event.actor_id, event.facts) == (
        "session.results_recorded",
        session.pk,
        session.filed_by_id,
        {"attempts": 2, "certificates": 1},
    )


def test_recording_nudges_the_decision(waiting_messages, django_capture_on_commit_callbacks):
    session, (person,) = session_with(1)

    with django_capture_on_commit_callbacks(execute=True):
        record(session, list_of(passed(person, 1)))

    assert "subsidies.tasks.decide_due_certificates_task" in waiting_messages.names()


def test_file_is_kept_as_it_came():
    session, (person,) = session_with(1)
    content = list_of(failed(person))

    record(session, content)

    assert bytes(ResultsUpload.objects.get().content) == content


def test_one_bad_line_leaves_no_row_of_the_good_ones():
    session, (first, second) = session_with(2)
    bad = passed(second, 2, theory_score="101")

    with pytest.raises(ResultsRefused) as refused:
        record(session, list_of(passed(first, 1), bad))

    assert codes(refused) == {(3, "theory_score", "score_format")}
    assert nothing_is_recorded(session)


@pytest.mark.parametrize(
    ("changes", "column", "code"),
    [
        ({"certificate_issued_on": "soon"}, "certificate_issued_on", "bad_date"),
        ({"certificate_issued_on": "2026-10-21"}, "certificate_issued_on", "issued_in_future"),
        ({"certificate_issued_on": "2026-07-10"}, "certificate_issued_on", "certificate_before_session"),
        ({"certificate_issued_on": ""}, "certificate_issued_on", "certificate_missing"),
        ({"certificate_number": ""}, "certificate_number", "certificate_missing"),
        ({"outcome": "EXCELLENT"}, "outcome", "unknown_choice"),
        ({"practice_score": ""}, "practice_score", "score_missing"),
        ({"id_number": ""}, "id_number", "required"),
        ({"name": "王五"}, "name", "name_differs"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_bad_line_is_refused_with_its_row_its_column_and_its_reason(changes, column, code):
    session, (person,) = session_with(1)

    with pytest.raises(ResultsRefused) as refused:
        record(session, list_of(passed(person, 1, **changes)))

    assert (2, column, code) in codes(refused)
    assert nothing_is_recorded(session)


def test_every_problem_of_the_file_is_named_at_once():
    session, (first, second) = session_with(2)

    with pytest.raises(ResultsRefused) as refused:
        record(session, list_of(passed(first, 1, name="王五"), passed(second, 2, theory_score="")))

    assert codes(refused) == {(2, "name", "name_differs"), (3, "theory_score", "score_missing")}


def test_somebody_who_never_trained_is_no_candidate():
    session = AssessmentSessionFactory()

    with pytest.raises(ResultsRefused) as refused:
        record(session, list_of(passed(EnrollmentFactory.build(), 1)))

    assert codes(refused) == {(2, "id_number", "not_a_candidate")}
    assert nothing_is_recorded(session)


@pytest.mark.parametrize("reason", ["level", "occupation", "still in training"])
def test_training_for_something_else_makes_no_candidate(reason):
    session = AssessmentSessionFactory()
    person = {
        "level": lambda: EnrollmentFactory(
            completed=True, training_class__occupation=session.occupation, training_class__level="SENIOR"
        ),
        "occupation": lambda: EnrollmentFactory(
            completed=True, training_class__occupation=OccupationFactory()
        ),
        "still in training": lambda: EnrollmentFactory(training_class__occupation=session.occupation),
    }[reason]()

    with pytest.raises(ResultsRefused) as refused:
        record(session, list_of(passed(person, 1)))

    assert codes(refused) == {(2, "id_number", "not_a_candidate")}


def test_whoever_trained_a_person_does_not_assess_them():
    both = InstitutionFactory()
    session = AssessmentSessionFactory(institution=both)
    person = candidate(session, training_class__institution=both)

    with pytest.raises(ResultsRefused) as refused:
        record(session, list_of(passed(person, 1)))

    assert codes(refused) == {(2, "id_number", "trained_here")}
    assert nothing_is_recorded(session)


def test_certificate_number_is_given_once_by_an_institution():
    session, (person,) = session_with(1)
    LevelCertificateFactory(attempt__session__institution=session.institution, number="C00001")

    with pytest.raises(ResultsRefused) as refused:
        record(session, list_of(passed(person, 1)))

    assert codes(refused) == {(2, "certificate_number", "certificate_number_used")}
    assert nothing_is_recorded(session)


def test_two_institutions_may_give_one_number():
    session, (person,) = session_with(1)
    LevelCertificateFactory(number="C00001")

    record(session, list_of(passed(person, 1)))

    assert LevelCertificate.objects.filter(number="C00001").count() == 2


def test_one_person_twice_in_a_file_is_refused():
    session, (person,) = session_with(1)

    with pytest.raises(ResultsRefused) as refused:
        record(session, list_of(passed(person, 1), passed(person, 2)))

    assert {code for _row, _column, code in codes(refused)} == {"id_repeated"}


def test_same_file_again_is_the_same_upload_and_changes_nothing():
    session, (person,) = session_with(1)
    content = list_of(passed(person, 1))
    first = record(session, content)

    again = record(session, content)

    assert again.pk == first.pk
    assert (Attempt.objects.count(), LevelCertificate.objects.count(), AuditEvent.objects.count()) == (
        1,
        1,
        1,
    )


def test_second_different_file_is_refused_and_changes_nothing():
    session, (person,) = session_with(1)
    record(session, list_of(failed(person)))

    with pytest.raises(InvalidTransition):
        record(session, list_of(passed(person, 1)))

    assert (Attempt.objects.get().outcome, LevelCertificate.objects.count()) == (Outcome.FAILED, 0)


def test_corrected_file_is_taken_after_a_refused_one():
    session, (person,) = session_with(1)
    with pytest.raises(ResultsRefused):
        record(session, list_of(passed(person, 1, theory_score="")))

    record(session, list_of(passed(person, 1)))

    assert Attempt.objects.count() == 1


@pytest.mark.parametrize(
    "traits",
    [{"evaluation_operator": True}, {"training_manager": True}, {"municipal_administrator": True}],
    ids=lambda traits: next(iter(traits)),
)
def test_somebody_of_another_office_records_nothing(traits):
    session, (person,) = session_with(1)

    with pytest.raises(NotPermitted):
        record(session, list_of(passed(person, 1)), operator=UserFactory(**traits))

    assert nothing_is_recorded(session)


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"%PDF-1.7", UnreadableWorkbook),
        ("姓名,身份证号\r\n李一,1".encode(), WrongColumns),
        (list_of(), NoRows),
    ],
    ids=["no workbook", "wrong columns", "no rows"],
)
def test_file_that_is_no_result_list_writes_nothing(content, refusal):
    session = AssessmentSessionFactory()

    with pytest.raises(refusal):
        record(session, content)

    assert nothing_is_recorded(session)


def test_person_who_failed_may_sit_again_in_another_session():
    session, (person,) = session_with(1)
    record(session, list_of(failed(person)))
    next_session = AssessmentSessionFactory(
        institution=session.institution, occupation=session.occupation, filed_by=session.filed_by
    )

    record(next_session, list_of(passed(person, 1)))

    assert sorted(Attempt.objects.values_list("outcome", flat=True)) == [Outcome.FAILED, Outcome.PASSED]


def test_certificate_keeps_the_session_s_direction_and_the_time_of_its_recording():
    session = AssessmentSessionFactory(direction="计算机视觉")

    record(session, list_of(passed(candidate(session), 1)))

    certificate = LevelCertificate.objects.get()
    assert (certificate.direction, certificate.recorded_at) == ("计算机视觉", NOW)


def test_certificate_can_be_put_back_into_the_queue():
    certificate = LevelCertificateFactory()
    mark_decided([certificate.pk])

    make_due_again([certificate.pk])

    certificate.refresh_from_db()
    assert certificate.decision_due is True
