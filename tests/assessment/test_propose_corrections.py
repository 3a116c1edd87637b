from datetime import date
from decimal import Decimal

import pytest

from assessment.enums import CertificateOrigin, Outcome
from assessment.models import Attempt, AttemptCorrection
from assessment.queries import frozen_persons
from assessment.rules.corrections import Result
from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from chongqing_dte.foundation.proposals import RequestStatus
from tests.assessment.corrections import CERTIFICATE, FAIL, MISCONDUCT, PASS, corrected, proposed, result_of
from tests.factories.assessment import (
    LevelCertificateFactory,
    MarkReviewFactory,
)
from tests.factories.institutions import UserFactory

pytestmark = pytest.mark.django_db


# ── Propose ──────────────────────────────────────────────────────────────────────────────────────────────
def test_proposal_changes_no_result_and_freezes_the_person():
    attempt = result_of()

    correction = proposed(attempt, reason=" A page. ")

    assert (correction.status, correction.reason) == (RequestStatus.PROPOSED, "A page.")
    assert Attempt.objects.get() == attempt
    assert frozen_persons([attempt.trainee_id]) == {attempt.trainee_id}


def test_proposal_leaves_an_event():
    attempt = result_of()

    correction = proposed(attempt)

    event = AuditEvent.objects.get()
    assert (event.name, event.subject_id) == ("attempt_correction.proposed", correction.pk)
    assert (event.actor_id, event.facts) == (attempt.session.filed_by_id, {"attempt": attempt.pk})


def test_proposal_belongs_to_the_review_that_is_open():
    review = MarkReviewFactory(attempt=result_of())

    assert proposed(review.attempt).review == review


@pytest.mark.parametrize(
    ("result", "certificate", "code"),
    [
        pytest.param(Result("SICK"), {}, "outcome_unknown", id="outcome"),
        pytest.param(Result(Outcome.FAILED, Decimal(80)), {}, "score_missing", id="score missing"),
        pytest.param(
            Result(Outcome.PASSED, Decimal(80), Decimal("59.9")),
            CERTIFICATE,
            "passed_below_the_marks",
            id="no pass",
        ),
        pytest.param(
            Result(Outcome.FAILED, Decimal("80.0"), Decimal("41.0")), {}, "nothing_corrected", id="same"
        ),
        pytest.param(PASS, {}, "certificate_missing", id="pass without certificate"),
        pytest.param(FAIL, CERTIFICATE, "certificate_not_expected", id="fail with certificate"),
        pytest.param(
            PASS,
            {**CERTIFICATE, "certificate_number": "XX-1"},
            "certificate_number_pattern",
            id="number of another form",
        ),
        pytest.param(
            PASS,
            {**CERTIFICATE, "certificate_issued_on": date(2026, 7, 10)},
            "certificate_before_session",
            id="before the session",
        ),
        pytest.param(
            PASS,
            {**CERTIFICATE, "certificate_issued_on": date(2026, 10, 21)},
            "issued_in_future",
            id="tomorrow",
        ),
    ],
)
def test_proposal_is_refused_and_nothing_is_written(result, certificate, code):
    attempt = result_of()

    with pytest.raises(DomainError) as refusal:
        proposed(attempt, result, **certificate)

    assert refusal.value.code == code
    assert not AttemptCorrection.objects.exists()
    assert not AuditEvent.objects.exists()


def test_proposal_needs_its_reason():
    with pytest.raises(DomainError) as refusal:
        proposed(result_of(), reason="\u200b")

    assert refusal.value.code == "reason_missing"


def test_number_of_another_certificate_is_refused():
    LevelCertificateFactory(number="CQ-2026-0001")

    with pytest.raises(DomainError) as refusal:
        proposed(result_of(), PASS, **CERTIFICATE)

    assert refusal.value.code == "certificate_number_used"


def test_number_that_the_portal_gives_is_not_asked_for():
    with pytest.raises(DomainError) as refusal:
        proposed(result_of(origin=CertificateOrigin.PORTAL), PASS, **CERTIFICATE)

    assert refusal.value.code == "certificate_by_portal"


def test_second_proposal_finds_the_first():
    attempt = result_of()
    proposed(attempt)

    with pytest.raises(DomainError) as refusal:
        proposed(attempt, Result(Outcome.ABSENT))

    assert (refusal.value.code, AttemptCorrection.objects.count()) == ("correction_waits_already", 1)


def test_only_the_result_that_counts_is_corrected():
    attempt = result_of()
    corrected(attempt, FAIL)

    with pytest.raises(InvalidTransition):
        proposed(attempt, MISCONDUCT)

    assert AttemptCorrection.objects.count() == 1


@pytest.mark.parametrize("who", ["evaluation_operator", "municipal_reviewer"])
def test_nobody_else_proposes(who):
    attempt = result_of()

    with pytest.raises(NotPermitted):
        proposed(attempt, proposer=UserFactory(**{who: True}))

    assert not AttemptCorrection.objects.exists()
