"""One result file from its bytes to the batch that it answers, or set aside. A step of the caller's transaction."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from chongqing_dte.foundation.audit import record_event
from subsidies import queries
from subsidies.bank.files import BankAnswers, UnreadableAnswer, with_each_unnamed, with_own_amounts
from subsidies.bank.formats import AGENT_LIST, read_answers, spec_of
from subsidies.enums import BankAnswer, ResultFileStatus
from subsidies.models import BankFormat, BankResultFile, PaymentBatch
from subsidies.queries.bank_results import BEFORE_THE_BANK
from subsidies.rules.bank_answers import AnswerLine
from subsidies.services.settlement_steps import apply_answers

AMBIGUOUS = "format_ambiguous"


OTHER_FORMAT = "not_the_batchs_format"
# Beside the answers of a tally: what no line names, and is answered for with the whole batch.
OF_THE_WHOLE = "OF_THE_WHOLE"


@dataclass(frozen=True)
class Reading:
    """What a file says, and why it cannot be relied on, if so."""

    answers: BankAnswers | None
    problem: str = ""

    @property
    def named_batch(self) -> str:
        """The batch that the file itself names, if any."""
        return self.answers.batch_reference[:64] if self.answers else ""


def read_result(content: bytes) -> Reading:
    """Read a result file by every format that is or was in use, and rely on its batch's own. Needs no transaction."""
    formats = queries.formats_to_read_by()
    try:
        answers = read_answers(content, [AGENT_LIST, *map(spec_of, formats)])
    except UnreadableAnswer as problem:
        return _by_its_batch(content, formats) if problem.code == AMBIGUOUS else Reading(None, problem.code)
    return _by_its_own_format(content, answers, formats) if formats else Reading(answers)


def _by_its_own_format(content: bytes, answers: BankAnswers, formats: Sequence[BankFormat]) -> Reading:
    """Return what the file says by the one format in which its batch was written, if it names one batch."""
    format_ids = queries.format_ids_of(answers.batch_reference, {line.reference for line in answers.lines})
    if len(format_ids) != 1:
        return Reading(answers)
    own = next((each for each in formats if each.pk == format_ids[0]), None)
    with suppress(UnreadableAnswer):
        read_alone = read_answers(content, [spec_of(own)])
        if read_alone.batch_reference == answers.batch_reference:
            return Reading(read_alone)
    return Reading(answers, OTHER_FORMAT)


def _by_its_batch(content: bytes, formats: Sequence[BankFormat]) -> Reading:
    """Return what the file says by the one format in which the batch that it then answers was written.

    If that one cannot read it, why not.
    """
    readings: list[BankAnswers] = []
    problems: dict[int | None, str] = {}
    owners: set[int | None] = set()
    for bank_format in (None, *formats):
        own_id = bank_format.pk if bank_format else None
        try:
            answers = read_answers(content, [spec_of(bank_format)])
        except UnreadableAnswer as problem:
            problems[own_id] = problem.code
            continue
        format_ids = queries.format_ids_of(
            answers.batch_reference, {line.reference for line in answers.lines}
        )
        owners.update(format_ids)
        if format_ids == [own_id]:
            readings.append(answers)
    if len(readings) == 1:
        return Reading(readings[0])
    is_one_format = len(owners) == 1 and not readings
    return Reading(None, problems.get(owners.pop(), AMBIGUOUS) if is_one_format else AMBIGUOUS)


def apply_or_set_aside(stored: BankResultFile, reading: Reading, now: datetime) -> None:
    """Save a file as applied, with all its lines, or as set aside, with none, and with the reason.

    One that a person has brought waits until another one has confirmed it, or until the bank has put it down too.
    One that is set aside and says nothing else when it is read again stays as it is.
    """
    try:
        answers = _certain(reading)
        batch = _batch_of(answers)
        if answers.whole is not None or answers.without_amount:
            instructions = queries.amounts_by_reference(batch)
            answers = with_each_unnamed(with_own_amounts(answers, instructions), instructions)
    except UnreadableAnswer as problem:
        _set_aside(stored, problem.code, now)
        return
    stored.batch, stored.problem = batch, ""
    if _waits_for_somebody(stored):
        _keep_waiting(stored, answers, now)
        return
    stored.status = ResultFileStatus.APPLIED
    _save(stored)
    apply_answers(stored, batch, answers, now)


def _waits_for_somebody(stored: BankResultFile) -> bool:
    return stored.received_by_id is not None and not (stored.confirmed_at or stored.put_down_at)


def _keep_waiting(stored: BankResultFile, answers: BankAnswers, now: datetime) -> None:
    stored.status = ResultFileStatus.WAITING
    stored.tally = _tally(answers)
    _save(stored)
    record_event("bank_result.brought", subject=stored, actor_id=stored.received_by_id, at=now)


def _tally(answers: BankAnswers) -> dict[str, dict[str, str | int]]:
    """Return how many lines say what, with the sum of each in yuan, as the second person looks at it."""
    tally: dict[str, dict[str, str | int]] = {}
    for answer in BankAnswer.values:
        tally[answer] = _counted(line for line in answers.lines if line.answer == answer)
    if any(line.is_of_whole for line in answers.lines):
        tally[OF_THE_WHOLE] = _counted(line for line in answers.lines if line.is_of_whole)
    return tally


def _counted(lines: Iterable[AnswerLine]) -> dict[str, str | int]:
    amounts = [line.amount for line in lines]
    return {"count": len(amounts), "sum": str(sum(amounts, Decimal("0.00")))}


def _certain(reading: Reading) -> BankAnswers:
    if reading.answers is None or reading.problem:
        raise UnreadableAnswer(reading.problem)
    return reading.answers


def _batch_of(answers: BankAnswers) -> PaymentBatch:
    """Return the locked batch that is answered: the one that is named, or else the one that all its lines belong to."""
    if answers.batch_reference:
        batch = queries.lock_batch_by_reference(answers.batch_reference)
    else:
        batch_ids = queries.batch_ids_of_references({line.reference for line in answers.lines})
        if len(batch_ids) > 1:
            raise UnreadableAnswer("several_batches")
        batch = queries.lock_batch(batch_ids[0]) if batch_ids else None
    if batch is None:
        raise UnreadableAnswer("batch_unknown")
    if batch.status in BEFORE_THE_BANK:
        raise UnreadableAnswer("batch_not_sent")
    return batch


def _set_aside(stored: BankResultFile, problem: str, now: datetime) -> None:
    if stored.status == ResultFileStatus.QUARANTINED and stored.problem == problem:
        return
    stored.status, stored.problem, stored.batch = ResultFileStatus.QUARANTINED, problem, None
    # Whoever confirmed it confirmed what could be read then.
    stored.confirmed_by = stored.confirmed_at = None
    _save(stored)
    record_event("bank_result.quarantined", subject=stored, at=now, facts={"problem": problem})


def _save(stored: BankResultFile) -> None:
    # What a file holds is written once and never again.
    changed = ["status", "batch", "problem", "tally", "confirmed_by", "confirmed_at", "put_down_at"]
    stored.save(update_fields=changed if stored.pk else None)
