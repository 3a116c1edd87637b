"""What banks answer, in every format: read rightly or refused whole, and never anything else."""

import copy
import io
from collections.abc import Sequence
from decimal import Decimal

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from subsidies.bank import beps, xml_reading
from subsidies.bank.files import BankAnswers, FormatSpec, UnreadableAnswer, with_references
from subsidies.bank.formats import AGENT_LIST, read_answers
from subsidies.bank.sentences import FILE_PROBLEMS
from subsidies.rules.bank_answers import AnswerLine
from tests.subsidies.bank_examples import (
    ALL_THREE,
    BEPS,
    CSV_TEMPLATE,
    PAIN,
    SCHEMAS,
    TXT_TEMPLATE,
    XLSX_TEMPLATE,
    report,
    transaction,
)
from tests.subsidies.test_bank_formats import OWN_SCHEMAS

EVERY = [AGENT_LIST, PAIN, BEPS, CSV_TEMPLATE, TXT_TEMPLATE, XLSX_TEMPLATE]
PAID, RETURNED, UNKNOWN = (
    AnswerLine(1, "R1", Decimal("800.00"), "PAID", ""),
    AnswerLine(2, "R2", Decimal("1200.50"), "RETURNED", "AC04"),
    AnswerLine(3, "R3", Decimal("0.01"), "UNKNOWN", ""),
)


def code_of(content: bytes, *specs: FormatSpec) -> str:
    with pytest.raises(UnreadableAnswer) as refused:
        read_answers(content, specs or EVERY)
    return refused.value.code


# ── pain.002 ─────────────────────────────────────────────────────────────────────────────────────────────
def test_the_report_that_is_read_is_one_by_the_schema():
    etree.XMLSchema(etree.parse(SCHEMAS / "pain.002.001.12.xsd")).assertValid(etree.fromstring(report()))


def test_pain_002_says_what_became_of_each_payment():
    assert read_answers(report(), EVERY) == BankAnswers("20261020-X", [PAID, RETURNED, UNKNOWN])


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        ("ACSC", "PAID"),
        ("ACCC", "PAID"),
        ("ACCP", "UNKNOWN"),
        ("ACSP", "UNKNOWN"),
        ("PDNG", "UNKNOWN"),
        ("RJCT", "RETURNED"),
        ("CANC", "RETURNED"),
    ],
)
def test_only_a_settled_payment_is_paid(status, answer):
    line = read_answers(report(transactions=transaction(status=status)), [PAIN]).lines[0]

    assert (line.answer, line.return_code) == (answer, status if answer == "RETURNED" else "")


def test_a_bank_s_own_last_word_can_be_set_up():
    spec = FormatSpec("PAIN_001", layout={"also_paid": ["ACCP"]})

    assert read_answers(report(transactions=transaction(status="ACCP")), [spec]).lines[0].answer == "PAID"
    assert read_answers(report(transactions=transaction(status="ACSP")), [spec]).lines[0].answer == "UNKNOWN"


@pytest.mark.parametrize("replaced_first", [True, False])
def test_a_word_that_means_paid_by_one_format_only_is_read_by_none(replaced_first):
    generous = FormatSpec("PAIN_001", layout={"also_paid": ["ACSP"]})
    specs = [generous, PAIN] if replaced_first else [PAIN, generous]

    assert code_of(report(transactions=transaction(status="ACSP")), *specs) == "format_ambiguous"
    assert read_answers(report(), specs) == BankAnswers("20261020-X", [PAID, RETURNED, UNKNOWN])


