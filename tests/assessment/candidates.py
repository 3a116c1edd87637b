"""People who are to sit a session, made on the spot."""

from datetime import date

from assessment import queries
from assessment.candidates.columns import CANDIDATE_COLUMNS
from assessment.services.admissions import admit_candidates
from assessment.services.candidates import (
    add_candidate,
    add_candidates_from_file,
    draw_class,
    draw_people,
    remove_candidates,
)
from demo.identifiers import make_mobile, make_resident_id
from tests.clock import NOW
from tests.factories.assessment import (
    AssessmentPolicyFactory,
    AssessmentSessionFactory,
    LevelCertificateFactory,
)
from tests.factories.enrollment import EnrollmentFactory, TrainingClassFactory
from tests.factories.workbooks import csv_file

# So far are all sessions of these tests.
NEXT_MONTH = NOW.date().replace(month=NOW.month + 1)

LAST_YEAR = {"starts_on": date(2025, 3, 3), "ends_on": date(2025, 5, 30)}


def open_session(*, admits_outside=True, **fields):
    """Return a session to come, which takes candidates."""
    policy = AssessmentPolicyFactory(admits_outside_candidates=admits_outside)
    return AssessmentSessionFactory(held_on=NEXT_MONTH, policy=policy, **fields)


def class_for(session, **fields):
    """Return a completed class that named the session's institution."""
    return TrainingClassFactory(
        **{
            "completed": True,
            "occupation": session.occupation,
            "level": session.level,
            "direction": session.direction,
            "intended_evaluator": session.institution,
            **fields,
        }
    )


def completed_in(training_class, **fields):
    """Return somebody who completed this class."""
    return EnrollmentFactory(completed=True, training_class=training_class, **fields)


def people_for(session, count, **fields):
    """Return so many people who completed one class that named the session's institution."""
    training_class = class_for(session, **fields)
    return [completed_in(training_class) for _ in range(count)]


def stranger(number, **changes):
    """Return the line of somebody whom nobody has recorded."""
    return {
        "id_number": make_resident_id(born_on=date(1999, 1, 1), sequence=number),
        "name": "李外来",
        "mobile": make_mobile(number),
        **changes,
    }


def line_of(enrollment, **changes):
    """Return the line of somebody who is on record."""
    trainee = enrollment.trainee
    return {"id_number": trainee.id_number, "name": trainee.name, "mobile": "", **changes}


def list_of_people(*lines):
    """Return a file with these lines."""
    header = [column.zh for column in CANDIDATE_COLUMNS]
    return csv_file([header, *([line[column.key] for column in CANDIDATE_COLUMNS] for line in lines)])


def draw(session, *enrollments, **changed):
    """Draw these people as the session's own operator does."""
    return draw_people(
        **{
            "session_id": session.pk,
            "enrollment_ids": [enrollment.pk for enrollment in enrollments],
            "drawer": session.filed_by,
            "now": NOW,
            **changed,
        }
    )


def draw_all_of(session, training_class, **changed):
    """Draw a whole class as the session's own operator does."""
    return draw_class(
        **{
            "session_id": session.pk,
            "class_id": training_class.pk,
            "drawer": session.filed_by,
            "now": NOW,
            **changed,
        }
    )


def add(session, line, **changed):
    """Add one person as the session's own operator does."""
    return add_candidate(
        **{"session_id": session.pk, **line, "adder": session.filed_by, "now": NOW, **changed}
    )


def add_file(session, content, **changed):
    """Add the people of a file as the session's own operator does."""
    return add_candidates_from_file(
        **{
            "session_id": session.pk,
            "content": content,
            "adder": session.filed_by,
            "now": NOW,
            **changed,
        }
    )


def take_off(session, *candidates, **changed):
    """Take candidates off as the session's own operator does."""
    return remove_candidates(
        **{
            "session_id": session.pk,
            "candidate_ids": [candidate.pk for candidate in candidates],
            "remover": session.filed_by,
            "now": NOW,
            **changed,
        }
    )


def admission(session, **changed):
    """Admit the session's candidates as its own operator does."""
    return admit_candidates(**{"session_id": session.pk, "admitter": session.filed_by, "now": NOW, **changed})


def certificate_of(session, trainee):
    """Return a certificate of what the session assesses, which somebody has got elsewhere."""
    return LevelCertificateFactory(
        attempt__session__occupation=session.occupation,
        attempt__session__level=session.level,
        attempt__enrollment__trainee=trainee,
        **{f"attempt__enrollment__training_class__{field}": day for field, day in LAST_YEAR.items()},
    )


def sitting(session):
    return set(queries.candidates_of(session).values_list("trainee", flat=True))


def obstructed(obstacle, session):
    """Return somebody against whom this stands."""
    own = class_for(session, institution=session.institution, intended_evaluator=None)
    if obstacle == "trained_here":
        return completed_in(own)
    if obstacle == "in_training":
        return EnrollmentFactory(
            training_class__occupation=session.occupation, training_class__level=session.level
        )
    if obstacle == "direction_differs":
        return completed_in(class_for(session, direction="视觉"))
    (person,) = people_for(session, 1)
    if obstacle == "already_candidate":
        draw(session, person)
    if obstacle == "certificate_held":
        certificate_of(session, person.trainee)
    return person


OBSTACLES = ("trained_here", "in_training", "direction_differs", "already_candidate", "certificate_held")
