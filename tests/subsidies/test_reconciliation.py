"""Budget, payments, journal and bank agree to the cent, or nothing is released."""

from decimal import Decimal

import pytest

from chongqing_dte.foundation.errors import DomainError
from subsidies import queries
from subsidies.enums import BatchStatus, JournalAccount, PaymentStatus
from subsidies.models import Budget, JournalEntry, JournalLine, Payment, PaymentBatch
from subsidies.rules.reconciliation import BANK, BUDGET, JOURNAL, PAYMENTS, Reconciliation, compare
from subsidies.services.batches import release_batch
from tests.clock import NOW
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import (
    assembled_batch,
    granted_certificate,
    next_batch,
    open_programme,
    settled_batch,
)

pytestmark = pytest.mark.django_db


def books() -> Reconciliation:
    return compare(queries.book_figures())


def test_a_quick_look_and_one_at_every_payment_say_the_same():
    settled_batch(2)
    granted_certificate()

    assert books().agrees
    assert [each.totals for each in queries.book_figures()] == [
        each.totals for each in queries.book_figures_by_row()
    ]


def totals(measure: str) -> dict[str, Decimal]:
    (figures,) = (each for each in books().figures if each.measure == measure)
    return dict(figures.totals)


def test_nothing_agrees_with_nothing():
    assert books().agrees
    assert books().agreement == Decimal("100.00")


def test_a_grant_is_in_budget_payments_and_journal():
    granted_certificate()

    assert totals("RESERVED") == dict.fromkeys((BUDGET, PAYMENTS, JOURNAL), Decimal("800.00"))
    assert books().agrees


@pytest.mark.parametrize(
    ("column", "measure"), [("reserved", "RESERVED"), ("paid", "PAID"), ("recovered", "RECOVERED")]
)
def test_a_budget_that_says_something_else_is_found(column, measure):
    granted_certificate()
    budget = Budget.objects.get()
    Budget.objects.update(**{column: getattr(budget, column) + Decimal("0.01")})

    found = books()

    assert (found.agrees, found.difference) == (False, Decimal("0.01"))
    assert {pair.measure for pair in found.pairs if pair.apart} == {measure}
    (row,) = queries.budgets_apart()
    assert (row.budget_id, row.measure) == (budget.pk, measure)
    assert queries.payments_apart(10) == []


def test_an_entry_too_many_is_found_with_its_payment():
    certificate = granted_certificate()
    wrong_entry(Payment.objects.get(), JournalAccount.SUBSIDIES_PAYABLE, Decimal("5.00"))

    found = books()

    assert (found.agrees, found.difference) == (False, Decimal("5.00"))
    (row,) = queries.payments_apart(10)
    assert (row.number, row.payments, row.journal) == (
        certificate.number,
        Decimal("800.00"),
        Decimal("795.00"),
    )
    assert queries.budgets_apart() == []


def test_two_mistakes_that_cancel_each_other_are_found():
    granted_certificate()
    granted_certificate()
    one, other = Payment.objects.order_by("pk")
    wrong_entry(one, JournalAccount.SUBSIDIES_PAYABLE, Decimal("5.00"))
    wrong_entry(other, JournalAccount.SUBSIDIES_PAYABLE, Decimal("-5.00"))

    assert len(set(totals("RESERVED").values())) == 1
    assert not books().agrees
    assert compare(queries.book_figures_by_row()).difference == Decimal("10.00")
    assert len(queries.payments_apart(10)) == 2
    assert len(queries.payments_apart(1)) == 1


def test_a_line_of_nobodys_payment_is_found():
    entry = JournalEntry.objects.create(key="by hand", kind="CORRECTION", recorded_at=NOW)
    JournalLine.objects.bulk_create(
        JournalLine(entry=entry, account=account, amount=amount)
        for account, amount in (("FUND_AT_BANK", Decimal("-7.00")), ("SUBSIDY_EXPENSE", Decimal("7.00")))
    )

    assert books().difference == Decimal("7.00")
    (row,) = queries.payments_apart(10)
    assert (row.payment_id, row.measure, row.journal) == (None, "PAID", Decimal("7.00"))


def test_a_payment_that_no_bank_line_paid_is_found():
    granted_certificate()
    Payment.objects.update(status=PaymentStatus.PAID, paid_at=NOW)

    pairs = {(pair.left, pair.right) for pair in books().pairs if pair.measure == "PAID" and pair.apart}

    assert pairs == {(BUDGET, PAYMENTS), (PAYMENTS, JOURNAL), (PAYMENTS, BANK)}


def test_nothing_is_released_while_the_books_differ():
    batch = assembled_batch()
    Budget.objects.update(reserved=Decimal("801.00"))

    with pytest.raises(DomainError, match=r"1\.00") as refused:
        release_batch(
            batch_id=batch.pk,
            releaser=UserFactory(municipal_finance=True),
            sha256=batch.sha256,
            now=NOW,
        )

    assert refused.value.code == "books_differ"
    assert PaymentBatch.objects.get().first_released_by is None


def test_no_batch_leaves_by_itself_while_the_books_differ():
    open_programme(automatic_release_limit=Decimal("100000.00"))
    granted_certificate()
    Budget.objects.update(reserved=Decimal("801.00"))

    batch = next_batch()

    assert batch is not None
    assert (batch.status, batch.released_automatically) == (BatchStatus.ASSEMBLED, False)


def wrong_entry(payment: Payment, account: str, amount: Decimal) -> None:
    entry = JournalEntry.objects.create(key=f"by hand {payment.pk}", kind="CORRECTION", recorded_at=NOW)
    JournalLine.objects.bulk_create(
        JournalLine(entry=entry, account=of, amount=sum_, payment=payment, fact="by hand")
        for of, sum_ in ((account, amount), (JournalAccount.SUBSIDY_EXPENSE, -amount))
    )
