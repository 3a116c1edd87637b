"""What the bank says: each file once, whole or not at all, each line to the instruction it names."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import structlog
from django.db import IntegrityError, transaction

from chongqing_dte.foundation.audit import record_event, record_events
from chongqing_dte.foundation.errors import POISON
from chongqing_dte.foundation.locks import session_lock
from chongqing_dte.foundation.transitions import check_transition
from subsidies import queries
from subsidies.bank import agent_list
from subsidies.bank.channel import BankChannel, ReceivedFile
from subsidies.bank.files import BankAnswers, UnreadableAnswer
from subsidies.enums import (
    AttemptStatus,
    BankAnswer,
    BatchStatus,
    JournalAccount,
    JournalKind,
    PaymentStatus,
    ResultFileStatus,
)
from subsidies.models import BankResultFile, BankResultLine, Budget, Payment, PaymentAttempt, PaymentBatch
from subsidies.rules.bank_answers import AnswerLine, Instruction, line_problem
from subsidies.services.journal import Posting, record_entry
from subsidies.transitions import ATTEMPT_TRANSITIONS, BATCH_TRANSITIONS

log = structlog.get_logger(__name__)

BEFORE_THE_BANK = (BatchStatus.ASSEMBLED, BatchStatus.RELEASED, BatchStatus.WITHDRAWN)


@dataclass(frozen=True)
class JudgedLine:
    """One line of the bank, the instruction it names, if any, and why it cannot be applied, if so."""

    line: AnswerLine
    attempt: PaymentAttempt | None
    problem: str


def collect_bank_results(*, channel: BankChannel, now: datetime) -> int:
    """Take in every result file that the bank has put down, and return how many were new.

    Safe to repeat: a file is put away only after it is stored, and its content is stored once.
    """
    new_count = 0
    with session_lock("collect_bank_results") as is_ours:
        for received in channel.results() if is_ours else ():
            try:
                new_count += receive_bank_result(received=received, now=now)
            except POISON:
                # It stays where it is, and each sweep says so again; the files behind it go in.
                log.exception("bank_result_cannot_be_stored")
                continue
            channel.put_away(received.key)
    return new_count


def receive_bank_result(*, received: ReceivedFile, now: datetime) -> bool:
    """Store one result file and apply all of it, or set it aside whole. Return whether it was new.

    The same content again, under whatever name, changes nothing.
    """
    try:
        return _store_and_apply(received, now)
    except IntegrityError as refusal:
        # Somebody else took in the same content at this moment.
        if "subsidies_bankresultfile_sha256_key" in str(refusal):
            return False
        raise


@transaction.atomic(durable=True)
def _store_and_apply(received: ReceivedFile, now: datetime) -> bool:
    sha256 = hashlib.sha256(received.content).hexdigest()
    if queries.result_file_is_known(sha256):
        return False
    stored = BankResultFile(
        file_name=received.name[:255], content=received.content, sha256=sha256, received_at=now
    )
    try:
        answers = agent_list.read_result_list(received.content)
        batch = _batch_of(answers)
    except UnreadableAnswer as problem:
        stored.status = ResultFileStatus.QUARANTINED
        stored.problem = problem.code
        stored.save()
        record_event("bank_result.set_aside", subject=stored, at=now, reason=problem.code)
        return True
    stored.status = ResultFileStatus.APPLIED
    stored.batch = batch
    stored.save()
    _apply(stored, batch, answers, now)
    return True


def _batch_of(answers: BankAnswers) -> PaymentBatch:
    batch = queries.lock_batch_by_reference(answers.batch_reference)
    if batch is None:
        raise UnreadableAnswer("batch_unknown")
    if batch.status in BEFORE_THE_BANK:
        raise UnreadableAnswer("batch_not_sent")
    return batch


def _apply(stored: BankResultFile, batch: PaymentBatch, answers: BankAnswers, now: datetime) -> None:
    attempts = {attempt.reference: attempt for attempt in queries.lock_attempts_of(batch)}
    judged = _judge(answers.lines, attempts)
    BankResultLine.objects.bulk_create(
        BankResultLine(
            result_file=stored,
            line_number=each.line.line_number,
            attempt=each.attempt,
            reference=each.line.reference,
            amount=each.line.amount,
            answer=each.line.answer,
            return_code=each.line.return_code,
            problem=each.problem,
        )
        for each in judged
    )
    fresh = [each for each in judged if not each.problem and _is_news(each)]
    _settle(fresh, now)
    _record_settlement(stored, fresh, now)
    record_event(
        "bank_result.applied", subject=stored, at=now, facts={"lines": len(judged), "new": len(fresh)}
    )
    _close_if_settled(batch, now)


def _judge(lines: Sequence[AnswerLine], attempts: Mapping[str, PaymentAttempt]) -> list[JudgedLine]:
    times = Counter(line.reference for line in lines)
    judged = []
    for line in lines:
        attempt = attempts.get(line.reference)
        instruction = Instruction(attempt.pk, attempt.amount, attempt.status) if attempt else None
        problem = line_problem(line, instruction, is_repeated=times[line.reference] > 1)
        judged.append(JudgedLine(line, attempt, problem))
    return judged


def _is_news(each: JudgedLine) -> bool:
    """Test whether the line moves its instruction on; a word that was said before moves nothing."""
    return (
        each.attempt is not None
        and AttemptStatus(each.line.answer) in ATTEMPT_TRANSITIONS[AttemptStatus(each.attempt.status)]
    )


def _settle(fresh: Sequence[JudgedLine], now: datetime) -> None:
    """Move attempts, payments and budgets to where the bank's word puts them, one statement for each kind."""
    settled: dict[str, list[PaymentAttempt]] = {answer: [] for answer in BankAnswer}
    for each in fresh:
        if each.attempt is None:
            continue
        each.attempt.status = each.line.answer
        each.attempt.return_code = each.line.return_code if each.line.answer == BankAnswer.RETURNED else ""
        each.attempt.answered_at = None if each.line.answer == BankAnswer.UNKNOWN else now
        settled[each.line.answer].append(each.attempt)
    PaymentAttempt.objects.bulk_update(
        [attempt for attempts in settled.values() for attempt in attempts],
        ["status", "return_code", "answered_at"],
        batch_size=2000,
    )
    paid = [attempt.payment for attempt in settled[BankAnswer.PAID]]
    returned = [attempt.payment for attempt in settled[BankAnswer.RETURNED]]
    Payment.objects.filter(pk__in=[payment.pk for payment in paid]).update(
        status=PaymentStatus.PAID, paid_at=now
    )
    Payment.objects.filter(pk__in=[payment.pk for payment in returned]).update(status=PaymentStatus.RETURNED)
    record_events("payment.paid", subjects=paid, at=now)
    record_events("payment.returned", subjects=returned, at=now)
    _move_budgets(paid)


