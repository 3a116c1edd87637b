"""Two people at one moment, forced: an admission beside another one, and beside people who come and go."""

from functools import partial

import pytest

from assessment import policies
from assessment.enums import SessionStatus
from assessment.services.sessions import cancel_session
from chongqing_dte.foundation.models import AuditEvent
from enrollment.models import Trainee
from tests.assessment.candidates import add, admission, draw, open_session, people_for, stranger, take_off
from tests.clock import NOW
from tests.enrollment.interleaving import rival_in_the_middle
from tests.factories.assessment import AssessmentSessionFactory, SessionCandidateFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

PLACE = (policies, "check_can_run_session")


def session_with_candidates(count):
    session = open_session()
    return session, [SessionCandidateFactory(session=session) for _ in range(count)]


def numbered(session):
    return session.candidates.filter(admission_number__isnull=False).count()


def test_two_admissions_at_once_give_numbers_once(monkeypatch):
    session, _candidates = session_with_candidates(2)
    admit = partial(admission, session)

    outcomes = rival_in_the_middle(monkeypatch, PLACE, admit, admit)

    assert outcomes == ["done", "invalid_transition"]
    assert (numbered(session), AuditEvent.objects.filter(name="session.admitted").count()) == (2, 1)


def test_nobody_is_taken_off_while_numbers_are_given(monkeypatch):
    session, (candidate, _other) = session_with_candidates(2)

    outcomes = rival_in_the_middle(
        monkeypatch, PLACE, partial(admission, session), partial(take_off, session, candidate)
    )

    assert outcomes == ["done", "candidates_fixed"]
    assert (numbered(session), session.candidates.filter(removed_at__isnull=False).count()) == (2, 0)


def test_whoever_is_taken_off_first_gets_no_number(monkeypatch):
    session, (candidate, _other) = session_with_candidates(2)

    outcomes = rival_in_the_middle(
        monkeypatch, PLACE, partial(take_off, session, candidate), partial(admission, session)
    )

    assert outcomes == ["done", "done"]
    assert numbered(session) == 1


def test_person_who_is_drawn_twice_at_once_is_one_candidate(monkeypatch):
    session = open_session()
    (person,) = people_for(session, 1)
    pick = partial(draw, session, person)

    outcomes = rival_in_the_middle(monkeypatch, PLACE, pick, pick)

    assert outcomes == ["done", "nobody_to_draw"]
    assert session.candidates.count() == 1


def test_newcomer_who_is_added_to_two_sessions_at_once_is_one_person(monkeypatch):
    first = open_session()
    second = AssessmentSessionFactory(
        institution=first.institution, held_on=first.held_on, policy=first.policy
    )

    outcomes = rival_in_the_middle(
        monkeypatch, PLACE, partial(add, first, stranger(1)), partial(add, second, stranger(1))
    )

    assert outcomes == ["done", "done"]
    assert Trainee.objects.count() == 1


def test_session_that_is_cancelled_at_this_moment_admits_nobody(monkeypatch):
    session, _candidates = session_with_candidates(1)
    cancel = partial(
        cancel_session, session_id=session.pk, reason="Power cut.", canceller=session.filed_by, now=NOW
    )

    place = (policies, "check_can_cancel_session")
    outcomes = rival_in_the_middle(monkeypatch, place, cancel, partial(admission, session))

    session.refresh_from_db()
    assert outcomes == ["done", "invalid_transition"]
    assert (session.status, numbered(session)) == (SessionStatus.CANCELLED, 0)
