"""What becomes of results and certificates after they were recorded, through the services."""

from datetime import date
from decimal import Decimal

from assessment.enums import Outcome, ReissueReason, ReviewKind
from assessment.models import Attempt, CertificateRevocation, LevelCertificate, MarkReview
from assessment.queries import live_attempts
from assessment.rules.corrections import Result
from assessment.services.corrections import CorrectedResult, approve_correction, propose_correction
from assessment.services.reissues import Reissue, reissue_certificate
from assessment.services.reviews import close_review, open_review
from assessment.services.revocations import approve_revocation, propose_revocation
from enrollment.models import Trainee
from enrollment.services.merges import approve_merge, propose_merge
from institutions.enums import Role
from institutions.models import User
from tests.clock import NOW
from tests.factories.institutions import UserFactory

SCORES = {
    Outcome.PASSED: (Decimal("80.0"), Decimal("75.5")),
    Outcome.FAILED: (Decimal("80.0"), Decimal("41.0")),
    Outcome.ABSENT: (None, None),
    Outcome.MISCONDUCT: (None, None),
}
ISSUED = date(2026, 10, 19)


def somebody(role: Role) -> User:
    """Return a person with this role, always the same one."""
    return User.objects.filter(role=role, is_active=True).order_by("pk").first() or UserFactory(
        **{role.lower(): True}
    )


def correct(attempt: Attempt, outcome: str) -> Attempt:
    """Correct what counts of a sitting, and return what counts of it then."""
    former = live_of(attempt)
    theory_score, practice_score = SCORES[outcome]
    # A pass that is corrected to a pass is another pass, by a mark more.
    if outcome == former.outcome and practice_score is not None:
        practice_score = former.practice_score + Decimal("0.5")
    becomes_pass = outcome == Outcome.PASSED and former.outcome != Outcome.PASSED
    correction = propose_correction(
        attempt_id=former.pk,
        corrected=CorrectedResult(
            result=Result(outcome, theory_score, practice_score),
            reason="A page was not counted.",
            certificate_number=f"CORRECTED-{former.pk}" if becomes_pass else "",
            certificate_issued_on=ISSUED if becomes_pass else None,
        ),
        proposer=former.session.filed_by,
        now=NOW,
    )
    approve_correction(
        correction_id=correction.pk, decider=somebody(Role.MUNICIPAL_REVIEWER), reason="Compared.", now=NOW
    )
    return live_of(attempt)


def live_of(attempt: Attempt) -> Attempt:
    """Return what counts of the sitting by now."""
    return (
        live_attempts()
        .select_related("session__filed_by")
        .get(session_id=attempt.session_id, trainee_id=attempt.trainee_id)
    )


def appeal(attempt: Attempt) -> MarkReview:
    """Open an appeal against what counts of a sitting."""
    return open_review(
        attempt_id=live_of(attempt).pk,
        kind=ReviewKind.APPEAL,
        reason="The practice sheet has a second page.",
        opener=somebody(Role.MUNICIPAL_OPERATOR),
        now=NOW,
    )


def uphold(review: MarkReview) -> None:
    """Close a review: the result stands."""
    close_review(
        review_id=review.pk, note="Looked at again.", closer=somebody(Role.MUNICIPAL_REVIEWER), now=NOW
    )


def question(certificate: LevelCertificate) -> CertificateRevocation:
    """Propose to revoke a certificate."""
    return propose_revocation(
        certificate_id=certificate.pk,
        reason="Somebody else sat the examination.",
        proposer=somebody(Role.MUNICIPAL_OPERATOR),
        now=NOW,
    )


def revoke(certificate: LevelCertificate) -> None:
    """Revoke a certificate. What was sat stays sat."""
    approve_revocation(
        revocation_id=question(certificate).pk,
        decider=somebody(Role.MUNICIPAL_REVIEWER),
        reason="Compared.",
        now=NOW,
    )


def reissue(certificate: LevelCertificate) -> LevelCertificate:
    """Issue another certificate in place of one, for the same sitting."""
    return reissue_certificate(
        certificate_id=certificate.pk,
        reissue=Reissue(
            why=ReissueReason.NAME_CORRECTED, issued_on=ISSUED, number=f"REISSUED-{certificate.pk}"
        ),
        operator=certificate.attempt.session.filed_by,
        now=NOW,
    )


def merge(kept: Trainee, merged: Trainee) -> None:
    """Let one row stand for another."""
    proposal = propose_merge(
        kept_id=kept.pk,
        merged_id=merged.pk,
        reason="The same ID card.",
        proposer=somebody(Role.MUNICIPAL_OPERATOR),
        now=NOW,
    )
    approve_merge(
        merge_id=proposal.pk, decider=somebody(Role.MUNICIPAL_REVIEWER), reason="Compared.", now=NOW
    )
