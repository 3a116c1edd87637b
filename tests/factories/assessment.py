import hashlib
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import factory
from django.db.backends.postgresql.psycopg_any import DateRange
from factory.django import DjangoModelFactory

from assessment.enums import CandidateOrigin, Outcome, ResultsStatus, ReviewKind, SessionStatus
from assessment.models import (
    AssessmentPolicy,
    AssessmentSession,
    Attempt,
    AttemptCorrection,
    CertificateRevocation,
    LevelCertificate,
    MarkReview,
    ResultsUpload,
    SessionCandidate,
)
from enrollment.models import Enrollment, Trainee
from institutions.enums import Level
from tests.clock import NOW
from tests.factories.enrollment import EnrollmentFactory, TraineeFactory
from tests.factories.institutions import InstitutionFactory, OccupationFactory, UserFactory


class AssessmentPolicyFactory(DjangoModelFactory):
    """The figures of assessments, approved and in force over the programme; draft=True waits for its approval."""

    class Meta:
        model = AssessmentPolicy

    class Params:
        draft = factory.Trait(approved_by=None, approved_at=None)

    name = "示例考核政策"
    in_force = DateRange(date(2025, 1, 1), date(2031, 1, 1))
    theory_pass_mark = Decimal("60.0")
    practice_pass_mark = Decimal("60.0")
    admits_outside_candidates = True
    certificate_number_pattern = r"[A-Z0-9-]{6,40}"
    filing_lead_days = 3
    results_due_days = 30
    review_window_days = 30
    heaping_band = Decimal("2.0")
    heaping_share = Decimal("0.5000")
    identical_count = 3
    signal_candidate_count = 10
    source = "Example value of the tests."
    drafted_by = factory.SubFactory(UserFactory, municipal_administrator=True)
    drafted_at = NOW - timedelta(days=301)
    approved_by = factory.SubFactory(UserFactory, municipal_reviewer=True)
    approved_at = NOW - timedelta(days=300)


class AssessmentSessionFactory(DjangoModelFactory):
    """A sitting that takes candidates; admitted=True and recorded=True are later, cancelled=True is none."""

    class Meta:
        model = AssessmentSession

    class Params:
        admitted = factory.Trait(
            status=SessionStatus.ADMITTED,
            admitted_by=factory.SelfAttribute("filed_by"),
            admitted_at=NOW - timedelta(days=105),
        )
        recorded = factory.Trait(
            status=SessionStatus.RECORDED,
            admitted_by=factory.SelfAttribute("filed_by"),
            admitted_at=NOW - timedelta(days=105),
        )
        cancelled = factory.Trait(
            status=SessionStatus.CANCELLED,
            cancelled_by=factory.SelfAttribute("filed_by"),
            cancelled_at=NOW - timedelta(days=104),
            cancel_reason="Power cut at the site.",
        )

    reference = factory.Sequence(lambda n: f"SESSION-{n}")
    institution = factory.SubFactory(InstitutionFactory)
    occupation = factory.SubFactory(OccupationFactory)
    level = Level.JUNIOR
    theory_pass_mark = Decimal("60.0")
    practice_pass_mark = Decimal("60.0")
    held_on = date(2026, 7, 11)
    filed_by = factory.SubFactory(
        UserFactory, evaluation_operator=True, institution=factory.SelfAttribute("..institution")
    )
    filed_at = NOW - timedelta(days=110)


class SessionCandidateFactory(DjangoModelFactory):
    """Somebody who completed the training and is to sit; admitted=True has a number, outside=True trained elsewhere."""

    class Meta:
        model = SessionCandidate

    class Params:
        admitted = factory.Trait(
            session=factory.SubFactory(AssessmentSessionFactory, admitted=True),
            admission_number=factory.Sequence(lambda n: f"ADM-{n:06d}"),
        )
        outside = factory.Trait(
            origin=CandidateOrigin.OUTSIDE, enrollment=None, trainee=factory.SubFactory(TraineeFactory)
        )

    session = factory.SubFactory(AssessmentSessionFactory)
    enrollment = factory.SubFactory(
        EnrollmentFactory,
        completed=True,
        training_class__occupation=factory.SelfAttribute("...session.occupation"),
        training_class__level=factory.SelfAttribute("...session.level"),
    )
    trainee = factory.SelfAttribute("enrollment.trainee")
    origin = CandidateOrigin.TRAINED
    added_by = factory.SelfAttribute("session.filed_by")
    added_at = NOW - timedelta(days=106)


class ResultsUploadFactory(DjangoModelFactory):
    """A file of results that were recorded."""

    class Meta:
        model = ResultsUpload

    session = factory.SubFactory(AssessmentSessionFactory, recorded=True)
    file_name = "results.xlsx"
    content = factory.Sequence(lambda n: f"results {n}".encode())
    sha256 = factory.LazyAttribute(lambda upload: hashlib.sha256(upload.content).hexdigest())
    uploaded_by = factory.SelfAttribute("session.filed_by")
    uploaded_at = NOW - timedelta(days=90)
    status = ResultsStatus.RECORDED
    recorded_by = factory.SelfAttribute("uploaded_by")
    recorded_at = NOW - timedelta(days=90)


