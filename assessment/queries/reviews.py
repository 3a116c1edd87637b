"""Reviews and corrections of results. Whoever changes one locks its session first: so does whoever records results."""

from collections.abc import Collection
from datetime import date, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from assessment.enums import CertificateStatus, ReviewStatus
from assessment.models import (
    Attempt,
    AttemptCorrection,
    CertificateRevocation,
    LevelCertificate,
    MarkReview,
    SessionCandidate,
)
from assessment.queries.policies import assessment_policy_on
from assessment.queries.sessions import lock_session, sessions_visible_to
from chongqing_dte.foundation.proposals import RequestStatus
from enrollment.queries import lock_trainees, rows_of_persons
from institutions.models import User

SITTING = ("attempt__trainee__merged_into", "attempt__session__institution", "attempt__session__occupation")


def reviews_visible_to(user: User) -> QuerySet[MarkReview]:
    """Return the reviews of the sessions that this person may see."""
    reviews = MarkReview.objects.select_related(*SITTING, "opened_by", "closed_by")
    return reviews.filter(attempt__session__in=sessions_visible_to(user).order_by()).order_by("-id")


def corrections_visible_to(user: User) -> QuerySet[AttemptCorrection]:
    """Return the corrections of results in the sessions that this person may see."""
    corrections = AttemptCorrection.objects.select_related(*SITTING, "review", "proposed_by", "decided_by")
    return corrections.filter(attempt__session__in=sessions_visible_to(user).order_by()).order_by("-id")


def lock_attempt(attempt_id: int) -> Attempt:
    """Return one attempt, in whose session nothing else changes until this transaction ends."""
    lock_session(Attempt.objects.values_list("session_id", flat=True).get(pk=attempt_id))
    return Attempt.objects.select_related("session__policy", "trainee").get(pk=attempt_id)


def lock_review(review_id: int) -> MarkReview:
    """Return one review, in whose session nothing else changes until this transaction ends."""
    lock_session(MarkReview.objects.values_list("attempt__session_id", flat=True).get(pk=review_id))
    reviews = MarkReview.objects.select_for_update(of=("self",)).select_related("attempt__session")
    return reviews.get(pk=review_id)


def lock_correction(correction_id: int) -> AttemptCorrection:
    """Return one correction, in whose session nothing else changes until this transaction ends."""
    lock_session(
        AttemptCorrection.objects.values_list("attempt__session_id", flat=True).get(pk=correction_id)
    )
    corrections = AttemptCorrection.objects.select_for_update(of=("self",))
    return corrections.select_related("attempt__session__policy", "attempt__trainee").get(pk=correction_id)


def lock_rows_of_person(trainee_id: int) -> None:
    """Keep this person's decisions about money before or after what this transaction does, and never beside it."""
    lock_trainees(rows_of_persons([trainee_id]))


def lock_valid_certificate_of(attempt: Attempt) -> LevelCertificate | None:
    """Return the valid certificate of a sitting, locked, on whichever of the sitting's attempts it was issued."""
    certificates = LevelCertificate.objects.select_for_update(of=("self",)).filter(
        attempt__session_id=attempt.session_id, trainee_id=attempt.trainee_id
    )
    # Whoever ends one and issues another in its place has done both before the second look.
    list(certificates.order_by("id"))
    return certificates.filter(status=CertificateStatus.VALID).first()


def last_review_day(attempt: Attempt) -> date:
    """Return the last day on which a review of a result may be asked for. Raises AssessmentPolicyMissing."""
    session = attempt.session
    policy = session.policy or assessment_policy_on(session.held_on)
    return timezone.localdate(attempt.recorded_at) + timedelta(days=policy.review_window_days)


def is_live(attempt: Attempt) -> bool:
    """Test whether an attempt counts: no other one supersedes it."""
    return not Attempt.objects.filter(supersedes=attempt).exists()


def open_review_of(attempt: Attempt) -> MarkReview | None:
    """Return the review of an attempt that waits for its finding, if there is one."""
    reviews = MarkReview.objects.select_related("attempt__session")
    return reviews.filter(attempt=attempt, status=ReviewStatus.OPEN).first()


def has_proposed_correction(attempt: Attempt) -> bool:
    """Test whether a correction of an attempt waits for its decision."""
    return AttemptCorrection.objects.filter(attempt=attempt, status=RequestStatus.PROPOSED).exists()


def certificate_number_is_used(number: str) -> bool:
    """Test whether any certificate in the programme has this number."""
    return LevelCertificate.objects.filter(number=number).exists()


def chain_of_sitting(*, session_id: int, trainee_id: int) -> list[Attempt]:
    """Return all attempts of one sitting, the first one first, each with the correction that it came from."""
    return list(
        Attempt.objects.filter(session_id=session_id, trainee_id=trainee_id)
        .select_related("session__policy", "correction__proposed_by", "correction__decided_by")
        .order_by("id")
    )


def reviews_of_attempts(attempt_ids: Collection[int]) -> list[MarkReview]:
    """Return the reviews of these attempts, newest first."""
    reviews = MarkReview.objects.filter(attempt__in=attempt_ids)
    return list(reviews.select_related("attempt__session", "opened_by", "closed_by").order_by("-id"))


def corrections_of_attempts(attempt_ids: Collection[int]) -> list[AttemptCorrection]:
    """Return the corrections of these attempts, newest first."""
    corrections = AttemptCorrection.objects.filter(attempt__in=attempt_ids)
    return list(corrections.select_related("attempt__session", "proposed_by").order_by("-id"))


def certificates_of_attempts(attempt_ids: Collection[int]) -> list[LevelCertificate]:
    """Return the certificates that were issued on these attempts, newest first."""
    return list(LevelCertificate.objects.filter(attempt__in=attempt_ids).order_by("-id"))


def revocations_open_on(attempt_ids: Collection[int]) -> list[CertificateRevocation]:
    """Return what is proposed to revoke the certificates of these attempts and waits for its decision."""
    return list(
        CertificateRevocation.objects.filter(
            certificate__attempt__in=attempt_ids, status=RequestStatus.PROPOSED
        ).select_related("certificate")
    )


def candidate_with_session(candidate: SessionCandidate) -> SessionCandidate:
    """Return the same candidate with all that their page shows of the session, the person and the class."""
    return SessionCandidate.objects.select_related(
        "session__institution",
        "session__occupation",
        "session__site",
        "trainee__merged_into",
        "enrollment__training_class__institution",
    ).get(pk=candidate.pk)


def candidates_of_attempts(attempts: Collection[Attempt]) -> dict[int, UUID]:
    """Return the public number of the candidate behind each of these attempts, by the attempt's id."""
    lines = SessionCandidate.objects.filter(
        session__in={attempt.session_id for attempt in attempts},
        trainee__in={attempt.trainee_id for attempt in attempts},
        removed_at__isnull=True,
    ).values_list("session_id", "trainee_id", "public_id")
    found = {(session_id, trainee_id): public_id for session_id, trainee_id, public_id in lines}
    return {attempt.pk: found[attempt.session_id, attempt.trainee_id] for attempt in attempts}
