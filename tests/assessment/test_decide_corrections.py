from datetime import date, timedelta

import pytest
from django.db import IntegrityError

from assessment.enums import CertificateOrigin, CertificateStatus, ReviewFinding, ReviewStatus
from assessment.models import Attempt, IntegritySignal, LevelCertificate
from assessment.queries import certificate_under_name, frozen_persons
from assessment.services.corrections import (
    approve_correction,
    refuse_correction,
)
from assessment.services.revocations import refuse_revocation
from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from chongqing_dte.foundation.proposals import RequestStatus
from tests.assessment.corrections import (
    CERTIFICATE,
    FAIL,
    MISCONDUCT,
    PASS,
    corrected,
    decided,
    proposed,
    result_of,
    scores_of,
    superseding,
)
from tests.clock import NOW
from tests.factories.assessment import (
    AttemptCorrectionFactory,
    CertificateRevocationFactory,
    LevelCertificateFactory,
    MarkReviewFactory,
)
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import reissue

pytestmark = pytest.mark.django_db


# ── Approve ──────────────────────────────────────────────────────────────────────────────────────────────
def test_corrected_result_is_a_new_row_that_counts():
    former = result_of()

    attempt = corrected(former, FAIL)

    assert (attempt.supersedes, scores_of(attempt)) == (former, scores_of(FAIL))
    assert (attempt.session_id, attempt.trainee_id, attempt.enrollment_id, attempt.row_number) == (
        former.session_id,
        former.trainee_id,
        former.enrollment_id,
        former.row_number,
    )
    assert attempt.recorded_at == NOW


def test_former_result_is_kept_as_it_was():
    former = result_of()
    before = scores_of(former)

    corrected(former, MISCONDUCT)

    former.refresh_from_db()
    assert scores_of(former) == before


def test_approval_frees_the_person(waiting_messages, django_capture_on_commit_callbacks):
    correction = AttemptCorrectionFactory()

    with django_capture_on_commit_callbacks(execute=True):
        decided(approve_correction, correction)

    assert frozen_persons([correction.attempt.trainee_id]) == set()
    assert "subsidies.tasks.decide_due_certificates_task" in waiting_messages.names()


def test_approval_leaves_events():
    correction, decider = AttemptCorrectionFactory(), UserFactory(municipal_reviewer=True)

    decided(approve_correction, correction, decider=decider)

    assert list(AuditEvent.objects.order_by("id").values_list("name", "actor_id", "reason")) == [
        ("attempt_correction.approved", decider.pk, "Compared with the sheets."),
        ("attempt.corrected", decider.pk, "A page was not counted."),
    ]


def test_change_of_scores_is_a_sign():
    former = result_of(recorded_at=NOW - timedelta(days=40))

    attempt = corrected(former, MISCONDUCT)

    sign = IntegritySignal.objects.get()
    assert (sign.kind, sign.session, sign.subject) == (
        "SCORES_CHANGED",
        former.session,
        str(attempt.correction.public_id),
    )
    assert sign.measured == {
        "outcome": ["FAILED", "MISCONDUCT"],
        "theory_score": ["80.0", None],
        "practice_score": ["41.0", None],
        "days_after": 40,
    }


def test_fail_that_becomes_a_pass_gets_the_number_of_the_institution():
    former = result_of()

    attempt = corrected(former, PASS, **CERTIFICATE)

    certificate = LevelCertificate.objects.get()
    assert (certificate.number, certificate.issued_on) == ("CQ-2026-0001", date(2026, 10, 19))
    assert (certificate.attempt, certificate.trainee, certificate.institution) == (
        attempt,
        former.trainee,
        former.session.institution,
    )
    assert (certificate.occupation, certificate.level, certificate.origin, certificate.status) == (
        former.session.occupation,
        former.session.level,
        CertificateOrigin.INSTITUTION,
        CertificateStatus.VALID,
    )


def test_fail_that_becomes_a_pass_gets_the_number_of_the_portal():
    corrected(result_of(origin=CertificateOrigin.PORTAL), PASS)

    certificate = LevelCertificate.objects.get()
    assert certificate.number.startswith("DTE-2026-")
    assert (certificate.origin, certificate.issued_on) == (CertificateOrigin.PORTAL, date(2026, 10, 20))


