"""A batch that was not released is taken back when something in it must not be paid now."""

from datetime import timedelta
from decimal import Decimal

import pytest

from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from subsidies.enums import AttemptStatus, BatchStatus, PaymentStatus
from subsidies.models import (
    BankResultFile,
    PaymentAttempt,
)
from subsidies.services.decisions import decide_due_certificates
from subsidies.services.deliveries import deliver_released_batches
from tests.clock import NOW
from tests.factories.assessment import CertificateRevocationFactory
from tests.factories.notices import ObjectionFactory
from tests.factories.subsidies import (
    assembled_batch,
    delivered_batch,
    due_certificate,
    granted_certificate,
    hear_from_bank,
    next_batch,
    revoke,
    sign_twice,
)
from tests.fakes.bank import FakeBank
from tests.subsidies.books import PAID_OUT, balances, budget, payment_statuses
from tests.subsidies.following import batch_payments, certificate_of, close, follow, review_of, sign_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("promises_hold")]


# ── In a batch that waits for its signatures ─────────────────────────────────────────────────────────────
@pytest.mark.parametrize("signed", [False, True], ids=["not signed", "signed once"])
def test_a_batch_that_was_not_released_is_withdrawn(signed):
    batch = assembled_batch(2)
    if signed:
        sign_once(batch)
    revoke(certificate_of(batch))

    assert follow() == 2

    batch.refresh_from_db()
    assert (batch.status, batch.withdrawn_at) == (BatchStatus.WITHDRAWN, NOW)
    assert set(PaymentAttempt.objects.values_list("status", flat=True)) == {AttemptStatus.WITHDRAWN}
    assert payment_statuses() == [PaymentStatus.CANCELLED, PaymentStatus.READY]


def test_the_others_go_out_in_another_batch():
    first = assembled_batch(2)
    revoke(certificate_of(first))
    follow()
    decide_due_certificates(now=NOW)

    second = sign_twice(next_batch())
    deliver_released_batches(channel=FakeBank(), now=NOW)
    hear_from_bank(second)

    assert payment_statuses() == [PaymentStatus.CANCELLED, PaymentStatus.PAID]
    assert (budget(), balances()) == ((0, Decimal("800.00")), PAID_OUT)


def test_what_was_withdrawn_and_goes_out_again_bears_the_reference_that_the_bank_would_know():
    first = assembled_batch(2)
    kept = batch_payments(first)[1]
    revoke(certificate_of(first))
    follow()
    decide_due_certificates(now=NOW)

    next_batch()

    attempts = PaymentAttempt.objects.filter(payment=kept)
    assert list(attempts.values_list("status", flat=True).order_by("pk")) == ["WITHDRAWN", "OPEN"]
    assert len(set(attempts.values_list("reference", "number"))) == 1


def test_a_withdrawn_batch_is_not_signed():
    batch = assembled_batch()
    revoke(certificate_of(batch))
    follow()

    with pytest.raises(InvalidTransition):
        sign_once(batch)


def test_the_file_of_a_withdrawn_batch_is_never_sent():
    batch, bank = assembled_batch(), FakeBank()
    revoke(certificate_of(batch))
    follow()

    assert deliver_released_batches(channel=bank, now=NOW) == 0
    assert bank.deliveries == []


def test_the_banks_answer_to_a_withdrawn_batch_is_set_aside():
    batch = assembled_batch()
    revoke(certificate_of(batch))
    follow()

    hear_from_bank(batch, "PAID")

    assert (BankResultFile.objects.get().problem, payment_statuses()) == (
        "batch_not_sent",
        [PaymentStatus.CANCELLED],
    )


@pytest.mark.parametrize("signed", [False, True], ids=["first", "second"])
def test_no_signature_is_taken_while_somebody_objects_to_a_payment_in_the_batch(signed):
    batch = assembled_batch()
    if signed:
        sign_once(batch)
    ObjectionFactory(entitlement=batch_payments(batch)[0].entitlement, office=True)

    with pytest.raises(DomainError) as refusal:
        sign_once(batch)

    assert refusal.value.code == "objected"
    batch.refresh_from_db()
    assert batch.status == BatchStatus.ASSEMBLED


