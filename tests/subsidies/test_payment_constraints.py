from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from subsidies.enums import AttemptStatus, BatchStatus, PaymentStatus, RecoveryStatus
from subsidies.models import PaymentBatch
from tests.clock import NOW
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import (
    PaymentAttemptFactory,
    PaymentBatchFactory,
    PaymentFactory,
    RecoveryFactory,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"status": "PROMISED"}, "payment_status_known"),
        ({"amount": Decimal("0.00")}, "payment_amount_positive"),
        ({"status": PaymentStatus.PAID}, "payment_paid_at_some_time"),
        ({"paid_at": NOW}, "payment_paid_at_some_time"),
        ({"status": PaymentStatus.CANCELLED}, "payment_cancelled_at_some_time"),
        ({"cancelled_at": NOW}, "payment_cancelled_at_some_time"),
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
        ({"kind": "CHARITY"}, "batch_kind_known"),
        ({"line_count": 0}, "batch_has_lines"),
        ({"total": Decimal("0.00")}, "batch_has_lines"),
        ({"first_released_at": NOW}, "batch_first_release_complete"),
        ({"second_released_at": NOW}, "batch_second_release_complete"),
        ({"status": BatchStatus.RELEASED}, "batch_leaves_only_released"),
        ({"status": BatchStatus.SENDING}, "batch_leaves_only_released"),
        ({"status": BatchStatus.DELIVERED, "delivered_at": NOW}, "batch_leaves_only_released"),
        ({"delivered": True, "delivered_at": None}, "batch_delivered_at_some_time"),
        ({"delivered": True, "status": BatchStatus.SETTLED}, "batch_settled_at_some_time"),
        ({"status": BatchStatus.WITHDRAWN}, "batch_withdrawn_before_it_was_with_the_bank"),
        ({"withdrawn": True, "delivered_at": NOW}, "batch_withdrawn_before_it_was_with_the_bank"),
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

    with pytest.raises(IntegrityError, match='"batch_reference_once"'), transaction.atomic():
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

    with pytest.raises(IntegrityError, match='"attempt_reference_once"'), transaction.atomic():
        PaymentAttemptFactory(reference=attempt.reference)


# ── What never left, and what is to come back ────────────────────────────────────────────────────────────
def test_a_withdrawn_batch_leaves_its_reference_to_another():
    batch = PaymentBatchFactory(withdrawn=True)

    assert PaymentBatchFactory(reference=batch.reference).pk


def test_a_withdrawn_instruction_leaves_its_number_and_reference_to_another():
    withdrawn = PaymentAttemptFactory(status=AttemptStatus.WITHDRAWN)

    assert PaymentAttemptFactory(
        payment=withdrawn.payment, number=withdrawn.number, reference=withdrawn.reference
    ).pk


@pytest.mark.parametrize(
    ("make", "change", "trigger"),
    [
        (lambda: PaymentFactory(cancelled=True), {"status": PaymentStatus.READY}, "payment_stays_cancelled"),
        (
            lambda: PaymentBatchFactory(withdrawn=True),
            {"status": BatchStatus.ASSEMBLED},
            "batch_stays_withdrawn",
        ),
        (
            lambda: PaymentAttemptFactory(status=AttemptStatus.WITHDRAWN),
            {"status": AttemptStatus.OPEN},
            "attempt_stays_withdrawn",
        ),
    ],
)
def test_what_has_ended_without_money_stays_so(make, change, trigger):
    row = make()

    with pytest.raises(DatabaseError, match=trigger), transaction.atomic():
        type(row).objects.filter(pk=row.pk).update(**change)


@pytest.mark.parametrize("status", [BatchStatus.SENDING, BatchStatus.DELIVERED])
def test_a_batch_that_may_have_left_is_not_withdrawn(status):
    batch = PaymentBatchFactory(released=True, status=status, delivered_at=NOW)

    with pytest.raises(DatabaseError, match="batch_withdrawn_before_it_left"), transaction.atomic():
        PaymentBatch.objects.filter(pk=batch.pk).update(
            status=BatchStatus.WITHDRAWN, withdrawn_at=NOW, delivered_at=None
        )


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"amount": Decimal("0.00")}, "recovery_amount_positive"),
        ({"reason": ""}, "recovery_has_reason"),
        ({"withdrawal_reason": "certificate_valid_again"}, "recovery_withdrawn_for_a_reason"),
    ],
)
def test_recovery_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        RecoveryFactory(**fields)


def withdrawn_recovery():
    return RecoveryFactory(
        status=RecoveryStatus.WITHDRAWN, withdrawn_at=NOW, withdrawal_reason="certificate_valid_again"
    )


def test_a_payment_is_recovered_once():
    recovery = RecoveryFactory()

    with pytest.raises(IntegrityError, match="recovery_one_live_per_payment"), transaction.atomic():
        RecoveryFactory(payment=recovery.payment)


def test_a_payment_whose_recovery_was_withdrawn_can_be_recovered_again():
    assert RecoveryFactory(payment=withdrawn_recovery().payment).pk


@pytest.mark.parametrize(
    "change",
    [
        {"status": RecoveryStatus.OPEN, "withdrawn_at": None, "withdrawal_reason": ""},
        {"withdrawal_facts": {"certificate": 1}},
    ],
)
def test_a_recovery_that_was_withdrawn_stays_so(change):
    recovery = withdrawn_recovery()

    with pytest.raises(DatabaseError, match="recovery_stays_ended"), transaction.atomic():
        type(recovery).objects.update(**change)


def test_a_recovery_is_never_changed():
    recovery = RecoveryFactory()

    with pytest.raises(DatabaseError, match="frozen_facts"), transaction.atomic():
        type(recovery).objects.update(amount=1)
