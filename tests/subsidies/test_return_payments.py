"""Money that came back: it waits for another account, and is then paid under another reference."""

from decimal import Decimal

import pytest

from demo.identifiers import make_card_number, make_cnaps
from enrollment.services.accounts import AccountDetails, correct_bank_account
from subsidies.enums import PaymentStatus
from subsidies.models import (
    Payment,
    PaymentAttempt,
    PaymentBatch,
)
from subsidies.services.deliveries import deliver_released_batches
from tests.clock import NOW
from tests.factories.institutions import FeeScheduleFactory, UserFactory
from tests.factories.subsidies import (
    delivered_batch,
    hear_from_bank,
    next_batch,
    sign_twice,
)
from tests.fakes.bank import FakeBank
from tests.subsidies.books import OWED, PAID_OUT, balances, budget, payment_statuses

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("promises_hold")]


def correct_account() -> None:
    correct_bank_account(
        trainee_id=Payment.objects.get().payee_id,
        operator=UserFactory(municipal_operator=True),
        account=AccountDetails(number=make_card_number(77_777), bank_name="示范银行", cnaps=make_cnaps(2)),
        reason="The bank closed the former account.",
        now=NOW,
    )


def second_batch() -> PaymentBatch:
    hear_from_bank(delivered_batch(), "RETURNED")
    correct_account()
    batch = next_batch()
    assert batch is not None
    return batch


def test_returned_money_waits_for_another_account():
    hear_from_bank(delivered_batch(), "RETURNED")

    assert next_batch() is None


def test_a_corrected_account_opens_a_second_attempt_under_another_reference():
    second_batch()

    first, second = PaymentAttempt.objects.order_by("number")
    assert (first.number, second.number) == (1, 2)
    assert first.reference != second.reference
    assert second.bank_account.reason == "The bank closed the former account."


def test_returned_money_is_paid_to_the_corrected_account():
    batch = sign_twice(second_batch())
    deliver_released_batches(channel=FakeBank(), now=NOW)

    hear_from_bank(batch)

    assert payment_statuses() == [PaymentStatus.PAID]
    assert (balances(), budget()) == (PAID_OUT, (Decimal("0.00"), Decimal("800.00")))


def test_what_goes_out_again_is_what_was_granted_whatever_the_fee_is_by_then():
    hear_from_bank(delivered_batch(), "RETURNED")
    correct_account()
    FeeScheduleFactory(theory_fee=Decimal("140.00"))

    batch = next_batch()

    assert batch is not None
    assert batch.attempts.get().amount == Payment.objects.get().amount == Decimal("800.00")


def test_a_second_attempt_may_come_back_too():
    batch = sign_twice(second_batch())
    deliver_released_batches(channel=FakeBank(), now=NOW)

    hear_from_bank(batch, "RETURNED")

    assert (balances(), budget()) == (OWED, (Decimal("800.00"), Decimal("0.00")))
    assert next_batch() is None


def test_the_journal_tells_both_attempts():
    batch = sign_twice(second_batch())
    deliver_released_batches(channel=FakeBank(), now=NOW)
    hear_from_bank(batch)

    facts = Payment.objects.get().journal_lines.order_by("pk").values_list("fact", flat=True).distinct()

    assert list(dict.fromkeys(facts)) == ["granted", "released:1", "returned:1", "released:2", "paid:2"]
