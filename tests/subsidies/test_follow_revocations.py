"""A certificate that is revoked takes its money along: back to the budget, or back from the person."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import DataError

from chongqing_dte.foundation.models import AuditEvent
from subsidies.enums import Decision, PaymentStatus
from subsidies.models import (
    Entitlement,
    Recovery,
)
from subsidies.services import revocations, void_steps
from subsidies.services.decisions import decide_due_certificates
from tests.clock import NOW
from tests.factories.subsidies import (
    correct_account,
    decision_on,
    delivered_batch,
    due_certificate,
    granted_certificate,
    hear_from_bank,
    next_batch,
    payment_of,
    revoke,
    settled_batch,
)
from tests.subsidies.books import balances, budget, payment_statuses
from tests.subsidies.following import certificate_of, follow

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("promises_hold")]

OWED_BACK = {"RECOVERIES_RECEIVABLE": Decimal("800.00"), "FUND_AT_BANK": Decimal("-800.00")}


# ── Not paid yet ─────────────────────────────────────────────────────────────────────────────────────────
def test_a_grant_that_was_not_paid_is_voided():
    certificate = granted_certificate()
    payment = payment_of(certificate)
    revoke(certificate)

    assert follow() == 1

    payment.refresh_from_db()
    assert (payment.status, payment.cancelled_at) == (PaymentStatus.CANCELLED, NOW)
    assert (budget(), balances()) == ((0, 0), {})


def test_the_decision_in_its_place_explains_itself():
    certificate = granted_certificate()
    granted = decision_on(certificate)
    revoke(certificate)

    follow()

    refused = decision_on(certificate)
    checks = {check["name"]: check for check in refused.checks}
    assert (refused.decision, refused.reason, refused.amount) == (
        Decision.REFUSED,
        "certificate_is_valid",
        Decimal("0.00"),
    )
    assert checks["certificate_is_valid"] == {
        "name": "certificate_is_valid",
        "outcome": "FAILED",
        "facts": {"certificate": certificate.pk, "ended_on": "2026-10-20"},
    }
    assert refused.supersedes == granted
    assert [check["name"] for check in granted.checks] == [check["name"] for check in refused.checks]


def test_a_voided_grant_leaves_events():
    certificate = granted_certificate()
    revoke(certificate)

    follow()

    events = AuditEvent.objects.filter(at=NOW, name__in=["payment.cancelled", "entitlement.voided"])
    assert sorted(events.values_list("name", flat=True)) == ["entitlement.voided", "payment.cancelled"]


def test_a_returned_payment_is_cancelled_too():
    batch = delivered_batch()
    hear_from_bank(batch, "RETURNED")
    revoke(certificate_of(batch))

    follow()

    assert (payment_statuses(), budget(), balances()) == ([PaymentStatus.CANCELLED], (0, 0), {})


def test_what_was_followed_is_not_followed_again():
    certificate = granted_certificate()
    revoke(certificate)
    follow()

    assert follow() == 0
    assert Entitlement.objects.filter(certificate=certificate).count() == 2


def test_a_cancelled_payment_is_never_instructed():
    certificate = granted_certificate()
    revoke(certificate)
    follow()
    correct_account(certificate.trainee_id)
    decide_due_certificates(now=NOW)

    assert next_batch() is None
    assert payment_statuses() == [PaymentStatus.CANCELLED]


def test_a_payment_whose_certificate_is_revoked_goes_into_no_batch():
    certificate = granted_certificate()
    revoke(certificate)
    decide_due_certificates(now=NOW)

    assert next_batch() is None


def test_what_a_voided_grant_had_barred_is_decided_anew():
    revoked = granted_certificate()
    # Of an earlier day, and recorded too late.
    barred = due_certificate(
        attempt__enrollment__trainee=revoked.trainee, attempt__session__held_on=date(2026, 5, 9)
    )
    decide_due_certificates(now=NOW)
    assert decision_on(barred).reason == "is_not_claimed_already"
    revoke(revoked)

    follow()
    decide_due_certificates(now=NOW)

    assert decision_on(barred).decision == Decision.GRANTED
    assert payment_statuses() == [PaymentStatus.CANCELLED, PaymentStatus.READY]


def test_one_that_cannot_be_followed_holds_up_nobody_else(monkeypatch):
    good, bad = granted_certificate(), granted_certificate()
    revoke(good)
    revoke(bad)
    refusal_of = void_steps._refusal

    def refuse_the_bad_one(granted, *rest):
        if granted.certificate_id == bad.pk:
            raise DataError("This one cannot be written.")
        return refusal_of(granted, *rest)

    monkeypatch.setattr(void_steps, "_refusal", refuse_the_bad_one)
    assert follow() == 1
    assert (decision_on(good).decision, decision_on(bad).decision) == (Decision.REFUSED, Decision.GRANTED)

    monkeypatch.undo()
    assert follow() == 1
    assert payment_statuses() == [PaymentStatus.CANCELLED, PaymentStatus.CANCELLED]


def test_many_are_followed_in_sets(monkeypatch):
    monkeypatch.setattr(revocations, "SET_SIZE", 2)
    for _ in range(3):
        revoke(granted_certificate())

    assert follow() == 3
    assert budget() == (0, 0)


# ── Paid ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_money_that_was_paid_is_to_come_back():
    batch = settled_batch()
    certificate = certificate_of(batch)
    revoke(certificate)

    assert follow() == 1

    recovery = Recovery.objects.get()
    assert (recovery.payment, recovery.amount, recovery.reason) == (
        payment_of(certificate),
        Decimal("800.00"),
        "certificate_revoked",
    )
    assert recovery.facts == {"certificate": certificate.pk, "ended_on": "2026-10-20"}
    assert (payment_statuses(), decision_on(certificate).decision) == (
        [PaymentStatus.PAID],
        Decision.GRANTED,
    )
    assert (budget(), balances()) == ((0, Decimal("800.00")), OWED_BACK)


def test_money_that_the_bank_pays_after_the_revocation_is_to_come_back():
    batch = delivered_batch()
    revoke(certificate_of(batch))
    follow()
    hear_from_bank(batch, "PAID")

    assert follow() == 1
    assert balances() == OWED_BACK


def test_a_recovery_is_opened_once_and_leaves_an_event():
    batch = settled_batch()
    revoke(certificate_of(batch))
    follow()

    assert follow() == 0
    assert AuditEvent.objects.filter(name="recovery.opened").count() == 1