def test_counts_and_sums_by_status_are_believed_when_they_are_right():
    figures = (
        "<NbOfTxsPerSts><DtldNbOfTxs>1</DtldNbOfTxs><DtldSts>ACSC</DtldSts>"
        "<DtldCtrlSum>800</DtldCtrlSum></NbOfTxsPerSts>"
    )

    assert len(read_answers(report(group=f"<OrgnlNbOfTxs>3</OrgnlNbOfTxs>{figures}"), [PAIN]).lines) == 3


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"group": "<OrgnlNbOfTxs>2</OrgnlNbOfTxs>"}, "count_wrong"),
        (
            {"group": "<NbOfTxsPerSts><DtldNbOfTxs>2</DtldNbOfTxs><DtldSts>ACSC</DtldSts></NbOfTxsPerSts>"},
            "count_wrong",
        ),
        (
            {
                "group": "<NbOfTxsPerSts><DtldNbOfTxs>1</DtldNbOfTxs><DtldSts>ACSC</DtldSts>"
                "<DtldCtrlSum>800.01</DtldCtrlSum></NbOfTxsPerSts>"
            },
            "total_wrong",
        ),
        ({"transactions": ""}, "no_lines"),
        ({"transactions": transaction(status="YES")}, "answer_unknown"),
        ({"transactions": transaction(currency="USD")}, "currency_wrong"),
        ({"transactions": transaction(amount="")}, "amount_missing"),
        ({"transactions": transaction(amount="-1")}, "line_wrong"),
        ({"transactions": transaction(amount="1e3")}, "line_wrong"),
        ({"transactions": transaction(reference="")}, "line_wrong"),
        ({"transactions": transaction(reference="R" * 65)}, "line_wrong"),
        ({"namespace": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}, "not_a_result_list"),
        ({"namespace": ""}, "not_a_result_list"),
    ],
)
def test_report_that_is_not_right_is_refused_whole(changed, code):
    assert code_of(report(**changed), PAIN) == code


# ── Hostile XML ──────────────────────────────────────────────────────────────────────────────────────────
LAUGHS = '<!DOCTYPE a [<!ENTITY l "ha"><!ENTITY m "&l;&l;&l;&l;"><!ENTITY n "&m;&m;&m;&m;">]>'


@pytest.mark.parametrize(
    "content",
    [
        report(before='<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd">'),
        report(
            before='<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
            transactions=transaction(reference="&x;"),
        ),
        report(before=LAUGHS, transactions=transaction(reference="&n;")),
        report(transactions="<a>" * 5000 + "</a>" * 5000),
        report(transactions='<b xmlns="urn:other">x</b>'),
        report(transactions='<o:TxInfAndSts xmlns:o="urn:other"/>'),
    ],
    ids=["dtd", "file", "laughs", "depth", "namespace", "prefix"],
)
def test_hostile_xml_is_refused(content):
    assert code_of(content, PAIN) == "xml_refused"


@pytest.mark.parametrize("parts", [transaction() * 12, '<x a="1" b="2" c="3"/>' * 30])
def test_xml_of_very_many_parts_is_refused(monkeypatch, parts):
    monkeypatch.setattr(xml_reading, "MOST_PARTS", 99)
    assert read_answers(report(), [PAIN]).lines

    assert code_of(report(transactions=ALL_THREE + parts), PAIN) == "too_large"


@pytest.mark.parametrize(
    "content",
    [
        b"<",
        b"<a>",
        b"<a/><b/>",
        report()[:-20],
        report().decode().encode("utf-16"),
        b"<?xml version='1.0' encoding='utf-7'?><a>+</a",
        b"<a>\xff\xfe</a>",
        b"<a>&undefined;</a>",
        b"<a>\x00</a>",
    ],
)
def test_what_is_no_xml_is_refused(content):
    assert code_of(content, PAIN) in {"xml_wrong", "header_wrong", "not_a_result_list"}


