"""What two people found of an instruction that no line of the bank could end, and what then stands in the books."""

from decimal import Decimal

import pytest

from chongqing_dte.foundation.errors import DomainError
from subsidies import queries
from subsidies.bank.channel import ReceivedFile
from subsidies.enums import (
    AttemptStatus,
    BankAnswer,
    BatchStatus,
    PaymentStatus,
    ResolutionOutcome,
)
from subsidies.models import (
    BankResultLine,
    LineResolution,
    Payment,
    PaymentAttempt,
)
from subsidies.services.bank_results import receive_bank_result
from subsidies.services.batches import assemble_batches
from tests.clock import NOW
from tests.factories.bank import exception_in, taken_back
from tests.factories.subsidies import (
    answers_to,
    correct_account,
    delivered_batch,
    hear_from_bank,
    result_list,
)
from tests.subsidies.books import OWED, PAID_OUT, balances, budget
from tests.subsidies.findings import (
    FOUND_PAID,
    FOUND_RETURNED,
    NO_EFFECT,
    TAKEN_BACK,
    approve,
    facts_of,
    propose,
    resolve,
    status_of,
    statuses,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("promises_hold")]


# ── An instruction that no line of the bank could end ────────────────────────────────────────────────────
def test_an_instruction_is_found_paid_by_the_statement_of_the_bank():
    batch = delivered_batch()

    resolve(exception_in(batch, BankAnswer.PAID, amount="799.99"), FOUND_PAID)

    assert statuses() == (AttemptStatus.PAID, PaymentStatus.PAID)
    assert (balances(), budget()) == (PAID_OUT, (Decimal("0.00"), Decimal("800.00")))
    assert status_of(batch) == BatchStatus.SETTLED
    assert facts_of("SETTLEMENT") == {"paid:1"}


def test_an_instruction_is_found_returned_and_paid_to_another_account():
    batch = delivered_batch()

    resolve(exception_in(batch, BankAnswer.PAID, amount="799.99"), FOUND_RETURNED)

    assert statuses() == (AttemptStatus.RETURNED, PaymentStatus.RETURNED)
    assert (balances(), budget()) == (OWED, (Decimal("800.00"), Decimal("0.00")))
    assert (status_of(batch), facts_of("SETTLEMENT")) == (BatchStatus.SETTLED, {"returned:1"})
    correct_account(Payment.objects.get().payee_id)
    assemble_batches(now=NOW)
    assert PaymentAttempt.objects.latest("pk").number == 2


def test_an_instruction_of_which_the_bank_knows_nothing_has_an_end_too():
    batch = delivered_batch()
    hear_from_bank(batch, "UNKNOWN")

    resolve(exception_in(batch, BankAnswer.PAID, amount="799.99"), FOUND_PAID)

    assert (statuses()[1], status_of(batch)) == (PaymentStatus.PAID, BatchStatus.SETTLED)


def test_of_two_words_in_one_file_one_is_found_true_and_the_other_to_mean_nothing():
    batch = delivered_batch()
    content = result_list(batch.reference, answers_to(batch, "PAID") + answers_to(batch, "RETURNED"))
    receive_bank_result(received=ReceivedFile("TWO.csv", content, "key"), now=NOW)
    first, second = BankResultLine.objects.order_by("line_number")

    resolve(second, FOUND_RETURNED)
    assert queries.why_not_found(first)[FOUND_PAID] == "has_its_end"
    resolve(first, NO_EFFECT)

    assert (statuses()[1], status_of(batch)) == (PaymentStatus.RETURNED, BatchStatus.SETTLED)


def test_what_was_found_paid_can_be_taken_back():
    batch = delivered_batch()
    resolve(exception_in(batch, BankAnswer.PAID, amount="799.99"), FOUND_PAID)

    resolve(taken_back(batch), TAKEN_BACK)

    assert (balances(), budget()) == (OWED, (Decimal("800.00"), Decimal("0.00")))
    assert status_of(batch) == BatchStatus.SETTLED


@pytest.mark.parametrize("outcome", [ResolutionOutcome.FOUND_PAID, ResolutionOutcome.FOUND_RETURNED])
def test_what_ends_an_instruction_stands_on_the_statement(outcome):
    line = exception_in(delivered_batch(), BankAnswer.PAID, amount="700.00")

    with pytest.raises(DomainError) as refusal:
        propose(line, outcome, bank_reference=" ")

    assert refusal.value.code == "bank_reference_missing"
    assert not LineResolution.objects.exists()


def test_an_end_that_the_bank_told_meanwhile_is_not_found_again():
    batch = delivered_batch()
    found = propose(exception_in(batch, BankAnswer.PAID, amount="700.00"), FOUND_RETURNED)
    hear_from_bank(batch, "PAID")

    with pytest.raises(DomainError) as refusal:
        approve(found)

    assert refusal.value.code == "has_its_end"
    assert statuses() == (AttemptStatus.PAID, PaymentStatus.PAID)
