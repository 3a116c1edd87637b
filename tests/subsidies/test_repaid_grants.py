"""Money that came back in full uses up no first pass: what was refused because of it is decided anew."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from assessment.models import LevelCertificate
from subsidies.enums import Decision, PaymentStatus, RecoveryStatus
from subsidies.explanations import check_sentence
from subsidies.models import Entitlement, Payment, Recovery
from subsidies.services.decisions import decide_due_certificates
from tests.assessment.corrections import CERTIFICATE, FAIL, PASS, corrected
from tests.clock import NOW
from tests.factories.recoveries import propose, recovery_of_paid_money, repayment, settle, write_off
from tests.factories.subsidies import RecoveryFactory, decision_on, due_certificate, next_batch, settled_batch
from tests.subsidies.books import balances, payment_statuses
from tests.subsidies.database import triggers_off
from tests.subsidies.following import certificate_of, follow

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("promises_hold")]


def other_pass_of(recovery: Recovery, held_on: date = date(2026, 5, 9)) -> LevelCertificate:
    """Return another certificate of the same person, which the first pass that was paid bars."""
    barred = due_certificate(
        attempt__enrollment__trainee=recovery.payment.payee, attempt__session__held_on=held_on
    )
    decide_due_certificates(now=NOW)
    assert decision_on(barred).reason == "is_not_claimed_already"
    return barred


def paid_back_in_full(recovery: Recovery) -> None:
    settle(recovery, repayment("300", "LINE-1"))
    settle(recovery, repayment("500", "LINE-2"))


def test_what_was_refused_because_of_repaid_money_is_granted():
    recovery = recovery_of_paid_money()
    barred = other_pass_of(recovery)

    paid_back_in_full(recovery)
    decide_due_certificates(now=NOW)

    assert decision_on(barred).decision == Decision.GRANTED
    assert payment_statuses() == [PaymentStatus.PAID, PaymentStatus.READY]
    assert balances() == {"SUBSIDY_EXPENSE": Decimal("800.00"), "SUBSIDIES_PAYABLE": Decimal("-800.00")}
    assert next_batch() is not None


def test_the_decision_on_the_revoked_certificate_says_what_became_of_it():
    recovery = recovery_of_paid_money()
    granted = recovery.payment.entitlement

    paid_back_in_full(recovery)

    refused = decision_on(granted.certificate)
    assert (refused.decision, refused.reason, refused.supersedes) == (
        Decision.REFUSED,
        "certificate_is_valid",
        granted,
    )
    check = next(check for check in refused.checks if check["name"] == "certificate_is_valid")
    assert check["facts"]["repaid_on"] == "2026-10-20"
    assert check_sentence(check)


@pytest.mark.parametrize(
    "settlements",
    [
        pytest.param([repayment("799.99"), write_off("0.01")], id="a cent is given up"),
        pytest.param([write_off("800")], id="all is given up"),
        pytest.param([repayment("799.99")], id="a cent is missing"),
    ],
)
def test_what_did_not_all_come_back_still_uses_up_the_first_pass(settlements):
    recovery = recovery_of_paid_money()
    barred = other_pass_of(recovery)

    for settlement in settlements:
        settle(recovery, settlement)
    decide_due_certificates(now=NOW)

    assert decision_on(barred).reason == "is_not_claimed_already"
    assert decision_on(recovery.payment.entitlement.certificate).decision == Decision.GRANTED


def test_what_is_repaid_is_not_asked_back_again():
    recovery = recovery_of_paid_money()

    paid_back_in_full(recovery)

    assert follow() == 0
    assert Recovery.objects.count() == 1


def test_a_pass_that_stands_again_after_repayment_is_granted_anew():
    former = certificate_of(settled_batch())
    failed = corrected(former.attempt, FAIL)
    decide_due_certificates(now=NOW)
    follow()
    paid_back_in_full(Recovery.objects.get())

    corrected(failed, PASS, **CERTIFICATE)
    decide_due_certificates(now=NOW)
    follow()

    again = LevelCertificate.objects.exclude(pk=former.pk).get()
    assert decision_on(again).decision == Decision.GRANTED
    assert payment_statuses() == [PaymentStatus.PAID, PaymentStatus.READY]
    assert Recovery.objects.get().status == RecoveryStatus.SETTLED


@pytest.mark.parametrize("came", [propose, settle])
def test_a_recovery_of_which_money_came_waits_for_a_person_when_the_pass_stands_again(came):
    former = certificate_of(settled_batch())
    failed = corrected(former.attempt, FAIL)
    decide_due_certificates(now=NOW)
    follow()
    came(Recovery.objects.get(), repayment("300"))

    corrected(failed, PASS, **CERTIFICATE)
    decide_due_certificates(now=NOW)

    # Once it is put on a desk, and then nothing more happens by itself.
    assert (follow(), follow()) == (1, 0)
    recovery = Recovery.objects.get()
    assert (recovery.status, recovery.not_owed) == (RecoveryStatus.OPEN, recovery.amount)


def test_the_database_keeps_the_grant_of_what_was_paid_twice_and_came_back_once():
    settled_batch()
    payment = Payment.objects.get()
    with triggers_off():
        recovery = RecoveryFactory(
            payment=payment,
            reason="paid_twice",
            recovered=payment.amount,
            status=RecoveryStatus.SETTLED,
            settled_at=NOW,
        )

    with pytest.raises(IntegrityError, match="entitlement_grant_stays"), transaction.atomic():
        Entitlement.objects.filter(pk=payment.entitlement_id).update(superseded_at=NOW)

    with triggers_off():
        Recovery.objects.filter(pk=recovery.pk).delete()


def test_the_database_keeps_a_grant_whose_money_did_not_all_come_back():
    recovery = recovery_of_paid_money()
    settle(recovery, repayment("799.99"))

    with pytest.raises(IntegrityError, match="entitlement_grant_stays"), transaction.atomic():
        Entitlement.objects.filter(pk=recovery.payment.entitlement_id).update(superseded_at=NOW)