def _move_budgets(paid: Sequence[Payment]) -> None:
    sums: dict[int, Decimal] = {}
    for payment in paid:
        budget_id = payment.entitlement.budget_id
        if budget_id is not None:
            sums[budget_id] = sums.get(budget_id, Decimal("0.00")) + payment.amount
    budgets = queries.lock_budgets(sums.keys())
    for budget_id, amount in sums.items():
        budgets[budget_id].reserved -= amount
        budgets[budget_id].paid += amount
    Budget.objects.bulk_update(budgets.values(), ["reserved", "paid"])


def _record_settlement(stored: BankResultFile, fresh: Sequence[JudgedLine], now: datetime) -> None:
    postings = []
    for each in fresh:
        if each.attempt is None or each.line.answer == BankAnswer.UNKNOWN:
            continue
        if each.line.answer == BankAnswer.PAID:
            credit, fact = JournalAccount.FUND_AT_BANK, f"paid:{each.attempt.number}"
        else:
            credit, fact = JournalAccount.SUBSIDIES_PAYABLE, f"returned:{each.attempt.number}"
        postings.append(Posting(each.attempt.payment, JournalAccount.PAYMENTS_IN_TRANSIT, credit, fact))
    record_entry(key=f"settlement:{stored.sha256}", kind=JournalKind.SETTLEMENT, postings=postings, now=now)


def _close_if_settled(batch: PaymentBatch, now: datetime) -> None:
    has_open_ends = queries.batch_has_open_ends(batch)
    if batch.status == BatchStatus.SETTLED and has_open_ends:
        _reopen(batch, now)
    elif batch.status != BatchStatus.SETTLED and not has_open_ends:
        _close(batch, now)


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
