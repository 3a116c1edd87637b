"""The end of a review. A step: it needs the caller's transaction, which has locked the session."""

from datetime import datetime

from assessment.enums import ReviewFinding, ReviewStatus
from assessment.models import MarkReview
from assessment.transitions import REVIEW_TRANSITIONS
from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.transitions import check_transition
from institutions.models import User


def end_review(*, review: MarkReview, finding: ReviewFinding, note: str, closer: User, now: datetime) -> None:
    """Close a review with its finding. Raises InvalidTransition if it is closed."""
    check_transition(REVIEW_TRANSITIONS, current=ReviewStatus(review.status), target=ReviewStatus.CLOSED)
    review.status = ReviewStatus.CLOSED
    review.finding = finding
    review.closing_note = note
    review.closed_by = closer
    review.closed_at = now
    review.save(update_fields=["status", "finding", "closing_note", "closed_by", "closed_at"])
    record_event(
        "mark_review.closed",
        subject=review,
        actor_id=closer.pk,
        at=now,
        reason=note,
        facts={"finding": finding, "attempt": review.attempt_id},
    )
    nudge_after_commit("freeze_ended")
