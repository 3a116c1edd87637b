"""Money that was paid and is asked back. A step: needs the payments locked in the caller's transaction."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.utils import timezone

from chongqing_dte.foundation.audit import record_events
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.transitions import check_transition
from subsidies import queries
from subsidies.enums import (
    PAID_TWICE,
    JournalAccount,
    JournalKind,
    NotificationKind,
    RecoveryStatus,
    SettlementKind,
)
from subsidies.models import (
    Payment,
    PaymentAttempt,
    Recovery,
    RecoverySettlement,
    SubsidyClaim,
    TrainingSubsidy,
)
from subsidies.services.journal import Posting, record_entry
from subsidies.services.notification_steps import notify_institutions
from subsidies.services.void_steps import Facts, void_repaid
from subsidies.transitions import RECOVERY_TRANSITIONS

NOTHING: Final = Decimal("0.00")
# Which check the decision fails once all of the money came back. What was paid twice is still paid once.
FAILED_CHECKS: Final = {
    "certificate_revoked": "certificate_is_valid",
    "objection_upheld": "no_objection_was_upheld",
}


def open_recoveries(
    payments: Sequence[Payment], reason: str, facts: Mapping[int, Facts], now: datetime
) -> None:
    """Ask for the money back, for a reason and its facts by payment; what is asked back already is not asked for again.

    The grant stays, and its first pass is used up, until all of it came back.
    """
    asked = queries.amounts_asked_back(payments)
    amounts = {each.pk: each.amount - asked.get(each.pk, NOTHING) for each in payments}
    _let_all_be_owed(payments, now)
    payments = [payment for payment in payments if amounts[payment.pk]]
    if not payments:
        return
    asked_before = queries.recovery_counts(payments)
    recoveries = Recovery.objects.bulk_create(
        Recovery(
            payment=payment,
            amount=amounts[payment.pk],
            reason=reason,
            facts=facts[payment.pk],
            opened_at=now,
        )
        for payment in payments
    )
    record_events("recovery.opened", subjects=recoveries, at=now)
    _tell_institutions(recoveries, now)
    record_entry(
        key=f"recovery:{recoveries[0].public_id}",
        kind=JournalKind.RECOVERY,
        postings=[
            Posting(
                payment,
                JournalAccount.RECOVERIES_RECEIVABLE,
                JournalAccount.SUBSIDY_EXPENSE,
                f"recovery:{asked_before.get(payment.pk, 0) + 1}",
                amounts[payment.pk],
            )
            for payment in payments
        ],
        now=now,
    )


def _let_all_be_owed(payments: Sequence[Payment], now: datetime) -> None:
    """Let everything that is asked back of these payments be owed again: all of it is asked back by now."""
    recoveries = queries.lock_not_owed(payments)
    for recovery in recoveries:
        note_what_is_not_owed([recovery], recovery.amount, now)
    Recovery.objects.bulk_update(recoveries, ["not_owed", "not_owed_since"])


def open_part_recoveries(recoveries: Sequence[Recovery], now: datetime) -> None:
    """Ask back what was paid too much for persons of a claim, each for a reason and its facts."""
    if not recoveries:
        return
    opened = Recovery.objects.bulk_create(recoveries)
    record_events("recovery.opened", subjects=opened, at=now)
    _tell_institutions(opened, now)
    receivable, expense = JournalAccount.RECOVERIES_RECEIVABLE, JournalAccount.SUBSIDY_EXPENSE
    record_entry(
        key=f"recovery:{opened[0].public_id}",
        kind=JournalKind.RECOVERY,
        postings=[
            Posting(each.payment, receivable, expense, f"recovery_part:{each.pk}", each.amount)
            for each in opened
        ],
        now=now,
    )


def note_what_is_not_owed(recoveries: Sequence[Recovery], owed: Decimal, now: datetime) -> list[Recovery]:
    """Say of these locked recoveries what of them is not owed by now, the newest first, and return those that changed.

    `owed` is what they should come to together, in yuan. Nothing is saved.
    """
    surplus = sum((each.amount - each.given_back for each in recoveries), NOTHING) - owed
    changed = []
    for each in reversed(recoveries):
        share = max(min(each.amount - each.given_back, surplus), NOTHING)
        surplus -= share
        not_owed = each.given_back + share
        if not_owed != each.not_owed:
            each.not_owed = not_owed
            each.not_owed_since = (each.not_owed_since or now) if not_owed else None
            changed.append(each)
    return changed


def _tell_institutions(opened: Sequence[Recovery], now: datetime) -> None:
    """Tell each institution once what is asked back of a claim of its own from now on. People get a letter."""
    amounts: dict[int, Decimal] = defaultdict(Decimal)
    for recovery in opened:
        if recovery.payment.claim_id is not None:
            amounts[recovery.payment.claim_id] += recovery.amount
    if not amounts:
        return
    claims = queries.claims_by_id(amounts)
    said = [(claims[claim_id], {"amount": str(amount)}) for claim_id, amount in amounts.items()]
    event = f"recovery_opened:{opened[0].pk}"
    notify_institutions(kind=NotificationKind.RECOVERY_OPENED, event=event, said=said, now=now)


def withdraw_part_recoveries(recoveries: Sequence[Recovery], reason: str, now: datetime) -> None:
    """Ask no more for what is asked back of persons' parts, and of which nothing came, is held or said to come."""
    if not recoveries:
        return
    for recovery in recoveries:
        check_transition(
            RECOVERY_TRANSITIONS,
            current=RecoveryStatus(recovery.status),
            target=RecoveryStatus.WITHDRAWN,
        )
        recovery.status, recovery.withdrawn_at = RecoveryStatus.WITHDRAWN, now
        recovery.withdrawal_reason = reason
        recovery.withdrawal_facts = {"withdrawn_on": timezone.localdate(now).isoformat()}
    Recovery.objects.bulk_update(
        recoveries, ["status", "withdrawn_at", "withdrawal_reason", "withdrawal_facts"]
    )
    record_events("recovery.withdrawn", subjects=recoveries, at=now, reason=reason)
    receivable, expense = JournalAccount.RECOVERIES_RECEIVABLE, JournalAccount.SUBSIDY_EXPENSE
    record_entry(
        key=f"recovery_withdrawn:{recoveries[0].public_id}",
        kind=JournalKind.RECOVERY,
        postings=[
            Posting(each.payment, expense, receivable, f"part_withdrawn:{each.pk}", each.amount)
            for each in recoveries
        ],
        now=now,
    )


