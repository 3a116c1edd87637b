"""Every format against a reader of others: what was written is what a bank would read."""

import csv
import io
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from subsidies.bank import beps
from subsidies.bank.example import example_file, example_text
from subsidies.bank.files import BatchFile, BatchLine, FormatSpec
from subsidies.bank.formats import file_name, unwritable, write_batch
from subsidies.forms.bank_formats import EXAMPLE_LAYOUT
from tests.subsidies.bank_examples import (
    BEPS,
    CSV_TEMPLATE,
    PAIN,
    SCHEMAS,
    TXT_LAYOUT,
    TXT_TEMPLATE,
    XLSX_TEMPLATE,
)

OWN_SCHEMAS = Path(beps.__file__).parent
SPECS = {
    "list": FormatSpec(),
    "pain": PAIN,
    "beps": BEPS,
    "csv": CSV_TEMPLATE,
    "txt": TXT_TEMPLATE,
    "xlsx": XLSX_TEMPLATE,
}
NAMES = st.text(
    st.characters(codec="gbk", categories=["L", "Nd", "Po"], exclude_characters="|=+-@＝＋－＠"),
    min_size=1,
    max_size=20,
)


def line(number: int = 1, **values: Any) -> BatchLine:
    return BatchLine(
        **{
            "line_number": number,
            "reference": f"REFERENCE{number:017d}",
            "payee_name": "张三",
            "account": "6900000000000000016",
            "bank_name": "示范银行",
            "cnaps": "999653000001",
            "amount": Decimal("800.00"),
            **values,
        }
    )


def batch(*lines: BatchLine) -> BatchFile:
    return BatchFile(reference="20261020-ABCDEFGHIJ", made_on=date(2026, 10, 20), lines=lines or (line(),))


LINES = st.lists(
    st.builds(
        line,
        payee_name=NAMES.filter(str.strip),
        bank_name=NAMES,
        account=st.text("0123456789", min_size=8, max_size=32),
        amount=st.decimals(min_value="0.01", max_value=99_999, places=2),
    ),
    min_size=1,
    max_size=4,
).map(
    lambda lines: [
        BatchLine(**{**vars(each), "line_number": n, "reference": f"R{n}"}) for n, each in enumerate(lines, 1)
    ]
)


# ── ISO 20022 ────────────────────────────────────────────────────────────────────────────────────────────
@given(lines=LINES)
def test_pain_001_is_valid_and_says_what_was_meant(lines):
    root = etree.fromstring(write_batch(PAIN, batch(*lines)))

    etree.XMLSchema(etree.parse(SCHEMAS / "pain.001.001.09.xsd")).assertValid(root)
    find = {"i": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}
    said = [
        (
            each.findtext("i:PmtId/i:InstrId", namespaces=find),
            each.findtext("i:PmtId/i:EndToEndId", namespaces=find),
            each.findtext("i:Cdtr/i:Nm", namespaces=find),
            each.findtext("i:CdtrAcct/i:Id/i:Othr/i:Id", namespaces=find),
            each.findtext("i:CdtrAgt/i:FinInstnId/i:ClrSysMmbId/i:MmbId", namespaces=find),
            each.find("i:Amt/i:InstdAmt", find).get("Ccy"),
            Decimal(each.findtext("i:Amt/i:InstdAmt", namespaces=find)),
        )
        for each in root.iterfind(".//i:CdtTrfTxInf", find)
    ]
    assert said == [
        (str(each.line_number), each.reference, each.payee_name, each.account, each.cnaps, "CNY", each.amount)
        for each in lines
    ]
    counts = {each.text for each in root.iterfind(".//i:NbOfTxs", find)}
    sums = {Decimal(each.text) for each in root.iterfind(".//i:CtrlSum", find)}
    assert (counts, sums) == ({str(len(lines))}, {sum(each.amount for each in lines)})


def test_pain_001_has_no_clock_in_it():
    assert b"<CreDtTm>2026-10-20T00:00:00+08:00</CreDtTm>" in write_batch(PAIN, batch())


# ── CNAPS2 ───────────────────────────────────────────────────────────────────────────────────────────────
@given(lines=LINES)
def test_beps_382_is_as_its_own_schema_says_and_says_what_was_meant(lines):
    root = etree.fromstring(write_batch(BEPS, batch(*lines)))

    etree.XMLSchema(etree.parse(OWN_SCHEMAS / "beps_382.xsd")).assertValid(root)
    find = {"b": "urn:cnaps:std:beps:2010:tech:xsd:beps.382.001.01"}
    said = [[field.text or "" for field in each] for each in root.iterfind(".//b:CdtrDtls", find)]
    assert said == [
        [
            str(each.line_number),
            each.reference,
            each.payee_name,
            each.account,
            each.cnaps,
            each.bank_name,
            str(each.amount),
        ]
        for each in lines
    ]
    assert root.findtext(".//b:TtlAmt", namespaces=find) == str(sum(each.amount for each in lines))


