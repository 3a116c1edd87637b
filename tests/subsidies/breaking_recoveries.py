"""Worlds in which one promise about money that comes back, or about messages, is broken."""

from collections.abc import Callable
from decimal import Decimal

from django.db import connection

from subsidies.models import Budget, Entitlement, JournalLine, PaymentAttempt, RecoverySettlement
from tests.clock import NOW
from tests.factories.recoveries import recovery_of_paid_money, repayment, settle
from tests.factories.subsidies import granted_certificate, settled_batch
from tests.subsidies.database import triggers_off


def put_down_more_than_was_counted() -> None:
    settle(recovery_of_paid_money(), repayment("300"))
    # What waits for the commit is looked at before anything is broken.
    connection.check_constraints()
    with triggers_off():
        RecoverySettlement.objects.update(amount=Decimal("300.01"))


def leave_a_settlement_out_of_the_journal() -> None:
    settlement = settle(recovery_of_paid_money(), repayment("300"))
    with triggers_off():
        JournalLine.objects.filter(fact=f"repaid:{settlement.pk}").update(fact="repaid:0")


def keep_from_the_budget_what_came_back() -> None:
    settle(recovery_of_paid_money(), repayment("300"))
    Budget.objects.update(recovered=Decimal("299.99"))


def say_nothing_of_a_payment() -> None:
    settled_batch()
    PaymentAttempt.objects.update(announced_at=NOW)


def say_nothing_of_a_grant() -> None:
    granted_certificate()
    Entitlement.objects.update(announced_at=NOW)


RECOVERY_BREAKS: dict[str, Callable[[], None]] = {
    "recovery_is_the_sum_of_its_settlements": put_down_more_than_was_counted,
    "settlement_is_in_the_journal_once_approved": leave_a_settlement_out_of_the_journal,
    "budget_recovered_is_what_came_back": keep_from_the_budget_what_came_back,
    "bank_answer_is_announced_or_waits": say_nothing_of_a_payment,
    "decision_is_announced_or_waits": say_nothing_of_a_grant,
}

# The journal has what was counted.
RECOVERY_ALSO_BROKEN = {
    "recovery_is_the_sum_of_its_settlements": ["settlement_is_in_the_journal_once_approved"]
}
