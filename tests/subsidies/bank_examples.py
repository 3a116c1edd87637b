"""Bank formats as a person would set them up."""

from collections.abc import Mapping
from pathlib import Path

from subsidies.bank.files import FormatSpec

SCHEMAS = Path(__file__).with_name("schemas")
PAYER = {
    "payer_name": "重庆市人力资源和社会保障局",
    "payer_account": "50001234567890",
    "payer_cnaps": "999653000001",
}
PAIN = FormatSpec("PAIN_001", **PAYER)
BEPS = FormatSpec("BEPS_382", **PAYER)
RESULTS = {
    "skip_first": 1,
    "skip_last": 1,
    "columns": {"reference": "业务编号", "amount": "金额", "status": "结果", "reason": "原因", "batch": 1},
    "words": {"paid": ["成功"], "returned": ["失败"], "unknown": ["处理中"]},
    "trailer": {"count": 2, "paid_total": 3},
}
CSV_LAYOUT = {
    "kind": "CSV",
    "encoding": "UTF-8-BOM",
    "header_row": True,
    "columns": [
        {"header": "序号", "field": "line_number"},
        {"header": "户名", "field": "payee_name"},
        {"header": "账号", "field": "account"},
        {"header": "金额（分）", "field": "amount", "as": "FEN"},
        {"header": "业务编号", "field": "reference"},
        {"header": "用途", "value": "评价补贴"},
        {"header": "日期", "field": "made_on", "as": "YYYYMMDD"},
    ],
    "trailer": [{"value": "合计"}, {"field": "count"}, {"field": "total", "as": "YUAN"}],
    "results": RESULTS,
}
TXT_LAYOUT = {
    "kind": "TXT",
    "encoding": "GBK",
    "delimiter": "|",
    "head": [{"field": "batch"}, {"field": "count"}, {"field": "total"}],
    "columns": [
        {"field": "line_number"},
        {"field": "account"},
        {"field": "payee_name"},
        {"field": "amount"},
        {"field": "reference"},
    ],
    # A bank that names no reference: the batch and our line number.
    "results": {
        "columns": {"batch": 1, "line_number": 2, "amount": 3, "status": 4, "reason": 5},
        "number": "FEN",
        "words": {"paid": ["00"], "returned": ["99", "98"], "unknown": ["01"]},
    },
}
XLSX_LAYOUT = {
    "kind": "XLSX",
    "header_row": True,
    "columns": [
        {"header": "收款账号", "field": "account"},
        {"header": "户名", "field": "payee_name"},
        {"header": "金额", "field": "amount"},
        {"header": "编号", "field": "reference"},
    ],
    "results": {
        "skip_first": 1,
        "columns": {"reference": "编号", "amount": "金额", "status": "状态", "reason": "说明"},
        "words": {"paid": ["成功"], "returned": ["失败"]},
    },
}
CSV_TEMPLATE = FormatSpec("TEMPLATE", layout=CSV_LAYOUT)
TXT_TEMPLATE = FormatSpec("TEMPLATE", layout=TXT_LAYOUT)
XLSX_TEMPLATE = FormatSpec("TEMPLATE", layout=XLSX_LAYOUT)

PAIN_002 = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.12"


# ── What a bank reports ──────────────────────────────────────────────────────────────────────────────────
def transaction(
    reference: str = "R1",
    status: str = "ACSC",
    amount: str = "800.00",
    reason: str = "",
    currency: str = "CNY",
) -> str:
    because = f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>" if reason else ""
    return (
        f"<TxInfAndSts><OrgnlEndToEndId>{reference}</OrgnlEndToEndId><TxSts>{status}</TxSts>{because}"
        f'<OrgnlTxRef><Amt><InstdAmt Ccy="{currency}">{amount}</InstdAmt></Amt></OrgnlTxRef></TxInfAndSts>'
    )


ALL_THREE = transaction() + transaction("R2", "RJCT", "1200.50", "AC04") + transaction("R3", "PDNG", "0.01")


def report(
    *, transactions: str = ALL_THREE, group: str = "", namespace: str = PAIN_002, before: str = ""
) -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>{before}
<Document xmlns="{namespace}"><CstmrPmtStsRpt>
<GrpHdr><MsgId>BANK-1</MsgId><CreDtTm>2026-10-21T09:00:00+08:00</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>20261020-X</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>{group}</OrgnlGrpInfAndSts>
<OrgnlPmtInfAndSts><OrgnlPmtInfId>20261020-X</OrgnlPmtInfId>{transactions}</OrgnlPmtInfAndSts>
</CstmrPmtStsRpt></Document>""".encode()


def group(
    status: str, *, count: str = "", total: str = "", by_status: Mapping[str, str] | None = None
) -> str:
    """Return what stands in the group or the block, in the order of the schema; figures as "count" or "count/sum"."""
    original = f"<OrgnlNbOfTxs>{count}</OrgnlNbOfTxs>" if count else ""
    original += f"<OrgnlCtrlSum>{total}</OrgnlCtrlSum>" if total else ""
    figures = "".join(_figures(word, *said.split("/")) for word, said in (by_status or {}).items())
    return f"{original}<GrpSts>{status}</GrpSts>{figures}"


def _figures(word: str, count: str, total: str = "") -> str:
    control = f"<DtldCtrlSum>{total}</DtldCtrlSum>" if total else ""
    return (
        f"<NbOfTxsPerSts><DtldNbOfTxs>{count}</DtldNbOfTxs><DtldSts>{word}</DtldSts>{control}</NbOfTxsPerSts>"
    )


def block(said: str) -> str:
    """Return the same of our payment information block."""
    return said.replace("GrpSts>", "PmtInfSts>")
