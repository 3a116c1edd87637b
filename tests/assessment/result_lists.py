"""Result lists as an evaluation institution fills them in, made on the spot."""

from assessment.results.columns import RESULT_COLUMNS
from assessment.services.results import record_results
from tests.clock import NOW
from tests.factories.assessment import AssessmentSessionFactory
from tests.factories.enrollment import EnrollmentFactory
from tests.factories.workbooks import csv_file


def candidate(session, **traits):
    """Return somebody who has completed training for what the session assesses."""
    return EnrollmentFactory(
        completed=True,
        training_class__occupation=session.occupation,
        training_class__level=session.level,
        **traits,
    )


def passed(enrollment, number, **changes):
    """Return the line of somebody who passed."""
    return {
        "id_number": enrollment.trainee.id_number,
        "name": enrollment.trainee.name,
        "outcome": "PASSED",
        "theory_score": "80",
        "practice_score": "75.5",
        "certificate_number": f"C{number:05d}",
        "certificate_issued_on": "2026-07-20",
        **changes,
    }


def failed(enrollment):
    """Return the line of somebody who failed."""
    return passed(
        enrollment, 0, outcome="FAILED", practice_score="41", certificate_number="", certificate_issued_on=""
    )


def absent(enrollment):
    """Return the line of somebody who did not come."""
    return {**failed(enrollment), "outcome": "ABSENT", "theory_score": "", "practice_score": ""}


def list_of(*lines):
    """Return a file with these lines."""
    header = [column.zh for column in RESULT_COLUMNS]
    return csv_file([header, *([line.get(column.key, "") for column in RESULT_COLUMNS] for line in lines)])


def record(session, content, **changed):
    """Record the file as the session's own operator does."""
    return record_results(
        **{
            "session_id": session.pk,
            "operator": session.filed_by,
            "file_name": "results.csv",
            "content": content,
            "now": NOW,
            **changed,
        }
    )


def session_with(count):
    """Return a session and so many candidates for it."""
    session = AssessmentSessionFactory()
    return session, [candidate(session) for _ in range(count)]
