"""A payment that was set off in part, of which the bank took the rest back, and whose results changed then."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from assessment.enums import Outcome
from subsidies.enums import (
    BankAnswer,
    ClaimStatus,
    ObjectionKind,
    ObjectionStatus,
    PaymentStatus,
    RecoveryStatus,
    ResolutionOutcome,
    SubsidyKind,
)
from subsidies.models import Payment, PaymentBatch, Recovery, SubsidyClaim
from subsidies.services.batches import assemble_batches
from subsidies.services.claim_payments import open_claim_payments
from subsidies.services.claim_recoveries import follow_changed_claims
from subsidies.services.objections import decide_objection, follow_upheld_objections
from tests.clock import NOW
from tests.factories.assessment import MarkReviewFactory
from tests.factories.claim_payments import confirmed_claim, payment_of_claim, said_against_claim
from tests.factories.claim_reviews import confirmed, fresh, recommended_claim
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.institutions import UserFactory
from tests.factories.nettings import answered_by_bank, ask_back_of, assembled
from tests.factories.subsidies import BudgetFactory, next_batch, revoke
from tests.subsidies.books import assert_the_books_agree
from tests.subsidies.histories import correct
from tests.subsidies.test_claim_recoveries import first_certificate
from tests.subsidies.test_netting import another_account, settled_by_two

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=1)
SET_OFF = Decimal("300.00")


def taken_back_in_part() -> tuple[SubsidyClaim, PaymentBatch]:
    """Return a claim of which 300 yuan were set off, and the batch of the rest, which the bank took back."""
    BudgetFactory(kind=SubsidyKind.TRAINING, allotted=Decimal("100000.00"))
    claim = recommended_claim()
    former = confirmed_claim(
        training_class=TrainingClassFactory(completed=True, locked_count=2, institution=claim.institution)
    )
    open_claim_payments(now=NOW)
    connection.check_constraints()
    answered_by_bank(assembled())
    ask_back_of(payment_of_claim(former), "300.00")
    claim = confirmed(claim)
    open_claim_payments(now=NOW)
    connection.check_constraints()
    batch = answered_by_bank(assembled())
    settled_by_two(batch, BankAnswer.RETURNED, ResolutionOutcome.TAKEN_BACK)
    return claim, batch


def follow(now=LATER) -> int:
    moved = follow_changed_claims(now=now)
    connection.check_constraints()
    return moved


def asked_of(payment: Payment) -> list[Recovery]:
    return list(Recovery.objects.filter(payment=payment, withdrawn_at__isnull=True).order_by("pk"))


def sum_of(recoveries: list[Recovery]) -> Decimal:
    return sum((each.amount for each in recoveries), Decimal("0.00"))


def test_what_is_too_much_by_now_is_asked_back_and_the_rest_goes_against_it():
    claim, _batch = taken_back_in_part()
    payment = payment_of_claim(claim)
    assert (payment.status, payment.paid_at) == (PaymentStatus.RETURNED, None)
    revoke(first_certificate(claim))

    assert follow() == 1

    asked = asked_of(payment)
    assert sum_of(asked) > 0
    assert_the_books_agree()
    another_account(payment.institution)
    batch = assembled()
    assert batch.attempts.get().amount == payment.amount - SET_OFF - sum_of(asked)
    answered_by_bank(batch)
    payment.refresh_from_db()
    assert (payment.status, fresh(claim).status) == (PaymentStatus.PAID, ClaimStatus.CONFIRMED)
    assert {each.status for each in asked_of(payment)} == {RecoveryStatus.SETTLED}
    assert_the_books_agree()


def test_where_nothing_is_left_nobody_has_to_name_another_account():
    claim, _batch = taken_back_in_part()
    payment = payment_of_claim(claim)
    for line in claim.reckoning.lines.all():
        revoke(line.attempt.certificates.get())

    assert follow() == 1
    assert assemble_batches(now=LATER) == []

    payment.refresh_from_db()
    asked = asked_of(payment)
    assert (payment.status, sum_of(asked)) == (PaymentStatus.PAID, payment.amount)
    # What was set off was received, and is owed back.
    assert sum(each.amount - each.recovered for each in asked) == SET_OFF
    assert_the_books_agree()


def test_a_result_that_was_corrected_to_the_same_sum_does_not_hold_the_rest_for_ever():
    claim, _batch = taken_back_in_part()
    payment = payment_of_claim(claim)
    another_account(payment.institution)
    correct(first_certificate(claim).attempt, Outcome.PASSED)
    assert next_batch() is None

    assert (follow(), follow(LATER + timedelta(days=1))) == (1, 0)

    assert asked_of(payment) == []
    assert assembled().attempts.get().amount == payment.amount - SET_OFF
    assert_the_books_agree()


def test_the_rest_does_not_leave_before_anybody_looked_at_what_changed():
    claim, _batch = taken_back_in_part()
    another_account(claim.institution)
    certificates = [line.attempt.certificates.get() for line in claim.reckoning.lines.order_by("line_number")]
    revoke(certificates[0])
    assert next_batch() is None
    follow()
    revoke(certificates[1])

    assert next_batch() is None

    assert follow(LATER + timedelta(days=1)) == 1
    assert assemble_batches(now=LATER) == []
    assert payment_of_claim(claim).status == PaymentStatus.PAID
    assert_the_books_agree()


def test_nothing_of_the_rest_moves_while_a_result_is_in_question():
    claim, _batch = taken_back_in_part()
    another_account(claim.institution)
    MarkReviewFactory(attempt=first_certificate(claim).attempt)

    assert (follow(), next_batch()) == (0, None)


def test_what_the_bank_says_to_be_paid_is_left_alone():
    claim, _batch = taken_back_in_part()
    another_account(claim.institution)
    batch = answered_by_bank(assembled(), BankAnswer.RETURNED)
    settled_by_two(batch, BankAnswer.PAID, ResolutionOutcome.PAID_AFTER_ALL, "LATEST.csv")
    revoke(first_certificate(claim))

    payment = payment_of_claim(claim)
    assert (payment.status, follow()) == (PaymentStatus.PAID, 1)
    assert sum_of(asked_of(payment)) > 0
    assert payment.rest_by is None
    assert_the_books_agree()


def test_all_of_it_is_asked_back_after_an_objection_and_the_rest_goes_against_it():
    claim, _batch = taken_back_in_part()
    payment = payment_of_claim(claim)
    objection = said_against_claim(payment, ObjectionKind.OFFICE)
    decide_objection(
        objection_id=objection.pk,
        decider=UserFactory(district_reviewer=True, district=claim.district),
        outcome=ObjectionStatus.UPHELD,
        reason="Half of the class never came.",
        now=NOW,
    )

    assert (follow_upheld_objections(now=NOW), follow_upheld_objections(now=NOW)) == (1, 0)

    (whole,) = asked_of(payment)
    assert (whole.subsidy, whole.amount) == (None, payment.amount)
    another_account(payment.institution)
    assert assemble_batches(now=LATER) == []
    payment.refresh_from_db()
    whole.refresh_from_db()
    assert (payment.status, whole.recovered) == (PaymentStatus.PAID, payment.amount - SET_OFF)
    assert_the_books_agree()