# ── Templates ────────────────────────────────────────────────────────────────────────────────────────────
@given(lines=LINES)
def test_csv_template_says_what_was_meant(lines):
    text = write_batch(CSV_TEMPLATE, batch(*lines)).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))

    total = sum(each.amount for each in lines)
    assert rows[0] == ["序号", "户名", "账号", "金额（分）", "业务编号", "用途", "日期"]
    assert rows[1:-1] == [
        [
            str(each.line_number),
            each.payee_name,
            each.account,
            str(int(each.amount * 100)),
            each.reference,
            "评价补贴",
            "20261020",
        ]
        for each in lines
    ]
    assert rows[-1] == ["合计", str(len(lines)), str(total)]


@given(lines=LINES)
def test_txt_template_says_what_was_meant_in_gbk(lines):
    rows = write_batch(TXT_TEMPLATE, batch(*lines)).decode("gbk").split("\r\n")

    assert rows[0] == f"20261020-ABCDEFGHIJ|{len(lines)}|{sum(each.amount for each in lines)}"
    assert [row.split("|")[1:4] for row in rows[1:-1]] == [
        [each.account, each.payee_name, str(each.amount)] for each in lines
    ]


def test_xlsx_template_says_what_was_meant():
    lines = [line(1), line(2, payee_name="𠮷田", amount=Decimal("1200.50"))]
    content = write_batch(XLSX_TEMPLATE, batch(*lines))

    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows == [
        ["收款账号", "户名", "金额", "编号"],
        ["6900000000000000016", "张三", 800, "REFERENCE00000000000000001"],
        ["6900000000000000016", "𠮷田", 1200.5, "REFERENCE00000000000000002"],
    ]
    assert [sheet["A2"].data_type, sheet["C2"].number_format] == ["s", "0.00"]


# ── All of them ──────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_same_batch_gives_the_same_bytes(spec):
    assert write_batch(spec, batch()) == write_batch(spec, batch())


@pytest.mark.parametrize(
    ("name", "spec"), list(zip(["csv", "xml", "xml", "csv", "txt", "xlsx"], SPECS.values(), strict=True))
)
def test_file_name_ends_as_its_kind_does(name, spec):
    assert file_name(spec, "20261020-X") == f"PAY-20261020-X.{name}"


@pytest.mark.parametrize(
    "lines",
    [
        (line(1), line(2, reference="REFERENCE00000000000000001")),
        (line(1), line(1, reference="OTHER")),
        (line(1, amount=Decimal("0.00")),),
        (line(1, account=""),),
    ],
    ids=["reference twice", "number twice", "no amount", "no account"],
)
@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_batch_that_must_never_be_written_is_not(spec, lines):
    with pytest.raises(ValueError, match=r"instruction"):
        write_batch(spec, batch(*lines))


def test_empty_batch_is_not_written():
    with pytest.raises(ValueError, match="once"):
        write_batch(PAIN, BatchFile(reference="X", made_on=date(2026, 10, 20), lines=[]))


LONG_DELIMITER = FormatSpec("TEMPLATE", layout={**TXT_LAYOUT, "delimiter": "||"})
BROKEN_BY_A_TEXT = FormatSpec("TEMPLATE", layout={**TXT_LAYOUT, "trailer": [{"value": "a|b"}]})


@pytest.mark.parametrize(
    ("spec", "name", "reason"),
    [
        (TXT_TEMPLATE, "𠮷田", "character_not_writable"),
        (TXT_TEMPLATE, "a|b", "character_not_writable"),
        (TXT_TEMPLATE, "a\nb", "character_not_writable"),
        (LONG_DELIMITER, "a|", "character_not_writable"),
        (LONG_DELIMITER, "a b", ""),
        (BROKEN_BY_A_TEXT, "a", "columns_would_break"),
        (CSV_TEMPLATE, "=cmd", "looks_like_a_formula"),
        (XLSX_TEMPLATE, "@SUM", "looks_like_a_formula"),
        (CSV_TEMPLATE, " ", "name_missing"),
        (PAIN, "a\x07b", "character_not_writable"),
        (PAIN, "长" * 141, "name_too_long"),
        (BEPS, "长" * 61, "name_too_long"),
        (BEPS, "", "name_missing"),
        (CSV_TEMPLATE, "𠮷田", ""),
        (PAIN, "𠮷田·<&>", ""),
        (FormatSpec(), 'a,"b', ""),
    ],
)
def test_name_that_cannot_be_written_is_refused_and_never_changed(spec, name, reason):
    lines = [line(7, payee_name=name)]

    assert unwritable(spec, lines) == ({7: reason} if reason else {})
    if reason:
        with pytest.raises(ValueError, match="left out"):
            write_batch(spec, batch(*lines))


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_example_names_nobody_and_hides_the_account(spec):
    assert spec.payer_account.encode() not in example_file(spec) or not spec.payer_account
    assert "张三" in example_text(spec)


def test_what_a_draft_begins_with_can_be_worked_by():
    spec = FormatSpec("TEMPLATE", layout=json.loads(json.dumps(EXAMPLE_LAYOUT)))

    assert "欧阳示例|650.50|评价补贴" in example_text(spec)