def open_recovery_of_second(
    attempt: PaymentAttempt, facts: Facts, fact: str, key: str, now: datetime
) -> None:
    """Ask back what an instruction paid of a payment that was paid before. The grant stands: it was paid once.

    What left the fund goes into the journal and, last, the budget. Raises DomainError if the budget has no room.
    """
    payment = attempt.payment
    recovery = Recovery.objects.create(
        payment=payment, amount=attempt.amount, reason=PAID_TWICE, facts=facts, opened_at=now
    )
    record_events("recovery.opened", subjects=[recovery], at=now)
    _tell_institutions([recovery], now)
    fund, receivable = JournalAccount.FUND_AT_BANK, JournalAccount.RECOVERIES_RECEIVABLE
    record_entry(
        key=key,
        kind=JournalKind.CORRECTION,
        postings=[Posting(payment, receivable, fund, fact, attempt.amount)],
        now=now,
    )
    budget = queries.lock_budgets([payment.budget_id])[payment.budget_id]
    budget.paid += attempt.amount
    if budget.reserved + budget.paid - budget.recovered > budget.allotted:
        raise DomainError(
            _("The budget has no room for the amount that was paid a second time. Have it topped up first."),
            code="budget_has_no_room",
        )
    budget.save(update_fields=["paid"])


def count_settlement(*, recovery: Recovery, settlement: RecoverySettlement, now: datetime) -> None:
    """Count an approved settlement in its locked recovery and in the journal. `return_to_budget` comes last."""
    if settlement.kind == SettlementKind.GIVEN_BACK:
        _count_given_back(recovery, settlement, now)
        return
    is_repayment = settlement.kind == SettlementKind.REPAYMENT
    if is_repayment:
        count_part(recovery, came_back=settlement.amount, now=now)
    else:
        count_part(recovery, given_up=settlement.amount, now=now)
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


