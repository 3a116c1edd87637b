"""The neutral batch and the neutral answer, between which every bank's own format stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from subsidies.enums import PaymentFormat
from subsidies.rules.bank_answers import AnswerLine

LONGEST_REFERENCE: Final = 64
LONGEST_RETURN_CODE: Final = 40


@dataclass(frozen=True)
class BatchLine:
    """One instruction as the bank needs it. Amount in yuan."""

    line_number: int
    reference: str
    payee_name: str
    account: str
    bank_name: str
    cnaps: str
    amount: Decimal


@dataclass(frozen=True)
class BatchFile:
    """One batch as the bank needs it."""

    reference: str
    made_on: date
    lines: Sequence[BatchLine]

    @property
    def total(self) -> Decimal:
        """The sum of the lines, in yuan."""
        return sum((line.amount for line in self.lines), Decimal("0.00"))


@dataclass(frozen=True)
class FormatSpec:
    """How one bank wants its files: a BankFormat without its row. The plain list by default."""

    payment_format: str = PaymentFormat.AGENT_LIST
    payer_name: str = ""
    payer_account: str = field(default="", repr=False)
    payer_cnaps: str = ""
    layout: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class WholeAnswer:
    """The bank's word on a batch as a whole: PAID, or RETURNED and why.

    `counts` and `totals` are each number and sum of payments that it names of all, `rest_counts` and `rest_totals`
    those that are left for the payments that no line names.
    """

    answer: str
    return_code: str = ""
    counts: frozenset[int] = frozenset()
    totals: frozenset[Decimal] = frozenset()
    rest_counts: frozenset[int] = frozenset()
    rest_totals: frozenset[Decimal] = frozenset()


@dataclass(frozen=True)
class BankAnswers:
    """What the bank says of one batch. A bank that names its lines by our line numbers says so in `by_line`.

    Where it answers for the whole batch, `whole` speaks for every instruction that no line names. The lines numbered in
    `without_amount` name a payment and not its amount, which is 0 until `with_own_amounts`.
    """

    batch_reference: str
    lines: Sequence[AnswerLine]
    by_line: bool = False
    whole: WholeAnswer | None = None
    without_amount: frozenset[int] = frozenset()


class UnreadableAnswer(Exception):
    """A result file that cannot be trusted as a whole. `code` says why; nothing of it is applied."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def with_references(answers: BankAnswers, references: Mapping[int, str]) -> BankAnswers:
    """Return the answers with our references in the place of our line numbers; `references` is by line number.

    A number that the batch does not have stays as it is, and matches nothing.
    """
    if not answers.by_line:
        return answers
    named = [
        replace(line, reference=references.get(int(line.reference), line.reference)) for line in answers.lines
    ]
    return replace(answers, lines=named, by_line=False)


def with_own_amounts(answers: BankAnswers, instructions: Mapping[str, Decimal]) -> BankAnswers:
    """Return the answers with our own amount in each line whose amount the bank does not name.

    `instructions` are our references with their amounts. Raises UnreadableAnswer if such a line names none of them:
    then nobody can tell what it speaks of.
    """
    if not answers.without_amount:
        return answers
    unnamed = [line for line in answers.lines if line.line_number in answers.without_amount]
    if any(line.reference not in instructions for line in unnamed):
        raise UnreadableAnswer("amount_missing")
    lines = [
        replace(line, amount=instructions[line.reference])
        if line.line_number in answers.without_amount
        else line
        for line in answers.lines
    ]
    return replace(answers, lines=lines, without_amount=frozenset())


def with_each_unnamed(answers: BankAnswers, instructions: Mapping[str, Decimal]) -> BankAnswers:
    """Return the answers with a line for each instruction that only the word on the whole batch speaks of.

    `instructions` are our references with their amounts. Raises UnreadableAnswer if the bank speaks of another number
    or sum of payments: then it is not this batch that it has looked at.
    """
    whole = answers.whole
    if whole is None:
        return answers
    named = {line.reference for line in answers.lines}
    rest = {reference: amount for reference, amount in instructions.items() if reference not in named}
    is_fit = _fits(whole.counts, whole.totals, instructions) and _fits(
        whole.rest_counts, whole.rest_totals, rest
    )
    if whole.answer == "RETURNED" and not is_fit:
        raise UnreadableAnswer("refusal_does_not_fit")
    # Whom the bank means by a line that names nobody of ours is among those that it would be taken to have paid.
    if whole.answer == "PAID" and (not is_fit or named - instructions.keys()):
        raise UnreadableAnswer("whole_does_not_fit")
    first = max((line.line_number for line in answers.lines), default=0) + 1
    spoken_for = [
        AnswerLine(number, reference, amount, whole.answer, whole.return_code, is_of_whole=True)
        for number, (reference, amount) in enumerate(rest.items(), start=first)
    ]
    return replace(answers, lines=[*answers.lines, *spoken_for], whole=None)


def _fits(counts: frozenset[int], totals: frozenset[Decimal], amounts: Mapping[str, Decimal]) -> bool:
    """Test whether each of these numbers and sums is that of these instructions."""
    total = sum(amounts.values(), Decimal("0.00"))
    return counts <= {len(amounts)} and totals <= {total}
