from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from subsidies.enums import AttemptStatus, BatchStatus, PaymentStatus
from tests.clock import NOW
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import PaymentAttemptFactory, PaymentBatchFactory, PaymentFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"status": "PROMISED"}, "payment_status_known"),
        ({"amount": Decimal("0.00")}, "payment_amount_positive"),
        ({"status": PaymentStatus.PAID}, "payment_paid_at_some_time"),
        ({"paid_at": NOW}, "payment_paid_at_some_time"),
    ],
)
def test_payment_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        PaymentFactory(**fields)


def test_a_grant_has_one_payment():
    payment = PaymentFactory()

    with pytest.raises(IntegrityError, match="entitlement_id"), transaction.atomic():
        PaymentFactory(entitlement=payment.entitlement)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"status": "LOST"}, "batch_status_known"),
        ({"line_count": 0}, "batch_has_lines"),
        ({"total": Decimal("0.00")}, "batch_has_lines"),
        ({"first_released_at": NOW}, "batch_first_release_complete"),
        ({"second_released_at": NOW}, "batch_second_release_complete"),
        ({"status": BatchStatus.RELEASED}, "batch_leaves_only_released"),
        ({"status": BatchStatus.SENDING}, "batch_leaves_only_released"),
        ({"status": BatchStatus.DELIVERED, "delivered_at": NOW}, "batch_leaves_only_released"),
        ({"delivered": True, "delivered_at": None}, "batch_delivered_at_some_time"),
        ({"delivered": True, "status": BatchStatus.SETTLED}, "batch_settled_at_some_time"),
    ],
)
def test_batch_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        PaymentBatchFactory(**fields)


def test_one_person_does_not_sign_twice():
    signer = UserFactory(municipal_finance=True)

    with pytest.raises(IntegrityError, match='"batch_released_by_two_people"'), transaction.atomic():
        PaymentBatchFactory(released=True, first_released_by=signer, second_released_by=signer)


def test_one_signature_does_not_release():
    with pytest.raises(IntegrityError, match='"batch_leaves_only_released"'), transaction.atomic():
        PaymentBatchFactory(released=True, second_released_by=None, second_released_at=None)


def test_a_second_signature_comes_after_a_first():
    with pytest.raises(IntegrityError, match='"batch_second_release_after_first"'), transaction.atomic():
        PaymentBatchFactory(released=True, first_released_by=None, first_released_at=None)


def test_batches_do_not_share_a_reference():
    batch = PaymentBatchFactory()

    with pytest.raises(IntegrityError, match="reference"), transaction.atomic():
        PaymentBatchFactory(reference=batch.reference)


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"status": "LOST"}, "payment_attempt_status_known"),
        ({"amount": Decimal("0.00")}, "payment_attempt_amount_positive"),
        ({"status": AttemptStatus.PAID}, "payment_attempt_ended_by_an_answer"),
        (
            {"status": AttemptStatus.RETURNED, "return_code": "ACCOUNT_CLOSED"},
            "payment_attempt_ended_by_an_answer",
        ),
        (
            {"status": AttemptStatus.RETURNED, "answered_at": NOW},
            "payment_attempt_returned_for_a_reason",
        ),
    ],
)
def test_attempt_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        PaymentAttemptFactory(**fields)


@pytest.mark.parametrize("first", [AttemptStatus.OPEN, AttemptStatus.UNKNOWN])
@pytest.mark.parametrize("second", [AttemptStatus.OPEN, AttemptStatus.UNKNOWN])
def test_a_payment_has_one_open_attempt(first, second):
    attempt = PaymentAttemptFactory(status=first)

    with pytest.raises(IntegrityError, match='"attempt_one_open_per_payment"'), transaction.atomic():
        PaymentAttemptFactory(payment=attempt.payment, status=second)


def test_a_payment_is_paid_by_one_attempt():
    attempt = PaymentAttemptFactory(status=AttemptStatus.PAID, answered_at=NOW)

    with pytest.raises(IntegrityError, match='"attempt_one_paid_per_payment"'), transaction.atomic():
        PaymentAttemptFactory(payment=attempt.payment, status=AttemptStatus.PAID, answered_at=NOW)


def test_a_returned_payment_may_be_attempted_again():
    attempt = PaymentAttemptFactory(
        status=AttemptStatus.RETURNED, answered_at=NOW, return_code="ACCOUNT_CLOSED"
    )

    assert PaymentAttemptFactory(payment=attempt.payment).pk


def test_the_attempts_of_a_payment_are_numbered():
    attempt = PaymentAttemptFactory(status=AttemptStatus.PAID, answered_at=NOW)

    with pytest.raises(IntegrityError, match='"attempt_number_once_per_payment"'), transaction.atomic():
        PaymentAttemptFactory(payment=attempt.payment, number=attempt.number)


def test_the_lines_of_a_batch_are_numbered():
    attempt = PaymentAttemptFactory()

    with pytest.raises(IntegrityError, match='"attempt_line_once_per_batch"'), transaction.atomic():
        PaymentAttemptFactory(batch=attempt.batch, line_number=attempt.line_number)


def test_two_instructions_do_not_share_a_bank_reference():
    attempt = PaymentAttemptFactory()

    with pytest.raises(IntegrityError, match="reference"), transaction.atomic():
        PaymentAttemptFactory(reference=attempt.reference)
