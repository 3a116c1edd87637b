"""What the world of two offices holds of banks and their answers."""

from types import SimpleNamespace

from institutions.models import District
from subsidies.enums import NotificationStatus, ResultFileStatus
from tests.factories.bank import BatchDownloadFactory, LineResolutionFactory
from tests.factories.budgets import BudgetChangeFactory
from tests.factories.notifications import NotificationFactory
from tests.factories.subsidies import BankResultFileFactory, BudgetFactory


def budget_rows(district: District) -> dict[str, object]:
    """Return a district's own budget and a change of it that waits for its second person."""
    change = BudgetChangeFactory(budget=BudgetFactory(district=district))
    # Both are found by what they are called, and not by a public number.
    return {
        "budget": SimpleNamespace(address=[change.budget.reference]),
        "budget_change": SimpleNamespace(address=[change.pk]),
    }


def bank_rows() -> dict[str, object]:
    """Return a link, a file set aside, one that a person brought, and a line with a finding that waits for another."""
    finding = LineResolutionFactory()
    line = finding.line
    return {
        "download": BatchDownloadFactory(),
        "failed_message": NotificationFactory(status=NotificationStatus.FAILED, problem="address_missing"),
        "bank_result": BankResultFileFactory(set_aside=True),
        "brought_file": BankResultFileFactory(by_hand=True, status=ResultFileStatus.WAITING),
        "finding": finding,
        # A line has no number of its own outside: it is addressed by its file and its place in it.
        "bank_line": SimpleNamespace(address=[line.result_file.public_id, line.line_number]),
    }
