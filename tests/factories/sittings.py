"""People of a completed class, the sessions they go to, and what comes of it."""

from datetime import timedelta

from assessment.models import AssessmentSession, Attempt
from enrollment.enums import EnrollmentStatus
from enrollment.models import Enrollment, TrainingClass
from tests.clock import NOW
from tests.factories.assessment import AssessmentSessionFactory, AttemptFactory, LevelCertificateFactory
from tests.factories.enrollment import EnrollmentFactory
from tests.factories.institutions import FeeScheduleFactory


def enroll(training_class: TrainingClass, **values: object) -> Enrollment:
    """Enroll somebody who was in the class at its roster lock and completed it."""
    return EnrollmentFactory(
        **{
            "training_class": training_class,
            "status": EnrollmentStatus.COMPLETED,
            "completed_at": NOW - timedelta(days=100),
            "locked_at": NOW - timedelta(days=210),
            **values,
        }
    )


def sit(
    enrollment: Enrollment, session: AssessmentSession, *, passed: bool, certified: bool = True
) -> Attempt:
    """Let somebody sit, and pass with a certificate unless it says otherwise."""
    attempt = AttemptFactory(session=session, enrollment=enrollment, failed=not passed)
    if passed and certified:
        LevelCertificateFactory(attempt=attempt)
    return attempt


def session_for(training_class: TrainingClass, **values: object) -> AssessmentSession:
    """Return a session for the class's occupation and level whose evaluation institution has published a fee."""
    session = AssessmentSessionFactory(
        recorded=True, occupation=training_class.occupation, level=training_class.level, **values
    )
    FeeScheduleFactory(
        institution=session.institution, occupation=training_class.occupation, level=training_class.level
    )
    return session
