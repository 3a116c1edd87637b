"""What else is found of claims: the promises that they share with the assessment subsidy."""

from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import F

from subsidies.enums import PaymentStatus, SettlementKind
from subsidies.invariants import find_violations
from subsidies.models import (
    Budget,
    JournalLine,
    Netting,
    Payment,
    PaymentAttempt,
    PaymentBatch,
    Recovery,
    RecoverySettlement,
    TrainingSubsidy,
)
from tests.clock import NOW
from tests.factories.claim_payments import opened_payment
from tests.factories.enrollment import EnrollmentFactory
from tests.factories.nettings import assembled, next_payment, owed_back
from tests.factories.recoveries import given_back, recovery_of_paid_money, repayment, settle, write_off
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


def test_a_part_of_what_a_person_was_paid_is_asked_back_only_where_some_was_given_back():
    recovery = recovery_of_paid_money()
    with triggers_off():
        Recovery.objects.filter(pk=recovery.pk).update(amount=Decimal("799.00"))

    assert "recovery_asks_for_what_was_paid" in broken()


def test_somebody_who_was_paid_nothing_and_is_free_while_the_claim_stands_is_reported():
    (recovery,) = owed_back("300.00")
    part = recovery.subsidy
    TrainingSubsidy.objects.create(
        claim=part.claim,
        line=part.line,
        enrollment=EnrollmentFactory(),
        subsidy_key="nothing",
        amount=Decimal("0.00"),
        granted_at=NOW,
        voided_at=NOW,
    )

    assert broken() == ["subsidy_stands_until_its_money_came_back"]


def give_one_yuan_back() -> None:
    recovery = recovery_of_paid_money()
    settle(recovery, repayment("1"))
    settle(recovery, write_off("799"))
    Recovery.objects.filter(pk=recovery.pk).update(not_owed=recovery.amount, not_owed_since=NOW)
    settle(recovery, given_back("1"))
    # What waits for the commit is looked at before anything is broken.
    connection.check_constraints()


def test_another_amount_put_down_than_was_given_back_is_reported():
    give_one_yuan_back()
    with triggers_off():
        RecoverySettlement.objects.filter(kind=SettlementKind.GIVEN_BACK).update(amount=Decimal("0.99"))

    assert "recovery_is_the_sum_of_its_settlements" in broken()


def test_what_was_given_back_and_is_not_in_the_journal_is_reported():
    give_one_yuan_back()
    with triggers_off():
        JournalLine.objects.filter(fact__startswith="given_back:").update(fact="given_back:0")

    assert "settlement_is_in_the_journal_once_approved" in broken()


def test_a_budget_that_keeps_what_was_given_back_is_reported():
    give_one_yuan_back()
    Budget.objects.update(recovered=Decimal("1.00"))

    assert broken() == ["budget_recovered_is_what_came_back"]
