import pytest

from assessment.models import Attempt, LevelCertificate
from assessment.queries import freezes_person, frozen_persons
from chongqing_dte.foundation.proposals import RequestStatus
from tests.clock import NOW
from tests.factories.assessment import (
    AttemptCorrectionFactory,
    AttemptFactory,
    CertificateRevocationFactory,
    MarkReviewFactory,
)
from tests.factories.enrollment import TraineeFactory
from tests.factories.institutions import UserFactory

pytestmark = pytest.mark.django_db

DECIDED = {"decided_at": NOW, "decision_reason": "Looked at."}


def trainee_of(row):
    return row.certificate.trainee if hasattr(row, "certificate") else row.attempt.trainee


@pytest.mark.parametrize(
    "factory", [MarkReviewFactory, AttemptCorrectionFactory, CertificateRevocationFactory]
)
def test_what_is_open_freezes_its_person_and_nobody_else(factory):
    somebody_else, trainee = TraineeFactory(), trainee_of(factory())

    assert frozen_persons([trainee.pk, somebody_else.pk]) == {trainee.pk}


@pytest.mark.parametrize("factory", [AttemptCorrectionFactory, CertificateRevocationFactory])
@pytest.mark.parametrize("status", [RequestStatus.APPROVED, RequestStatus.REFUSED])
def test_what_is_decided_freezes_nobody(factory, status):
    proposal = factory(status=status, decided_by=UserFactory(municipal_reviewer=True), **DECIDED)

    assert frozen_persons([trainee_of(proposal).pk]) == set()


def test_closed_review_freezes_nobody():
    review = MarkReviewFactory(
        status="CLOSED",
        finding="UPHELD",
        closing_note="Counted again.",
        closed_by=UserFactory(municipal_reviewer=True),
        closed_at=NOW,
    )

    assert frozen_persons([review.attempt.trainee_id]) == set()


def test_review_of_a_merged_row_freezes_the_person():
    kept = TraineeFactory()
    merged = MarkReviewFactory().attempt.trainee
    merged.merged_into = kept
    merged.save()

    assert frozen_persons([kept.pk, merged.pk]) == {kept.pk}


def test_review_of_the_row_that_stays_freezes_what_hangs_on_the_merged_row():
    kept = MarkReviewFactory().attempt.trainee
    attempt = AttemptFactory()
    attempt.trainee.merged_into = kept
    attempt.trainee.save()

    assert Attempt.objects.filter(freezes_person("trainee"), pk=attempt.pk).exists()


def test_expression_and_set_say_the_same():
    frozen, free = CertificateRevocationFactory().certificate.attempt, AttemptFactory()

    found = Attempt.objects.exclude(freezes_person("trainee"))

    assert list(found) == [free]
    assert LevelCertificate.objects.filter(freezes_person("attempt__trainee")).get().attempt == frozen
