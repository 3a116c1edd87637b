from datetime import timedelta

import pytest

from assessment.enums import Outcome, ReviewFinding, ReviewKind, ReviewStatus
from assessment.models import MarkReview
from assessment.queries import frozen_persons
from assessment.services.reviews import close_review, open_review
from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from tests.assessment.corrections import superseding
from tests.clock import NOW
from tests.factories.assessment import (
    AssessmentPolicyFactory,
    AssessmentSessionFactory,
    AttemptCorrectionFactory,
    AttemptFactory,
    MarkReviewFactory,
)
from tests.factories.institutions import UserFactory

pytestmark = pytest.mark.django_db


def result_of(days_ago=30, **policy):
    figures = AssessmentPolicyFactory(**{"review_window_days": 30, **policy})
    session = AssessmentSessionFactory(recorded=True, policy=figures)
    return AttemptFactory(session=session, failed=True, recorded_at=NOW - timedelta(days=days_ago))


def operator_of(attempt):
    return UserFactory(evaluation_operator=True, institution=attempt.session.institution)


def opened(attempt, **changed):
    return open_review(
        **{
            "attempt_id": attempt.pk,
            "kind": ReviewKind.REVIEW,
            "reason": "The practice sheet has a second page.",
            "opener": attempt.session.filed_by,
            "now": NOW,
            **changed,
        }
    )


def closed(review, **changed):
    return close_review(
        **{
            "review_id": review.pk,
            "note": "Counted again: the same.",
            "closer": UserFactory(municipal_reviewer=True),
            "now": NOW,
            **changed,
        }
    )


# ── Open ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_review_is_taken_down_and_freezes_the_person():
    attempt = result_of()

    review = opened(attempt, reason=" A second page.\u200b ")

    stored = MarkReview.objects.get()
    assert stored == review
    assert (stored.status, stored.reason, stored.opened_at) == (ReviewStatus.OPEN, "A second page.", NOW)
    assert frozen_persons([attempt.trainee_id]) == {attempt.trainee_id}


def test_opening_leaves_an_event():
    attempt = result_of()

    review = opened(attempt)

    event = AuditEvent.objects.get()
    assert (event.name, event.subject_id, event.actor_id) == (
        "mark_review.opened",
        review.pk,
        attempt.session.filed_by_id,
    )
    assert event.facts == {"kind": "REVIEW", "attempt": attempt.pk}


@pytest.mark.parametrize(("days_ago", "is_late"), [(30, False), (31, True)])
def test_review_is_asked_for_within_the_days_of_the_policy(days_ago, is_late):
    attempt = result_of(days_ago)

    refusal = None
    try:
        opened(attempt)
    except DomainError as error:
        refusal = error.code

    assert refusal == ("review_window_over" if is_late else None)


def test_appeal_is_taken_down_at_any_time():
    attempt = result_of(days_ago=300)

    review = opened(attempt, kind=ReviewKind.APPEAL, opener=UserFactory(municipal_operator=True))

    assert review.kind == ReviewKind.APPEAL


def test_session_from_before_the_policies_goes_by_the_policy_of_its_day():
    AssessmentPolicyFactory(review_window_days=10)
    attempt = AttemptFactory(failed=True, recorded_at=NOW - timedelta(days=11))

    with pytest.raises(DomainError) as refusal:
        opened(attempt)

    assert refusal.value.code == "review_window_over"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"kind": "QUESTION"}, "kind_unknown"),
        ({"reason": " \u200b "}, "reason_missing"),
    ],
)
def test_review_is_refused_and_nothing_is_written(changed, code):
    attempt = result_of()

    with pytest.raises(DomainError) as refusal:
        opened(attempt, **changed)

    assert refusal.value.code == code
    assert not MarkReview.objects.exists()
    assert not AuditEvent.objects.exists()


def test_second_call_finds_the_review_open():
    attempt = result_of()
    opened(attempt)

    with pytest.raises(DomainError) as refusal:
        opened(attempt)

    assert (refusal.value.code, MarkReview.objects.count()) == ("review_open_already", 1)


def test_only_the_result_that_counts_is_reviewed():
    attempt = result_of()
    superseding(attempt, AttemptCorrectionFactory(attempt=attempt)).save()

    with pytest.raises(InvalidTransition):
        opened(attempt)

    assert not MarkReview.objects.exists()


def test_another_institution_opens_no_review():
    attempt = result_of()

    with pytest.raises(NotPermitted):
        opened(attempt, opener=UserFactory(evaluation_operator=True))

    assert not MarkReview.objects.exists()
    assert not AuditEvent.objects.exists()


# ── Close ────────────────────────────────────────────────────────────────────────────────────────────────
def test_result_stands_and_the_person_is_free(waiting_messages, django_capture_on_commit_callbacks):
    review = MarkReviewFactory()

    with django_capture_on_commit_callbacks(execute=True):
        closed(review)

    review.refresh_from_db()
    assert (review.status, review.finding) == (ReviewStatus.CLOSED, ReviewFinding.UPHELD)
    assert frozen_persons([review.attempt.trainee_id]) == set()
    assert sorted(waiting_messages.names()) == [
        "subsidies.tasks.assemble_batches_task",
        "subsidies.tasks.decide_due_certificates_task",
    ]


def test_closing_leaves_an_event_with_its_reason():
    review, closer = MarkReviewFactory(), UserFactory(municipal_reviewer=True)

    closed(review, closer=closer)

    event = AuditEvent.objects.get()
    assert (event.name, event.actor_id, event.reason) == (
        "mark_review.closed",
        closer.pk,
        "Counted again: the same.",
    )
    assert event.facts == {"finding": "UPHELD", "attempt": review.attempt_id}


def test_another_operator_of_the_institution_closes_a_review():
    review = MarkReviewFactory()

    assert closed(review, closer=operator_of(review.attempt)).status == ReviewStatus.CLOSED


@pytest.mark.parametrize("who", ["opener", "institution_for_an_appeal"])
def test_review_stays_open_for(who):
    opener = UserFactory(municipal_reviewer=True)
    review = MarkReviewFactory(kind=ReviewKind.APPEAL, opened_by=opener)
    closer = opener if who == "opener" else operator_of(review.attempt)

    with pytest.raises(NotPermitted):
        closed(review, closer=closer)

    review.refresh_from_db()
    assert review.status == ReviewStatus.OPEN
    assert not AuditEvent.objects.exists()


def test_second_finding_comes_too_late():
    review = MarkReviewFactory()
    closed(review)

    with pytest.raises(InvalidTransition):
        closed(review, note="Another.")

    review.refresh_from_db()
    assert (review.closing_note, AuditEvent.objects.count()) == ("Counted again: the same.", 1)


def test_review_is_not_closed_while_a_correction_waits():
    review = MarkReviewFactory()
    AttemptCorrectionFactory(attempt=review.attempt, review=review)

    with pytest.raises(InvalidTransition):
        closed(review)

    review.refresh_from_db()
    assert review.status == ReviewStatus.OPEN


def test_review_is_not_closed_without_an_explanation():
    review = MarkReviewFactory()

    with pytest.raises(DomainError) as refusal:
        closed(review, note=" ")

    review.refresh_from_db()
    assert (refusal.value.code, review.status) == ("note_missing", ReviewStatus.OPEN)


def test_result_itself_is_untouched():
    review = MarkReviewFactory()

    closed(review)

    review.attempt.refresh_from_db()
    assert review.attempt.outcome == Outcome.FAILED