@pytest.mark.parametrize("signed", [False, True], ids=["first", "second"])
def test_no_signature_is_taken_while_a_certificate_in_the_batch_is_revoked(signed):
    batch = assembled_batch()
    if signed:
        sign_once(batch)
    revoke(certificate_of(batch))

    with pytest.raises(DomainError) as refusal:
        sign_once(batch)

    assert refusal.value.code == "certificate_revoked"
    assert "1" in str(refusal.value)
    batch.refresh_from_db()
    assert (batch.status, batch.second_released_by) == (BatchStatus.ASSEMBLED, None)


def test_a_released_batch_waits_for_the_bank():
    batch = sign_twice(assembled_batch())
    revoke(certificate_of(batch))

    assert follow() == 0
    assert payment_statuses() == [PaymentStatus.INSTRUCTED]


def test_money_that_the_bank_returns_is_cancelled():
    batch = delivered_batch()
    revoke(certificate_of(batch))
    follow()
    hear_from_bank(batch, "RETURNED")

    assert follow() == 1
    assert (payment_statuses(), budget(), balances()) == ([PaymentStatus.CANCELLED], (0, 0), {})


def test_an_unknown_outcome_is_neither_cancelled_nor_recovered():
    batch = delivered_batch()
    hear_from_bank(batch, "UNKNOWN")
    revoke(certificate_of(batch))

    assert follow() == 0
    assert payment_statuses() == [PaymentStatus.INSTRUCTED]


def test_returned_money_that_the_bank_then_calls_paid_waits_for_a_person():
    batch = delivered_batch()
    hear_from_bank(batch, "RETURNED", name="RESULT-1.csv")
    hear_from_bank(batch, "PAID", name="RESULT-2.csv")
    revoke(certificate_of(batch))

    assert follow() == 0
    assert payment_statuses() == [PaymentStatus.RETURNED]


# ── While something is in question ───────────────────────────────────────────────────────────────────────
def test_frozen_people_go_into_no_batch_and_are_taken_up_when_the_freeze_ends():
    review = review_of(granted_certificate())

    assert next_batch() is None
    close(review)

    assert next_batch().line_count == 1


def test_a_proposed_revocation_freezes_the_money():
    CertificateRevocationFactory(certificate=granted_certificate())

    assert next_batch() is None


def test_a_batch_with_a_frozen_person_is_not_released():
    batch = assembled_batch(2)
    review_of(certificate_of(batch))

    with pytest.raises(DomainError) as refusal:
        sign_once(batch)

    assert refusal.value.code == "payee_frozen"
    assert "1" in str(refusal.value)


def test_a_batch_with_a_frozen_person_is_withdrawn_and_the_others_go_on():
    batch = assembled_batch(2)
    review_of(certificate_of(batch))

    assert follow() == 1

    assert next_batch().line_count == 1
    assert payment_statuses() == [PaymentStatus.READY, PaymentStatus.INSTRUCTED]


def test_a_batch_of_the_same_payments_on_the_same_day_can_be_assembled_again():
    batch = assembled_batch()
    review = review_of(certificate_of(batch))
    follow()
    close(review)

    again = sign_twice(next_batch())
    deliver_released_batches(channel=FakeBank(), now=NOW)
    hear_from_bank(again)

    batch.refresh_from_db()
    assert (again.reference, batch.status) == (batch.reference, BatchStatus.WITHDRAWN)
    assert payment_statuses() == [PaymentStatus.PAID]


def test_somebody_who_is_frozen_for_long_does_not_make_the_others_batch_leave_early():
    review_of(granted_certificate())
    later = NOW + timedelta(days=2)
    due_certificate()
    decide_due_certificates(now=later)
    due_certificate()

    assert next_batch(now=later) is None
