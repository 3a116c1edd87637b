import csv
import io
from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subsidies.bank.agent_list import file_name, read_result_list, write_payment_list
from subsidies.bank.files import BatchFile, BatchLine, UnreadableAnswer
from subsidies.rules.bank_answers import AnswerLine, Instruction, line_problem
from tests.factories.subsidies import result_list

LINE = BatchLine(
    line_number=1,
    reference="REFERENCE1",
    payee_name="张三",
    account="6900000000000000016",
    bank_name="示范银行",
    cnaps="999653000001",
    amount=Decimal("800.00"),
)
DETAIL = "D,1,REFERENCE1,800.00,PAID,"


# ── Out ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_payment_list_has_a_header_the_lines_and_a_trailer():
    batch = BatchFile(reference="20261020-abc", made_on=date(2026, 10, 20), lines=[LINE])

    assert write_payment_list(batch).decode() == (
        "H,1,20261020-abc,2026-10-20,1,800.00,CNY\r\n"
        "D,1,REFERENCE1,张三,6900000000000000016,示范银行,999653000001,800.00\r\n"
        "T,1,800.00\r\n"
    )


def test_file_is_named_for_its_batch():
    assert file_name("20261020-abc") == "PAY-20261020-abc.csv"


BATCH_LINES = st.builds(
    BatchLine,
    line_number=st.integers(1, 9999),
    reference=st.text("ABCDEFGH234567", min_size=26, max_size=26),
    # A name may hold anything that the roster let through: commas, quotes, line ends.
    payee_name=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20),
    account=st.text("0123456789", min_size=8, max_size=32),
    bank_name=st.sampled_from(["示范银行", 'Bank, "the first"']),
    cnaps=st.just("999653000001"),
    amount=st.decimals(min_value="0.01", max_value=99_999, places=2),
)


@given(lines=st.lists(BATCH_LINES, min_size=1, max_size=5))
def test_whoever_reads_the_list_reads_what_was_meant(lines):
    batch = BatchFile(reference="20261020-abc", made_on=date(2026, 10, 20), lines=lines)

    rows = list(csv.reader(io.StringIO(write_payment_list(batch).decode(), newline="")))

    assert rows[-1] == ["T", str(len(lines)), str(sum(line.amount for line in lines))]
    assert [row[1:] for row in rows[1:-1]] == [
        [
            str(line.line_number),
            line.reference,
            line.payee_name,
            line.account,
            line.bank_name,
            line.cnaps,
            str(line.amount),
        ]
        for line in lines
    ]


# ── In ───────────────────────────────────────────────────────────────────────────────────────────────────
ANSWERS = st.fixed_dictionaries(
    {
        "reference": st.text("ABCDEFGH234567", min_size=1, max_size=26),
        "amount": st.decimals(min_value="0.01", max_value=99_999, places=2),
        "answer": st.sampled_from(["PAID", "RETURNED", "UNKNOWN"]),
        "return_code": st.sampled_from(["ACCOUNT_CLOSED", "NAME_DIFFERS"]),
    }
)


@given(lines=st.lists(ANSWERS, max_size=6))
def test_a_result_list_is_read_as_it_was_written(lines):
    answers = read_result_list(result_list("20261020-abc", lines))

    assert answers.batch_reference == "20261020-abc"
    assert answers.lines == [AnswerLine(line_number=number, **line) for number, line in enumerate(lines, 1)]


