import hashlib
from datetime import date, timedelta
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from assessment.enums import Outcome, SessionStatus
from assessment.models import AssessmentSession, Attempt, LevelCertificate, ResultsUpload
from institutions.enums import Level
from tests.clock import NOW
from tests.factories.enrollment import EnrollmentFactory
from tests.factories.institutions import InstitutionFactory, OccupationFactory, UserFactory


class AssessmentSessionFactory(DjangoModelFactory):
    """A sitting that waits for its results; recorded=True is later."""

    class Meta:
        model = AssessmentSession

    class Params:
        recorded = factory.Trait(status=SessionStatus.RECORDED)

    reference = factory.Sequence(lambda n: f"SESSION-{n}")
    institution = factory.SubFactory(InstitutionFactory)
    occupation = factory.SubFactory(OccupationFactory)
    level = Level.JUNIOR
    held_on = date(2026, 7, 11)
    filed_by = factory.SubFactory(
        UserFactory, evaluation_operator=True, institution=factory.SelfAttribute("..institution")
    )
    filed_at = NOW - timedelta(days=110)


class ResultsUploadFactory(DjangoModelFactory):
    class Meta:
        model = ResultsUpload

    session = factory.SubFactory(AssessmentSessionFactory, recorded=True)
    file_name = "results.xlsx"
    content = factory.Sequence(lambda n: f"results {n}".encode())
    sha256 = factory.LazyAttribute(lambda upload: hashlib.sha256(upload.content).hexdigest())
    uploaded_by = factory.SelfAttribute("session.filed_by")
    uploaded_at = NOW - timedelta(days=90)


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
