"""ISO 20022: pain.001.001.09 out, pain.002 in.

Of pain.002 a payment is PAID only when it is settled: `ACSC` on our side, `ACCC` on the payee's. `RJCT` and `CANC` are
RETURNED with their reason. Everything between (`RCVD`, `ACTC`, `ACCP`, `ACSP`, `ACWC`, `PDNG` ...) says that money may
be on its way, which is UNKNOWN. Where a bank's last word is one of these, `also_paid` in the format's layout names it.

What the report says of the whole file, and whether it counts for payments that no line names, stands in
`pain_whole`. A line without an amount speaks of the one that we instructed.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final
from xml.etree.ElementTree import Element

from chongqing_dte.foundation.sentences import gettext as _
from subsidies.bank.files import BankAnswers, BatchFile, BatchLine, FormatSpec, UnreadableAnswer
from subsidies.bank.layout import LayoutWrong
from subsidies.bank.pain_whole import (
    PAID,
    NamedPayments,
    is_under_way,
    payment_of_the_rest,
    reason_at,
    refusal_of_whole,
)
from subsidies.bank.xml_answers import answer_line, check_counts, checked_amount, checked_count
from subsidies.bank.xml_reading import text_at
from subsidies.bank.xml_writing import amount, document, element, start_of, text
from subsidies.rules.bank_answers import AnswerLine

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
ANSWER_NAMESPACE: Final = re.compile(r"urn:iso:std:iso:20022:tech:xsd:pain\.002\.001\.(0[3-9]|1[0-5])\Z")
RETURNED: Final = frozenset({"RJCT", "CANC"})
UNDER_WAY: Final = frozenset(
    {"RCVD", "ACTC", "ACCP", "ACSP", "ACWC", "ACWP", "ACFC", "PDNG", "PART", "PATC", "BLCK", "PRES"}
)
# What a bank may mean by "paid" although the standard does not.
MAY_MEAN_PAID: Final = frozenset({"ACCP", "ACSP", "ACWC", "ACWP"})
LONGEST_NAME: Final = 140
CAN_BE_SAID: Final = frozenset({"also_paid", "whole_counts", "part_counts"})
# Of a transaction in a report: the amount that we instructed, which a bank may leave out.
OWN_AMOUNT: Final = "OrgnlTxRef/Amt"


def check_layout(layout: Mapping[str, Any]) -> None:
    """Raise LayoutWrong unless the layout says nothing, or what means paid at this bank."""
    also_paid = layout.get("also_paid", [])
    is_list = isinstance(also_paid, list) and all(isinstance(word, str) for word in also_paid)
    if not is_list or not set(also_paid) <= MAY_MEAN_PAID:
        raise LayoutWrong(
            _("also_paid: a list of words among %(known)s.") % {"known": ", ".join(sorted(MAY_MEAN_PAID))}
        )
    counts = [layout.get(name, False) for name in ("whole_counts", "part_counts")]
    if set(layout) - CAN_BE_SAID or not all(isinstance(each, bool) for each in counts):
        raise LayoutWrong(
            _("Of pain.002 only also_paid can be said, and whole_counts and part_counts, true or false.")
        )
    if layout.get("part_counts") and not layout.get("whole_counts"):
        raise LayoutWrong(_("part_counts: it needs whole_counts, of which it is a part."))


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
    report, group = root.find("CstmrPmtStsRpt"), root.find("CstmrPmtStsRpt/OrgnlGrpInfAndSts")
    reference = text_at(root, "CstmrPmtStsRpt/OrgnlGrpInfAndSts/OrgnlMsgId")
    if report is None or group is None or not reference or len(reference) > 35:
        raise UnreadableAnswer("header_wrong")
    said = report.findall("OrgnlPmtInfAndSts/TxInfAndSts") + report.findall("TxInfAndSts")
    blocks = report.findall("OrgnlPmtInfAndSts")
    refusal = refusal_of_whole(reference, group, blocks)
    named = _named(spec, said)
    if refusal is not None and set(named.words) - RETURNED:
        raise UnreadableAnswer("contradicts_itself")
    whole = refusal or payment_of_the_rest(spec.layout, reference, group, blocks, named)
    if not said and whole is None:
        is_waiting = spec.layout.get("whole_counts") and is_under_way(group, blocks)
        raise UnreadableAnswer("whole_under_way" if is_waiting else "no_lines")
    if whole is None:
        _check_sums_by_status([group], named, but_not=())
    elif refusal is None:
        _check_sums_by_status([group, *blocks], named, but_not=PAID)
    _check_original_counts([(group, said), *((block, block.findall("TxInfAndSts")) for block in blocks)])
    return BankAnswers(reference, named.lines, whole=whole, without_amount=named.without_amount)


def _named(spec: FormatSpec, said: list[Element]) -> NamedPayments:
    also_paid = spec.layout.get("also_paid", ())
    numbered = list(enumerate(said, start=1))
    return NamedPayments(
        words=[text_at(transaction, "TxSts") for transaction in said],
        lines=[_answer(number, transaction, also_paid) for number, transaction in numbered],
        without_amount=frozenset(number for number, each in numbered if each.find(OWN_AMOUNT) is None),
    )


def _check_original_counts(places: Iterable[tuple[Element, list[Element]]]) -> None:
    """Raise UnreadableAnswer if any of these places holds more lines than there were payments by its own word."""
    for place, inside in places:
        if (original := text_at(place, "OrgnlNbOfTxs")) and checked_count(original) < len(inside):
            raise UnreadableAnswer("count_wrong")


def _answer(number: int, transaction: Element, also_paid: Collection[str]) -> AnswerLine:
    word = text_at(transaction, "TxSts")
    return answer_line(
        number=number,
        reference=text_at(transaction, "OrgnlEndToEndId"),
        amount=_amount(transaction),
        answer=_meaning(word, also_paid),
        return_code=reason_at(transaction) or word,
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
    places: Iterable[Element], named: NamedPayments, *, but_not: Collection[str]
) -> None:
    """Raise UnreadableAnswer unless the counts and sums given for each status are those of the lines.

    A sum is that of its lines only where each of them names its amount. `but_not` are the statuses of which the lines
    are not all.
    """
    for figures in (each for place in places for each in place.findall("NbOfTxsPerSts")):
        word = text_at(figures, "DtldSts")
        if word in but_not:
            continue
        total = named.totals.get(word, Decimal("0.00"))
        check_counts(
            count=text_at(figures, "DtldNbOfTxs"),
            total="" if total is None else text_at(figures, "DtldCtrlSum"),
            found_count=named.counts[word],
            found_total=total or Decimal("0.00"),
        )
