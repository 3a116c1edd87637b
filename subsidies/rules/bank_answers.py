"""What the bank's word on one instruction means. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

UNDER_WAY = ("OPEN", "UNKNOWN")


@dataclass(frozen=True)
class Instruction:
    """What we asked of the bank. `status` is the attempt's; amount in yuan."""

    attempt_id: int
    amount: Decimal
    status: str


@dataclass(frozen=True)
class AnswerLine:
    """What the bank says of one reference. Amount in yuan; the code says why money came back.

    `is_of_whole` says that the bank did not name it, and answered for the whole batch.
    """

    line_number: int
    reference: str
    amount: Decimal
    answer: str
    return_code: str
    is_of_whole: bool = False


@dataclass(frozen=True)
class PaymentStanding:
    """How the payment behind an instruction stands: its status, and what its other instructions and recoveries do."""

    status: str
    has_other_under_way: bool = False
    has_other_paid: bool = False
    is_asked_back: bool = False
    # Whether what it was paid a second time is.
    is_second_asked_back: bool = False


def line_problem(line: AnswerLine, instruction: Instruction | None, *, is_repeated: bool) -> str:
    """Return why this line cannot be applied, or "" if it can.

    The same word about an instruction that ended so already, or an older UNKNOWN, is no problem: it changes nothing.
    `is_repeated` says that the file names the reference more than once, and not alike.
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


def repeated_references(lines: Iterable[AnswerLine]) -> frozenset[str]:
    """Return the references of which a file says more than one thing. The same said twice is said once."""
    said: dict[str, set[tuple[Decimal, str, str]]] = {}
    for line in lines:
        said.setdefault(line.reference, set()).add((line.amount, line.answer, line.return_code))
    return frozenset(reference for reference, words in said.items() if len(words) > 1)


def why_not(
    outcome: str, line: AnswerLine, instruction: Instruction | None, standing: PaymentStanding | None
) -> str:
    """Return why two people cannot have found this out about a bank line, or "" if they can.

    What an instruction that has no end yet came to is found out beside the line, where the bank says it: until then
    the line waits. Against an earlier word the line itself has to say it, of the amount that we instructed.
    """
    if instruction is None or standing is None:
        return "" if outcome == "NO_EFFECT" else "no_instruction"
    is_under_way = instruction.status in UNDER_WAY
    if outcome == "NO_EFFECT":
        return "no_end_yet" if is_under_way else ""
    if outcome in ("FOUND_PAID", "FOUND_RETURNED"):
        return "" if is_under_way else "has_its_end"
    if line.amount != instruction.amount:
        return "wrong_amount"
    if outcome == "TAKEN_BACK":
        return _why_not_taken_back(line, instruction, standing)
    return _why_not_paid_after_all(line, instruction, standing)


def _why_not_taken_back(line: AnswerLine, instruction: Instruction, standing: PaymentStanding) -> str:
    if line.answer != "RETURNED":
        return "bank_did_not_say_returned"
    if instruction.status != "PAID" or standing.status != "PAID":
        return "not_paid_before"
    return "asked_back" if standing.is_asked_back else ""


def _why_not_paid_after_all(line: AnswerLine, instruction: Instruction, standing: PaymentStanding) -> str:
    if line.answer != "PAID":
        return "bank_did_not_say_paid"
    if instruction.status != "RETURNED":
        return "not_returned_before"
    if standing.has_other_under_way:
        return "another_under_way"
    if standing.has_other_paid:
        # Paid twice: the second amount is asked back, and money is asked back once at a time.
        return "asked_back_already" if standing.is_second_asked_back else ""
    return "" if standing.status in ("RETURNED", "READY") else "cancelled"
