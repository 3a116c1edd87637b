from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, InternalError, transaction

from subsidies.enums import EvidenceKind
from subsidies.models import (
    Advance,
    ClaimEvidence,
)
from tests.clock import NOW
from tests.factories.claims import (
    AdvanceFactory,
    ClaimEvidenceFactory,
    SubsidyClaimFactory,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"basis": "PER_HOUR"}, "advance_basis_known"),
        ({"amount": Decimal("39999.99")}, "advance_is_cost_times_people"),
        ({"unit_cost": Decimal("0.00")}, "advance_is_cost_times_people"),
        ({"per_trainee": True, "unit_count": 0}, "advance_is_cost_times_people"),
        ({"unit_count": 2}, "advance_of_a_class_counts_once"),
        ({"withdrawn_at": NOW}, "advance_withdrawal_complete"),
        ({"withdrawn": True, "withdrawal_reason": ""}, "advance_withdrawn_for_a_reason"),
    ],
)
def test_advance_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        AdvanceFactory(**fields)


def test_an_advance_that_was_taken_back_stays_so():
    advance = AdvanceFactory(withdrawn=True)

    with pytest.raises(InternalError, match="advance_stays_withdrawn"), transaction.atomic():
        Advance.objects.filter(pk=advance.pk).update(withdrawn_at=NOW + timedelta(days=1))


@pytest.mark.parametrize("status", ["submitted", "recommended", "confirmed"])
def test_an_advance_stays_while_a_bureau_has_the_claim(status):
    advance = AdvanceFactory()
    SubsidyClaimFactory(training_class=advance.training_class, **{status: True})

    with pytest.raises(IntegrityError, match="advance_stays_while_reviewed"), transaction.atomic():
        Advance.objects.filter(pk=advance.pk).update(
            withdrawn_by=advance.recorded_by, withdrawn_at=NOW, withdrawal_reason="A mistake."
        )
    with pytest.raises(IntegrityError, match="advance_stays_while_reviewed"), transaction.atomic():
        AdvanceFactory(training_class=advance.training_class)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"kind": "POSTCARD"}, "claim_evidence_kind_known"),
        ({"scan_status": "PERHAPS"}, "claim_evidence_scan_known"),
        ({"size": 0}, "claim_evidence_is_not_empty"),
        ({"withdrawn_at": NOW}, "claim_evidence_withdrawal_complete"),
        ({"clean": True, "scanned_at": None}, "claim_evidence_scanned_at_some_time"),
        ({"infected": True, "scanned_at": None}, "claim_evidence_scanned_at_some_time"),
    ],
)
def test_evidence_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        ClaimEvidenceFactory(**fields)


def test_a_file_is_handed_in_once_for_a_class():
    evidence = ClaimEvidenceFactory()

    with pytest.raises(IntegrityError, match='"claim_evidence_once_per_class"'), transaction.atomic():
        ClaimEvidenceFactory(
            training_class=evidence.training_class, content=evidence.content, kind=EvidenceKind.OTHER
        )


def test_a_file_that_was_taken_back_can_be_handed_in_again():
    evidence = ClaimEvidenceFactory(withdrawn=True)

    assert ClaimEvidenceFactory(training_class=evidence.training_class, content=evidence.content).pk


def test_a_file_that_was_taken_back_stays_so():
    evidence = ClaimEvidenceFactory(withdrawn=True)

    with pytest.raises(InternalError, match="claim_evidence_stays_withdrawn"), transaction.atomic():
        ClaimEvidence.objects.filter(pk=evidence.pk).update(withdrawn_at=NOW + timedelta(days=1))


@pytest.mark.parametrize("status", ["submitted", "recommended", "confirmed"])
def test_a_file_stays_while_a_bureau_has_the_claim(status):
    evidence = ClaimEvidenceFactory()
    SubsidyClaimFactory(training_class=evidence.training_class, **{status: True})

    with pytest.raises(IntegrityError, match="claim_evidence_stays_while_reviewed"), transaction.atomic():
        ClaimEvidence.objects.filter(pk=evidence.pk).update(
            withdrawn_by=evidence.uploaded_by, withdrawn_at=NOW
        )
