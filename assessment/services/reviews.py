"""A candidate's request to look at a result again, and what came of it. While it is open, the person is frozen."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from assessment import policies, queries
from assessment.enums import ReviewFinding, ReviewKind
from assessment.models import Attempt, MarkReview
from assessment.services.review_steps import end_review
from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.words import stated
from institutions.models import User


@transaction.atomic(durable=True)
def open_review(*, attempt_id: int, kind: str, reason: str, opener: User, now: datetime) -> MarkReview:
    """Take down a candidate's request, after which nothing is decided or paid for the person until it is closed.

    Raises NotPermitted, InvalidTransition if the result was corrected since, and DomainError for an unknown kind,
    without a reason, beside a review that is open, or for a review after the last day on which it may be asked for.
    """
    attempt = queries.lock_attempt(attempt_id)
    policies.check_can_open_review(opener, attempt.session, kind)
    if kind not in ReviewKind.values:
        raise DomainError(_("Choose a review or an appeal."), code="kind_unknown")
    if not queries.is_live(attempt):
        raise InvalidTransition(_("This result was corrected since. Look at the one that counts now."))
    if queries.open_review_of(attempt) is not None:
        raise DomainError(_("A review of this result is open already."), code="review_open_already")
    if not stated(reason):
        raise DomainError(_("Say what the candidate asks for."), code="reason_missing")
    if kind == ReviewKind.REVIEW:
        _check_window(attempt, now)
    queries.lock_rows_of_person(attempt.trainee_id)
    review = MarkReview.objects.create(
        attempt=attempt, kind=kind, reason=stated(reason), opened_by=opener, opened_at=now
    )
    record_event(
        "mark_review.opened",
        subject=review,
        actor_id=opener.pk,
        at=now,
        reason=review.reason,
        facts={"kind": kind, "attempt": attempt.pk},
    )
    return review


@transaction.atomic(durable=True)
def close_review(*, review_id: int, note: str, closer: User, now: datetime) -> MarkReview:
    """Let the result stand. A result that is wrong is corrected instead, which closes the review by itself.

    Raises NotPermitted for whoever opened it or decides no such reviews, InvalidTransition if it is closed or a
    correction waits for its decision, and DomainError without an explanation.
    """
    review = queries.lock_review(review_id)
    policies.check_can_close_review(closer, review)
    if queries.has_proposed_correction(review.attempt):
        raise InvalidTransition(_("A correction of this result is proposed. It has to be decided first."))
    if not stated(note):
        raise DomainError(_("Say why the result stands."), code="note_missing")
    end_review(review=review, finding=ReviewFinding.UPHELD, note=stated(note), closer=closer, now=now)
    return review


def _check_window(attempt: Attempt, now: datetime) -> None:
    last_day = queries.last_review_day(attempt)
    if timezone.localdate(now) > last_day:
        raise DomainError(
            _(
                "A review could be asked for until %(day)s. An appeal to the municipal bureau is still possible."
            )
            % {"day": last_day.isoformat()},
            code="review_window_over",
        )
