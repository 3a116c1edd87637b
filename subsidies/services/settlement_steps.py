"""The bank's answers to one batch, applied. A step: needs the batch locked in the caller's transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from chongqing_dte.foundation.audit import record_event, record_events, record_events_of
from chongqing_dte.foundation.bulk import copy_rows
from chongqing_dte.foundation.lookups import Among
from chongqing_dte.foundation.transitions import check_transition
from subsidies import queries
from subsidies.bank.files import BankAnswers, with_references
from subsidies.enums import (
    AttemptStatus,
    BankAnswer,
    BatchStatus,
    JournalAccount,
    JournalKind,
    PaymentStatus,
    SubsidyKind,
)
from subsidies.models import BankResultFile, BankResultLine, Budget, Payment, PaymentAttempt, PaymentBatch
from subsidies.queries.bank_results import LockedInstruction
from subsidies.rules.bank_answers import AnswerLine, Instruction, line_problem, repeated_references
from subsidies.services.journal import Move, record_moves
from subsidies.services.netting_steps import (
    NOTHING,
    Moved,
    SetOff,
    hold_back,
    release_held,
    set_off,
    set_off_held,
)
from subsidies.transitions import BATCH_TRANSITIONS, PAYMENT_TRANSITIONS

LINE_COLUMNS = (
    "result_file_id",
    "line_number",
    "attempt_id",
    "reference",
    "amount",
    "answer",
    "return_code",
    "problem",
    "is_of_whole",
)
# From where a file alone moves an instruction on. A later word against an earlier one is a matter for two people.
UNDER_WAY = (AttemptStatus.OPEN, AttemptStatus.UNKNOWN)


@dataclass(frozen=True, slots=True)
class JudgedLine:
    """One line of the bank, the instruction it names, if any, and why it cannot be applied, if so."""

    line: AnswerLine
    instruction: LockedInstruction | None
    problem: str


@dataclass(frozen=True, slots=True)
class News:
    """One line that moves its instruction on."""

    line: AnswerLine
    instruction: LockedInstruction


def apply_answers(stored: BankResultFile, batch: PaymentBatch, answers: BankAnswers, now: datetime) -> None:
    """Keep every line, let those that are sound move payments, journal and budgets, and close the batch if it is done.

    One statement for each kind of change, however many lines there are.
    """
    instructions = queries.lock_instructions_of(batch)
    named = with_references(answers, {each.line_number: each.reference for each in instructions})
    judged = _judge(named.lines, {each.reference: each for each in instructions})
    copy_rows(
        BankResultLine,
        LINE_COLUMNS,
        (
            (
                stored.pk,
                each.line.line_number,
                each.instruction.attempt_id if each.instruction else None,
                each.line.reference,
                each.line.amount,
                each.line.answer,
                each.line.return_code,
                each.problem,
                each.line.is_of_whole,
            )
            for each in judged
        ),
    )
    news = list(_news(judged))
    _settle(news, now, may_be_set_off=batch.kind == SubsidyKind.TRAINING)
    _record_settlement(stored, news, now)
    record_event(
        "bank_result.applied", subject=stored, at=now, facts={"lines": len(judged), "new": len(news)}
    )
    close_if_settled(batch, now)


def close_if_settled(batch: PaymentBatch, now: datetime) -> None:
    """Close a batch once nothing of it is open, and open it again if something is."""
    has_open_ends = queries.batch_has_open_ends(batch)
    if batch.status == BatchStatus.SETTLED and has_open_ends:
        _reopen(batch, now)
    elif batch.status != BatchStatus.SETTLED and not has_open_ends:
        _close(batch, now)


def move_budgets(sums: Mapping[int, Decimal], beside: Moved | None = None) -> None:
    """Move these sums, by budget, from what is reserved to what is paid; a negative one moves back. The last lock.

    What was set off `beside` them is paid as well, and came back to the budgets that it was asked back for.
    """
    moved = beside or Moved()
    paid = {
        budget_id: sums.get(budget_id, NOTHING) + moved.paid.get(budget_id, NOTHING)
        for budget_id in sums.keys() | moved.paid.keys()
    }
    budgets = queries.lock_budgets(paid.keys() | moved.came_back.keys())
    for budget_id, amount in paid.items():
        budgets[budget_id].reserved -= amount
        budgets[budget_id].paid += amount
    for budget_id, amount in moved.came_back.items():
        budgets[budget_id].recovered += amount
    Budget.objects.bulk_update(budgets.values(), ["reserved", "paid", "recovered"])


def pay_by_set_off(payments: Sequence[Payment], planned: Mapping[int, SetOff], now: datetime) -> None:
    """Pay locked payments of which nothing is left for the bank: an institution owes as much as it is owed.

    The budgets are the last lock.
    """
    if not payments:
        return
    for payment in payments:
        check_transition(
            PAYMENT_TRANSITIONS, current=PaymentStatus(payment.status), target=PaymentStatus.PAID
        )
    held = hold_back(((payment, None, planned[payment.pk]) for payment in payments), now)
    Payment.objects.filter(pk__in=[payment.pk for payment in payments]).update(
        status=PaymentStatus.PAID, paid_at=now
    )
    record_events("payment.paid", subjects=payments, at=now)
    move_budgets({}, set_off(held, now))


def _judge(lines: Sequence[AnswerLine], instructions: Mapping[str, LockedInstruction]) -> list[JudgedLine]:
    repeated = repeated_references(lines)
    judged = []
    for line in lines:
        named = instructions.get(line.reference)
        asked = Instruction(named.attempt_id, named.amount, named.status) if named else None
        problem = line_problem(line, asked, is_repeated=line.reference in repeated)
        judged.append(JudgedLine(line, named, problem))
    return judged


def _news(judged: Iterable[JudgedLine]) -> Iterable[News]:
    """Yield the lines that move their instruction on; a word that was said before, or twice, moves nothing more."""
    moved = set()
    for each in judged:
        named = each.instruction
        if named is None or each.problem or named.attempt_id in moved:
            continue
        if named.status in UNDER_WAY and each.line.answer != named.status:
            moved.add(named.attempt_id)
            yield News(each.line, named)


def _settle(news: Sequence[News], now: datetime, *, may_be_set_off: bool) -> None:
    """Move attempts, payments and budgets to where the bank's word puts them."""
    groups: dict[tuple[str, str], list[LockedInstruction]] = {}
    for each in news:
        return_code = each.line.return_code if each.line.answer == BankAnswer.RETURNED else ""
        groups.setdefault((each.line.answer, return_code), []).append(each.instruction)
    for (answer, return_code), instructions in groups.items():
        PaymentAttempt.objects.filter(Among("pk", [each.attempt_id for each in instructions])).update(
            status=answer,
            return_code=return_code,
            answered_at=None if answer == BankAnswer.UNKNOWN else now,
        )
    paid = [each.instruction for each in news if each.line.answer == BankAnswer.PAID]
    came_back = [each.instruction for each in news if each.line.answer == BankAnswer.RETURNED]
    returned = [each.payment_id for each in came_back]
    payment_ids = [each.payment_id for each in paid]
    Payment.objects.filter(Among("pk", payment_ids)).update(status=PaymentStatus.PAID, paid_at=now)
    Payment.objects.filter(Among("pk", returned)).update(status=PaymentStatus.RETURNED)
    record_events_of("payment.paid", subject_type=Payment, subject_ids=payment_ids, at=now)
    record_events_of("payment.returned", subject_type=Payment, subject_ids=returned, at=now)
    sums: dict[int, Decimal] = {}
    for instruction in paid:
        budget_id = instruction.budget_id
        sums[budget_id] = sums.get(budget_id, Decimal("0.00")) + instruction.amount
    moved = None
    if may_be_set_off:
        release_held([each.attempt_id for each in came_back], now)
        moved = set_off_held([each.attempt_id for each in paid], now)
    move_budgets(sums, moved)


