"""A payment that follows what two people found out. A step: needs the batch, the instruction and the payment locked."""

from datetime import datetime

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.transitions import check_transition
from subsidies import queries
from subsidies.enums import (
    ENDS_AN_INSTRUCTION,
    AttemptStatus,
    JournalAccount,
    JournalKind,
    PaymentStatus,
    ResolutionOutcome,
)
from subsidies.models import BankResultLine, PaymentAttempt
from subsidies.rules.return_reasons import OTHER
from subsidies.services.journal import Posting, record_entry
from subsidies.services.netting_steps import release_held, set_off_again, set_off_held
from subsidies.services.recovery_steps import open_recovery_of_second
from subsidies.services.settlement_steps import move_budgets
from subsidies.transitions import ATTEMPT_TRANSITIONS, PAYMENT_TRANSITIONS


def follow_finding(
    attempt: PaymentAttempt, line: BankResultLine, outcome: ResolutionOutcome, now: datetime
) -> None:
    """Move money to where two people found it: for the first time, or against an earlier word of the bank."""
    if outcome in ENDS_AN_INSTRUCTION:
        end_instruction(attempt, line, outcome, now)
    else:
        correct_payment(attempt, line, outcome, now)


def end_instruction(
    attempt: PaymentAttempt, line: BankResultLine, outcome: ResolutionOutcome, now: datetime
) -> None:
    """End an instruction that no line of the bank could end, with its payment, the journal and, last, the budget.

    The amount is the one that was instructed: whoever finds another one on the statement has found no end.
    """
    is_paid = outcome == ResolutionOutcome.FOUND_PAID
    _move_attempt(attempt, "" if is_paid else line.return_code or OTHER, now, is_paid=is_paid)
    _move_payment(attempt, now, is_paid=is_paid)
    credit = JournalAccount.FUND_AT_BANK if is_paid else JournalAccount.SUBSIDIES_PAYABLE
    fact = f"{'paid' if is_paid else 'returned'}:{attempt.number}"
    record_entry(
        key=f"finding:{line.result_file.sha256}:{line.line_number}",
        kind=JournalKind.SETTLEMENT,
        postings=[Posting(attempt.payment, JournalAccount.PAYMENTS_IN_TRANSIT, credit, fact, attempt.amount)],
        now=now,
    )
    if is_paid:
        move_budgets({attempt.payment.budget_id: attempt.amount}, set_off_held([attempt.pk], now))
    else:
        release_held([attempt.pk], now)


def correct_payment(
    attempt: PaymentAttempt, line: BankResultLine, outcome: ResolutionOutcome, now: datetime
) -> None:
    """Move an instruction, its payment, the journal and, last, the budget to where two people found the money.

    An instruction that was paid beside another one stays as it is: a payment is paid once, and the rest asked back.
    """
    is_paid = outcome == ResolutionOutcome.PAID_AFTER_ALL
    if is_paid and attempt.payment.status == PaymentStatus.PAID:
        _ask_second_back(attempt, line, now)
        return
    _move_attempt(attempt, "" if is_paid else line.return_code, now, is_paid=is_paid)
    _move_payment(attempt, now, is_paid=is_paid)
    _record(attempt, line, now, is_paid=is_paid)
    if is_paid:
        move_budgets({attempt.payment.budget_id: attempt.amount}, set_off_again(attempt, now))
    else:
        # What was set off beside it stays so: that much of the payment is paid.
        move_budgets({attempt.payment.budget_id: -attempt.amount})


def _move_attempt(attempt: PaymentAttempt, return_code: str, now: datetime, *, is_paid: bool) -> None:
    target = AttemptStatus.PAID if is_paid else AttemptStatus.RETURNED
    check_transition(ATTEMPT_TRANSITIONS, current=AttemptStatus(attempt.status), target=target)
    attempt.status = target
    attempt.return_code = return_code
    attempt.answered_at = now
    # Whoever is paid hears of it, and hears of it if that is not so any more.
    attempt.announced_at = None
    attempt.save(update_fields=["status", "return_code", "answered_at", "announced_at"])


def _move_payment(attempt: PaymentAttempt, now: datetime, *, is_paid: bool) -> None:
    payment = attempt.payment
    target = PaymentStatus.PAID if is_paid else PaymentStatus.RETURNED
    check_transition(PAYMENT_TRANSITIONS, current=PaymentStatus(payment.status), target=target)
    payment.status = target
    payment.paid_at = now if is_paid else None
    payment.save(update_fields=["status", "paid_at"])
    record_event("payment.paid" if is_paid else "payment.returned", subject=payment, at=now)


def _ask_second_back(attempt: PaymentAttempt, line: BankResultLine, now: datetime) -> None:
    times = queries.approved_count(attempt, ResolutionOutcome.PAID_AFTER_ALL)
    open_recovery_of_second(
        attempt,
        {"attempt": attempt.number, "bank_line": line.pk},
        f"paid_twice:{attempt.number}" + (f":{times}" if times > 1 else ""),
        _key_of(line),
        now,
    )


def _key_of(line: BankResultLine) -> str:
    return f"correction:{line.result_file.sha256}:{line.line_number}"


def _record(attempt: PaymentAttempt, line: BankResultLine, now: datetime, *, is_paid: bool) -> None:
    outcome = ResolutionOutcome.PAID_AFTER_ALL if is_paid else ResolutionOutcome.TAKEN_BACK
    fund, owed = JournalAccount.FUND_AT_BANK, JournalAccount.SUBSIDIES_PAYABLE
    # A bank may change its word more than once, and each time is a fact of its own.
    times = queries.approved_count(attempt, outcome)
    fact = f"{outcome.lower()}:{attempt.number}" + (f":{times}" if times > 1 else "")
    record_entry(
        key=_key_of(line),
        kind=JournalKind.CORRECTION,
        postings=[
            Posting(
                attempt.payment, owed if is_paid else fund, fund if is_paid else owed, fact, attempt.amount
            )
        ],
        now=now,
    )
