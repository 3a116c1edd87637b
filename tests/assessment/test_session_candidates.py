"""How people get off a session again, who may change its candidates, and what the database refuses at last."""

import pytest
from django.db import IntegrityError

from assessment.services import candidate_steps
from chongqing_dte.foundation.errors import DomainError, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from enrollment.models import Trainee
from enrollment.services import trainee_steps
from tests.assessment.candidates import (
    add,
    add_file,
    draw,
    draw_all_of,
    line_of,
    list_of_people,
    obstructed,
    open_session,
    people_for,
    sitting,
    stranger,
    take_off,
)
from tests.clock import NOW
from tests.factories.assessment import (
    SessionCandidateFactory,
)
from tests.factories.enrollment import TraineeFactory
from tests.factories.institutions import UserFactory

pytestmark = pytest.mark.django_db


def test_whoever_is_taken_off_keeps_the_row_and_may_come_again():
    session = open_session()
    (person,) = people_for(session, 1)
    draw(session, person)
    candidate = session.candidates.get()

    take_off(session, candidate)
    draw(session, person)

    candidate.refresh_from_db()
    assert (candidate.removed_by, candidate.removed_at) == (session.filed_by, NOW)
    assert (session.candidates.count(), sitting(session)) == (2, {person.trainee_id})


def test_each_who_is_taken_off_leaves_an_event():
    candidate = SessionCandidateFactory(session=open_session())

    take_off(candidate.session, candidate)

    event = AuditEvent.objects.get()
    assert (event.name, event.subject_id) == ("candidate.removed", candidate.pk)


def test_nobody_is_taken_off_twice_or_from_another_session():
    session = open_session()
    gone = SessionCandidateFactory(session=session, removed_by=session.filed_by, removed_at=NOW)
    foreign = SessionCandidateFactory()

    with pytest.raises(DomainError) as refusal:
        take_off(session, gone, foreign)

    foreign.refresh_from_db()
    assert (refusal.value.code, foreign.removed_at) == ("nobody_to_remove", None)


# ── Who may, and when ────────────────────────────────────────────────────────────────────────────────────
def acts_on(session):
    """Return every way in and out of a session, each ready to be tried with other circumstances."""
    (person,) = people_for(session, 1)
    candidate = SessionCandidateFactory(session=session)
    return {
        "draw": lambda actor, now: draw(session, person, drawer=actor, now=now),
        "draw class": lambda actor, now: draw_all_of(session, person.training_class, drawer=actor, now=now),
        "add": lambda actor, now: add(session, line_of(person), adder=actor, now=now),
        "add file": lambda actor, now: add_file(
            session, list_of_people(line_of(person)), adder=actor, now=now
        ),
        "take off": lambda actor, now: take_off(session, candidate, remover=actor, now=now),
    }


ACTS = ("draw", "draw class", "add", "add file", "take off")


@pytest.mark.parametrize("act", ACTS)
def test_other_institution_changes_nothing(act):
    session = open_session()
    acts = acts_on(session)
    before = sitting(session)

    with pytest.raises(NotPermitted):
        acts[act](UserFactory(evaluation_operator=True), NOW)

    assert sitting(session) == before
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("state", ["admitted", "recorded", "cancelled"])
@pytest.mark.parametrize("act", ACTS)
def test_candidates_of_a_session_that_is_not_open_stay(act, state):
    session = open_session()
    acts = acts_on(session)
    type(session).objects.filter(pk=session.pk).update(
        status=state.upper(),
        admitted_by=session.filed_by,
        admitted_at=NOW,
        cancelled_by=session.filed_by,
        cancelled_at=NOW,
        cancel_reason="Power cut.",
    )
    before = sitting(session)

    with pytest.raises(DomainError) as refusal:
        acts[act](session.filed_by, NOW)

    assert (refusal.value.code, sitting(session)) == ("candidates_fixed", before)


@pytest.mark.parametrize("act", [act for act in ACTS if act != "take off"])
def test_nobody_becomes_a_candidate_after_the_day(act):
    session = open_session()
    acts = acts_on(session)

    with pytest.raises(DomainError) as refusal:
        acts[act](session.filed_by, NOW.replace(month=NOW.month + 1, day=NOW.day + 1))

    assert refusal.value.code == "session_is_over"


# ── What the database refuses at last ────────────────────────────────────────────────────────────────────
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("trap", "code"), [("trained_here", "trained_here"), ("already_candidate", "already_candidate")]
)
def test_rule_of_the_database_is_told_in_words(monkeypatch, trap, code):
    session = open_session()
    person = obstructed(trap, session)
    monkeypatch.setattr(candidate_steps._Lookup, "obstacle_of", lambda _self, _person_id: "")
    before = sitting(session)

    with pytest.raises(DomainError) as refusal:
        add(session, line_of(person))

    assert (refusal.value.code, sitting(session)) == (code, before)


def test_other_refusals_of_the_database_stay_what_they_are():
    with pytest.raises(IntegrityError), candidate_steps.refusals_in_words():
        raise IntegrityError("another_rule")


@pytest.mark.django_db(transaction=True)
def test_person_who_is_recorded_under_another_name_at_this_moment_is_told(monkeypatch):
    session, line = open_session(), stranger(1)
    make = trainee_steps._trainee_of

    def record_somebody_first(number_hash, person, now):
        TraineeFactory(id_number=person.id_number, name="赵先到")
        return make(number_hash, person, now)

    monkeypatch.setattr(trainee_steps, "_trainee_of", record_somebody_first)

    with pytest.raises(DomainError) as refusal:
        add(session, line)

    assert (refusal.value.code, session.candidates.count(), Trainee.objects.count()) == (
        "name_differs",
        0,
        0,
    )


def test_newcomer_without_a_date_of_birth_is_a_fault_of_the_program():
    with pytest.raises(ValueError, match="date of birth"):
        trainee_steps.record_trainees(
            [trainee_steps.Newcomer(id_number="500106200013990000", name="甲", mobile="")], now=NOW
        )