# ── BEPS.383 ─────────────────────────────────────────────────────────────────────────────────────────────
def receipt(*, paid: str = "800.00", count: int = 3, status: str = "PR02") -> bytes:
    return f"""<Document xmlns="{beps.ANSWER_NAMESPACE}"><BtchPmtRct>
<OrgnlGrpHdr><OrgnlMsgId>20261020-X</OrgnlMsgId></OrgnlGrpHdr>
<RctTtls><NbOfTxs>{count}</NbOfTxs><PdNb>1</PdNb><PdTtlAmt>{paid}</PdTtlAmt></RctTtls>
<RctDtls><OrgnlTxId>R1</OrgnlTxId><Amt Ccy="CNY">800.00</Amt><Sts>{status}</Sts></RctDtls>
<RctDtls><OrgnlTxId>R2</OrgnlTxId><Amt Ccy="CNY">1200.50</Amt><Sts>PR09</Sts><RjctCd>AC04</RjctCd></RctDtls>
<RctDtls><OrgnlTxId>R3</OrgnlTxId><Amt Ccy="CNY">0.01</Amt><Sts>PR00</Sts></RctDtls>
</BtchPmtRct></Document>""".encode()


def test_beps_383_says_what_became_of_each_payment():
    etree.XMLSchema(etree.parse(OWN_SCHEMAS / "beps_383.xsd")).assertValid(etree.fromstring(receipt()))

    assert read_answers(receipt(), EVERY) == BankAnswers("20261020-X", [PAID, RETURNED, UNKNOWN])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (receipt(paid="799.99"), "total_wrong"),
        (receipt(count=4), "count_wrong"),
        (receipt(status="PR09"), "count_wrong"),
        (receipt(status="YES"), "answer_unknown"),
    ],
)
def test_receipt_that_is_not_right_is_refused_whole(content, code):
    assert code_of(content, BEPS) == code


# ── Templates ────────────────────────────────────────────────────────────────────────────────────────────
CSV_RESULT = """批次,业务编号,金额,结果,原因
20261020-X,R1,800.00,成功,
20261020-X,R2,1200.50,失败,账号不存在
20261020-X,R3,0.01,处理中,
合计,3,800.00
"""


def test_csv_result_is_read_by_the_headers_of_its_columns():
    answers = read_answers(CSV_RESULT.encode(), EVERY)

    assert answers.batch_reference == "20261020-X"
    assert [(each.reference, each.amount, each.answer, each.return_code) for each in answers.lines] == [
        ("R1", Decimal("800.00"), "PAID", ""),
        ("R2", Decimal("1200.50"), "RETURNED", "账号不存在"),
        ("R3", Decimal("0.01"), "UNKNOWN", ""),
    ]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("合计,3", "合计,4", "count_wrong"),
        ("3,800.00", "3,800.01", "total_wrong"),
        ("业务编号", "编号", "header_wrong"),
        ("处理中", "或许", "answer_unknown"),
        ("1200.50", "1200.505", "line_wrong"),
        ("1200.50", "1,200.50", "answer_unknown"),
        ("20261020-X,R2", "20261020-Y,R2", "several_batches"),
        ("R2", "", "line_wrong"),
        ("R2", "\x07", "line_wrong"),
        ("R2", "\x00", "not_a_result_list"),
    ],
)
def test_csv_result_that_is_not_right_is_refused_whole(old, new, code):
    assert code_of(CSV_RESULT.replace(old, new).encode(), CSV_TEMPLATE) == code


def test_a_bank_may_name_our_line_numbers_instead_of_our_references():
    content = "20261020-X|1|80000|00|\r\n20261020-X|2|120050|99|户名不符\r\n".encode("gbk")

    answers = with_references(read_answers(content, [TXT_TEMPLATE]), {1: "R1", 3: "R3"})

    assert [(each.reference, each.amount, each.return_code) for each in answers.lines] == [
        ("R1", Decimal("800.00"), ""),
        ("2", Decimal("1200.50"), "户名不符"),
    ]
    assert code_of(content.replace(b"|2|", b"|1|"), TXT_TEMPLATE) == "line_repeated"


def workbook(rows: Sequence[Sequence[object]]) -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as written:
        sheet = written.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return stream.getvalue()


HEADER = ["编号", "金额", "状态", "说明"]


