"""ISO 20022: pain.001.001.09 out, pain.002 in.

Of pain.002 a payment is PAID only when it is settled: `ACSC` on our side, `ACCC` on the payee's. `RJCT` and `CANC` are
RETURNED with their reason. Everything between (`RCVD`, `ACTC`, `ACCP`, `ACSP`, `ACWC`, `PDNG` ...) says that money may
be on its way, which is UNKNOWN. Where a bank's last word is one of these, `also_paid` in the format's layout names it.

A bank that refuses the whole file names no single payment: `RJCT` of the group, or of our one payment information
block, is RETURNED for each. No other word of these two levels says anything of a payment: a report that lists only
what was refused leaves the rest open. A line without an amount speaks of the one that we instructed.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final
from xml.etree.ElementTree import Element

from django.utils.translation import gettext as _

from subsidies.bank.files import (
    LONGEST_RETURN_CODE,
    BankAnswers,
    BatchFile,
    BatchLine,
    FormatSpec,
    UnreadableAnswer,
    WholeRefusal,
)
from subsidies.bank.layout import LayoutWrong
from subsidies.bank.xml_answers import answer_line, check_counts, checked_amount, checked_count, checked_sum
from subsidies.bank.xml_reading import text_at
from subsidies.bank.xml_writing import amount, document, element, start_of, text
from subsidies.rules.bank_answers import AnswerLine
from subsidies.rules.return_reasons import REPEATED, cause_of

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
ANSWER_NAMESPACE: Final = re.compile(r"urn:iso:std:iso:20022:tech:xsd:pain\.002\.001\.(0[3-9]|1[0-5])\Z")
PAID: Final = frozenset({"ACSC", "ACCC"})
RETURNED: Final = frozenset({"RJCT", "CANC"})
REFUSED: Final = "RJCT"
UNDER_WAY: Final = frozenset(
    {"RCVD", "ACTC", "ACCP", "ACSP", "ACWC", "ACWP", "ACFC", "PDNG", "PART", "PATC", "BLCK", "PRES"}
)
# What a bank may mean by "paid" although the standard does not.
MAY_MEAN_PAID: Final = frozenset({"ACCP", "ACSP", "ACWC", "ACWP"})
LONGEST_NAME: Final = 140
# Of a transaction in a report: the amount that we instructed, which a bank may leave out.
OWN_AMOUNT: Final = "OrgnlTxRef/Amt"


def check_layout(layout: Mapping[str, Any]) -> None:
    """Raise LayoutWrong unless the layout says nothing, or which statuses mean paid at this bank."""
    also_paid = layout.get("also_paid", [])
    is_list = isinstance(also_paid, list) and all(isinstance(word, str) for word in also_paid)
    if set(layout) - {"also_paid"} or not is_list or not set(also_paid) <= MAY_MEAN_PAID:
        raise LayoutWrong(
            _("Of pain.002 only also_paid can be said: a list of %(known)s.")
            % {"known": ", ".join(sorted(MAY_MEAN_PAID))}
        )


def write_pain_001(spec: FormatSpec, batch: BatchFile) -> bytes:
    """Return a customer credit transfer initiation with one payment information block."""
    count = text("NbOfTxs", len(batch.lines))
    total = text("CtrlSum", f"{batch.total:.2f}")
    header = element(
        "GrpHdr",
        text("MsgId", batch.reference)
        + text("CreDtTm", start_of(batch.made_on))
        + count
        + total
        + element("InitgPty", text("Nm", spec.payer_name)),
    )
    payer = (
        text("PmtInfId", batch.reference)
        + text("PmtMtd", "TRF")
        + text("BtchBookg", "true")
        + count
        + total
        + element("ReqdExctnDt", text("Dt", batch.made_on.isoformat()))
        + element("Dbtr", text("Nm", spec.payer_name))
        + element("DbtrAcct", _account(spec.payer_account) + text("Ccy", "CNY"))
        + element("DbtrAgt", _bank(spec.payer_cnaps, ""))
    )
    lines = [_transfer(line) for line in batch.lines]
    return document(NAMESPACE, "CstmrCdtTrfInitn", [header, "<PmtInf>", payer, *lines, "</PmtInf>"])


def _transfer(line: BatchLine) -> str:
    return element(
        "CdtTrfTxInf",
        element("PmtId", text("InstrId", line.line_number) + text("EndToEndId", line.reference))
        + element("Amt", amount("InstdAmt", line.amount))
        + element("CdtrAgt", _bank(line.cnaps, line.bank_name))
        + element("Cdtr", text("Nm", line.payee_name))
        + element("CdtrAcct", _account(line.account)),
    )


def _account(number: str) -> str:
    return element("Id", element("Othr", text("Id", number)))


def _bank(cnaps: str, name: str) -> str:
    system = element("ClrSysId", text("Cd", "CNAPS"))
    member = element("ClrSysMmbId", system + text("MmbId", cnaps))
    return element("FinInstnId", member + (text("Nm", name) if name else ""))


def read_pain_002(spec: FormatSpec, root: Element) -> BankAnswers:
    """Return what a payment status report says. Raises UnreadableAnswer."""
    report = root.find("CstmrPmtStsRpt")
    if report is None:
        raise UnreadableAnswer("header_wrong")
    group = report.find("OrgnlGrpInfAndSts")
    reference = text_at(report, "OrgnlGrpInfAndSts/OrgnlMsgId")
    if group is None or not reference or len(reference) > 35:
        raise UnreadableAnswer("header_wrong")
    said = report.findall("OrgnlPmtInfAndSts/TxInfAndSts") + report.findall("TxInfAndSts")
    blocks = report.findall("OrgnlPmtInfAndSts")
    refusal = _refusal(reference, group, blocks)
    if not said and refusal is None:
        raise UnreadableAnswer("no_lines")
    also_paid = spec.layout.get("also_paid", ())
    words = [text_at(transaction, "TxSts") for transaction in said]
    lines = [_answer(number, transaction, also_paid) for number, transaction in enumerate(said, start=1)]
    without_amount = frozenset(
        number for number, transaction in enumerate(said, start=1) if transaction.find(OWN_AMOUNT) is None
    )
    if refusal is None:
        _check_sums_by_status(group, words, lines, without_amount)
    elif set(words) - RETURNED:
        raise UnreadableAnswer("contradicts_itself")
    for place, inside in [(group, said), *((block, block.findall("TxInfAndSts")) for block in blocks)]:
        if (original := text_at(place, "OrgnlNbOfTxs")) and checked_count(original) < len(inside):
            raise UnreadableAnswer("count_wrong")
    return BankAnswers(reference, lines, refusal=refusal, without_amount=without_amount)


def _refusal(reference: str, group: Element, blocks: Sequence[Element]) -> WholeRefusal | None:
    """Return the refusal of the whole file, or None. Raises UnreadableAnswer for one that cannot be relied on."""
    mine = [block for block in blocks if text_at(block, "OrgnlPmtInfId") == reference]
    words = [text_at(group, "GrpSts"), *(text_at(block, "PmtInfSts") for block in mine)]
    if REFUSED not in words:
        return None
    by_status = [text_at(figures, "DtldSts") for figures in group.findall("NbOfTxsPerSts")]
    if {*words, *by_status} - {REFUSED, ""} or len(mine) < len(blocks):
        raise UnreadableAnswer("contradicts_itself")
    reasons = [reason for place in (*mine, group) if (reason := _reason(place))]
    if REPEATED in map(cause_of, reasons):
        # What it says of the second copy of a file it does not say of the first one, which may well be paid.
        raise UnreadableAnswer("refused_as_repeated")
    counts = _texts([group, *mine], "OrgnlNbOfTxs", "NbOfTxsPerSts/DtldNbOfTxs")
    sums = _texts([group, *mine], "OrgnlCtrlSum", "NbOfTxsPerSts/DtldCtrlSum")
    return WholeRefusal(
        return_code=(reasons or [REFUSED])[0][:LONGEST_RETURN_CODE],
        counts=frozenset(map(checked_count, counts)),
        totals=frozenset(map(checked_sum, sums)),
    )


def _texts(places: Sequence[Element], *paths: str) -> list[str]:
    found = [text_at(place, path) for place in places for path in paths]
    return [text for text in found if text]


def _reason(place: Element) -> str:
    return text_at(place, "StsRsnInf/Rsn/Cd") or text_at(place, "StsRsnInf/Rsn/Prtry")


def _answer(number: int, transaction: Element, also_paid: Collection[str]) -> AnswerLine:
    word = text_at(transaction, "TxSts")
    return answer_line(
        number=number,
        reference=text_at(transaction, "OrgnlEndToEndId"),
        amount=_amount(transaction),
        answer=_meaning(word, also_paid),
        return_code=_reason(transaction) or word,
    )


def _amount(transaction: Element) -> Decimal:
    # The standard leaves it out where the reference says enough.
    if transaction.find(OWN_AMOUNT) is None:
        return Decimal("0.00")
    return checked_amount(transaction.find(f"{OWN_AMOUNT}/InstdAmt"))


def _meaning(word: str, also_paid: Collection[str]) -> str:
    if word in PAID or (word in MAY_MEAN_PAID and word in also_paid):
        return "PAID"
    if word in RETURNED:
        return "RETURNED"
    if word in UNDER_WAY:
        return "UNKNOWN"
    raise UnreadableAnswer("answer_unknown")


def _check_sums_by_status(
    group: Element, words: list[str], lines: list[AnswerLine], without_amount: Collection[int]
) -> None:
    """Raise UnreadableAnswer unless the counts and sums given for each status are those of the lines.

    A sum is that of its lines only where each of them names its amount.
    """
    sums: dict[str, Decimal] = defaultdict(Decimal)
    unknown = set()
    for word, line in zip(words, lines, strict=True):
        sums[word] += line.amount
        if line.line_number in without_amount:
            unknown.add(word)
    for figures in group.findall("NbOfTxsPerSts"):
        word = text_at(figures, "DtldSts")
        check_counts(
            count=text_at(figures, "DtldNbOfTxs"),
            total="" if word in unknown else text_at(figures, "DtldCtrlSum"),
            found_count=words.count(word),
            found_total=sums[word],
        )
