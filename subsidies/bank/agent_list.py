"""The agent bank's payment list and result list: UTF-8 CSV with a header, details and a trailer of totals.

H,1,<batch>,<date>,<count>,<total>,CNY          H,1,<batch>,<count>
D,<line>,<reference>,<name>,<account>,          D,<line>,<reference>,<amount>,<answer>,<return code>
  <bank>,<CNAPS code>,<amount>
T,<count>,<total>                               T,<count>,<total of what was paid>
"""

import csv
import io
import re
from decimal import Decimal

from subsidies.bank.files import BankAnswers, BatchFile, UnreadableAnswer
from subsidies.rules.bank_answers import AnswerLine

VERSION = "1"
AMOUNT = re.compile(r"[0-9]{1,12}\.[0-9]{2}\Z")
LINE_NUMBER = re.compile(r"[0-9]{1,9}\Z")
ANSWERS = frozenset({"PAID", "RETURNED", "UNKNOWN"})


def file_name(batch_reference: str) -> str:
    """Return the name under which a batch is delivered."""
    return f"PAY-{batch_reference}.csv"


def write_payment_list(batch: BatchFile) -> bytes:
    """Return the payment list. The same batch gives the same bytes, always."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow(
        ["H", VERSION, batch.reference, batch.made_on.isoformat(), len(batch.lines), batch.total, "CNY"]
    )
    for line in batch.lines:
        writer.writerow(
            [
                "D",
                line.line_number,
                line.reference,
                line.payee_name,
                line.account,
                line.bank_name,
                line.cnaps,
                line.amount,
            ]
        )
    writer.writerow(["T", len(batch.lines), batch.total])
    return sheet.getvalue().encode()


def read_result_list(content: bytes) -> BankAnswers:
    """Return what the bank says. Raises UnreadableAnswer if any line, count or total is not as it should be."""
    try:
        rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
    except (UnicodeDecodeError, csv.Error) as problem:
        raise UnreadableAnswer("not_a_result_list") from problem
    # A database keeps no NUL, and a file that cannot be kept would come back for ever.
    if b"\x00" in content:
        raise UnreadableAnswer("not_a_result_list")
    if len(rows) < 2 or rows[0][:2] != ["H", VERSION] or len(rows[0]) != 4:
        raise UnreadableAnswer("header_wrong")
    header, details, trailer = rows[0], rows[1:-1], rows[-1]
    lines = [_answer_line(row) for row in details]
    if trailer[:1] != ["T"] or len(trailer) != 3 or {header[3], trailer[1]} != {str(len(lines))}:
        raise UnreadableAnswer("count_wrong")
    paid = sum((line.amount for line in lines if line.answer == "PAID"), Decimal("0.00"))
    if not AMOUNT.match(trailer[2]) or Decimal(trailer[2]) != paid:
        raise UnreadableAnswer("total_wrong")
    if len({line.line_number for line in lines}) != len(lines):
        raise UnreadableAnswer("line_repeated")
    return BankAnswers(batch_reference=header[2], lines=lines)


def _answer_line(row: list[str]) -> AnswerLine:
    well_formed = (
        len(row) == 6
        and row[0] == "D"
        and LINE_NUMBER.match(row[1]) is not None
        and AMOUNT.match(row[3]) is not None
        and row[4] in ANSWERS
        and (row[4] != "RETURNED" or row[5] != "")
        and len(row[2]) <= 64
        and len(row[5]) <= 40
    )
    if not well_formed:
        raise UnreadableAnswer("line_wrong")
    return AnswerLine(
        line_number=int(row[1]),
        reference=row[2],
        amount=Decimal(row[3]),
        answer=row[4],
        return_code=row[5],
    )
