"""What every XML answer of a bank is checked for."""

import re
from decimal import Decimal
from typing import Final
from xml.etree.ElementTree import Element

from subsidies.bank.files import LONGEST_REFERENCE, LONGEST_RETURN_CODE, UnreadableAnswer
from subsidies.rules.bank_answers import AnswerLine

AMOUNT: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2}0{0,3})?\Z")
COUNT: Final = re.compile(r"[0-9]{1,9}\Z")


def checked_amount(found: Element | None) -> Decimal:
    """Return the sum in an element, in yuan. Raises UnreadableAnswer."""
    if found is None or not (found.text or "").strip():
        raise UnreadableAnswer("amount_missing")
    if found.get("Ccy") != "CNY":
        raise UnreadableAnswer("currency_wrong")
    return checked_sum((found.text or "").strip())


def checked_sum(written: str) -> Decimal:
    """Return a sum in yuan as it is written in a file. Raises UnreadableAnswer."""
    if not AMOUNT.match(written):
        raise UnreadableAnswer("line_wrong")
    return Decimal(written).quantize(Decimal("0.01"))


def checked_count(written: str) -> int:
    """Return a number of lines as it is written in a file. Raises UnreadableAnswer."""
    if not COUNT.match(written):
        raise UnreadableAnswer("count_wrong")
    return int(written)


def check_counts(*, count: str, total: str, found_count: int, found_total: Decimal) -> None:
    """Raise UnreadableAnswer unless a count and a sum, where the file gives them, are those of its lines."""
    if count and checked_count(count) != found_count:
        raise UnreadableAnswer("count_wrong")
    if total and (not AMOUNT.match(total) or Decimal(total) != found_total):
        raise UnreadableAnswer("total_wrong")


def answer_line(*, number: int, reference: str, amount: Decimal, answer: str, return_code: str) -> AnswerLine:
    """Return one line of a bank's answer. Raises UnreadableAnswer if it names nothing."""
    if not reference or len(reference) > LONGEST_REFERENCE:
        raise UnreadableAnswer("line_wrong")
    code = return_code[:LONGEST_RETURN_CODE] if answer == "RETURNED" else ""
    return AnswerLine(line_number=number, reference=reference, amount=amount, answer=answer, return_code=code)