def listed(*details: str, header: str = "H,1,20261020-abc,1", trailer: str = "T,1,800.00") -> bytes:
    return "\r\n".join([header, *details, trailer, ""]).encode()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(b"", "header_wrong", id="empty"),
        pytest.param(b"\xff\xfe\x00", "not_a_result_list", id="not UTF-8"),
        pytest.param("张三".encode("gb18030"), "not_a_result_list", id="GB18030"),
        pytest.param(b"PK\x03\x04" + bytes(30), "not_a_result_list", id="a workbook"),
        pytest.param(listed("D,1,REF\x00,800.00,PAID,"), "not_a_result_list", id="a NUL"),
        pytest.param(
            listed(DETAIL, header="H,1,2026\x00,1"), "not_a_result_list", id="a NUL in the batch's name"
        ),
        pytest.param(listed(f"D,1,{'R' * 200_000},800.00,PAID,"), "not_a_result_list", id="an endless cell"),
        pytest.param(b"H,1,20261020-abc,0\r\n", "header_wrong", id="header only"),
        pytest.param(listed('D,1,"REFERENCE1,800.00,PAID,'), "count_wrong", id="a quote that never ends"),
        pytest.param(listed(DETAIL, header="H,2,20261020-abc,1"), "header_wrong", id="another version"),
        pytest.param(listed(DETAIL, header="H,1,20261020-abc"), "header_wrong", id="a short header"),
        pytest.param(listed(DETAIL, header="H,1,20261020-abc,1,x"), "header_wrong", id="a long header"),
        pytest.param(b"\xef\xbb\xbf" + listed(DETAIL), "header_wrong", id="a byte order mark"),
        pytest.param(
            listed(DETAIL, header="\r\nH,1,20261020-abc,1"), "header_wrong", id="an empty line first"
        ),
        pytest.param(listed("D,1,REFERENCE1,800.00,PAID"), "line_wrong", id="a short line"),
        pytest.param(listed(DETAIL + ",x"), "line_wrong", id="a long line"),
        pytest.param(listed("X,1,REFERENCE1,800.00,PAID,"), "line_wrong", id="another kind of line"),
        pytest.param(listed(""), "line_wrong", id="an empty line"),
        pytest.param(listed("D,,REFERENCE1,800.00,PAID,"), "line_wrong", id="no line number"),
        pytest.param(listed("D,-1,REFERENCE1,800.00,PAID,"), "line_wrong", id="a negative line number"),
        pytest.param(listed("D,²,REFERENCE1,800.00,PAID,"), "line_wrong", id="a superscript line number"),
        pytest.param(
            listed("D,99999999999,REFERENCE1,800.00,PAID,"), "line_wrong", id="a line number beyond counting"
        ),
        pytest.param(
            listed(f"D,{'9' * 5000},REFERENCE1,800.00,PAID,"), "line_wrong", id="a line number of 5000 digits"
        ),
        pytest.param(listed("D,1,REFERENCE1,800,PAID,"), "line_wrong", id="no cents"),
        pytest.param(listed("D,1,REFERENCE1,800.0,PAID,"), "line_wrong", id="tenths"),
        pytest.param(listed("D,1,REFERENCE1,800.000,PAID,"), "line_wrong", id="thousandths"),
        pytest.param(listed("D,1,REFERENCE1,-800.00,PAID,"), "line_wrong", id="a negative amount"),
        pytest.param(listed("D,1,REFERENCE1,8E2,PAID,"), "line_wrong", id="an exponent"),
        pytest.param(listed("D,1,REFERENCE1,NaN,PAID,"), "line_wrong", id="not a number"),
        pytest.param(listed("D,1,REFERENCE1,８００.００,PAID,"), "line_wrong", id="full-width digits"),
        pytest.param(
            listed("D,1,REFERENCE1,1234567890123.00,PAID,"), "line_wrong", id="more money than there is"
        ),
        pytest.param(listed("D,1,REFERENCE1,800.00,paid,"), "line_wrong", id="an answer in small letters"),
        pytest.param(listed("D,1,REFERENCE1,800.00,LOST,"), "line_wrong", id="an unknown answer"),
        pytest.param(listed("D,1,REFERENCE1,800.00,RETURNED,"), "line_wrong", id="returned for no reason"),
        pytest.param(listed(f"D,1,{'R' * 65},800.00,PAID,"), "line_wrong", id="a long reference"),
        pytest.param(
            listed(f"D,1,REFERENCE1,800.00,RETURNED,{'X' * 41}"), "line_wrong", id="a long return code"
        ),
        pytest.param(listed(DETAIL, DETAIL), "count_wrong", id="more lines than counted"),
        pytest.param(listed(), "count_wrong", id="fewer lines than counted"),
        pytest.param(listed(DETAIL, header="H,1,20261020-abc,2"), "count_wrong", id="another count on top"),
        pytest.param(listed(DETAIL, trailer="T,2,800.00"), "count_wrong", id="another count below"),
        pytest.param(listed(DETAIL, trailer="X,1,800.00"), "count_wrong", id="no trailer"),
        pytest.param(listed(DETAIL, trailer="T,1"), "count_wrong", id="a short trailer"),
        pytest.param(listed(DETAIL, trailer=DETAIL), "count_wrong", id="cut off after a line"),
        pytest.param(listed(DETAIL, trailer="T,1,800.01"), "total_wrong", id="a cent too much"),
        pytest.param(listed(DETAIL, trailer="T,1,0.00"), "total_wrong", id="nothing in total"),
        pytest.param(listed(DETAIL, trailer="T,1,800"), "total_wrong", id="a total without cents"),
        pytest.param(
            listed("D,1,REFERENCE1,800.00,RETURNED,CLOSED"), "total_wrong", id="returned money in the total"
        ),
        pytest.param(
            listed(DETAIL, DETAIL, header="H,1,20261020-abc,2", trailer="T,2,1600.00"),
            "line_repeated",
            id="a line number twice",
        ),
    ],
)
def test_a_malformed_result_list_is_named_for_what_is_wrong(content, code):
    with pytest.raises(UnreadableAnswer) as refusal:
        read_result_list(content)

    assert refusal.value.code == code


