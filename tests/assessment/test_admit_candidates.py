"""From candidates to admission numbers, and the list of both."""

import io
from datetime import timedelta

import openpyxl
import pytest
from django.utils.translation import override

from assessment import queries
from assessment.enums import ResultsStatus, SessionStatus, SignalKind
from assessment.models import IntegritySignal
from assessment.services.admissions import hand_out_candidate_list
from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from enrollment.models import Trainee
from tests.assessment import result_lists
from tests.assessment.candidates import (
    admission,
    certificate_of,
    draw,
    obstructed,
    open_session,
    people_for,
)
from tests.clock import NOW
from tests.factories.assessment import AssessmentSessionFactory, SessionCandidateFactory
from tests.factories.enrollment import TraineeFactory
from tests.factories.institutions import AssessmentSiteFactory, UserFactory

pytestmark = pytest.mark.django_db


def candidate(session, name="赵一", **fields):
    """Return somebody from elsewhere with this name, who is a candidate."""
    return SessionCandidateFactory(session=session, outside=True, trainee=TraineeFactory(name=name), **fields)


def numbers_of(session):
    return {row.trainee.name: row.admission_number for row in queries.candidates_of(session)}


def test_numbers_are_given_to_all_at_once_in_the_order_of_the_names():
    session = open_session(reference="KH-7")
    for name in ("Chen", "An", "Bo"):
        candidate(session, name)

    admission(session)

    assert numbers_of(session) == {"An": "KH-7-0001", "Bo": "KH-7-0002", "Chen": "KH-7-0003"}


def test_admitted_session_waits_for_its_results():
    session = candidate(open_session()).session

    admission(session)

    session.refresh_from_db()
    event = AuditEvent.objects.get()
    assert (session.status, session.admitted_by, session.admitted_at) == (
        SessionStatus.ADMITTED,
        session.filed_by,
        NOW,
    )
    assert (event.name, event.actor_id, event.facts) == (
        "session.admitted",
        session.filed_by_id,
        {"candidates": 1},
    )


def test_who_was_taken_off_gets_no_number():
    session = candidate(open_session()).session
    gone = candidate(session, removed_by=session.filed_by, removed_at=NOW)

    admission(session)

    gone.refresh_from_db()
    assert gone.admission_number is None


def test_candidate_of_another_session_gets_no_number():
    session, other = candidate(open_session()).session, SessionCandidateFactory()

    admission(session)

    other.refresh_from_db()
    assert other.admission_number is None


def test_session_without_candidates_admits_nobody():
    session = open_session()

    with pytest.raises(DomainError) as refusal:
        admission(session)

    session.refresh_from_db()
    assert (refusal.value.code, session.status) == ("no_candidates", SessionStatus.FILED)


@pytest.mark.parametrize("state", ["admitted", "recorded", "cancelled"])
def test_session_is_admitted_once(state):
    session = AssessmentSessionFactory(**{state: True})

    with pytest.raises(InvalidTransition):
        admission(session)

    assert not AuditEvent.objects.exists()


def test_other_institution_admits_nobody():
    session = candidate(open_session()).session

    with pytest.raises(NotPermitted):
        admission(session, admitter=UserFactory(evaluation_operator=True))

    assert set(numbers_of(session).values()) == {None}


def test_nobody_is_admitted_after_the_day():
    session = candidate(open_session()).session
    day_of_the_session = NOW.replace(month=NOW.month + 1)

    with pytest.raises(DomainError) as refusal:
        admission(session, now=day_of_the_session.replace(day=NOW.day + 1))
    admission(session, now=day_of_the_session)

    assert refusal.value.code == "session_is_over"


def test_who_sat_a_session_from_before_candidates_were_kept_is_put_in_after_its_day():
    session = AssessmentSessionFactory(held_on=NOW.date() - timedelta(days=100))
    (person,) = people_for(session, 1)

    draw(session, person)
    admission(session)
    recorded = result_lists.record(session, result_lists.list_of(result_lists.failed(person)))

    session.refresh_from_db()
    assert session.policy is None
    assert (recorded.status, session.status) == (ResultsStatus.RECORDED, SessionStatus.RECORDED)


def test_person_who_turned_out_to_be_in_the_session_twice_is_not_admitted():
    session = open_session()
    first, second = candidate(session), candidate(session)
    Trainee.objects.filter(pk=second.trainee_id).update(merged_into=first.trainee)

    with pytest.raises(DomainError) as refusal:
        admission(session)

    assert refusal.value.code == "same_person"
    assert set(numbers_of(session).values()) == {None}


