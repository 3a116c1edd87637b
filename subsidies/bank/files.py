"""The neutral batch and the neutral answer, between which every bank's own format stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from subsidies.rules.bank_answers import AnswerLine


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
class BankAnswers:
    """What the bank says of one batch."""

    batch_reference: str
    lines: Sequence[AnswerLine]


class UnreadableAnswer(Exception):
    """A result file that cannot be trusted as a whole. `code` says why; nothing of it is applied."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