def test_new_certificate_waits_for_its_decision(waiting_messages, django_capture_on_commit_callbacks):
    correction = proposed(result_of(), PASS, **CERTIFICATE)

    with django_capture_on_commit_callbacks(execute=True):
        decided(approve_correction, correction)

    assert LevelCertificate.objects.get().decision_due
    assert "assessment.tasks.refresh_progress_task" in waiting_messages.names()


def test_pass_that_is_none_any_more_ends_its_certificate():
    certificate = LevelCertificateFactory(attempt=result_of(failed=False))
    correction = proposed(certificate.attempt, MISCONDUCT)
    decider = UserFactory(municipal_reviewer=True)

    decided(approve_correction, correction, decider=decider)

    certificate.refresh_from_db()
    assert (certificate.status, certificate.ended_by, certificate.ended_at) == (
        CertificateStatus.REVOKED,
        decider,
        NOW,
    )
    assert certificate.end_reason == "A page was not counted."


@pytest.mark.parametrize("is_reissued", [False, True])
def test_correction_settles_what_was_proposed_about_its_certificates(is_reissued):
    certificate = LevelCertificateFactory()
    if is_reissued:
        reissue(certificate)
    elsewhere = CertificateRevocationFactory()
    revocation = CertificateRevocationFactory(certificate=certificate)
    correction = proposed(certificate.attempt, FAIL)
    reviewer = UserFactory(municipal_reviewer=True)

    decided(approve_correction, correction, decider=reviewer)

    revocation.refresh_from_db()
    elsewhere.refresh_from_db()
    assert (revocation.status, revocation.decided_by) == (RequestStatus.APPROVED, reviewer)
    assert correction.reason in revocation.decision_reason
    assert elsewhere.status == RequestStatus.PROPOSED
    assert frozen_persons({certificate.trainee_id}) == set()
    events = AuditEvent.objects.filter(name="certificate_revocation.approved")
    assert [event.subject_id for event in events] == [revocation.pk]


def test_correction_settles_nothing_that_its_decider_proposed():
    certificate, reviewer = LevelCertificateFactory(), UserFactory(municipal_reviewer=True)
    revocation = CertificateRevocationFactory(certificate=certificate, proposed_by=reviewer)

    decided(approve_correction, proposed(certificate.attempt, FAIL), decider=reviewer)

    revocation.refresh_from_db()
    certificate.refresh_from_db()
    assert (revocation.status, certificate.status) == (RequestStatus.PROPOSED, CertificateStatus.REVOKED)
    decided_revocation = refuse_revocation(
        revocation_id=revocation.pk, decider=UserFactory(municipal_reviewer=True), reason="Gone.", now=NOW
    )
    assert decided_revocation.status == RequestStatus.REFUSED


def test_pass_that_stays_a_pass_keeps_its_certificate():
    certificate = LevelCertificateFactory(attempt=result_of(failed=False))

    corrected(certificate.attempt, PASS)

    assert LevelCertificate.objects.get().status == CertificateStatus.VALID


def test_certificate_of_a_former_result_of_the_sitting_ends_too():
    certificate = LevelCertificateFactory(attempt=result_of(failed=False))
    second = corrected(certificate.attempt, PASS)

    corrected(second, FAIL)

    assert LevelCertificate.objects.get().status == CertificateStatus.REVOKED


def test_certificate_that_was_revoked_before_stays_as_it_ended():
    certificate = LevelCertificateFactory(
        attempt=result_of(failed=False),
        status=CertificateStatus.REVOKED,
        ended_by=UserFactory(municipal_reviewer=True),
        ended_at=NOW - timedelta(days=1),
        end_reason="Somebody else sat.",
    )

    corrected(certificate.attempt, FAIL)

    certificate.refresh_from_db()
    assert certificate.end_reason == "Somebody else sat."


def test_pass_after_a_fail_after_a_pass_has_a_certificate_of_its_own():
    certificate = LevelCertificateFactory(attempt=result_of(failed=False))
    failed = corrected(certificate.attempt, FAIL)

    corrected(failed, PASS, **CERTIFICATE)

    assert sorted(LevelCertificate.objects.values_list("status", flat=True)) == ["REVOKED", "VALID"]


