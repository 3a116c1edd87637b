"""Two people at one moment, over the evidence of one enrollment."""

import pytest

from enrollment import queries
from enrollment.evidence_words import evidence_values
from enrollment.models import EvidenceCorrection
from enrollment.services.evidence_corrections import (
    CorrectedEvidence,
    Evidence,
    approve_evidence_correction,
    propose_evidence_correction,
)
from tests.clock import NOW
from tests.enrollment.interleaving import at_once, rival_in_the_middle
from tests.factories.enrollment import EnrollmentFactory
from tests.factories.identity import PDF, EvidenceCorrectionFactory
from tests.factories.institutions import UserFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def proposal(enrollment, education):
    values = {**evidence_values(enrollment), "student_number": "20220101", "education": education}
    return lambda: propose_evidence_correction(
        enrollment_id=enrollment.pk,
        correction=CorrectedEvidence(values, "Mistyped."),
        evidence=Evidence("diploma.pdf", PDF),
        proposer=enrollment.training_class.drafted_by,
        now=NOW,
    )


def approval(correction):
    district = correction.enrollment.training_class.district
    decider = UserFactory(district_reviewer=True, district=district)
    return lambda: approve_evidence_correction(
        correction_id=correction.pk, decider=decider, reason="", now=NOW
    )


def test_two_proposals_for_one_enrollment_leave_one():
    enrollment = EnrollmentFactory(completed=True)

    outcomes = at_once(proposal(enrollment, "MASTER"), proposal(enrollment, "DOCTOR"))

    assert sorted(outcomes) == ["correction_waits_already", "done"]
    assert EvidenceCorrection.objects.count() == 1


def test_one_correction_of_evidence_is_decided_once(monkeypatch):
    correction = EvidenceCorrectionFactory()

    outcomes = rival_in_the_middle(
        monkeypatch, (queries, "lock_correction"), approval(correction), approval(correction)
    )

    assert outcomes == ["done", "invalid_transition"]


def test_the_next_proposal_waits_for_the_approval_of_the_one_before(monkeypatch):
    correction = EvidenceCorrectionFactory()
    waiting = proposal(correction.enrollment, "DOCTOR")

    # It asks for the enrollment, which the approval has: neither waits for what the other one holds.
    outcomes = rival_in_the_middle(monkeypatch, (queries, "lock_correction"), approval(correction), waiting)

    assert outcomes == ["done", "done"]
    assert list(EvidenceCorrection.objects.order_by("pk").values_list("status", flat=True)) == [
        "APPROVED",
        "PROPOSED",
    ]