@given(content=st.binary(max_size=200))
def test_whatever_lies_in_the_inbox_is_read_or_refused(content):
    with suppress(UnreadableAnswer):
        read_result_list(content)


# ── What a line means ────────────────────────────────────────────────────────────────────────────────────
ANSWERED = {"OPEN": "", "UNKNOWN": "", "PAID": "ALREADY_SETTLED", "RETURNED": "ALREADY_SETTLED"}


def answer(word: str, amount: str = "800.00") -> AnswerLine:
    return AnswerLine(1, "REFERENCE1", Decimal(amount), word, "ACCOUNT_CLOSED" if word == "RETURNED" else "")


@pytest.mark.parametrize("status", ANSWERED)
@pytest.mark.parametrize("word", ["PAID", "RETURNED"])
def test_a_word_that_contradicts_an_earlier_one_is_a_problem(status, word):
    problem = line_problem(answer(word), Instruction(1, Decimal("800.00"), status), is_repeated=False)

    assert problem == ("" if word == status else ANSWERED[status])


@pytest.mark.parametrize("status", ANSWERED)
def test_an_unknown_contradicts_nothing(status):
    instruction = Instruction(1, Decimal("800.00"), status)

    assert line_problem(answer("UNKNOWN"), instruction, is_repeated=False) == ""


@pytest.mark.parametrize(
    ("line", "instruction", "is_repeated", "problem"),
    [
        pytest.param(answer("PAID"), None, False, "UNMATCHED", id="no such instruction"),
        pytest.param(answer("PAID"), Instruction(1, Decimal("800.00"), "OPEN"), True, "REPEATED", id="twice"),
        pytest.param(
            answer("PAID", "800.01"),
            Instruction(1, Decimal("800.00"), "OPEN"),
            False,
            "WRONG_AMOUNT",
            id="a cent more",
        ),
        pytest.param(
            answer("RETURNED", "799.99"),
            Instruction(1, Decimal("800.00"), "OPEN"),
            False,
            "WRONG_AMOUNT",
            id="a cent less came back",
        ),
    ],
)
def test_a_line_that_cannot_be_applied_has_a_problem(line, instruction, is_repeated, problem):
    assert line_problem(line, instruction, is_repeated=is_repeated) == problem
