from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessment.enums import Outcome, ResultsStatus, SessionStatus
from assessment.models import Attempt, IntegritySignal, LevelCertificate, ResultsUpload
from assessment.services.certificates import make_due_again, mark_decided
from assessment.services.results import discard_results, record_results
from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from chongqing_dte.foundation.tabular_reading import NoRows, WrongColumns
from chongqing_dte.foundation.workbooks import UnreadableWorkbook
from tests.assessment.result_lists import (
    absent,
    candidate,
    check,
    codes,
    confirm,
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
    AssessmentSessionFactory,
    LevelCertificateFactory,
    admit,
)
from tests.factories.enrollment import EnrollmentFactory
from tests.factories.institutions import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

STRANGERS = pytest.mark.parametrize(
    "traits",
    [{"evaluation_operator": True}, {"training_manager": True}, {"municipal_administrator": True}],
    ids=lambda traits: next(iter(traits)),
)


def names_of_events():
    return list(AuditEvent.objects.order_by("pk").values_list("name", flat=True))


def test_good_file_is_ready_with_its_counts_and_records_nothing():
    session, (first, second, third) = session_with(3)

    upload = check(session, list_of(passed(first, 1), failed(second), absent(third)))

    counts = (upload.row_count, upload.passed_count, upload.failed_count, upload.absent_count)
    assert (upload.status, counts, upload.misconduct_count) == (ResultsStatus.READY, (3, 1, 1, 1), 0)
    assert nothing_is_recorded(session)


def test_recorded_results_are_attempts_and_certificates_that_wait_for_a_decision():
    session, (first, second, third) = session_with(3)

    record(session, list_of(passed(first, 1), failed(second), absent(third)))

    outcomes = Attempt.objects.order_by("row_number").values_list(
        "trainee_id", "enrollment_id", "outcome", "practice_score"
    )
    assert list(outcomes) == [
        (first.trainee_id, first.pk, Outcome.PASSED, Decimal("75.5")),
        (second.trainee_id, second.pk, Outcome.FAILED, Decimal("41.0")),
        (third.trainee_id, third.pk, Outcome.ABSENT, None),
    ]
    certificate = LevelCertificate.objects.get()
    assert (certificate.number, certificate.trainee_id, certificate.issued_on, certificate.decision_due) == (
        "C00001",
        first.trainee_id,
        date(2026, 7, 20),
        True,
    )


def test_each_certificate_belongs_to_the_attempt_of_its_own_row():
    session, people = session_with(3)

    record(session, list_of(*(passed(person, 9 - place) for place, person in enumerate(people))))

    found = LevelCertificate.objects.order_by("attempt__row_number").values_list(
        "number", "attempt__trainee_id"
    )
    assert list(found) == [(f"C0000{9 - place}", person.trainee_id) for place, person in enumerate(people)]


def test_recorded_session_and_upload_say_so():
    session, (person,) = session_with(1)

    upload = record(session, list_of(failed(person)))

    session.refresh_from_db()
    upload.refresh_from_db()
    assert session.status == SessionStatus.RECORDED
    assert (upload.status, upload.recorded_by, upload.recorded_at) == (
        ResultsStatus.RECORDED,
        session.filed_by,
        NOW,
    )


def test_each_step_leaves_an_event_with_numbers_only():
    session, (first, second) = session_with(2)

    upload = record(session, list_of(passed(first, 1), failed(second)))

    assert names_of_events() == ["results.checked", "session.results_recorded"]
    event = AuditEvent.objects.last()
    assert (event.subject_id, event.actor_id, event.facts) == (
        session.pk,
        session.filed_by_id,
        {"upload": upload.pk, "attempts": 2, "certificates": 1},
    )


def test_recording_nudges_the_decision(waiting_messages, django_capture_on_commit_callbacks):
    session, (person,) = session_with(1)

    with django_capture_on_commit_callbacks(execute=True):
        record(session, list_of(passed(person, 1)))

    assert "subsidies.tasks.decide_due_certificates_task" in waiting_messages.names()


def test_recording_measures_the_scores():
    session, people = session_with(3, policy=AssessmentPolicyFactory(signal_candidate_count=3))

    record(session, list_of(*(passed(person, place) for place, person in enumerate(people))))

    assert IntegritySignal.objects.filter(session=session, kind="IDENTICAL_SCORES").exists()


def test_file_is_kept_as_it_came():
    session, (person,) = session_with(1)
    content = list_of(failed(person))

    check(session, content)

    assert bytes(ResultsUpload.objects.get().content) == content


def test_portal_numbers_the_certificates_of_its_sessions_and_dates_them_today():
    session, (first, second, third) = session_with(3, certificate_origin="PORTAL")
    unnumbered = {"certificate_number": "", "certificate_issued_on": ""}

    record(session, list_of(passed(first, 1, **unnumbered), failed(second), passed(third, 2, **unnumbered)))

    prefix = f"DTE-2026-{session.institution_id:05d}-"
    found = LevelCertificate.objects.order_by("number").values_list(
        "number", "trainee_id", "origin", "issued_on"
    )
    assert list(found) == [
        (f"{prefix}000001", first.trainee_id, "PORTAL", date(2026, 10, 20)),
        (f"{prefix}000002", third.trainee_id, "PORTAL", date(2026, 10, 20)),
    ]


