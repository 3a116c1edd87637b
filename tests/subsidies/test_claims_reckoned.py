"""A claim is reckoned anew when what it rests on moves."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from assessment.enums import CertificateStatus
from assessment.models import LevelCertificate
from chongqing_dte.foundation.models import AuditEvent
from institutions.models import FeeSchedule
from subsidies.enums import ClaimStatus
from subsidies.models import ClaimReckoning, SubsidyClaim
from subsidies.services import reckoning_steps
from subsidies.services.claim_sweeps import open_due_claims, reckon_due_claims
from subsidies.services.claims import submit_claim
from tests.clock import NOW
from tests.factories.claims import (
    AdvanceFactory,
    ClaimEvidenceFactory,
    class_with_results,
    institution_user,
    open_training,
    ready_to_submit,
)
from tests.factories.institutions import UserFactory
from tests.factories.standing import known_years

pytestmark = pytest.mark.django_db

TOMORROW = NOW + timedelta(days=1, hours=1)


def claim_of(*passes: bool, **values: object) -> SubsidyClaim:
    """Return an open claim, opened by the sweep, of a class for which enough was advanced."""
    AdvanceFactory(training_class=class_with_results(*passes, **values))
    open_due_claims(now=NOW)
    return SubsidyClaim.objects.select_related("reckoning", "training_class").get()


def revoke(certificate: LevelCertificate) -> None:
    LevelCertificate.objects.filter(pk=certificate.pk).update(
        status=CertificateStatus.REVOKED,
        ended_by=UserFactory(municipal_reviewer=True),
        ended_at=NOW + timedelta(minutes=1),
        end_reason="Somebody else sat.",
    )


def test_nothing_is_written_while_nothing_moves():
    open_training()
    claim_of(True, False)

    assert reckon_due_claims(now=TOMORROW) == 0
    assert ClaimReckoning.objects.count() == 1


def test_a_claim_is_looked_at_once_a_day():
    open_training()
    claim = claim_of(True)
    FeeSchedule.objects.update(in_force=DateRange(date(2025, 1, 1), date(2026, 7, 1)))

    assert reckon_due_claims(now=NOW + timedelta(hours=23)) == 0
    assert reckon_due_claims(now=TOMORROW) == 1

    claim.refresh_from_db()
    assert not claim.reckoning.is_complete
    assert claim.reckoning.number == 2


def test_a_revoked_certificate_is_seen_at_once():
    open_training()
    claim = claim_of(True, True)
    revoke(LevelCertificate.objects.first())

    assert reckon_due_claims(now=NOW + timedelta(minutes=2)) == 1

    claim.refresh_from_db()
    assert claim.reckoning.pass_count == 1
    assert claim.reckoning.amount == Decimal("800.00")
    # What was seen is not looked at again and again.
    assert reckon_due_claims(now=NOW + timedelta(minutes=3)) == 0


def test_a_change_before_it_is_submitted_is_no_step_of_the_claim():
    open_training()
    claim = claim_of(True, True)
    revoke(LevelCertificate.objects.first())

    reckon_due_claims(now=NOW + timedelta(minutes=2))

    assert claim.steps.count() == 1


def submitted() -> SubsidyClaim:
    claim = ready_to_submit((True, True))
    return submit_claim(claim_id=claim.pk, submitter=institution_user(claim.training_class), now=NOW)


def test_a_change_while_the_district_has_it_is_noted():
    open_training()
    claim = submitted()
    revoke(LevelCertificate.objects.first())

    reckon_due_claims(now=NOW + timedelta(minutes=2))

    claim.refresh_from_db()
    step = claim.steps.last()
    assert claim.status == ClaimStatus.SUBMITTED
    assert (step.from_status, step.to_status, step.actor) == ("SUBMITTED", "SUBMITTED", None)
    event = AuditEvent.objects.get(name="claim.changed_under_review")
    assert (event.facts["from"], event.facts["to"]) == ("1600.00", "800.00")


def test_a_recommended_claim_that_changes_goes_back_to_its_district():
    known_years(2026)
    open_training()
    claim = submitted()
    SubsidyClaim.objects.filter(pk=claim.pk).update(
        status=ClaimStatus.RECOMMENDED,
        recommended_by=UserFactory(district_reviewer=True, district=claim.district),
        recommended_at=NOW,
        escalated_at=NOW,
    )
    revoke(LevelCertificate.objects.first())

    reckon_due_claims(now=NOW + timedelta(minutes=2))

    claim.refresh_from_db()
    assert claim.status == ClaimStatus.SUBMITTED
    assert (claim.recommended_by, claim.recommended_at, claim.escalated_at) == (None, None, None)
    assert claim.due_on == date(2026, 11, 3)
    assert claim.steps.last().from_status == ClaimStatus.RECOMMENDED


def test_a_file_more_changes_what_a_reviewer_looks_at_and_no_signature():
    open_training()
    claim = submitted()
    ClaimEvidenceFactory(training_class=claim.training_class)
    SubsidyClaim.objects.filter(pk=claim.pk).update(reckoning_due_at=NOW)

    assert reckon_due_claims(now=NOW) == 1

    claim.refresh_from_db()
    assert claim.reckoning.number == 2
    assert not AuditEvent.objects.filter(name="claim.changed_under_review").exists()


def test_a_confirmed_claim_is_left_alone():
    open_training()
    claim = submitted()
    SubsidyClaim.objects.filter(pk=claim.pk).update(
        status=ClaimStatus.CONFIRMED,
        recommended_by=UserFactory(district_reviewer=True, district=claim.district),
        recommended_at=NOW,
        first_confirmed_by=UserFactory(municipal_reviewer=True),
        first_confirmed_at=NOW,
    )
    revoke(LevelCertificate.objects.first())

    assert reckon_due_claims(now=TOMORROW) == 0


def test_a_claim_that_cannot_be_reckoned_does_not_stop_the_others(monkeypatch):
    open_training()
    claim_of(True)
    other = class_with_results(True)
    AdvanceFactory(training_class=other)
    open_due_claims(now=NOW)
    FeeSchedule.objects.update(in_force=DateRange(date(2025, 1, 1), date(2026, 7, 1)))
    original = reckoning_steps.reckon

    def fail_for_one(class_, *rest):
        if class_.class_id != other.pk:
            raise ValueError("a class that cannot be reckoned")
        return original(class_, *rest)

    monkeypatch.setattr(reckoning_steps, "reckon", fail_for_one)

    assert reckon_due_claims(now=TOMORROW) == 1
