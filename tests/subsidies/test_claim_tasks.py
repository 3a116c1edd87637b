"""What beat rings for claims: each task does what its service does, and nothing where there is no work."""

import pytest

from subsidies import tasks
from subsidies.enums import ClaimStatus, ScanStatus
from subsidies.models import ClaimEvidence, SubsidyClaim
from tests.clock import NOW
from tests.factories.claims import (
    ClaimEvidenceFactory,
    SubsidyClaimFactory,
    class_with_results,
    open_training,
)

pytestmark = pytest.mark.django_db


def test_claims_open_and_lapse_as_beat_rings():
    open_training()
    training_class = class_with_results(True)
    late = SubsidyClaimFactory(submit_until=NOW.date().replace(year=2025))

    tasks.open_due_claims_task()

    late.refresh_from_db()
    assert late.status == ClaimStatus.LAPSED
    assert SubsidyClaim.objects.get(training_class=training_class).status == ClaimStatus.OPEN


def test_claims_are_reckoned_as_beat_rings():
    open_training()
    SubsidyClaimFactory(training_class=class_with_results(True), reckoning_due_at=NOW.replace(year=2025))

    tasks.reckon_due_claims_task()

    assert SubsidyClaim.objects.get().reckoning.pass_count == 1


def test_files_are_scanned_as_beat_rings_where_a_scanner_is_connected(settings):
    ClaimEvidenceFactory(waiting=True)
    tasks.scan_waiting_evidence_task()
    assert ClaimEvidence.objects.get().scan_status == ScanStatus.WAITING
    settings.VIRUS_SCANNER = "tests.fakes.scanner.FakeScanner"

    tasks.scan_waiting_evidence_task()

    assert ClaimEvidence.objects.get().scan_status == ScanStatus.CLEAN


def test_tasks_without_work_do_nothing():
    for task in (
        tasks.open_due_claims_task,
        tasks.reckon_due_claims_task,
        tasks.scan_waiting_evidence_task,
    ):
        task(something_that_a_later_version_sends=True)

    assert not SubsidyClaim.objects.exists()
