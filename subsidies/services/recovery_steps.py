"""Money that was paid and is asked back. A step: needs the payments locked in the caller's transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _

from chongqing_dte.foundation.audit import record_events
from chongqing_dte.foundation.errors import DomainError
from subsidies import queries
from subsidies.enums import PAID_TWICE, JournalAccount, JournalKind, RecoveryStatus, SettlementKind
from subsidies.models import Payment, Recovery, RecoverySettlement
from subsidies.services.journal import Posting, record_entry
from subsidies.services.void_steps import Facts, void_repaid

# Which check the decision fails once all of the money came back. What was paid twice is still paid once.
FAILED_CHECKS: Final = {
    "certificate_revoked": "certificate_is_valid",
    "objection_upheld": "no_objection_was_upheld",
}


def open_recoveries(
    payments: Sequence[Payment], reason: str, facts: Mapping[int, Facts], now: datetime
) -> None:
    """Ask for the money back, for a reason and its facts by payment.

    The grant stays, and its first pass is used up, until all of it came back.
    """
    if not payments:
        return
    asked_before = queries.recovery_counts(payments)
    recoveries = Recovery.objects.bulk_create(
        Recovery(
            payment=payment,
            amount=payment.amount,
            reason=reason,
            facts=facts[payment.pk],
            opened_at=now,
        )
        for payment in payments
    )
    record_events("recovery.opened", subjects=recoveries, at=now)
    record_entry(
        key=f"recovery:{recoveries[0].public_id}",
        kind=JournalKind.RECOVERY,
        postings=[
            Posting(
                payment,
                JournalAccount.RECOVERIES_RECEIVABLE,
                JournalAccount.SUBSIDY_EXPENSE,
                f"recovery:{asked_before.get(payment.pk, 0) + 1}",
            )
            for payment in payments
        ],
        now=now,
    )


def open_recovery_of_second(payment: Payment, facts: Facts, fact: str, key: str, now: datetime) -> None:
    """Ask the second amount of a payment back that the bank has paid twice. The grant stands: it was paid once.

    What left the fund goes into the journal and, last, the budget. Raises DomainError if the budget has no room.
    """
    recovery = Recovery.objects.create(
        payment=payment, amount=payment.amount, reason=PAID_TWICE, facts=facts, opened_at=now
    )
    record_events("recovery.opened", subjects=[recovery], at=now)
    fund, receivable = JournalAccount.FUND_AT_BANK, JournalAccount.RECOVERIES_RECEIVABLE
    record_entry(
        key=key,
        kind=JournalKind.CORRECTION,
        postings=[Posting(payment, receivable, fund, fact)],
        now=now,
    )
    budget = queries.lock_budgets([payment.budget_id])[payment.budget_id]
    budget.paid += payment.amount
    if budget.reserved + budget.paid - budget.recovered > budget.allotted:
        raise DomainError(
            _("The budget has no room for the amount that was paid a second time. Have it topped up first."),
            code="budget_has_no_room",
        )
    budget.save(update_fields=["paid"])


def count_settlement(*, recovery: Recovery, settlement: RecoverySettlement, now: datetime) -> None:
    """Count an approved settlement in its locked recovery and in the journal. `return_to_budget` comes last."""
    is_repayment = settlement.kind == SettlementKind.REPAYMENT
    if is_repayment:
        recovery.recovered += settlement.amount
    else:
        recovery.written_off += settlement.amount
    if recovery.amount == recovery.recovered + recovery.written_off:
        recovery.status, recovery.settled_at = RecoveryStatus.SETTLED, now
    recovery.save(update_fields=["recovered", "written_off", "status", "settled_at"])
    record_entry(
        key=f"settlement:{settlement.public_id}",
        kind=JournalKind.REPAYMENT if is_repayment else JournalKind.WRITE_OFF,
        postings=[
            Posting(
                recovery.payment,
                JournalAccount.FUND_AT_BANK if is_repayment else JournalAccount.RECOVERIES_WRITTEN_OFF,
                JournalAccount.RECOVERIES_RECEIVABLE,
                f"{'repaid' if is_repayment else 'written_off'}:{settlement.pk}",
                settlement.amount,
            )
        ],
        now=now,
    )


def release_first_pass(*, recovery: Recovery, settlement: RecoverySettlement, now: datetime) -> None:
    """Let nothing stand of a grant whose money came back in full: neither its first pass nor its place is used up.

    The person's other certificates that were refused because of it are decided again.
    """
    failed_check = FAILED_CHECKS.get(recovery.reason)
    if failed_check is None:
        return
    facts: Facts = dict(recovery.facts)
    if settlement.received_on is not None:
        facts["repaid_on"] = settlement.received_on.isoformat()
    void_repaid(recovery.payment, failed_check, facts, now)


def return_to_budget(*, recovery: Recovery, settlement: RecoverySettlement) -> None:
    """Put money that came back into the budget that it was paid from. The last lock of the transaction."""
    budget_id = recovery.payment.budget_id
    if settlement.kind != SettlementKind.REPAYMENT:
        return
    budget = queries.lock_budgets([budget_id])[budget_id]
    budget.recovered += settlement.amount
    budget.save(update_fields=["recovered"])
