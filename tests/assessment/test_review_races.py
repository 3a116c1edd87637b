from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial

import pytest
from django.db import transaction

from assessment import queries
from assessment.enums import Outcome, ReviewKind, ReviewStatus
from assessment.models import Attempt, AttemptCorrection, LevelCertificate, MarkReview
from assessment.services.corrections import approve_correction, refuse_correction
from assessment.services.reviews import close_review, open_review
from enrollment.queries import lock_trainees
from tests.assessment.corrections import (
    CERTIFICATE,
    PASS,
    decided,
    proposed,
    result_of,
)
from tests.clock import NOW
from tests.enrollment.interleaving import A_MOMENT, at_once, outcome_of, rival_in_the_middle
from tests.factories.assessment import (
    AttemptCorrectionFactory,
    LevelCertificateFactory,
    MarkReviewFactory,
)
from tests.factories.institutions import UserFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def decision(service, correction):
    return partial(decided, service, correction, decider=UserFactory(municipal_reviewer=True))


def opening(attempt, opener=None):
    return partial(
        open_review,
        attempt_id=attempt.pk,
        kind=ReviewKind.REVIEW,
        reason="A second page.",
        opener=opener or attempt.session.filed_by,
        now=NOW,
    )


def start(act):
    """Begin an act in another connection, give it a moment, and return what it will end as."""
    pool = ThreadPoolExecutor(max_workers=1)
    outcome = pool.submit(outcome_of, act)
    wait([outcome], timeout=A_MOMENT)
    pool.shutdown(wait=False)
    return outcome


def issue_anew(former):
    LevelCertificate.objects.filter(pk=former.pk).update(
        status="SUPERSEDED", ended_by=former.attempt.session.filed_by, ended_at=NOW, end_reason="Lost."
    )
    LevelCertificateFactory(attempt=former.attempt, supersedes=former)


@pytest.mark.parametrize("second", [approve_correction, refuse_correction])
def test_one_correction_is_decided_once(monkeypatch, second):
    correction = AttemptCorrectionFactory()

    outcomes = rival_in_the_middle(
        monkeypatch,
        (queries, "lock_correction"),
        decision(approve_correction, correction),
        decision(second, correction),
    )

    assert outcomes == ["done", "invalid_transition"]
    assert Attempt.objects.filter(supersedes=correction.attempt).count() == 1


def test_two_corrections_proposed_at_once_leave_one(monkeypatch):
    attempt = result_of()

    outcomes = rival_in_the_middle(
        monkeypatch,
        (queries, "has_proposed_correction"),
        partial(proposed, attempt),
        partial(proposed, attempt, reason="Another page."),
    )

    assert outcomes == ["done", "correction_waits_already"]
    assert AttemptCorrection.objects.count() == 1


def test_review_opened_during_an_approval_finds_the_result_corrected(monkeypatch):
    correction = AttemptCorrectionFactory(attempt=result_of(recorded_at=NOW))

    outcomes = rival_in_the_middle(
        monkeypatch,
        (queries, "open_review_of"),
        decision(approve_correction, correction),
        opening(correction.attempt),
    )

    assert outcomes == ["done", "invalid_transition"]
    assert not MarkReview.objects.exists()


def test_approval_during_the_opening_of_a_review_closes_it(monkeypatch):
    correction = AttemptCorrectionFactory(attempt=result_of(recorded_at=NOW))

    outcomes = rival_in_the_middle(
        monkeypatch,
        (queries, "open_review_of"),
        opening(correction.attempt),
        decision(approve_correction, correction),
    )

    assert outcomes == ["done", "done"]
    assert MarkReview.objects.get().status == ReviewStatus.CLOSED


def test_two_reviews_opened_at_once_leave_one(monkeypatch):
    attempt = result_of(recorded_at=NOW)

    outcomes = rival_in_the_middle(monkeypatch, (queries, "is_live"), opening(attempt), opening(attempt))

    assert outcomes == ["done", "review_open_already"]


def test_correction_proposed_while_its_review_closes_comes_after_it(monkeypatch):
    review = MarkReviewFactory(attempt=result_of())
    closing = partial(
        close_review,
        review_id=review.pk,
        note="Counted again.",
        closer=UserFactory(municipal_reviewer=True),
        now=NOW,
    )

    outcomes = rival_in_the_middle(
        monkeypatch, (queries, "has_proposed_correction"), closing, partial(proposed, review.attempt)
    )

    assert outcomes == ["done", "done"]
    assert AttemptCorrection.objects.get().review is None


def test_one_number_goes_to_one_of_two_corrected_passes():
    corrections = [proposed(result_of(), PASS, **CERTIFICATE) for _time in range(2)]

    outcomes = at_once(*(decision(approve_correction, correction) for correction in corrections))

    assert sorted(outcomes) == ["certificate_number_used", "done"]
    assert LevelCertificate.objects.filter(number=CERTIFICATE["certificate_number"]).count() == 1


def test_certificate_that_is_issued_anew_meanwhile_ends_with_the_result():
    former = LevelCertificateFactory(attempt=result_of(failed=False))
    correction = AttemptCorrectionFactory(
        attempt=former.attempt, outcome=Outcome.MISCONDUCT, theory_score=None, practice_score=None
    )
    act = decision(approve_correction, correction)

    with transaction.atomic():
        issue_anew(former)
        outcome = start(act)

    assert outcome.result(timeout=30) == "done"
    assert not LevelCertificate.objects.filter(status="VALID").exists()


def approving(attempt):
    return decision(approve_correction, AttemptCorrectionFactory(attempt=attempt))


@pytest.mark.parametrize(
    "acting",
    [opening, lambda attempt: partial(proposed, attempt), approving],
    ids=["open", "propose", "approve"],
)
def test_whoever_changes_what_counts_waits_for_a_decision_about_the_person(acting):
    attempt = result_of(recorded_at=NOW)
    act = acting(attempt)

    with transaction.atomic():
        lock_trainees([attempt.trainee_id])
        outcome = start(act)
        was_over = outcome.done()

    assert (was_over, outcome.result(timeout=30)) == (False, "done")
