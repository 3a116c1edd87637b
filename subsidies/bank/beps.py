"""CNAPS2: a subset of BEPS.382.001.01 (batch credit) out, and of BEPS.383.001.01 (its receipt) in.

The central bank publishes no schema of these messages, so that the subset is our own: field names of the standard as
far as they are known, in a fixed order, held by `beps_382.xsd` and `beps_383.xsd` beside this module. An agent bank has
to confirm it before it is used.

Of the receipt a payment is PAID when its status is PR02 (paid), PR04 (cleared) or PR05 (successful), and RETURNED
when it is PR09 (refused). Every other status says that it is under way, which is UNKNOWN.
"""

import re
from decimal import Decimal
from typing import Final
from xml.etree.ElementTree import Element

from subsidies.bank.files import BankAnswers, BatchFile, BatchLine, FormatSpec, UnreadableAnswer
from subsidies.bank.xml_answers import answer_line, check_counts, checked_amount
from subsidies.bank.xml_reading import text_at
from subsidies.bank.xml_writing import amount, document, element, start_of, text
from subsidies.rules.bank_answers import AnswerLine

NAMESPACE: Final = "urn:cnaps:std:beps:2010:tech:xsd:beps.382.001.01"
ANSWER_NAMESPACE: Final = "urn:cnaps:std:beps:2010:tech:xsd:beps.383.001.01"
STATUS: Final = re.compile(r"PR[0-9]{2}\Z")
PAID: Final = frozenset({"PR02", "PR04", "PR05"})
RETURNED: Final = frozenset({"PR09"})
LONGEST_NAME: Final = 60


def write_beps_382(spec: FormatSpec, batch: BatchFile) -> bytes:
    """Return a batch credit message."""
    header = element(
        "GrpHdr",
        text("MsgId", batch.reference)
        + text("CreDtTm", start_of(batch.made_on))
        + element("InstgPty", text("InstgDrctPty", spec.payer_cnaps))
        + text("SysCd", "BEPS"),
    )
    payer = element(
        "DbtrInf",
        text("DbtrNm", spec.payer_name)
        + text("DbtrAcct", spec.payer_account)
        + text("DbtrBrnchId", spec.payer_cnaps),
    )
    totals = amount("TtlAmt", batch.total) + text("NbOfTxs", len(batch.lines))
    lines = [_detail(line) for line in batch.lines]
    return document(NAMESPACE, "BtchPmt", [header, payer, totals, *lines])


def _detail(line: BatchLine) -> str:
    return element(
        "CdtrDtls",
        text("SeqNb", line.line_number)
        + text("TxId", line.reference)
        + text("CdtrNm", line.payee_name)
        + text("CdtrAcct", line.account)
        + text("CdtrBrnchId", line.cnaps)
        + text("CdtrBkNm", line.bank_name)
        + amount("Amt", line.amount),
    )


def read_beps_383(root: Element) -> BankAnswers:
    """Return what a receipt says. Raises UnreadableAnswer."""
    receipt = root.find("BtchPmtRct")
    reference = text_at(root, "BtchPmtRct/OrgnlGrpHdr/OrgnlMsgId")
    if receipt is None or not reference or len(reference) > 35:
        raise UnreadableAnswer("header_wrong")
    lines = [_answer(number, detail) for number, detail in enumerate(receipt.findall("RctDtls"), start=1)]
    if not lines:
        raise UnreadableAnswer("no_lines")
    paid = [line.amount for line in lines if line.answer == "PAID"]
    totals = receipt.find("RctTtls")
    if totals is None:
        raise UnreadableAnswer("header_wrong")
    check_counts(
        count=text_at(totals, "NbOfTxs"), total="", found_count=len(lines), found_total=Decimal("0.00")
    )
    check_counts(
        count=text_at(totals, "PdNb"),
        total=text_at(totals, "PdTtlAmt"),
        found_count=len(paid),
        found_total=sum(paid, Decimal("0.00")),
    )
    return BankAnswers(batch_reference=reference, lines=lines)


def _answer(number: int, detail: Element) -> AnswerLine:
    status = text_at(detail, "Sts")
    if not STATUS.match(status):
        raise UnreadableAnswer("answer_unknown")
    answer = "PAID" if status in PAID else "RETURNED" if status in RETURNED else "UNKNOWN"
    return answer_line(
        number=number,
        reference=text_at(detail, "OrgnlTxId"),
        amount=checked_amount(detail.find("Amt")),
        answer=answer,
        return_code=text_at(detail, "RjctCd") or text_at(detail, "RjctInf") or status,
    )
