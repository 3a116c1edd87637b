"""What the books say: payments, journal and budget, short enough to compare."""

from decimal import Decimal

from django.db import connection
from django.db.models import Sum

from subsidies.invariants import find_violations
from subsidies.models import Budget, JournalLine, Payment
from subsidies.queries import book_figures, book_figures_by_row, books_agree
from subsidies.rules.reconciliation import compare
from tests.clock import NOW

OWED = {"SUBSIDY_EXPENSE": Decimal("800.00"), "SUBSIDIES_PAYABLE": Decimal("-800.00")}
IN_TRANSIT = {"SUBSIDY_EXPENSE": Decimal("800.00"), "PAYMENTS_IN_TRANSIT": Decimal("-800.00")}
PAID_OUT = {"SUBSIDY_EXPENSE": Decimal("800.00"), "FUND_AT_BANK": Decimal("-800.00")}


def payment_statuses() -> list[str]:
    """Return the status of every payment, in the order in which they were opened."""
    return list(Payment.objects.order_by("pk").values_list("status", flat=True))


def balances() -> dict[str, Decimal]:
    """Return the balance of every account of the journal that has one."""
    sums = JournalLine.objects.values("account").annotate(balance=Sum("amount"))
    return {line["account"]: line["balance"] for line in sums if line["balance"]}


def budget() -> tuple[Decimal, Decimal]:
    """Return what is reserved and what is paid of the one budget."""
    return Budget.objects.values_list("reserved", "paid").get()


def assert_the_books_agree() -> None:
    """Fail unless every promise is kept and all the books say the same: in sum, row by row, and of what moved."""
    connection.check_constraints()
    assert [(each.invariant.name, each.ids) for each in find_violations()] == []
    for figures in (book_figures(), book_figures_by_row()):
        assert [pair for pair in compare(figures).pairs if pair.apart] == []
    assert books_agree(now=NOW, payments=list(Payment.objects.values_list("pk", flat=True)))
