"""Who is added to a session by number and name, one by one or from a file, and who is refused."""

import pytest

from assessment.candidates.messages import CANDIDATE_MESSAGES
from assessment.candidates.reading import read_candidates
from assessment.candidates.template import candidates_template
from assessment.enums import CandidateOrigin
from assessment.services.candidates import CandidatesRefused
from chongqing_dte.foundation.models import AuditEvent
from chongqing_dte.foundation.tabular_reading import NoRows
from enrollment.models import Trainee
from tests.assessment.candidates import (
    NEXT_MONTH,
    OBSTACLES,
    add,
    add_file,
    line_of,
    list_of_people,
    obstructed,
    open_session,
    people_for,
    sitting,
    stranger,
)
from tests.clock import NOW
from tests.factories.assessment import (
    AssessmentSessionFactory,
)
from tests.factories.enrollment import EnrollmentFactory, TraineeFactory

pytestmark = pytest.mark.django_db


def problems_of(session, *lines):
    """Return row, column and code of what is wrong with a file of these lines."""
    with pytest.raises(CandidatesRefused) as refusal:
        add_file(session, list_of_people(*lines))
    return [(problem.row_number, problem.column, problem.code) for problem in refusal.value.problems]


def test_person_of_another_class_is_added_by_number_and_name():
    session = open_session()
    (person,) = people_for(session, 1, intended_evaluator=None)

    add(session, line_of(person))

    candidate = session.candidates.get()
    assert (candidate.trainee, candidate.enrollment, candidate.origin) == (
        person.trainee,
        person,
        CandidateOrigin.TRAINED,
    )


def test_person_who_was_merged_sits_with_the_row_that_was_trained():
    session = open_session()
    (person,) = people_for(session, 1)
    standing = TraineeFactory()
    Trainee.objects.filter(pk=person.trainee_id).update(merged_into=standing)

    add(session, {"id_number": standing.id_number, "name": standing.name, "mobile": ""})

    assert (session.candidates.get().trainee_id, session.candidates.get().enrollment) == (
        person.trainee_id,
        person,
    )


def test_person_who_trained_elsewhere_gets_a_row():
    session = open_session()
    line = stranger(1)

    add(session, line)

    trainee = Trainee.objects.get()
    candidate = session.candidates.get()
    assert (candidate.trainee, candidate.enrollment, candidate.origin) == (
        trainee,
        None,
        CandidateOrigin.OUTSIDE,
    )
    assert (trainee.id_number, trainee.name, trainee.mobile, trainee.recorded_at) == (
        line["id_number"],
        line["name"],
        line["mobile"],
        NOW,
    )


def test_person_from_elsewhere_who_is_on_record_needs_no_mobile():
    session, known = open_session(), TraineeFactory()

    add(session, {"id_number": known.id_number, "name": known.name, "mobile": ""})

    assert session.candidates.get().trainee == known


def test_event_of_an_addition_holds_no_personal_data():
    session, line = open_session(), stranger(1)

    add(session, line)

    event = AuditEvent.objects.get()
    assert (event.name, event.facts) == ("session.candidates_added", {"added": 1, "new_people": 1})


def test_number_and_name_are_read_as_in_a_file():
    session = open_session()
    (person,) = people_for(session, 1)

    add(
        session,
        line_of(person, id_number=f" {person.trainee.id_number} ", name=f"\u200b{person.trainee.name}"),
    )

    assert sitting(session) == {person.trainee_id}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"id_number": ""}, ("id_number", "required")),
        ({"id_number": "123"}, ("id_number", "id_length")),
        ({"name": ""}, ("name", "required")),
        ({"mobile": ""}, ("id_number", "not_on_record")),
    ],
    ids=str,
)
def test_what_is_missing_or_wrong_is_told_at_its_column(changes, problem):
    session = open_session()

    assert problems_of(session, stranger(1, **changes)) == [(2, *problem)]
    assert not Trainee.objects.exists()


def test_policy_may_admit_nobody_from_elsewhere():
    session = open_session(admits_outside=False)
    known = EnrollmentFactory().trainee

    problems = problems_of(
        session, stranger(1), {"id_number": known.id_number, "name": known.name, "mobile": ""}
    )

    assert problems == [(2, "id_number", "nobody_trained"), (3, "id_number", "not_trained")]


def test_session_from_before_there_were_policies_admits_nobody_from_elsewhere():
    session = AssessmentSessionFactory(held_on=NEXT_MONTH)

    assert problems_of(session, stranger(1)) == [(2, "id_number", "nobody_trained")]


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_person_is_refused_with_the_reason(obstacle):
    session = open_session(admits_outside=False)
    person = obstructed(obstacle, session)
    before = sitting(session)

    assert problems_of(session, line_of(person)) == [(2, "id_number", obstacle)]
    assert sitting(session) == before


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_who_does_not_know_the_name_hears_nothing_else(obstacle):
    session = open_session(admits_outside=False)
    person = obstructed(obstacle, session)

    assert problems_of(session, line_of(person, name="王某某")) == [(2, "id_number", "nobody_trained")]