def test_whoever_got_the_certificate_meanwhile_is_not_admitted():
    session = open_session()
    certificate_of(session, candidate(session).trainee)

    with pytest.raises(DomainError) as refusal:
        admission(session)

    assert refusal.value.code == "certificate_held"
    assert set(numbers_of(session).values()) == {None}


@pytest.mark.parametrize("origin", ["outside", "trained elsewhere"])
def test_whoever_turned_out_to_be_trained_by_the_assessor_is_not_admitted(origin):
    session = open_session()
    one = candidate(session) if origin == "outside" else SessionCandidateFactory(session=session)
    candidate(session)
    trained = obstructed("trained_here", session).trainee
    Trainee.objects.filter(pk=one.trainee_id).update(merged_into=trained)

    with override("en"), pytest.raises(DomainError, match="1 candidate may not") as refusal:
        admission(session)

    assert refusal.value.code == "trained_here"
    assert set(numbers_of(session).values()) == {None}


def test_whoever_turned_out_to_be_in_training_is_not_admitted():
    session = open_session()
    one = candidate(session)
    Trainee.objects.filter(pk=one.trainee_id).update(merged_into=obstructed("in_training", session).trainee)

    with pytest.raises(DomainError) as refusal:
        admission(session)

    assert refusal.value.code == "in_training"


@pytest.mark.parametrize(("seats", "signs"), [(1, 1), (2, 0)])
def test_more_candidates_than_seats_are_noted_and_stop_nothing(seats, signs):
    session = open_session()
    session.site = AssessmentSiteFactory(institution=session.institution, seat_count=seats)
    session.save()
    candidate(session)
    candidate(session)

    admission(session)

    found = list(IntegritySignal.objects.values_list("kind", "session", "measured"))
    assert (
        found
        == [(SignalKind.MORE_CANDIDATES_THAN_SEATS, session.pk, {"candidates": 2, "seats": seats})] * signs
    )


# ── The list ─────────────────────────────────────────────────────────────────────────────────────────────
def lines_in(content):
    return [
        [str(cell or "") for cell in row]
        for row in openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True)
    ]


def test_list_names_everybody_with_number_class_and_place():
    session = open_session(reference="KH-7", theory_time="09:00", practice_time="14:30")
    session.site = AssessmentSiteFactory(institution=session.institution, name="一号站")
    session.save()
    trained, outside = SessionCandidateFactory(session=session), candidate(session, "欧阳外")
    session.refresh_from_db()
    admission(session)

    heading, *lines = lines_in(
        hand_out_candidate_list(session_id=session.pk, reader=session.filed_by, now=NOW)
    )

    place = ["2026-11-20", "09:00", "14:30", "一号站", "示例路 8 号 二楼", ""]
    assert heading[0] == "准考证号 Admission number"
    assert {line[1]: line[3:] for line in lines} == {
        trained.trainee.name: [trained.enrollment.training_class.reference, *place],
        outside.trainee.name: ["", *place],
    }
    assert [line[0] for line in lines] == ["KH-7-0001", "KH-7-0002"]
    assert all(line[2].count("*") == 11 for line in lines)


def test_download_is_noted():
    session = candidate(open_session()).session

    hand_out_candidate_list(session_id=session.pk, reader=session.filed_by, now=NOW)

    event = AuditEvent.objects.get()
    assert (event.name, event.subject_id, event.actor_id, event.facts) == (
        "session.candidates_downloaded",
        session.pk,
        session.filed_by_id,
        {"rows": 1},
    )


def test_list_is_for_the_session_s_own_institution():
    session = candidate(open_session()).session

    with pytest.raises(NotPermitted):
        hand_out_candidate_list(session_id=session.pk, reader=UserFactory(municipal_reviewer=True), now=NOW)

    assert not AuditEvent.objects.exists()


def test_there_is_no_list_of_nobody():
    session = open_session()

    with pytest.raises(DomainError) as refusal:
        hand_out_candidate_list(session_id=session.pk, reader=session.filed_by, now=NOW)

    assert refusal.value.code == "no_candidates"


def test_number_with_five_digits_comes_after_those_with_four():
    session = AssessmentSessionFactory(admitted=True)
    for number in ("K-10000", "K-9999", "K-0001"):
        candidate(session, admission_number=number)

    numbers = [row.admission_number for row in queries.candidates_in_order(session)]

    assert numbers == ["K-0001", "K-9999", "K-10000"]
