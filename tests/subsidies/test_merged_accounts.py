"""Money for whoever was merged goes to one account of theirs."""

from datetime import date

import pytest
from django.db import connection

from enrollment.models import BankAccount, Trainee
from subsidies.enums import Decision, PaymentStatus
from subsidies.invariants import find_violations
from subsidies.models import Payment, PaymentAttempt
from subsidies.services.decisions import decide_due_certificates
from subsidies.services.deliveries import deliver_released_batches
from tests.clock import NOW
from tests.factories.enrollment import BankAccountFactory, TraineeFactory
from tests.factories.subsidies import (
    correct_account,
    decision_on,
    due_certificate,
    granted_certificate,
    hear_from_bank,
    next_batch,
    open_programme,
    payment_of,
    sign_twice,
)
from tests.fakes.bank import FakeBank
from tests.subsidies.histories import merge

pytestmark = pytest.mark.django_db

MAY = date(2026, 5, 9)


def decide() -> int:
    return decide_due_certificates(now=NOW)


def sat_on(day, trainee):
    return due_certificate(attempt__session__held_on=day, attempt__enrollment__trainee=trainee)


def two_rows():
    return TraineeFactory(with_account=True), TraineeFactory(with_account=True)


def result_of(certificate):
    decision = decision_on(certificate)
    return decision.decision, decision.reason


def test_the_account_of_the_row_that_stands_is_paid():
    open_programme()
    kept, merged = two_rows()
    certificate = sat_on(MAY, merged)
    merge(kept, merged)

    decide()
    next_batch()

    assert decision_on(certificate).bank_account == kept.bank_accounts.get()
    assert PaymentAttempt.objects.get().bank_account == kept.bank_accounts.get()
    assert find_violations() == []


def test_a_payment_of_before_the_merge_goes_to_the_row_that_stands():
    open_programme()
    kept, merged = two_rows()
    certificate = sat_on(MAY, merged)
    decide()
    merge(kept, merged)

    batch = next_batch()

    attempt = PaymentAttempt.objects.get()
    assert payment_of(certificate).payee == merged
    assert attempt.bank_account == kept.bank_accounts.get()
    assert kept.name in bytes(batch.content).decode()
    assert find_violations() == []


def test_a_certificate_that_waits_for_an_account_finds_the_persons():
    open_programme()
    kept, merged = TraineeFactory(with_account=True), TraineeFactory()
    certificate = sat_on(MAY, merged)
    decide()
    assert result_of(certificate) == (Decision.HELD, "account_is_known")
    merge(kept, merged)

    decide()

    assert result_of(certificate) == (Decision.GRANTED, "")


def test_an_account_of_the_merged_row_serves_where_the_other_has_none():
    open_programme()
    kept, merged = TraineeFactory(), TraineeFactory(with_account=True)
    certificate = sat_on(MAY, kept)
    decide()
    merge(kept, merged)

    decide()
    next_batch()

    assert result_of(certificate) == (Decision.GRANTED, "")
    assert PaymentAttempt.objects.get().bank_account == merged.bank_accounts.get()


def returned_payment(kept: Trainee, merged: Trainee) -> Payment:
    sat_on(MAY, kept)
    decide()
    batch = sign_twice(next_batch())
    deliver_released_batches(channel=FakeBank(), now=NOW)
    hear_from_bank(batch, "RETURNED")
    return Payment.objects.get()


def test_what_the_bank_returned_waits_for_an_account_of_the_person_it_has_not_seen():
    open_programme()
    kept, merged = TraineeFactory(with_account=True), TraineeFactory()
    payment = returned_payment(kept, merged)
    merge(kept, merged)
    # A roster that still knows the former ID number names another account. The row that stands is paid to its own.
    BankAccountFactory(trainee=merged)

    assert next_batch() is None

    corrected = correct_account(merged.pk)
    assert next_batch() is not None
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.INSTRUCTED
    assert PaymentAttempt.objects.order_by("-id").first().bank_account == corrected
    assert corrected.trainee == kept


def test_an_account_that_holds_another_rows_number_is_not_paid():
    certificate = granted_certificate()
    other = BankAccountFactory()
    with connection.cursor() as cursor:
        # As if somebody with the database and without the keys had waited for a rotation of the keys.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "UPDATE enrollment_bankaccount SET number = (SELECT number FROM enrollment_bankaccount WHERE id = %s)"
            " WHERE trainee_id = %s",
            [other.pk, certificate.trainee_id],
        )
        cursor.execute("SET session_replication_role = origin")

    assert next_batch() is None
    assert BankAccount.objects.get(trainee=certificate.trainee).number == other.number
