"""Result lists as an evaluation institution fills them in, made on the spot."""

from assessment.enums import ResultsStatus, SessionStatus
from assessment.models import Attempt, LevelCertificate
from assessment.results.columns import RESULT_COLUMNS
from assessment.services.results import check_results, record_results
from tests.clock import NOW
from tests.factories.assessment import AssessmentSessionFactory, admit
from tests.factories.enrollment import EnrollmentFactory
from tests.factories.workbooks import csv_file


def trained_for(session, **traits):
    """Return somebody who has completed training for what the session assesses."""
    return EnrollmentFactory(
        completed=True,
        training_class__occupation=session.occupation,
        training_class__level=session.level,
        **traits,
    )


def candidate(session, **traits):
    """Return somebody who has completed training for what the session assesses, and was admitted to it."""
    enrollment = trained_for(session, **traits)
    admit(session, enrollment)
    return enrollment


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


def failed(enrollment, **changes):
    """Return the line of somebody who failed."""
    return {
        **passed(enrollment, 0),
        "outcome": "FAILED",
        "practice_score": "41",
        "certificate_number": "",
        "certificate_issued_on": "",
        **changes,
    }


def absent(enrollment, **changes):
    """Return the line of somebody who did not come."""
    return failed(enrollment, **{"outcome": "ABSENT", "theory_score": "", "practice_score": "", **changes})


def list_of(*lines):
    """Return a file with these lines, of which the first is row 2."""
    header = [column.zh for column in RESULT_COLUMNS]
    return csv_file([header, *([line.get(column.key, "") for column in RESULT_COLUMNS] for line in lines)])


def check(session, content, **changed):
    """Submit the file as the session's own operator does."""
    return check_results(
        **{
            "session_id": session.pk,
            "operator": session.filed_by,
            "file_name": "results.csv",
            "content": content,
            "now": NOW,
            **changed,
        }
    )


def confirm(upload, **changed):
    """Record a submission as its own operator does."""
    return record_results(**{"upload_id": upload.pk, "operator": upload.uploaded_by, "now": NOW, **changed})


def record(session, content):
    """Submit the file and, if nothing is wrong with it, record it."""
    upload = check(session, content)
    return confirm(upload) if upload.status == ResultsStatus.READY else upload


def session_with(count, **traits):
    """Return a session and so many admitted candidates."""
    session = AssessmentSessionFactory(**traits)
    return session, [candidate(session) for _ in range(count)]


def codes(upload):
    """Return what is wrong with a submission: row, column and code of each problem."""
    return {(problem["row"], problem["column"], problem["code"]) for problem in upload.problems}


def nothing_is_recorded(session):
    """Test that the session still waits, and has no attempt and no certificate."""
    session.refresh_from_db()
    found = (
        Attempt.objects.filter(session=session),
        LevelCertificate.objects.filter(attempt__session=session),
    )
    return session.status == SessionStatus.ADMITTED and not any(rows.exists() for rows in found)
