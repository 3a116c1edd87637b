"""Worlds in which one promise about budgets or statements is broken."""

from collections.abc import Callable
from decimal import Decimal

from subsidies.enums import JournalAccount, JournalKind
from subsidies.models import Budget, JournalEntry, JournalLine
from tests.clock import NOW
from tests.factories.subsidies import BudgetFactory
from tests.subsidies.database import committed, triggers_off


def allot_alone() -> None:
    with committed():
        BudgetFactory()
    with triggers_off():
        Budget.objects.update(allotted=Decimal("100000.01"))


def post_for_no_fund() -> None:
    entry = JournalEntry.objects.create(key="by hand", kind=JournalKind.CORRECTION, recorded_at=NOW)
    JournalLine.objects.bulk_create(
        JournalLine(entry=entry, account=account, amount=amount)
        for account, amount in (
            (JournalAccount.SUBSIDY_EXPENSE, Decimal("1.00")),
            (JournalAccount.FUND_AT_BANK, Decimal("-1.00")),
        )
    )


BUDGET_BREAKS: dict[str, Callable[[], None]] = {
    "budget_is_allotted_by_approved_changes": allot_alone,
    "journal_line_is_of_a_fund": post_for_no_fund,
}
