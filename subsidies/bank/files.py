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
class BankAnswers:
    """What the bank says of one batch. A bank that names its lines by our line numbers says so in `by_line`."""

    batch_reference: str
    lines: Sequence[AnswerLine]
    by_line: bool = False


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
    return BankAnswers(batch_reference=answers.batch_reference, lines=named)