def test_same_file_again_is_the_same_upload_and_changes_nothing():
    session, (person,) = session_with(1)
    content = list_of(passed(person, 1))
    ready = check(session, content)

    again = check(session, content)
    confirm(ready)
    after = check(session, content)

    assert (again.pk, after.pk, after.status) == (ready.pk, ready.pk, ResultsStatus.RECORDED)
    assert names_of_events() == ["results.checked", "session.results_recorded"]


def test_confirming_twice_records_once():
    session, (person,) = session_with(1)
    upload = record(session, list_of(passed(person, 1)))

    again = confirm(upload)

    assert (again.pk, Attempt.objects.count(), LevelCertificate.objects.count()) == (upload.pk, 1, 1)


def test_refused_file_may_come_again_when_it_is_good_by_then():
    session, (person,) = session_with(1)
    stranger = trained_for(session)
    content = list_of(passed(person, 1), failed(stranger))
    before = check(session, content)
    admit(session, stranger)

    after = check(session, content)

    assert (before.status, after.status) == (ResultsStatus.REFUSED, ResultsStatus.READY)


def test_second_different_file_is_refused_and_changes_nothing():
    session, (person,) = session_with(1)
    record(session, list_of(failed(person)))

    with pytest.raises(InvalidTransition):
        check(session, list_of(passed(person, 1)))

    assert (Attempt.objects.get().outcome, ResultsUpload.objects.count()) == (Outcome.FAILED, 1)


def test_other_file_that_waited_is_put_aside_when_one_is_recorded():
    session, (person,) = session_with(1)
    other = check(session, list_of(passed(person, 1)))

    record(session, list_of(failed(person)))

    other.refresh_from_db()
    assert other.status == ResultsStatus.DISCARDED
    with pytest.raises(InvalidTransition):
        confirm(other)
    assert Attempt.objects.get().outcome == Outcome.FAILED


def test_what_is_not_good_any_more_is_refused_and_stays_so():
    session, (person,) = session_with(1)
    upload = check(session, list_of(passed(person, 1)))
    LevelCertificateFactory(number="C00001")

    after = confirm(upload)

    upload.refresh_from_db()
    assert after.status == upload.status == ResultsStatus.REFUSED
    assert codes(upload) == {(2, "certificate_number", "certificate_number_used")}
    assert nothing_is_recorded(session)
    assert names_of_events() == ["results.checked", "results.refused"]


@pytest.mark.parametrize(
    "state", [{}, {"cancelled": True}, {"recorded": True}], ids=["filed", "cancelled", "recorded"]
)
def test_session_that_waits_for_no_results_takes_none(state):
    session = AssessmentSessionFactory(**state)

    with pytest.raises(InvalidTransition):
        check(session, list_of(passed(EnrollmentFactory.build(), 1)))

    assert not ResultsUpload.objects.exists()


def test_results_come_in_from_the_day_of_the_session_on():
    session, (person,) = session_with(1)
    noon = NOW.replace(month=7, day=11)
    content = list_of(failed(person))

    with pytest.raises(DomainError) as refusal:
        check(session, content, now=noon - timedelta(days=1))

    assert refusal.value.code == "session_not_held"
    assert check(session, content, now=noon).status == ResultsStatus.READY


@STRANGERS
def test_somebody_of_another_office_submits_nothing(traits):
    session, (person,) = session_with(1)

    with pytest.raises(NotPermitted):
        check(session, list_of(passed(person, 1)), operator=UserFactory(**traits))

    assert not ResultsUpload.objects.exists()


@STRANGERS
@pytest.mark.parametrize("act", [record_results, discard_results])
def test_somebody_of_another_office_decides_nothing(traits, act):
    session, (person,) = session_with(1)
    upload = check(session, list_of(passed(person, 1)))
    stranger = UserFactory(**traits)

    with pytest.raises(NotPermitted):
        act(upload_id=upload.pk, operator=stranger, now=NOW)

    upload.refresh_from_db()
    assert upload.status == ResultsStatus.READY
    assert nothing_is_recorded(session)


@pytest.mark.parametrize("is_good", [True, False], ids=["ready", "refused"])
def test_submission_is_put_aside(is_good):
    session, (person,) = session_with(1)
    upload = check(session, list_of(passed(person, 1, **({} if is_good else {"theory_score": ""}))))

    discard_results(upload_id=upload.pk, operator=session.filed_by, now=NOW)

    upload.refresh_from_db()
    assert upload.status == ResultsStatus.DISCARDED
    assert names_of_events() == ["results.checked", "results.discarded"]


def test_recorded_submission_is_not_put_aside():
    session, (person,) = session_with(1)
    upload = record(session, list_of(failed(person)))

    with pytest.raises(InvalidTransition):
        discard_results(upload_id=upload.pk, operator=session.filed_by, now=NOW)


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
    session, _people = session_with(1)

    with pytest.raises(refusal):
        check(session, content)

    assert not ResultsUpload.objects.exists()


def test_person_who_failed_may_sit_again_in_another_session():
    session, (person,) = session_with(1)
    record(session, list_of(failed(person)))
    next_session = AssessmentSessionFactory(
        institution=session.institution, occupation=session.occupation, filed_by=session.filed_by
    )
    admit(next_session, person)

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


def test_recording_costs_the_same_number_of_queries_for_many():
    counts = []

    for count in (1, 4):
        session, people = session_with(count)
        content = list_of(*(passed(person, 10 * count + place) for place, person in enumerate(people)))
        with CaptureQueriesContext(connection) as queries:
            record(session, content)
        counts.append(len(queries))

    assert counts[0] == counts[1]
