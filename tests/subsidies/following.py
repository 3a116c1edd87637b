"""The steps that the tests of revoked certificates and frozen people have in common."""

from assessment.enums import ReviewFinding, ReviewStatus
from assessment.models import LevelCertificate, MarkReview
from subsidies.models import Payment, PaymentBatch
from subsidies.services.batches import release_batch
from subsidies.services.revocations import follow_ended_certificates
from tests.clock import NOW
from tests.factories.assessment import MarkReviewFactory
from tests.factories.institutions import UserFactory


def follow() -> int:
    return follow_ended_certificates(now=NOW)


def batch_payments(batch: PaymentBatch) -> list[Payment]:
    return list(Payment.objects.filter(attempts__batch=batch).order_by("pk"))


def certificate_of(batch: PaymentBatch) -> LevelCertificate:
    """Return the certificate behind a batch's first line."""
    return batch_payments(batch)[0].entitlement.certificate


def sign_once(batch: PaymentBatch) -> None:
    signer = UserFactory(municipal_finance=True)
    release_batch(batch_id=batch.pk, releaser=signer, sha256=batch.sha256, now=NOW)


def review_of(certificate: LevelCertificate) -> MarkReview:
    return MarkReviewFactory(attempt=certificate.attempt)


def close(review: MarkReview) -> None:
    review.status, review.finding, review.closing_note = (
        ReviewStatus.CLOSED,
        ReviewFinding.UPHELD,
        "It stands.",
    )
    review.closed_by, review.closed_at = UserFactory(municipal_reviewer=True), NOW
    review.save()
