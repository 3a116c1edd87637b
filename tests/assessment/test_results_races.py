from functools import partial

import pytest
from django.db import connection, transaction

from assessment import queries
from assessment.enums import ResultsStatus
from assessment.models import Attempt, LevelCertificate, ResultsUpload
from assessment.services import results_steps
from assessment.services.certificate_numbers import portal_numbers
from assessment.services.results import deliver_results, discard_results
from tests.assessment.result_lists import (
    candidate,
    check,
    codes,
    confirm,
    failed,
    list_of,
    passed,
    session_with,
)
from tests.clock import NOW
from tests.enrollment.interleaving import at_once, rival_in_the_middle
from tests.factories.assessment import AssessmentSessionFactory, AttemptFactory, LevelCertificateFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

WAIT_BEFORE_EACH_CERTIFICATE = """
    CREATE FUNCTION wait_a_moment() RETURNS trigger LANGUAGE plpgsql
        AS 'BEGIN PERFORM pg_sleep(0.5); RETURN NEW; END';
    CREATE TRIGGER wait_a_moment BEFORE INSERT ON assessment_levelcertificate
        FOR EACH ROW EXECUTE FUNCTION wait_a_moment();
"""


@pytest.fixture
def _certificates_come_slowly():
    with connection.cursor() as cursor:
        cursor.execute(WAIT_BEFORE_EACH_CERTIFICATE)
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION wait_a_moment CASCADE")


def recording(upload):
    return partial(confirm, upload)


def submission(session, *lines):
    return partial(deliver_results, session_id=session.pk, operator=session.filed_by, entries=lines, now=NOW)


def test_two_submissions_for_one_session_at_once_leave_one(monkeypatch):
    session, (person,) = session_with(1)
    first, second = check(session, list_of(passed(person, 1))), check(session, list_of(failed(person)))

    outcomes = rival_in_the_middle(
        monkeypatch, (results_steps, "match_people"), recording(first), recording(second)
    )

    assert outcomes == ["done", "invalid_transition"]
    assert Attempt.objects.get().outcome == "PASSED"
    assert list(ResultsUpload.objects.order_by("pk").values_list("status", flat=True)) == [
        ResultsStatus.RECORDED,
        ResultsStatus.DISCARDED,
    ]


def test_two_machines_that_report_one_session_at_once_leave_one(monkeypatch):
    session, (person,) = session_with(1)

    outcomes = rival_in_the_middle(
        monkeypatch,
        (results_steps, "copy_rows"),
        submission(session, passed(person, 1)),
        submission(session, failed(person)),
    )

    assert outcomes == ["done", "invalid_transition"]
    assert Attempt.objects.get().outcome == "PASSED"


def test_one_submission_sent_twice_at_once_is_recorded_once(monkeypatch):
    session, (person,) = session_with(1)
    send = submission(session, passed(person, 1))

    outcomes = rival_in_the_middle(monkeypatch, (results_steps, "match_people"), send, send)

    assert outcomes == ["done", "done"]
    assert (ResultsUpload.objects.count(), Attempt.objects.count(), LevelCertificate.objects.count()) == (
        1,
        1,
        1,
    )


def test_one_upload_confirmed_twice_at_once_is_recorded_once(monkeypatch):
    session, (person,) = session_with(1)
    upload = check(session, list_of(passed(person, 1)))

    outcomes = rival_in_the_middle(
        monkeypatch, (results_steps, "copy_rows"), recording(upload), recording(upload)
    )

    assert outcomes == ["done", "done"]
    assert (Attempt.objects.count(), LevelCertificate.objects.count()) == (1, 1)


def test_upload_is_recorded_or_put_aside_and_never_both(monkeypatch):
    session, (person,) = session_with(1)
    upload = check(session, list_of(passed(person, 1)))

    outcomes = rival_in_the_middle(
        monkeypatch,
        (results_steps, "match_people"),
        recording(upload),
        partial(discard_results, upload_id=upload.pk, operator=upload.uploaded_by, now=NOW),
    )

    assert outcomes == ["done", "invalid_transition"]


@pytest.mark.parametrize("is_one_institution", [True, False], ids=["one institution", "two institutions"])
def test_two_sessions_with_one_certificate_number_at_once_leave_one(monkeypatch, is_one_institution):
    session, (person,) = session_with(1)
    same = {"institution": session.institution, "filed_by": session.filed_by} if is_one_institution else {}
    other = AssessmentSessionFactory(**same)
    first = check(session, list_of(passed(person, 1)))
    second = check(other, list_of(passed(candidate(other), 1)))

    # Both have looked by then, and found the number free.
    outcomes = rival_in_the_middle(
        monkeypatch, (queries, "used_certificate_numbers"), recording(first), recording(second)
    )

    first.refresh_from_db()
    second.refresh_from_db()
    loser, loser_session = (second, other) if first.status == ResultsStatus.RECORDED else (first, session)
    assert outcomes == ["done", "done"]
    assert {first.status, second.status} == {ResultsStatus.RECORDED, ResultsStatus.REFUSED}
    assert codes(loser) == {(2, "certificate_number", "certificate_number_used")}
    assert not Attempt.objects.filter(session=loser_session).exists()
    assert LevelCertificate.objects.count() == 1


@pytest.mark.usefixtures("_certificates_come_slowly")
def test_two_sessions_with_the_same_numbers_in_another_order_do_not_block_each_other():
    session, people = session_with(2)
    other, others = session_with(2)
    first = check(session, list_of(passed(people[0], 1), passed(people[1], 2)))
    second = check(other, list_of(passed(others[0], 2), passed(others[1], 1)))

    outcomes = at_once(recording(first), recording(second))

    assert outcomes == ["done", "done"]
    assert LevelCertificate.objects.count() == 2


def test_two_sessions_of_one_institution_are_numbered_one_behind_the_other(monkeypatch):
    unnumbered = {"certificate_number": "", "certificate_issued_on": ""}
    session, (person,) = session_with(1, certificate_origin="PORTAL")
    other = AssessmentSessionFactory(
        institution=session.institution, filed_by=session.filed_by, certificate_origin="PORTAL"
    )
    first = check(session, list_of(passed(person, 1, **unnumbered)))
    second = check(other, list_of(passed(candidate(other), 1, **unnumbered)))

    outcomes = rival_in_the_middle(
        monkeypatch, (queries, "last_certificate_number"), recording(first), recording(second)
    )

    numbers = LevelCertificate.objects.order_by("number").values_list("number", flat=True)
    assert outcomes == ["done", "done"]
    assert [number[-6:] for number in numbers] == ["000001", "000002"]


def test_whoever_numbers_for_an_institution_waits_for_the_one_before(monkeypatch):
    session = AssessmentSessionFactory(recorded=True)
    attempts = AttemptFactory.create_batch(2, session=session)

    def issue(attempt):
        with transaction.atomic():
            (number,) = portal_numbers(session=session, count=1, year=2026)
            LevelCertificateFactory(attempt=attempt, number=number, origin="PORTAL")

    outcomes = rival_in_the_middle(
        monkeypatch,
        (queries, "last_certificate_number"),
        partial(issue, attempts[0]),
        partial(issue, attempts[1]),
    )

    numbers = LevelCertificate.objects.order_by("number").values_list("number", flat=True)
    assert outcomes == ["done", "done"]
    assert [number[-6:] for number in numbers] == ["000001", "000002"]
