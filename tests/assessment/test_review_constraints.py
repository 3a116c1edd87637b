from decimal import Decimal
from itertools import product

import pytest
from django.db import IntegrityError, InternalError

from assessment.enums import Outcome, ReviewStatus
from assessment.models import Attempt, AttemptCorrection, IntegritySignal, MarkReview
from assessment.transitions import REVIEW_TRANSITIONS
from chongqing_dte.foundation.proposals import RequestStatus
from tests.assessment.corrections import superseding
from tests.clock import NOW
from tests.factories.assessment import (
    AssessmentSessionFactory,
    AttemptCorrectionFactory,
    AttemptFactory,
    MarkReviewFactory,
)
from tests.factories.institutions import UserFactory

pytestmark = pytest.mark.django_db


def closing(**changed):
    return {
        "status": ReviewStatus.CLOSED,
        "finding": "UPHELD",
        "closing_note": "Counted again.",
        "closed_by": UserFactory(municipal_reviewer=True),
        "closed_at": NOW,
        **changed,
    }


def signal(**changed):
    return IntegritySignal.objects.create(
        **{"kind": "SCORES_CHANGED", "subject": "one", "measured": {}, "found_at": NOW, **changed}
    )


@pytest.mark.parametrize(
    ("factory", "fields", "constraint"),
    [
        (MarkReviewFactory, {"kind": "QUESTION"}, "mark_review_kind_known"),
        (MarkReviewFactory, {"status": "SHUT"}, "mark_review_status_known"),
        (MarkReviewFactory, {"finding": "PERHAPS"}, "mark_review_finding_known"),
        (MarkReviewFactory, {"reason": ""}, "mark_review_has_reason"),
        (MarkReviewFactory, {"closed_at": NOW}, "mark_review_closing_complete"),
        (AttemptCorrectionFactory, {"reason": ""}, "attempt_correction_has_reason"),
        (AttemptCorrectionFactory, {"decided_at": NOW}, "attempt_correction_decision_complete"),
        (
            AttemptCorrectionFactory,
            {"status": RequestStatus.APPROVED},
            "attempt_correction_decided_by_somebody",
        ),
        (
            AttemptCorrectionFactory,
            {"outcome": "SICK", "theory_score": None, "practice_score": None},
            "attempt_correction_outcome_known",
        ),
        (AttemptCorrectionFactory, {"theory_score": None}, "attempt_correction_scored_when_sat"),
        (
            AttemptCorrectionFactory,
            {"practice_score": Decimal("100.1")},
            "attempt_correction_scored_when_sat",
        ),
        (
            AttemptCorrectionFactory,
            {"outcome": Outcome.ABSENT},
            "attempt_correction_without_score_when_not_sat",
        ),
    ],
)
def test_row_is_refused_by(factory, fields, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        factory(**fields)


@pytest.mark.parametrize(
    "missing", [{"finding": ""}, {"closing_note": ""}, {"closed_at": None, "closed_by": None}]
)
def test_review_is_closed_with_all_that_it_found(missing):
    with pytest.raises(IntegrityError, match="mark_review_closed_with_a_finding"):
        MarkReviewFactory(**closing(**missing))


def test_review_is_not_closed_by_whom_it_was_opened():
    opener = UserFactory(municipal_reviewer=True)

    with pytest.raises(IntegrityError, match="mark_review_closed_by_someone_else"):
        MarkReviewFactory(opened_by=opener, **closing(closed_by=opener))


def test_correction_is_not_decided_by_whom_it_was_proposed():
    proposer = UserFactory(municipal_reviewer=True)

    with pytest.raises(IntegrityError, match="attempt_correction_decided_by_someone_else"):
        AttemptCorrectionFactory(
            proposed_by=proposer, status=RequestStatus.REFUSED, decided_by=proposer, decided_at=NOW
        )


def test_correction_has_a_known_status():
    decided = {"decided_by": UserFactory(municipal_reviewer=True), "decided_at": NOW}

    with pytest.raises(IntegrityError, match="attempt_correction_status_known"):
        AttemptCorrectionFactory(status="WAITING", **decided)


def test_one_review_of_a_result_is_open():
    review = MarkReviewFactory()

    with pytest.raises(IntegrityError, match="mark_review_one_open_per_attempt"):
        MarkReviewFactory(attempt=review.attempt)


def test_closed_review_leaves_room_for_another():
    review = MarkReviewFactory(**closing())

    MarkReviewFactory(attempt=review.attempt)

    assert MarkReview.objects.count() == 2


def test_one_correction_of_a_result_is_proposed():
    correction = AttemptCorrectionFactory()

    with pytest.raises(IntegrityError, match="attempt_correction_one_open_per_attempt"):
        AttemptCorrectionFactory(attempt=correction.attempt)


def test_closed_review_keeps_what_it_said():
    review = MarkReviewFactory(**closing())

    with pytest.raises(InternalError, match="mark_review_stays_closed"):
        MarkReview.objects.filter(pk=review.pk).update(closing_note="Never mind.")


@pytest.mark.parametrize(
    ("factory", "fields"),
    [(MarkReviewFactory, {"reason": "Another."}), (AttemptCorrectionFactory, {"practice_score": 60})],
)
def test_what_was_asked_for_is_frozen(factory, fields):
    row = factory()

    with pytest.raises(InternalError, match="Cannot update"):
        type(row).objects.filter(pk=row.pk).update(**fields)


@pytest.mark.parametrize("model", [MarkReview, AttemptCorrection, IntegritySignal])
def test_nothing_of_it_is_deleted(model):
    signal(session=MarkReviewFactory().attempt.session)
    AttemptCorrectionFactory()

    with pytest.raises(InternalError, match="Cannot delete"):
        model.objects.all().delete()


def test_corrected_result_is_a_row_of_its_own():
    correction = AttemptCorrectionFactory()

    superseding(correction.attempt, correction).save()

    assert Attempt.objects.count() == 2


@pytest.mark.parametrize("what", ["session", "row_number"])
def test_attempt_supersedes_the_same_sitting(what):
    correction, other = AttemptCorrectionFactory(), AttemptFactory()
    former = correction.attempt
    if what == "session":
        changed = {"session": other.session, "trainee": other.trainee, "enrollment": other.enrollment}
    else:
        changed = {"row_number": former.row_number + 1}

    with pytest.raises(IntegrityError, match="attempt_supersedes_the_same_sitting"):
        superseding(former, correction, **changed).save()


def test_attempt_supersedes_a_result_of_the_same_person():
    correction = AttemptCorrectionFactory()
    other = AttemptFactory(session=correction.attempt.session)

    with pytest.raises(IntegrityError, match="attempt_supersedes_the_same_sitting"):
        superseding(correction.attempt, correction, trainee=other.trainee, enrollment=other.enrollment).save()


def test_result_is_superseded_once():
    correction = AttemptCorrectionFactory()
    superseding(correction.attempt, correction).save()
    second = AttemptCorrectionFactory(
        attempt=correction.attempt,
        status=RequestStatus.REFUSED,
        decided_by=UserFactory(municipal_reviewer=True),
        decided_at=NOW,
    )

    with pytest.raises(IntegrityError, match="supersedes_id"):
        superseding(correction.attempt, second).save()


def test_correction_makes_one_result():
    correction = AttemptCorrectionFactory()
    superseding(correction.attempt, correction).save()

    with pytest.raises(IntegrityError, match="correction_id"):
        superseding(AttemptFactory(session=correction.attempt.session, failed=True), correction).save()


@pytest.mark.parametrize("missing", ["supersedes", "correction"])
def test_result_without_a_file_needs_its_correction_and_what_it_corrects(missing):
    correction = AttemptCorrectionFactory()
    attempt = superseding(correction.attempt, correction)
    setattr(attempt, missing, None)

    with pytest.raises(IntegrityError, match="attempt_comes_from_results_or_a_correction"):
        attempt.save()


def test_signal_of_an_unknown_kind_is_refused():
    with pytest.raises(IntegrityError, match="integrity_signal_kind_known"):
        signal(session=AssessmentSessionFactory(), kind="WEATHER")


def test_sign_is_said_once():
    session = AssessmentSessionFactory()
    signal(session=session)

    with pytest.raises(IntegrityError, match="integrity_signal_said_once"):
        signal(session=session)


def test_signal_is_never_changed():
    sign = signal(session=AssessmentSessionFactory())

    with pytest.raises(InternalError, match="Cannot update"):
        IntegritySignal.objects.filter(pk=sign.pk).update(measured={"share": "0"})


@pytest.mark.parametrize(("current", "target"), list(product(ReviewStatus, ReviewStatus)))
def test_review_is_closed_and_never_opened_again(current, target):
    allowed = (ReviewStatus.OPEN, ReviewStatus.CLOSED)

    assert (target in REVIEW_TRANSITIONS[current]) == ((current, target) == allowed)
