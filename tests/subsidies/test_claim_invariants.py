"""What else is found of claims: the promises that they share with the assessment subsidy."""

from decimal import Decimal

import pytest
from django.db.models import F

from subsidies.enums import PaymentStatus
from subsidies.invariants import find_violations
from subsidies.models import Netting, Payment, PaymentAttempt, PaymentBatch, Recovery, TrainingSubsidy
from tests.clock import NOW
from tests.factories.claim_payments import opened_payment
from tests.factories.nettings import assembled, next_payment, owed_back
from tests.subsidies.database import triggers_off

pytestmark = pytest.mark.django_db


def broken() -> list[str]:
    return [violation.invariant.name for violation in find_violations()]


def test_more_asked_back_of_a_person_than_was_paid_for_them_is_reported():
    owed_back("300.00")
    with triggers_off():
        Recovery.objects.update(amount=Decimal("800.01"))

    assert "recovery_asks_for_what_was_paid" in broken()


def test_what_is_asked_back_of_another_claims_person_is_reported():
    owed_back("300.00")
    strangers = opened_payment()
    with triggers_off():
        Recovery.objects.update(subsidy=TrainingSubsidy.objects.filter(claim=strangers.claim).first())

    assert "recovery_asks_for_what_was_paid" in broken()


def test_a_payment_that_nobody_instructed_and_nothing_is_set_off_against_is_not_paid():
    payment = opened_payment()
    with triggers_off():
        Payment.objects.filter(pk=payment.pk).update(status=PaymentStatus.PAID, paid_at=NOW)

    assert "payment_status_is_its_attempts" in broken()


def test_an_instruction_over_what_is_held_back_is_reported():
    (recovery,) = owed_back("300.00")
    next_payment(recovery.payment.institution)
    batch = assembled()
    with triggers_off():
        PaymentAttempt.objects.filter(batch=batch).update(amount=F("amount") + 1)
        PaymentBatch.objects.filter(pk=batch.pk).update(total=F("total") + 1)

    assert broken() == ["attempt_amount_is_its_payment"]


def test_more_held_back_than_is_left_is_reported():
    (recovery,) = owed_back("300.00")
    next_payment(recovery.payment.institution)
    assembled()
    with triggers_off():
        Netting.objects.update(amount=Decimal("300.01"))

    assert broken() == ["attempt_amount_is_its_payment", "set_off_is_of_one_institution"]