def admit(session: AssessmentSession, *enrollments: Enrollment) -> AssessmentSession:
    """Make these people the session's candidates, admit them, and return the session, which waits for its results."""
    for enrollment in enrollments:
        _admit(session, enrollment.trainee, enrollment)
    if session.status == SessionStatus.FILED:
        session.status, session.admitted_by = SessionStatus.ADMITTED, session.filed_by
        session.admitted_at = session.filed_at + timedelta(days=1)
        session.save()
    return session


def _admit(session: AssessmentSession, trainee: Trainee, enrollment: Enrollment | None) -> None:
    if SessionCandidate.objects.filter(session=session, trainee=trainee, removed_at=None).exists():
        return
    SessionCandidateFactory(
        session=session,
        trainee=trainee,
        enrollment=enrollment,
        origin=CandidateOrigin.TRAINED if enrollment else CandidateOrigin.OUTSIDE,
        admission_number=f"{session.reference}-{trainee.pk}",
    )


def _days_before_the_sitting(days: int) -> factory.LazyAttribute:
    """Return a day of the class, so that whoever sits twice was in one class at a time."""
    return factory.LazyAttribute(
        lambda training_class: (
            training_class.factory_parent.factory_parent.session.held_on - timedelta(days=days)
        )
    )


def _upload_of(session: AssessmentSession) -> ResultsUpload:
    return ResultsUpload.objects.filter(session=session).first() or ResultsUploadFactory(session=session)


class AttemptFactory(DjangoModelFactory):
    """A pass; failed=True or absent=True. The session and the class are for one occupation and level."""

    class Meta:
        model = Attempt

    class Params:
        failed = factory.Trait(outcome=Outcome.FAILED, practice_score=Decimal("41.0"))
        absent = factory.Trait(outcome=Outcome.ABSENT, theory_score=None, practice_score=None)

    session = factory.SubFactory(AssessmentSessionFactory, recorded=True)
    enrollment = factory.SubFactory(
        EnrollmentFactory,
        completed=True,
        training_class__occupation=factory.SelfAttribute("...session.occupation"),
        training_class__level=factory.SelfAttribute("...session.level"),
        training_class__starts_on=_days_before_the_sitting(45),
        training_class__ends_on=_days_before_the_sitting(15),
    )
    trainee = factory.SelfAttribute("enrollment.trainee")
    results_upload = factory.LazyAttribute(lambda attempt: _upload_of(attempt.session))
    row_number = factory.Sequence(lambda n: n + 3)
    outcome = Outcome.PASSED
    theory_score = Decimal("80.0")
    practice_score = Decimal("75.5")
    recorded_at = NOW - timedelta(days=90)

    @classmethod
    def _create(cls, model_class: type[Attempt], *args: object, **kwargs: Any) -> Attempt:
        _admit(kwargs["session"], kwargs["trainee"], kwargs["enrollment"])
        return super()._create(model_class, *args, **kwargs)


class LevelCertificateFactory(DjangoModelFactory):
    """The certificate of a pass, which waits for its decision about money."""

    class Meta:
        model = LevelCertificate

    number = factory.Sequence(lambda n: f"CERT-{n:06d}")
    attempt = factory.SubFactory(AttemptFactory)
    institution = factory.SelfAttribute("attempt.session.institution")
    trainee = factory.SelfAttribute("attempt.trainee")
    occupation = factory.SelfAttribute("attempt.session.occupation")
    direction = factory.SelfAttribute("attempt.session.direction")
    level = factory.SelfAttribute("attempt.session.level")
    issued_on = date(2026, 7, 20)
    recorded_at = NOW - timedelta(days=90)


class MarkReviewFactory(DjangoModelFactory):
    """A candidate's request, which waits for its finding."""

    class Meta:
        model = MarkReview

    attempt = factory.SubFactory(AttemptFactory, failed=True)
    kind = ReviewKind.REVIEW
    reason = "The practice sheet has a second page."
    opened_by = factory.SelfAttribute("attempt.session.filed_by")
    opened_at = NOW - timedelta(days=20)


class AttemptCorrectionFactory(DjangoModelFactory):
    """A proposal to correct a fail to another fail, which waits for the municipal bureau."""

    class Meta:
        model = AttemptCorrection

    attempt = factory.SubFactory(AttemptFactory, failed=True)
    outcome = Outcome.FAILED
    theory_score = Decimal("80.0")
    practice_score = Decimal("44.0")
    reason = "A page was not counted."
    proposed_by = factory.SelfAttribute("attempt.session.filed_by")
    proposed_at = NOW - timedelta(days=10)


class CertificateRevocationFactory(DjangoModelFactory):
    """A proposal to revoke a certificate, which waits for the municipal bureau."""

    class Meta:
        model = CertificateRevocation

    certificate = factory.SubFactory(LevelCertificateFactory)
    reason = "Somebody else sat the examination."
    proposed_by = factory.SelfAttribute("certificate.attempt.session.filed_by")
    proposed_at = NOW - timedelta(days=10)
