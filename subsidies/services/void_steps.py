"""A grant that is taken back: unpaid, or paid back. A step: needs the payments locked in the caller's transaction."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from assessment.services.certificates import make_due_again
from chongqing_dte.foundation.audit import record_events
from chongqing_dte.foundation.jobs import nudge_after_commit
from subsidies import queries
from subsidies.enums import CheckOutcome, Decision, JournalAccount, JournalKind, PaymentStatus
from subsidies.models import Budget, Entitlement, Payment, TrainingSubsidy
from subsidies.rules.facts import Facts
from subsidies.services.journal import Posting, record_entry


def void_payments(
    payments: Sequence[Payment], reason: str, facts: Mapping[int, Facts], now: datetime
) -> None:
    """Cancel these payments, give back what was reserved, and refuse what was granted. Budgets come last.

    `reason` is the check that they fail now, `facts` what it found, by payment.
    """
    if not payments:
        return
    _look_at_others_again(payments)
    _cancel(payments, now)
    _refuse(payments, reason, facts, now)
    _give_back(payments)
    nudge_after_commit("certificates_recorded")


def void_claim_payments(payments: Sequence[Payment], now: datetime) -> None:
    """Cancel these payments of claims, void what they paid for each person, and give back what was reserved.

    Budgets come last. What becomes of the claims is the caller's.
    """
    if not payments:
        return
    _cancel(payments, now)
    TrainingSubsidy.objects.filter(
        claim__in=[payment.claim_id for payment in payments], voided_at__isnull=True
    ).update(voided_at=now)
    _give_back(payments)
    nudge_after_commit("money_came_back")


def void_repaid(payment: Payment, reason: str, facts: Facts, now: datetime) -> None:
    """Refuse what was granted, paid, and came back in full. Payment, recovery and journal stay as they are.

    `reason` is the check that it fails now, `facts` what it found.
    """
    _look_at_others_again([payment])
    _refuse([payment], reason, {payment.pk: facts}, now)
    nudge_after_commit("certificates_recorded")


def _cancel(payments: Sequence[Payment], now: datetime) -> None:
    Payment.objects.filter(pk__in=[payment.pk for payment in payments]).update(
        status=PaymentStatus.CANCELLED, cancelled_at=now
    )
    record_events("payment.cancelled", subjects=payments, at=now)
    record_entry(
        key=f"void:{payments[0].public_id}",
        kind=JournalKind.VOID,
        postings=[
            Posting(payment, JournalAccount.SUBSIDIES_PAYABLE, JournalAccount.SUBSIDY_EXPENSE, "voided")
            for payment in payments
        ],
        now=now,
    )


def _look_at_others_again(payments: Sequence[Payment]) -> None:
    """Put what these people were refused because of these payments back into the queue of decisions."""
    payees = queries.payees_of(payments)
    queries.lock_certificates_of_people(payees)
    make_due_again(queries.certificates_barred_by(payees))


def _refuse(payments: Sequence[Payment], reason: str, facts: Mapping[int, Facts], now: datetime) -> None:
    granted = [payment.grant for payment in payments]
    Entitlement.objects.filter(pk__in=[entitlement.pk for entitlement in granted]).update(superseded_at=now)
    refused = Entitlement.objects.bulk_create(
        _refusal(payment.grant, reason, facts[payment.pk], now) for payment in payments
    )
    record_events("entitlement.voided", subjects=granted, at=now, reason=reason)
    record_events("entitlement.refused", subjects=refused, at=now)


def _give_back(payments: Sequence[Payment]) -> None:
    sums: dict[int, Decimal] = {}
    for payment in payments:
        sums[payment.budget_id] = sums.get(payment.budget_id, Decimal("0.00")) + payment.amount
    budgets = queries.lock_budgets(sums.keys())
    for budget_id, amount in sums.items():
        budgets[budget_id].reserved -= amount
    Budget.objects.bulk_update(budgets.values(), ["reserved"])


def _refusal(granted: Entitlement, reason: str, facts: Facts, now: datetime) -> Entitlement:
    """Return the decision that takes a grant's place: everything as it was found then, but for this one check."""
    failed = {"name": reason, "outcome": CheckOutcome.FAILED.value, "facts": facts}
    checks = [failed if check["name"] == reason else check for check in granted.checks]
    # A check that nobody made when it was granted.
    checks += [] if failed in checks else [failed]
    return Entitlement(
        public_id=uuid.uuid4(),
        certificate_id=granted.certificate_id,
        person_id=granted.person_id,
        district_id=granted.district_id,
        decision=Decision.REFUSED,
        reason=reason,
        first_pass_key=granted.first_pass_key,
        amount=Decimal("0.00"),
        policy_version_id=granted.policy_version_id,
        fee_schedule_id=granted.fee_schedule_id,
        bank_account_id=granted.bank_account_id,
        checks=checks,
        decided_at=now,
        supersedes=granted,
    )
