"""All the books are compared on schedule; a signature looks at what moved since, and misses not a cent of that."""

from datetime import timedelta
from decimal import Decimal

import pytest

from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.models import AuditEvent
from subsidies import queries, tasks
from subsidies.enums import BatchStatus, JournalAccount, PaymentStatus
from subsidies.models import BookComparison, Budget, JournalEntry, JournalLine, Payment, PaymentAttempt
from subsidies.queries import open_books
from subsidies.services.batches import release_batch
from subsidies.services.book_comparisons import compare_books
from tests.clock import NOW
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import assembled_batch, open_programme, settled_batch, sign_twice
from tests.subsidies.database import check_commit, triggers_off

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=10)


@pytest.fixture
def settled_payment() -> Payment:
    """Money that the bank paid, and that all books have been compared over, and carried forward."""
    settled_batch()
    compare_books(now=NOW - timedelta(minutes=20))
    compare_books(now=NOW)
    return Payment.objects.get()


@pytest.fixture
def nobody_looks_at_everything(monkeypatch):
    def refuse() -> None:
        pytest.fail("All payments are looked at.")

    monkeypatch.setattr(open_books, "book_figures", refuse)


def agree(batch=None, *, now=NOW) -> bool:
    return queries.books_agree(now=now, batches=[batch.pk] if batch else [])


def write_by_hand(account: str, amount: str, payment: Payment | None) -> None:
    entry = JournalEntry.objects.create(key=f"by hand {amount}", kind="CORRECTION", recorded_at=NOW)
    fact = "by hand" if payment else ""
    JournalLine.objects.bulk_create(
        JournalLine(entry=entry, account=of, amount=Decimal(sum_), payment=payment, fact=fact)
        for of, sum_ in ((account, amount), (JournalAccount.SUBSIDY_EXPENSE, -Decimal(amount)))
    )


def test_a_signature_does_not_look_at_what_agreed_before(settled_payment, nobody_looks_at_everything):
    batch = assembled_batch()

    assert sign_twice(batch).status == BatchStatus.RELEASED
    assert agree(batch)


def test_what_is_carried_forward_is_settled_lines_alone(settled_payment):
    first, second = BookComparison.objects.order_by("pk")

    assert (first.carried_to, first.carried) == (0, {})
    assert second.carried_to == first.newest_line == JournalLine.objects.latest("pk").pk
    (carried,) = second.carried.values()
    assert [Decimal(sum_) for sum_ in carried] == [0, 800, 0]


def test_lines_that_may_still_be_on_their_way_are_not_carried_forward():
    settled_batch()
    compare_books(now=NOW)
    too_early = compare_books(now=NOW + timedelta(minutes=9))

    assert too_early.carried_to == 0


def test_a_look_is_recorded_and_changes_nothing(settled_payment):
    assert [each.agrees for each in BookComparison.objects.all()] == [True, True]
    assert AuditEvent.objects.filter(name="books.compared").count() == 2


@pytest.mark.parametrize("column", ["reserved", "paid", "recovered"])
def test_a_budget_that_moved_by_a_cent_is_found(column, settled_payment, nobody_looks_at_everything):
    budget = Budget.objects.get()
    Budget.objects.update(**{column: getattr(budget, column) + Decimal("0.01")})

    assert not agree()


def test_a_line_too_many_is_found_of_whatever_payment(settled_payment, nobody_looks_at_everything):
    write_by_hand(JournalAccount.RECOVERIES_RECEIVABLE, "5.00", settled_payment)

    assert not agree()


def test_a_line_of_nobodys_payment_is_found_by_a_signature(settled_payment, nobody_looks_at_everything):
    write_by_hand(JournalAccount.RECOVERIES_RECEIVABLE, "5.00", None)

    assert not agree()


def test_two_mistakes_that_cancel_each_other_are_found_by_a_signature(
    settled_payment, nobody_looks_at_everything
):
    batch = assembled_batch()
    fresh = Payment.objects.exclude(pk=settled_payment.pk).get()
    write_by_hand(JournalAccount.FUND_AT_BANK, "5.00", settled_payment)
    write_by_hand(JournalAccount.FUND_AT_BANK, "-5.00", fresh)

    assert not agree(batch)


@pytest.mark.parametrize("comes_with", ["its batch", "its payments"])
def test_what_leaves_is_looked_at_though_nothing_of_it_moved(comes_with, nobody_looks_at_everything):
    batch = assembled_batch()
    compare_books(now=NOW - timedelta(minutes=20))
    compare_books(now=NOW)
    Payment.objects.update(status=PaymentStatus.PAID, paid_at=NOW)

    assert agree()
    asked = {"batches": [batch.pk]} if comes_with == "its batch" else {"payments": [Payment.objects.get().pk]}
    assert not queries.books_agree(now=NOW, **asked)


def test_what_nobody_moved_is_found_by_the_next_look_and_stops_every_release_until_it_is_mended(
    settled_payment,
):
    batch = assembled_batch()
    Payment.objects.filter(pk=settled_payment.pk).update(status=PaymentStatus.RETURNED, paid_at=None)
    assert agree(batch)

    assert not compare_books(now=LATER).agrees
    with pytest.raises(DomainError) as refused:
        release_batch(
            batch_id=batch.pk,
            releaser=UserFactory(municipal_finance=True),
            sha256=batch.sha256,
            now=LATER,
        )
    assert refused.value.code == "books_differ"

    Payment.objects.filter(pk=settled_payment.pk).update(status=PaymentStatus.PAID, paid_at=NOW)
    assert agree(batch, now=LATER)


def test_without_a_look_of_the_last_day_everything_is_looked_at(settled_payment):
    Payment.objects.filter(pk=settled_payment.pk).update(status=PaymentStatus.RETURNED, paid_at=None)

    assert agree(now=NOW + timedelta(days=1))
    assert not agree(now=NOW + timedelta(days=1, seconds=1))


def test_the_instruction_of_another_amount_is_found(settled_payment, nobody_looks_at_everything):
    batch = sign_twice(assembled_batch())
    check_commit()
    with triggers_off():
        PaymentAttempt.objects.filter(batch=batch).update(amount=Decimal("799.00"))

    assert not agree(batch)


def test_the_task_looks_at_all_the_books():
    open_programme()
    tasks.compare_books_task()

    assert BookComparison.objects.get().agrees
