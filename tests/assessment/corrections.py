"""Corrections of results as the tests propose and decide them."""

from datetime import date
from decimal import Decimal

from django.urls import reverse
from django.utils import timezone

from assessment.enums import CertificateOrigin, Outcome
from assessment.models import AssessmentPolicy, Attempt, SessionCandidate
from assessment.rules.corrections import Result
from assessment.services.corrections import (
    CorrectedResult,
    approve_correction,
    propose_correction,
)
from tests.clock import NOW
from tests.factories.assessment import (
    AssessmentPolicyFactory,
    AssessmentSessionFactory,
    AttemptFactory,
)
from tests.factories.institutions import UserFactory

PASS = Result(Outcome.PASSED, Decimal("80.0"), Decimal("64.0"))
FAIL = Result(Outcome.FAILED, Decimal("80.0"), Decimal("44.0"))
MISCONDUCT = Result(Outcome.MISCONDUCT)
CERTIFICATE = {"certificate_number": "CQ-2026-0001", "certificate_issued_on": date(2026, 10, 19)}


def result_of(*, origin=CertificateOrigin.INSTITUTION, **fields):
    policy = AssessmentPolicy.objects.first() or AssessmentPolicyFactory(
        certificate_number_pattern=r"CQ-[0-9]{4}-[0-9]{4}"
    )
    session = AssessmentSessionFactory(recorded=True, policy=policy, certificate_origin=origin)
    return AttemptFactory(session=session, **{"failed": True, **fields})


def proposed(
    attempt, result=FAIL, *, proposer=None, now=NOW, reason="A page was not counted.", **certificate
):
    return propose_correction(
        attempt_id=attempt.pk,
        corrected=CorrectedResult(result=result, reason=reason, **certificate),
        proposer=proposer or attempt.session.filed_by,
        now=now,
    )


def decided(service, correction, **changed):
    return service(
        **{
            "correction_id": correction.pk,
            "decider": UserFactory(municipal_reviewer=True),
            "reason": "Compared with the sheets.",
            "now": NOW,
            **changed,
        }
    )


def corrected(attempt, result, **certificate):
    """Return the attempt that counts after this correction."""
    correction = proposed(attempt, result, **certificate)
    decided(approve_correction, correction)
    return Attempt.objects.get(correction=correction)


def scores_of(attempt):
    return (attempt.outcome, attempt.theory_score, attempt.practice_score)


def superseding(former, correction, **changed):
    """Return the row that a correction would make of a result."""
    return Attempt(
        **{
            "session": former.session,
            "trainee": former.trainee,
            "enrollment": former.enrollment,
            "row_number": former.row_number,
            "supersedes": former,
            "correction": correction,
            "outcome": Outcome.FAILED,
            "theory_score": Decimal("80.0"),
            "practice_score": Decimal("44.0"),
            "recorded_at": NOW,
            **changed,
        }
    )


def candidate_of(attempt):
    return SessionCandidate.objects.get(session=attempt.session, trainee=attempt.trainee)


def page_of(client, attempt):
    return client.get(reverse("candidate-detail", args=[candidate_of(attempt).public_id]))


def recent_result():
    return result_of(recorded_at=timezone.now())