def test_review_of_the_result_closes_with_the_correction():
    review = MarkReviewFactory()
    correction = AttemptCorrectionFactory(attempt=review.attempt)

    decided(approve_correction, correction)

    review.refresh_from_db()
    assert (review.status, review.finding, review.closing_note) == (
        ReviewStatus.CLOSED,
        ReviewFinding.CORRECTED,
        "Compared with the sheets.",
    )


def test_review_closes_with_the_reason_of_the_proposal_if_the_decision_gives_none():
    review = MarkReviewFactory()
    correction = AttemptCorrectionFactory(attempt=review.attempt)

    decided(approve_correction, correction, reason="")

    review.refresh_from_db()
    assert review.closing_note == "A page was not counted."


def test_whoever_opened_the_review_does_not_decide():
    opener = UserFactory(municipal_reviewer=True)
    review = MarkReviewFactory(opened_by=opener)
    correction = AttemptCorrectionFactory(attempt=review.attempt)

    with pytest.raises(NotPermitted):
        decided(approve_correction, correction, decider=opener)

    correction.refresh_from_db()
    assert (correction.status, Attempt.objects.count()) == (RequestStatus.PROPOSED, 1)


def test_number_given_away_since_is_refused_and_nothing_is_written():
    correction = proposed(result_of(), PASS, **CERTIFICATE)
    LevelCertificateFactory(number="CQ-2026-0001")
    events = AuditEvent.objects.count()

    with pytest.raises(DomainError) as refusal:
        decided(approve_correction, correction)

    correction.refresh_from_db()
    assert (refusal.value.code, correction.status) == ("certificate_number_used", RequestStatus.PROPOSED)
    assert AuditEvent.objects.count() == events
    assert not Attempt.objects.filter(supersedes__isnull=False).exists()


def test_another_error_of_the_database_is_not_hidden():
    correction = AttemptCorrectionFactory()
    superseding(correction.attempt, correction).save()

    with pytest.raises(IntegrityError, match="already exists"):
        decided(approve_correction, correction)


# ── Decide ───────────────────────────────────────────────────────────────────────────────────────────────
def test_refused_correction_changes_nothing_and_says_why():
    correction = AttemptCorrectionFactory()

    decided(refuse_correction, correction, reason="The sheet is right.")

    correction.refresh_from_db()
    assert (correction.status, correction.decision_reason) == (RequestStatus.REFUSED, "The sheet is right.")
    assert (Attempt.objects.count(), IntegritySignal.objects.count()) == (1, 0)
    assert AuditEvent.objects.get().name == "attempt_correction.refused"


def test_review_stays_open_after_a_refusal():
    review = MarkReviewFactory()
    correction = AttemptCorrectionFactory(attempt=review.attempt, review=review)

    decided(refuse_correction, correction)

    review.refresh_from_db()
    assert review.status == ReviewStatus.OPEN


def test_refusal_needs_its_reason():
    correction = AttemptCorrectionFactory()

    with pytest.raises(DomainError) as refusal:
        decided(refuse_correction, correction, reason=" ")

    correction.refresh_from_db()
    assert (refusal.value.code, correction.status) == ("reason_missing", RequestStatus.PROPOSED)


@pytest.mark.parametrize("service", [approve_correction, refuse_correction])
def test_nobody_but_another_municipal_reviewer_decides(service):
    correction = AttemptCorrectionFactory()

    with pytest.raises(NotPermitted):
        decided(service, correction, decider=correction.proposed_by)

    correction.refresh_from_db()
    assert (correction.status, AuditEvent.objects.count()) == (RequestStatus.PROPOSED, 0)


@pytest.mark.parametrize("first", [approve_correction, refuse_correction])
@pytest.mark.parametrize("second", [approve_correction, refuse_correction])
def test_second_decision_comes_too_late(first, second):
    correction = AttemptCorrectionFactory()
    decided(first, correction)
    events = AuditEvent.objects.count()

    with pytest.raises(InvalidTransition):
        decided(second, correction)

    assert AuditEvent.objects.count() == events


def test_number_of_a_correction_is_recorded_as_the_public_check_looks_for_it():
    attempt = result_of()
    as_typed = {**CERTIFICATE, "certificate_number": " cq-2026 -0001"}

    corrected(attempt, PASS, **as_typed)

    certificate = LevelCertificate.objects.get()
    assert certificate.number == "CQ-2026-0001"
    assert certificate_under_name(number=" cq-2026 -0001", name=certificate.trainee.name) == certificate