def _record_settlement(stored: BankResultFile, news: Sequence[News], now: datetime) -> None:
    moves = []
    for each in news:
        instruction = each.instruction
        if each.line.answer == BankAnswer.UNKNOWN:
            continue
        if each.line.answer == BankAnswer.PAID:
            credit, fact = JournalAccount.FUND_AT_BANK, f"paid:{instruction.number}"
        else:
            credit, fact = JournalAccount.SUBSIDIES_PAYABLE, f"returned:{instruction.number}"
        moves.append(
            Move(
                instruction.payment_id,
                instruction.amount,
                JournalAccount.PAYMENTS_IN_TRANSIT,
                credit,
                fact,
            )
        )
    record_moves(key=f"settlement:{stored.sha256}", kind=JournalKind.SETTLEMENT, moves=moves, now=now)


def _close(batch: PaymentBatch, now: datetime) -> None:
    check_transition(BATCH_TRANSITIONS, current=BatchStatus(batch.status), target=BatchStatus.SETTLED)
    batch.status = BatchStatus.SETTLED
    # The bank answers only what it has, so an answer proves a delivery that a crash kept from being noted.
    batch.delivered_at = batch.delivered_at or now
    batch.settled_at = now
    batch.save(update_fields=["status", "delivered_at", "settled_at"])
    record_event("batch.settled", subject=batch, at=now)


def _reopen(batch: PaymentBatch, now: datetime) -> None:
    check_transition(BATCH_TRANSITIONS, current=BatchStatus(batch.status), target=BatchStatus.DELIVERED)
    batch.status = BatchStatus.DELIVERED
    batch.settled_at = None
    batch.save(update_fields=["status", "settled_at"])
    record_event("batch.reopened", subject=batch, at=now)
