"""The journal and the budgets as they follow from the payments alone, added up the slow way."""

from collections import defaultdict
from decimal import Decimal

from django.db.models import Sum

from subsidies.models import Budget, JournalLine, Payment, PaymentAttempt, Recovery

NOTHING = Decimal("0.00")
EXPENSE, PAYABLE, IN_TRANSIT, AT_BANK, RECEIVABLE, GIVEN_UP = (
    "SUBSIDY_EXPENSE",
    "SUBSIDIES_PAYABLE",
    "PAYMENTS_IN_TRANSIT",
    "FUND_AT_BANK",
    "RECOVERIES_RECEIVABLE",
    "RECOVERIES_WRITTEN_OFF",
)


def journal() -> dict[str, Decimal]:
    """Return the balance of every account of the journal that has one."""
    sums = JournalLine.objects.values("account").annotate(balance=Sum("amount"))
    return {line["account"]: line["balance"] for line in sums if line["balance"]}


def journal_of_payments() -> dict[str, Decimal]:
    """Return the balances that follow from where every payment and every recovery stands."""
    balances: dict[str, Decimal] = defaultdict(lambda: NOTHING)
    for payment in Payment.objects.exclude(status="CANCELLED"):
        balances[EXPENSE] += payment.amount
        balances[_owed_from(payment)] -= payment.amount
    for recovery in Recovery.objects.exclude(status="WITHDRAWN"):
        # What the bank paid a second time was never an expense.
        balances[AT_BANK if recovery.reason == "paid_twice" else EXPENSE] -= recovery.amount
        balances[RECEIVABLE] += recovery.amount - recovery.recovered - recovery.written_off
        balances[AT_BANK] += recovery.recovered
        balances[GIVEN_UP] += recovery.written_off
    return {account: balance for account, balance in balances.items() if balance}


def _owed_from(payment: Payment) -> str:
    if payment.status == "PAID":
        return AT_BANK
    released = PaymentAttempt.objects.filter(payment=payment, status__in=["OPEN", "UNKNOWN"]).exclude(
        batch__status="ASSEMBLED"
    )
    return IN_TRANSIT if released.exists() else PAYABLE


def purses_of_payments() -> dict[int, tuple[Decimal, Decimal, Decimal]]:
    """Return what each budget must say is reserved, paid and recovered."""
    found = {}
    for budget in Budget.objects.all():
        payments = Payment.objects.filter(budget=budget)
        paid = [payment.amount for payment in payments if payment.status == "PAID"]
        owed = [payment.amount for payment in payments if payment.status not in ("PAID", "CANCELLED")]
        twice = Recovery.objects.filter(payment__budget=budget, reason="paid_twice")
        paid += [each.amount for each in twice.exclude(status="WITHDRAWN")]
        back = [each.recovered for each in Recovery.objects.filter(payment__budget=budget)]
        found[budget.pk] = (sum(owed, NOTHING), sum(paid, NOTHING), sum(back, NOTHING))
    return found
