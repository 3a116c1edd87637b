"""One result file from its bytes to the batch that it answers, or set aside. A step of the caller's transaction."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from chongqing_dte.foundation.audit import record_event
from subsidies import queries
from subsidies.bank.files import BankAnswers, UnreadableAnswer, with_each_refused
from subsidies.bank.formats import AGENT_LIST, read_answers, spec_of
from subsidies.enums import ResultFileStatus
from subsidies.models import BankFormat, BankResultFile, PaymentBatch
from subsidies.queries.bank_results import BEFORE_THE_BANK
from subsidies.services.settlement_steps import apply_answers

AMBIGUOUS = "format_ambiguous"


@dataclass(frozen=True)
class Reading:
    """What a file says, or why it cannot be read with certainty."""

    answers: BankAnswers | None
    problem: str = ""

    @property
    def named_batch(self) -> str:
        """The batch that the file itself names, if any."""
        return self.answers.batch_reference[:64] if self.answers else ""


def read_result(content: bytes) -> Reading:
    """Read a result file by every format that is or was in use. Needs no transaction."""
    formats = queries.formats_to_read_by()
    try:
        return Reading(read_answers(content, [AGENT_LIST, *map(spec_of, formats)]))
    except UnreadableAnswer as problem:
        readings = _by_their_batches(content, formats) if problem.code == AMBIGUOUS else []
        return Reading(readings[0]) if len(readings) == 1 else Reading(None, problem.code)


def _by_their_batches(content: bytes, formats: Sequence[BankFormat]) -> list[BankAnswers]:
    """Return what the file says by each format in which the batch that it then answers was written."""
    readings = []
    for bank_format in (None, *formats):
        with suppress(UnreadableAnswer):
            answers = read_answers(content, [spec_of(bank_format)])
            format_ids = queries.format_ids_of(
                answers.batch_reference, {line.reference for line in answers.lines}
            )
            if format_ids == [bank_format.pk if bank_format else None]:
                readings.append(answers)
    return readings


def apply_or_set_aside(stored: BankResultFile, reading: Reading, now: datetime) -> None:
    """Save a file as applied, with all its lines, or as set aside, with none, and with the reason.

    One that is set aside and says nothing else when it is read again stays as it is.
    """
    try:
        answers = _certain(reading)
        batch = _batch_of(answers)
        if answers.refusal is not None:
            answers = with_each_refused(answers, queries.amounts_by_reference(batch))
    except UnreadableAnswer as problem:
        _set_aside(stored, problem.code, now)
        return
    stored.status, stored.batch, stored.problem = ResultFileStatus.APPLIED, batch, ""
    _save(stored)
    apply_answers(stored, batch, answers, now)


def _certain(reading: Reading) -> BankAnswers:
    if reading.answers is None:
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
    stored.status, stored.problem = ResultFileStatus.QUARANTINED, problem
    _save(stored)
    record_event("bank_result.quarantined", subject=stored, at=now, facts={"problem": problem})


def _save(stored: BankResultFile) -> None:
    # What a file holds is written once and never again.
    stored.save(update_fields=["status", "batch", "problem"] if stored.pk else None)