@pytest.mark.parametrize("mobile", ["", "123"])
@pytest.mark.parametrize("name", ["王某某", ""])
@pytest.mark.parametrize("admits_outside", [True, False])
def test_wrong_name_is_answered_as_a_number_that_nobody_has(admits_outside, name, mobile):
    session = open_session(admits_outside=admits_outside)
    (person,) = people_for(session, 1)

    known = problems_of(session, line_of(person, name=name, mobile=mobile))

    assert known == problems_of(session, stranger(1, name=name, mobile=mobile))


def test_wrong_name_is_refused_with_a_mobile_too():
    session = open_session()
    (person,) = people_for(session, 1)

    problems = problems_of(session, line_of(person, name="王某某", mobile=stranger(1)["mobile"]))

    assert problems == [(2, "id_number", "not_on_record")]


@pytest.mark.django_db(transaction=True)
def test_refusal_is_noted_by_its_counts_and_nothing_else_stays():
    session, person = open_session(), TraineeFactory(name="吴敏丽")
    line = {"id_number": person.id_number, "name": "王某某", "mobile": ""}

    with pytest.raises(CandidatesRefused):
        add(session, line)
    problems_of(session, line, stranger(1))

    noted = AuditEvent.objects.order_by("pk")
    assert [(event.name, event.subject_id, event.actor_id, event.facts) for event in noted] == [
        ("candidates.refused", session.pk, session.filed_by_id, {"rows": 1, "problems": 1}),
        ("candidates.refused", session.pk, session.filed_by_id, {"rows": 2, "problems": 1}),
    ]
    assert not session.candidates.exists()


def test_training_for_another_direction_is_none_where_people_come_from_elsewhere():
    session = open_session()
    person = obstructed("direction_differs", session)

    add(session, line_of(person))

    assert session.candidates.get().origin == CandidateOrigin.OUTSIDE


def test_training_that_is_not_completed_is_not_passed_by_as_training_elsewhere():
    session = open_session()

    assert problems_of(session, line_of(obstructed("in_training", session))) == [
        (2, "id_number", "in_training")
    ]


# ── Added from a file ────────────────────────────────────────────────────────────────────────────────────
def test_file_adds_everybody_in_it():
    session = open_session()
    people = people_for(session, 2)

    count = add_file(session, list_of_people(*map(line_of, people), stranger(1)))

    assert (count, session.candidates.count()) == (3, 3)
    assert set(AuditEvent.objects.get().facts) == {"added", "new_people", "sha256"}


def test_one_bad_line_leaves_nobody():
    session = open_session()
    (person,) = people_for(session, 1)
    before = Trainee.objects.count()

    problems = problems_of(session, line_of(person), stranger(1), stranger(2, name=""))

    assert problems == [(4, "name", "required")]
    assert (sitting(session), Trainee.objects.count()) == (set(), before)
    assert [event.name for event in AuditEvent.objects.all()] == ["candidates.refused"]


def test_person_twice_in_a_file_is_refused():
    session, line = open_session(), stranger(1)

    assert problems_of(session, line, line) == [
        (2, "id_number", "id_repeated"),
        (3, "id_number", "id_repeated"),
    ]


def test_person_under_two_numbers_in_a_file_is_refused():
    session = open_session()
    first, second = people_for(session, 2)
    Trainee.objects.filter(pk=second.trainee_id).update(merged_into=first.trainee)

    problems = problems_of(session, line_of(first), line_of(second))

    assert problems == [(2, "id_number", "same_person"), (3, "id_number", "same_person")]


def test_numbers_of_one_person_are_not_told_to_whoever_knows_one_name():
    session = open_session()
    first, second = people_for(session, 2)
    Trainee.objects.filter(pk=second.trainee_id).update(merged_into=first.trainee)

    problems = problems_of(session, line_of(first), line_of(second, name="王某某"))

    assert problems == [(3, "id_number", "not_on_record")]


def test_template_reads_back():
    line = stranger(1)
    filled = candidates_template(session_reference="S", institution_name="评价", rows=[line])

    (row,) = read_candidates(filled)

    assert {key: row.value(key) for key in line} == line
    with pytest.raises(NoRows):
        read_candidates(candidates_template(session_reference="S", institution_name="评价"))


def test_every_obstacle_and_check_has_its_words():
    codes = {*OBSTACLES, "not_trained", "nobody_trained", "not_on_record", "mobile_format", "same_person"}

    assert codes <= set(CANDIDATE_MESSAGES)