def test_xlsx_result_is_read():
    answers = read_answers(workbook([HEADER, ["R1", 800, "成功", ""], ["R2", 1200.5, "失败", "销户"]]), EVERY)

    assert answers.batch_reference == ""
    assert [(each.reference, each.amount, each.return_code) for each in answers.lines] == [
        ("R1", Decimal("800.00"), ""),
        ("R2", Decimal("1200.50"), "销户"),
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (workbook([HEADER]), "no_lines"),
        (workbook([HEADER, ["R1", 800.001, "成功", ""]]), "line_wrong"),
        (workbook([HEADER, [20261020123456789, 800, "成功", ""]]), "line_wrong"),
        (workbook([HEADER, ["R1", 800, "成功", ""]])[:500], "not_a_result_list"),
    ],
)
def test_xlsx_result_that_is_not_right_is_refused_whole(content, code):
    assert code_of(content, XLSX_TEMPLATE) == code


def test_a_template_s_file_may_begin_as_the_plain_list_does():
    layout = copy.deepcopy(dict(TXT_TEMPLATE.layout))
    layout["results"] |= {
        "number": "YUAN",
        "kind": "CSV",
        "delimiter": ",",
        "encoding": "UTF-8",
        "skip_first": 1,
        "skip_last": 0,
    }
    layout["results"]["columns"] = {"reference": 1, "amount": 2, "status": 3}
    layout["results"].pop("trailer", None)
    paid = next(iter(layout["results"]["words"]["paid"]))
    content = f"H,2026\r\nR1,800.00,{paid}\r\n".encode()

    assert (
        read_answers(content, [AGENT_LIST, FormatSpec("TEMPLATE", layout=layout)]).lines[0].reference == "R1"
    )
    assert code_of(b"H,2,X,1\r\nT,0,0.00\r\n", AGENT_LIST, TXT_TEMPLATE) == "header_wrong"


def test_what_two_formats_read_differently_is_read_by_none():
    layout = copy.deepcopy(dict(TXT_TEMPLATE.layout))
    layout["results"]["words"] = {"paid": ["99"], "returned": ["00"]}
    content = b"20261020-X|1|80000|00|\r\n"

    assert code_of(content, TXT_TEMPLATE, FormatSpec("TEMPLATE", layout=layout)) == "format_ambiguous"
    assert read_answers(content, [TXT_TEMPLATE, copy.deepcopy(TXT_TEMPLATE)]).lines[0].answer == "PAID"


# ── Whatever comes ───────────────────────────────────────────────────────────────────────────────────────
SEEDS = [report(), receipt(), CSV_RESULT.encode(), b"20261020-X|1|80000|00|\r\n", b"H,1,X,0\r\nT,0,0.00\r\n"]


def refusal_of(content: bytes, specs: Sequence[FormatSpec]) -> str:
    try:
        read_answers(content, specs)
    except UnreadableAnswer as refused:
        return refused.code
    return ""


@given(data=st.data())
def test_a_reader_never_raises_anything_else(data):
    seed = data.draw(st.sampled_from(SEEDS))
    start = data.draw(st.integers(0, len(seed)))
    end = data.draw(st.integers(start, min(len(seed), start + 40)))
    content = seed[:start] + data.draw(st.binary(max_size=30)) + seed[end:]
    specs = data.draw(st.lists(st.sampled_from(EVERY[:-1]), max_size=5))

    assert refusal_of(content, specs) in {"", *FILE_PROBLEMS}


@given(content=st.binary(max_size=200) | st.text(max_size=80).map(lambda text: f"<{text}".encode()))
def test_nor_does_it_for_what_nobody_meant(content):
    assert refusal_of(content, EVERY) in {"", *FILE_PROBLEMS}


def test_a_format_that_is_not_set_up_is_not_read():
    assert code_of(report(), AGENT_LIST, BEPS) == "not_a_result_list"
