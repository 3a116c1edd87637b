"""What the bank says, and what then stands in payments, budget and journal. Each promise is looked at after each."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chongqing_dte.foundation.models import AuditEvent
from subsidies.bank.channel import BankUnavailable, ReceivedFile
from subsidies.enums import AttemptStatus, BatchStatus, LineProblem, PaymentStatus, ResultFileStatus
from subsidies.models import (
    BankResultFile,
    BankResultLine,
    PaymentAttempt,
    PaymentBatch,
)
from subsidies.services.bank_results import collect_bank_results, receive_bank_result
from subsidies.services.deliveries import deliver_released_batches
from tests.clock import NOW
from tests.factories.subsidies import (
    answers_to,
    assembled_batch,
    delivered_batch,
    hear_from_bank,
    result_list,
    sign_twice,
)
from tests.fakes.bank import FakeBank
from tests.subsidies.books import IN_TRANSIT, OWED, PAID_OUT, balances, budget, payment_statuses

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("promises_hold")]


def receive(content: bytes, name: str = "RESULT.csv") -> bool:
    return receive_bank_result(received=ReceivedFile(name, content, name), now=NOW)


def attempt_statuses(batch: PaymentBatch) -> list[str]:
    return list(
        PaymentAttempt.objects.filter(batch=batch).order_by("line_number").values_list("status", flat=True)
    )


def status_of(batch: PaymentBatch) -> str:
    return PaymentBatch.objects.get(pk=batch.pk).status


def problems() -> list[str]:
    return list(BankResultLine.objects.exclude(problem="").values_list("problem", flat=True))


# ── One word about one payment ───────────────────────────────────────────────────────────────────────────
def test_paid_money_has_left_the_fund():
    batch = delivered_batch()

    assert hear_from_bank(batch, "PAID")

    assert (attempt_statuses(batch), payment_statuses()) == ([AttemptStatus.PAID], [PaymentStatus.PAID])
    assert (balances(), budget()) == (PAID_OUT, (Decimal("0.00"), Decimal("800.00")))
    assert status_of(batch) == BatchStatus.SETTLED


def test_returned_money_is_owed_again_and_stays_reserved():
    batch = delivered_batch()

    hear_from_bank(batch, "RETURNED")

    assert (attempt_statuses(batch), payment_statuses()) == (
        [AttemptStatus.RETURNED],
        [PaymentStatus.RETURNED],
    )
    assert (balances(), budget()) == (OWED, (Decimal("800.00"), Decimal("0.00")))
    assert status_of(batch) == BatchStatus.SETTLED


def test_an_unknown_outcome_stays_in_transit_and_keeps_the_batch_open():
    batch = delivered_batch()

    hear_from_bank(batch, "UNKNOWN")

    assert (attempt_statuses(batch), payment_statuses()) == (
        [AttemptStatus.UNKNOWN],
        [PaymentStatus.INSTRUCTED],
    )
    assert (balances(), budget()) == (IN_TRANSIT, (Decimal("800.00"), Decimal("0.00")))
    assert status_of(batch) == BatchStatus.DELIVERED


@pytest.mark.parametrize(
    ("word", "status"), [("PAID", PaymentStatus.PAID), ("RETURNED", PaymentStatus.RETURNED)]
)
def test_an_unknown_outcome_ends_with_the_banks_next_word(word, status):
    batch = delivered_batch()
    hear_from_bank(batch, "UNKNOWN")

    hear_from_bank(batch, word)

    assert payment_statuses() == [status]
    assert status_of(batch) == BatchStatus.SETTLED


def test_what_the_bank_said_is_kept_with_its_reason():
    batch = delivered_batch()

    hear_from_bank(batch, "RETURNED")

    attempt, line = PaymentAttempt.objects.get(), BankResultLine.objects.get()
    assert (attempt.return_code, attempt.answered_at) == ("ACCOUNT_CLOSED", NOW)
    assert (line.attempt, line.return_code, line.problem) == (attempt, "ACCOUNT_CLOSED", "")


@pytest.mark.parametrize("word", ["PAID", "RETURNED"])
def test_the_banks_word_leaves_events(word):
    hear_from_bank(delivered_batch(), word)

    names = set(AuditEvent.objects.values_list("name", flat=True))
    assert {f"payment.{word.lower()}", "bank_result.applied", "batch.settled"} <= names


def test_a_batch_is_settled_when_its_last_payment_is():
    batch = delivered_batch(3)
    hear_from_bank(batch, "PAID", "RETURNED", "UNKNOWN")
    before = status_of(batch)

    receive(result_list(batch.reference, answers_to(batch, "PAID")[2:]))

    assert (before, status_of(batch)) == (BatchStatus.DELIVERED, BatchStatus.SETTLED)


def test_a_result_for_part_of_a_batch_leaves_the_rest_open():
    batch = delivered_batch(2)

    receive(result_list(batch.reference, answers_to(batch, "PAID")[:1]))

    assert attempt_statuses(batch) == [AttemptStatus.PAID, AttemptStatus.OPEN]
    assert status_of(batch) == BatchStatus.DELIVERED


# ── The same again, and in another order ─────────────────────────────────────────────────────────────────
def test_the_same_content_under_another_name_changes_nothing():
    batch = delivered_batch()
    hear_from_bank(batch, name="RESULT.csv")
    before = (balances(), budget(), AuditEvent.objects.count())

    assert not hear_from_bank(batch, name="RESULT (2).csv")

    assert (balances(), budget(), AuditEvent.objects.count()) == before
    assert BankResultFile.objects.count() == 1


def test_the_same_word_in_another_file_changes_no_money():
    batch = delivered_batch(2)
    receive(result_list(batch.reference, answers_to(batch, "PAID")[:1]))

    hear_from_bank(batch, "PAID")

    assert (problems(), budget()) == ([], (Decimal("0.00"), Decimal("1600.00")))
    assert status_of(batch) == BatchStatus.SETTLED


def test_a_file_for_a_later_batch_may_come_first():
    first, second = delivered_batch(), delivered_batch()

    hear_from_bank(second)
    hear_from_bank(first)

    assert payment_statuses() == [PaymentStatus.PAID] * 2
    assert [status_of(first), status_of(second)] == [BatchStatus.SETTLED] * 2


def test_an_older_word_that_comes_later_moves_no_money():
    batch = delivered_batch()
    hear_from_bank(batch, "PAID")

    hear_from_bank(batch, "UNKNOWN")

    assert payment_statuses() == [PaymentStatus.PAID]
    assert balances() == PAID_OUT


# ── Lines that wait for a person ─────────────────────────────────────────────────────────────────────────
def test_a_line_that_matches_nothing_waits_and_keeps_the_batch_open():
    batch = delivered_batch()
    stray = {"reference": "UNHEARD-OF", "amount": "1.00", "answer": "PAID"}

    receive(result_list(batch.reference, [*answers_to(batch, "PAID"), stray]))

    assert problems() == [LineProblem.UNMATCHED]
    assert payment_statuses() == [PaymentStatus.PAID]
    assert status_of(batch) == BatchStatus.DELIVERED


def test_an_instruction_of_another_batch_matches_nothing():
    first, second = delivered_batch(), delivered_batch()

    receive(result_list(first.reference, answers_to(second, "PAID")))

    assert problems() == [LineProblem.UNMATCHED]
    assert payment_statuses() == [PaymentStatus.INSTRUCTED] * 2


@pytest.mark.parametrize("amount", ["799.99", "800.01"])
def test_another_amount_moves_no_money(amount):
    batch = delivered_batch()
    (line,) = answers_to(batch, "PAID")

    receive(result_list(batch.reference, [{**line, "amount": amount}]))

    assert problems() == [LineProblem.WRONG_AMOUNT]
    assert (payment_statuses(), balances()) == ([PaymentStatus.INSTRUCTED], IN_TRANSIT)
    assert status_of(batch) == BatchStatus.DELIVERED


def test_a_line_that_is_repeated_alike_is_applied_once():
    batch = delivered_batch()

    receive(result_list(batch.reference, answers_to(batch, "PAID") * 2))

    assert problems() == []
    assert (payment_statuses(), balances()) == ([PaymentStatus.PAID], PAID_OUT)
    assert status_of(batch) == BatchStatus.SETTLED


def test_a_line_that_is_repeated_and_not_alike_moves_no_money():
    batch = delivered_batch()

    receive(result_list(batch.reference, answers_to(batch, "PAID") + answers_to(batch, "RETURNED")))

    assert problems() == [LineProblem.REPEATED] * 2
    assert (payment_statuses(), balances()) == ([PaymentStatus.INSTRUCTED], IN_TRANSIT)


@pytest.mark.parametrize(("first", "then"), [("PAID", "RETURNED"), ("RETURNED", "PAID")])
def test_a_word_against_an_earlier_one_waits_for_a_person(first, then):
    batch = delivered_batch()
    hear_from_bank(batch, first)
    before = (payment_statuses(), balances(), budget())

    hear_from_bank(batch, then)

    assert problems() == [LineProblem.ALREADY_SETTLED]
    assert (payment_statuses(), balances(), budget()) == before
    assert status_of(batch) == BatchStatus.DELIVERED


# ── Files that are set aside whole ───────────────────────────────────────────────────────────────────────
def test_a_file_that_cannot_be_trusted_is_set_aside_whole():
    batch = delivered_batch(2)
    good = result_list(batch.reference, answers_to(batch, "PAID"))

    assert receive(good.replace(b"T,2,1600.00", b"T,2,1600.01"))

    stored = BankResultFile.objects.get()
    assert (stored.status, stored.problem, stored.batch) == (
        ResultFileStatus.QUARANTINED,
        "total_wrong",
        None,
    )
    assert payment_statuses() == [PaymentStatus.INSTRUCTED] * 2
    assert not BankResultLine.objects.exists()


def test_a_file_that_was_set_aside_is_set_aside_once():
    receive(b"not a list")

    assert not receive(b"not a list")

    assert BankResultFile.objects.count() == 1


def test_a_file_for_an_unknown_batch_is_set_aside():
    receive(result_list("20990101-0000000000", []))

    assert BankResultFile.objects.get().problem == "batch_unknown"


@pytest.mark.parametrize(
    "make", [assembled_batch, lambda: sign_twice(assembled_batch())], ids=["assembled", "released"]
)
def test_an_answer_to_what_was_never_sent_is_set_aside(make):
    batch = make()

    hear_from_bank(batch, "PAID")

    assert BankResultFile.objects.get().problem == "batch_not_sent"
    assert payment_statuses() == [PaymentStatus.INSTRUCTED]


def test_a_good_file_after_a_bad_one_is_applied():
    batch = delivered_batch()
    receive(b"not a list")

    hear_from_bank(batch)

    assert status_of(batch) == BatchStatus.SETTLED


# ── The inbox ────────────────────────────────────────────────────────────────────────────────────────────
def test_every_file_in_the_inbox_is_taken_in_and_put_away():
    batch, bank = delivered_batch(), FakeBank()
    bank.inbox = {
        "RESULT-1.csv": result_list(batch.reference, answers_to(batch, "UNKNOWN")),
        "RESULT-2.csv": result_list(batch.reference, answers_to(batch, "PAID")),
        "RESULT-3.csv": b"not a list",
    }

    assert collect_bank_results(channel=bank, now=NOW) == 3

    assert bank.inbox == {}
    assert status_of(batch) == BatchStatus.SETTLED


def test_a_file_that_was_stored_and_not_put_away_is_put_away_next_time():
    batch, bank = delivered_batch(), FakeBank()
    content = result_list(batch.reference, answers_to(batch, "PAID"))
    receive(content)
    bank.inbox = {"RESULT-1.csv": content}

    assert collect_bank_results(channel=bank, now=NOW) == 0

    assert bank.inbox == {}


def statements_to_settle(batch: PaymentBatch) -> int:
    with CaptureQueriesContext(connection) as statements:
        hear_from_bank(batch)
    return len(statements)


def test_a_file_that_cannot_be_stored_stays_and_the_others_go_in():
    batch, bank = delivered_batch(), FakeBank()
    word = result_list(batch.reference, answers_to(batch, "PAID"))
    bank.inbox = {"RESULT-\0.csv": result_list(batch.reference, []), "RESULT-2.csv": word}

    assert collect_bank_results(channel=bank, now=NOW) == 1
    assert list(bank.inbox) == ["RESULT-\0.csv"]


def test_a_long_list_takes_the_statements_of_a_short_one():
    assert statements_to_settle(delivered_batch(2)) == statements_to_settle(delivered_batch(6))


def test_an_answer_proves_a_delivery_that_was_not_noted():
    batch = sign_twice(assembled_batch())
    with pytest.raises(BankUnavailable):
        deliver_released_batches(channel=FakeBank(silent_calls=1), now=NOW)

    hear_from_bank(batch)

    batch.refresh_from_db()
    assert (batch.status, batch.delivered_at) == (BatchStatus.SETTLED, NOW)
