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
    JournalLine,
    LineResolution,
    Payment,
    PaymentAttempt,
)
from subsidies.services.bank_results import receive_bank_result
from subsidies.services.batches import assemble_batches
from subsidies.services.line_resolutions import approve_resolution, propose_resolution, refuse_resolution
from tests.clock import NOW
from tests.factories.bank import exception_in, taken_back
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import (
    answers_to,
    correct_account,
    delivered_batch,
    hear_from_bank,
    result_list,
)
from tests.subsidies.books import OWED, PAID_OUT, balances, budget

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("promises_hold")]

NO_EFFECT = ResolutionOutcome.NO_EFFECT
TAKEN_BACK = ResolutionOutcome.TAKEN_BACK
PAID_AFTER_ALL = ResolutionOutcome.PAID_AFTER_ALL
FOUND_PAID = ResolutionOutcome.FOUND_PAID
FOUND_RETURNED = ResolutionOutcome.FOUND_RETURNED


def finance():
    return UserFactory(municipal_finance=True)


def propose(
    line, outcome, proposer=None, reason="Told on the telephone.", bank_reference="STATEMENT-7"
) -> LineResolution:
    return propose_resolution(
        line_id=line.pk,
        proposer=proposer or finance(),
        outcome=outcome,
        reason=reason,
        bank_reference=bank_reference,
        now=NOW,
    )


def approve(found, decider=None) -> LineResolution:
    return approve_resolution(resolution_id=found.pk, decider=decider or finance(), reason="", now=NOW)


def refuse(found, decider=None, reason="The letter says otherwise.") -> LineResolution:
    return refuse_resolution(resolution_id=found.pk, decider=decider or finance(), reason=reason, now=NOW)


def resolve(line, outcome) -> None:
    approve(propose(line, outcome))


def returned_batch():
    batch = delivered_batch()
    hear_from_bank(batch, "RETURNED")
    return batch


def statuses() -> tuple[str, str]:
    return PaymentAttempt.objects.latest("pk").status, Payment.objects.get().status


def status_of(batch) -> str:
    batch.refresh_from_db()
    return batch.status


def facts_of(kind: str) -> set[str]:
    return set(JournalLine.objects.filter(entry__kind=kind).values_list("fact", flat=True))


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
