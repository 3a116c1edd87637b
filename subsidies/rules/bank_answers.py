"""What the bank's word on one instruction means. Pure."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Instruction:
    """What we asked of the bank. `status` is the attempt's; amount in yuan."""

    attempt_id: int
    amount: Decimal
    status: str


@dataclass(frozen=True)
class AnswerLine:
    """What the bank says of one reference. Amount in yuan; the code says why money came back."""

    line_number: int
    reference: str
    amount: Decimal
    answer: str
    return_code: str


def line_problem(line: AnswerLine, instruction: Instruction | None, *, is_repeated: bool) -> str:
    """Return why this line cannot be applied, or "" if it can.

    The same word about an instruction that ended so already, or an older UNKNOWN, is no problem: it changes nothing.
    """
    if instruction is None:
        return "UNMATCHED"
    if is_repeated:
        return "REPEATED"
    if line.amount != instruction.amount:
        return "WRONG_AMOUNT"
    if instruction.status in ("PAID", "RETURNED") and line.answer not in ("UNKNOWN", instruction.status):
        return "ALREADY_SETTLED"
    return ""
