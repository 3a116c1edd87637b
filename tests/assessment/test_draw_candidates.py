"""Who is drawn from completed classes, and who is left out."""

import pytest

from assessment import queries
from assessment.enums import CandidateOrigin
from assessment.models import SessionCandidate
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.models import AuditEvent
from enrollment.enums import EnrollmentStatus
from enrollment.models import Trainee
from tests.assessment.candidates import (
    LAST_YEAR,
    NEXT_MONTH,
    certificate_of,
    class_for,
    completed_in,
    draw,
    draw_all_of,
    open_session,
    people_for,
    sitting,
)
from tests.clock import NOW
from tests.factories.assessment import (
    AssessmentSessionFactory,
)
from tests.factories.enrollment import EnrollmentFactory, TraineeFactory
from tests.factories.institutions import OccupationFactory

pytestmark = pytest.mark.django_db


def test_whole_class_is_drawn():
    session = open_session()
    people = people_for(session, 3)

    drawn = draw_all_of(session, people[0].training_class)

    candidate = SessionCandidate.objects.get(trainee=people[0].trainee)
    assert (drawn.added_count, drawn.left_out_count, session.candidates.count()) == (3, 0, 3)
    assert (candidate.enrollment, candidate.origin, candidate.added_by, candidate.added_at) == (
        people[0],
        CandidateOrigin.TRAINED,
        session.filed_by,
        NOW,
    )


def test_a_draw_leaves_an_event_with_its_figures():
    session = open_session()
    people = people_for(session, 2)
    draw(session, people[0])

    draw_all_of(session, people[0].training_class)

    event = AuditEvent.objects.latest("id")
    assert (event.name, event.subject_id, event.actor_id, event.facts) == (
        "session.candidates_drawn",
        session.pk,
        session.filed_by_id,
        {"added": 1, "left_out": 1},
    )


def test_chosen_people_are_drawn_and_no_others():
    session = open_session()
    first, second, _third = people_for(session, 3)

    draw(session, first, second)

    assert sitting(session) == {first.trainee_id, second.trainee_id}


@pytest.mark.parametrize(
    "fields",
    [
        {"intended_evaluator": None},
        {"occupation": OccupationFactory},
        {"level": "SENIOR"},
        {"direction": "视觉"},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_class_of_something_else_or_for_somebody_else_is_not_drawn_from(fields):
    session = open_session()
    made = {name: value() if callable(value) else value for name, value in fields.items()}
    (person,) = people_for(session, 1, **made)

    with pytest.raises(DomainError) as refusal:
        draw(session, person)

    assert refusal.value.code == "nobody_to_draw"
    assert (sitting(session), queries.classes_to_draw_from(session)) == (set(), [])


@pytest.mark.parametrize("status", [EnrollmentStatus.ENROLLED, EnrollmentStatus.NOT_COMPLETED])
def test_who_did_not_complete_the_training_is_not_drawn(status):
    session = open_session()
    EnrollmentFactory(training_class=class_for(session), status=status)

    with pytest.raises(DomainError) as refusal:
        draw_all_of(session, class_for(session))

    assert refusal.value.code == "nobody_to_draw"


def test_who_holds_the_certificate_or_is_a_candidate_is_left_out():
    session = open_session()
    certified, candidate, waiting = people_for(session, 3)
    certificate_of(session, certified.trainee)
    draw(session, candidate)

    drawn = draw(session, certified, candidate, waiting)

    assert (drawn.added_count, drawn.left_out_count) == (1, 2)
    assert sitting(session) == {candidate.trainee_id, waiting.trainee_id}


def test_person_under_two_rows_is_one_candidate():
    session = open_session()
    training_class = class_for(session)
    kept, other = completed_in(training_class), completed_in(training_class)
    Trainee.objects.filter(pk=other.trainee_id).update(merged_into=kept.trainee_id)

    drawn = draw_all_of(session, training_class)

    assert (drawn.added_count, session.candidates.count()) == (1, 1)
    with pytest.raises(DomainError):
        draw(session, kept, other)


def test_certificate_of_a_merged_row_is_the_person_s():
    session = open_session()
    (person,) = people_for(session, 1)
    former = TraineeFactory()
    certificate_of(session, former)
    Trainee.objects.filter(pk=former.pk).update(merged_into=person.trainee)

    with pytest.raises(DomainError) as refusal:
        draw(session, person)

    assert refusal.value.code == "nobody_to_draw"


def test_whoever_also_trained_at_the_institution_itself_is_left_out():
    session = open_session()
    person, other = people_for(session, 2)
    completed_in(
        class_for(session, institution=session.institution, intended_evaluator=None, **LAST_YEAR),
        trainee=person.trainee,
    )

    drawn = draw_all_of(session, person.training_class)

    assert (drawn.left_out_count, sitting(session)) == (1, {other.trainee_id})


def test_whole_class_leaves_out_who_waits_for_another_session_and_a_choice_does_not():
    session = open_session()
    person, other = people_for(session, 2)
    elsewhere = AssessmentSessionFactory(
        institution=session.institution, occupation=session.occupation, held_on=NEXT_MONTH
    )
    draw(elsewhere, person)

    drawn = draw_all_of(session, person.training_class)
    draw(session, person)

    assert (drawn.added_count, drawn.left_out_count) == (1, 1)
    assert sitting(session) == {person.trainee_id, other.trainee_id}


def test_classes_to_draw_from_count_who_waits():
    session = open_session()
    certified, candidate, waiting = people_for(session, 3)
    certificate_of(session, certified.trainee)
    draw(session, candidate)
    people_for(session, 1, institution=session.institution, intended_evaluator=None)

    (found,) = queries.classes_to_draw_from(session)

    assert (found.training_class, found.waiting_count) == (waiting.training_class, 1)