def _count_given_back(recovery: Recovery, settlement: RecoverySettlement, now: datetime) -> None:
    """Let what was paid stand again so far. Raises DomainError if somebody else is subsidized in its place by now."""
    recovery.given_back += settlement.amount
    recovery.save(update_fields=["given_back"])
    record_entry(
        key=f"settlement:{settlement.public_id}",
        kind=JournalKind.REPAYMENT,
        postings=[
            Posting(
                recovery.payment,
                JournalAccount.SUBSIDY_EXPENSE,
                JournalAccount.FUND_AT_BANK,
                f"given_back:{settlement.pk}",
                settlement.amount,
            )
        ],
        now=now,
    )
    subsidy = recovery.subsidy
    if subsidy is None or subsidy.voided_at is None:
        return
    taken, keys = queries.subsidized_already(enrollments=[subsidy.enrollment_id], keys={subsidy.subsidy_key})
    if taken or keys:
        raise DomainError(
            _("The person was subsidized in another class meanwhile: nothing is given back for them here."),
            code="subsidized_meanwhile",
        )
    subsidy.voided_at = None
    subsidy.save(update_fields=["voided_at"])


def count_part(
    recovery: Recovery, *, came_back: Decimal = NOTHING, given_up: Decimal = NOTHING, now: datetime
) -> None:
    """Count what came back, or is given up, in a locked recovery. It is settled by itself once nothing is left."""
    recovery.recovered += came_back
    recovery.written_off += given_up
    if recovery.amount == recovery.recovered + recovery.written_off:
        recovery.status, recovery.settled_at = RecoveryStatus.SETTLED, now
    recovery.save(update_fields=["recovered", "written_off", "status", "settled_at"])


def free_what_came_back(recovery: Recovery, now: datetime) -> None:
    """Let nothing stand of what a claim paid for somebody once all of it came back: they can be subsidized again.

    For one whose recovery is settled, the claim is looked at again: more may be owed by now.
    """
    claim_id = recovery.payment.claim_id
    if claim_id is None:
        return
    standing = TrainingSubsidy.objects.filter(claim=claim_id, voided_at__isnull=True)
    if queries.has_all_come_back(recovery.payment):
        standing.update(voided_at=now)
    elif recovery.subsidy is not None and queries.has_come_back(recovery.subsidy):
        standing.filter(pk=recovery.subsidy.pk).update(voided_at=now)
    # Whoever looks at the claim at this moment has it locked, and looks again within the day.
    free = SubsidyClaim.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
    SubsidyClaim.objects.filter(pk__in=list(free.filter(pk=claim_id).values_list("pk", flat=True))).update(
        reckoning_due_at=now
    )
    nudge_after_commit("claim_facts_changed")


def release_first_pass(*, recovery: Recovery, settlement: RecoverySettlement, now: datetime) -> None:
    """Let nothing stand of a grant once all of its money came back: neither its first pass nor its place is used up.

    Nothing of it is given back then. The person's other certificates that were refused because of it are decided again.
    """
    failed_check = FAILED_CHECKS.get(recovery.reason)
    if failed_check is None or recovery.payment.claim_id is not None:
        return
    if not queries.has_all_come_back(recovery.payment):
        return
    _let_all_be_owed([recovery.payment], now)
    facts: Facts = dict(recovery.facts)
    if settlement.received_on is not None:
        facts["repaid_on"] = settlement.received_on.isoformat()
    void_repaid(recovery.payment, failed_check, facts, now)


def return_to_budget(*, recovery: Recovery, settlement: RecoverySettlement) -> None:
    """Put money that came back into the budget that it was paid from, and take from it what is given back.

    The last lock of the transaction. Raises DomainError if the budget has no room for what is given back.
    """
    budget_id = recovery.payment.budget_id
    if settlement.kind == SettlementKind.WRITE_OFF:
        return
    budget = queries.lock_budgets([budget_id])[budget_id]
    is_repayment = settlement.kind == SettlementKind.REPAYMENT
    budget.recovered += settlement.amount if is_repayment else -settlement.amount
    if budget.reserved + budget.paid - budget.recovered > budget.allotted:
        raise DomainError(
            _("The budget has no room for what is given back. Have it topped up first."),
            code="budget_has_no_room",
        )
    budget.save(update_fields=["recovered"])
