"""What a bank says above the lines of a report, and what that comes to for each payment by its format."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from subsidies.bank.files import BankAnswers, FormatSpec, UnreadableAnswer, WholeAnswer, with_each_unnamed
from subsidies.bank.formats import AGENT_LIST, read_answers
from subsidies.bank.sentences import FILE_PROBLEMS
from tests.subsidies.bank_examples import PAIN, PAYER, SCHEMAS, block, group, report, transaction

PART_COUNTS = {"whole_counts": True, "part_counts": True}
WHOLE = FormatSpec("PAIN_001", **PAYER, layout={"whole_counts": True})
PART = FormatSpec("PAIN_001", **PAYER, layout=PART_COUNTS)
INSTRUCTED = {"R1": Decimal("800.00"), "R2": Decimal("1200.50"), "R3": Decimal("0.01")}
UNDER_WAY = ["RCVD", "ACTC", "ACCP", "ACSP", "ACWC", "PDNG"]


def said_of_each(content: bytes, spec: FormatSpec = WHOLE) -> dict[str, str]:
    """Return what a report comes to for each of three payments that it can name, by reference."""
    answers = with_each_unnamed(read_answers(content, [spec]), INSTRUCTED)
    return {line.reference: line.answer for line in answers.lines}


def code_of(content: bytes, spec: FormatSpec = WHOLE) -> str:
    with pytest.raises(UnreadableAnswer) as refused:
        said_of_each(content, spec)
    assert refused.value.code in FILE_PROBLEMS
    return refused.value.code


ALL_PAID = dict.fromkeys(INSTRUCTED, "PAID")
ALL_RETURNED = dict.fromkeys(INSTRUCTED, "RETURNED")
SECOND_REFUSED = transaction("R2", "RJCT", "1200.50", "AC04")


def test_the_payment_of_a_group_is_one_by_the_schema():
    said = group("ACSC", count="3", total="2000.51", by_status={"ACSC": "3/2000.51"})
    content = report(group=said, transactions=block(said))

    etree.XMLSchema(etree.parse(SCHEMAS / "pain.002.001.12.xsd")).assertValid(etree.fromstring(content))
    three, all_of_it = frozenset({3}), frozenset({Decimal("2000.51")})
    assert read_answers(content, [AGENT_LIST, WHOLE]) == BankAnswers(
        "20261020-X", [], whole=WholeAnswer("PAID", "", three, all_of_it, three, all_of_it)
    )


@pytest.mark.parametrize("status", ["ACSC", "ACCC"])
def test_what_is_settled_as_a_whole_is_paid_for_each(status):
    assert said_of_each(report(group=group(status), transactions="")) == ALL_PAID
    assert said_of_each(report(transactions=block(group(status)))) == ALL_PAID
    assert said_of_each(report(group=group(status), transactions=block(group(status)))) == ALL_PAID


@pytest.mark.parametrize("spec", [PAIN, WHOLE, PART])
def test_what_is_refused_as_a_whole_is_returned_for_each(spec):
    assert said_of_each(report(group=group("RJCT"), transactions=""), spec) == ALL_RETURNED
    assert said_of_each(report(transactions=block(group("RJCT"))), spec) == ALL_RETURNED


@pytest.mark.parametrize("status", UNDER_WAY)
@pytest.mark.parametrize("also_paid", [[], ["ACCP", "ACSP", "ACWC"]])
def test_what_is_under_way_as_a_whole_says_nothing_of_a_payment(status, also_paid):
    spec = replace(WHOLE, layout={**PART_COUNTS, "also_paid": also_paid})

    assert code_of(report(group=group(status), transactions=""), spec) == "whole_under_way"
    assert code_of(report(transactions=block(group(status))), spec) == "whole_under_way"
    assert said_of_each(report(group=group(status), transactions=SECOND_REFUSED), spec) == {"R2": "RETURNED"}


@pytest.mark.parametrize("status", ["ACSC", "ACCC", "PART"])
def test_without_the_option_a_whole_stands_for_nothing(status):
    assert code_of(report(group=group(status), transactions=""), PAIN) == "no_lines"
    assert said_of_each(report(group=group(status), transactions=SECOND_REFUSED), PAIN) == {"R2": "RETURNED"}


def test_the_block_goes_before_the_group():
    settled, taken = group("ACSC"), group("ACTC")

    assert said_of_each(report(group=taken, transactions=block(settled))) == ALL_PAID
    assert code_of(report(group=settled, transactions=block(taken)), WHOLE) == "no_lines"


@pytest.mark.parametrize(
    ("status", "answer"), [("RJCT", "RETURNED"), ("CANC", "RETURNED"), ("PDNG", "UNKNOWN"), ("ACSC", "PAID")]
)
def test_a_line_goes_before_the_whole(status, answer):
    content = report(group=group("ACSC"), transactions=transaction("R2", status, "1200.50"))

    assert said_of_each(content) == {"R1": "PAID", "R2": answer, "R3": "PAID"}


def test_a_part_pays_the_rest_only_where_the_bank_says_so():
    content = report(group=group("PART", count="3"), transactions=SECOND_REFUSED)

    assert said_of_each(content, PART) == {"R1": "PAID", "R2": "RETURNED", "R3": "PAID"}
    assert said_of_each(content, WHOLE) == {"R2": "RETURNED"}
    assert said_of_each(content, PAIN) == {"R2": "RETURNED"}


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        (SECOND_REFUSED + transaction("R3", "PDNG", "0.01"), {"R2": "RETURNED", "R3": "UNKNOWN"}),
        (SECOND_REFUSED + transaction("R3", "ACSP", "0.01"), {"R2": "RETURNED", "R3": "UNKNOWN"}),
        (transaction("R1", "ACSC"), {"R1": "PAID"}),
    ],
    ids=["one is pending", "one is in process", "nobody is refused"],
)
def test_a_part_that_is_not_the_last_word_pays_nothing_more(lines, named):
    assert said_of_each(report(group=group("PART"), transactions=lines), PART) == named


def test_a_part_that_names_nothing_pays_nothing():
    assert code_of(report(group=group("PART"), transactions=""), PART) == "no_lines"


@pytest.mark.parametrize(
    ("said", "inside"), [("ACSC", "PART"), ("PART", "ACSC")], ids=["part of a block", "part of the group"]
)
def test_two_words_on_the_whole_that_do_not_go_together_are_not_believed(said, inside):
    content = report(group=group(said), transactions=block(group(inside)) + SECOND_REFUSED)

    assert code_of(content, PART) == "whole_contradicts_itself"


def test_a_whole_beside_a_refusal_of_the_whole_is_not_believed():
    assert code_of(report(group=group("ACSC"), transactions=block(group("RJCT")))) == "contradicts_itself"


@pytest.mark.parametrize(
    "figures",
    [
        {"count": "2"},
        {"count": "4"},
        {"total": "2000.50"},
        {"by_status": {"ACSC": "2"}},
        {"by_status": {"ACSC": "3/2000.52"}},
        {"by_status": {"ACSC": "2", "ACCC": "2"}},
    ],
)
@pytest.mark.parametrize("in_block", [True, False])
def test_a_whole_of_another_number_or_sum_is_not_of_this_batch(figures, in_block):
    said = group("ACSC", **figures)
    content = report(transactions=block(said)) if in_block else report(group=said, transactions="")

    assert code_of(content) == "whole_does_not_fit"


def test_figures_by_status_count_the_lines_and_the_rest_together():
    right = group("ACSC", by_status={"ACSC": "1/800.00", "ACCC": "1/0.01", "RJCT": "1/1200.50"})
    content = report(group=right, transactions=transaction("R1", "ACSC") + SECOND_REFUSED)

    assert said_of_each(content) == {"R1": "PAID", "R2": "RETURNED", "R3": "PAID"}
    assert (
        code_of(content.replace(b">800.00</DtldCtrlSum>", b">799.99</DtldCtrlSum>")) == "whole_does_not_fit"
    )


@pytest.mark.parametrize("by_status", [{"RJCT": "1"}, {"PDNG": "1"}, {"RJCT": "0/0.01"}])
@pytest.mark.parametrize("in_block", [True, False])
def test_a_status_that_no_line_has_sets_the_whole_aside(by_status, in_block):
    said = group("ACSC", by_status=by_status)
    content = report(transactions=block(said)) if in_block else report(group=said, transactions="")

    assert code_of(content) in {"count_wrong", "total_wrong"}


def test_a_whole_that_names_a_payment_that_is_not_ours_is_not_believed():
    """Whom it means by that stands among those that it would be taken to have paid."""
    content = report(group=group("ACSC"), transactions=transaction("R9", "RJCT", "1200.50", "AC04"))

    assert code_of(content) == "whole_does_not_fit"


def test_a_whole_of_a_block_that_is_not_ours_is_not_believed():
    content = report(group=group("ACSC"), transactions="").replace(
        b"Id>20261020-X</OrgnlPmt", b"Id>Y</OrgnlPmt"
    )

    assert code_of(content) == "whole_does_not_fit"


@pytest.mark.parametrize("status", ["ACSC", "PART"])
def test_what_only_one_of_two_formats_reads_is_read_by_none_of_them(status):
    content = report(group=group(status), transactions="" if status == "ACSC" else SECOND_REFUSED)

    for specs in ([PAIN, PART], [PART, PAIN]):
        with pytest.raises(UnreadableAnswer, match="format_ambiguous"):
            read_answers(content, specs)


REFERENCES = st.sampled_from(["R1", "R2", "R3", "R9"])
WORDS = st.sampled_from(["ACSC", "ACCC", "RJCT", "CANC", "PART", "PDNG", "ACSP", ""])
LINES = st.lists(
    st.tuples(REFERENCES, WORDS.filter(bool), st.sampled_from(["800.00", "1200.50", "0.01"])), max_size=4
)


@given(
    above=WORDS,
    inside=WORDS,
    lines=LINES,
    batch=st.sets(st.sampled_from(list(INSTRUCTED)), min_size=1),
    spec=st.sampled_from([PAIN, WHOLE, PART]),
)
def test_the_whole_never_speaks_of_what_is_not_of_the_batch_or_is_named(above, inside, lines, batch, spec):
    named = "".join(transaction(reference, status, amount) for reference, status, amount in lines)
    content = report(group=group(above), transactions=block(group(inside)) + named)
    content = content.replace(b"<GrpSts></GrpSts>", b"").replace(b"<PmtInfSts></PmtInfSts>", b"")
    instructions = {reference: INSTRUCTED[reference] for reference in sorted(batch)}
    try:
        read = read_answers(content, [spec])
        answers = with_each_unnamed(read, instructions)
    except UnreadableAnswer:
        return

    by_whole = [line for line in answers.lines if line.is_of_whole]
    assert answers.lines[: len(lines)] == read.lines
    assert [line.reference for line in by_whole] in ([], sorted(batch - {line[0] for line in lines}))
    assert all(line.amount == instructions[line.reference] for line in by_whole)
    assert {line.answer for line in by_whole} <= {"PAID", "RETURNED"}
    assert len({line.line_number for line in answers.lines}) == len(answers.lines)
    if spec is PAIN and by_whole:
        assert "RJCT" in {above, inside}
    if any(line.answer == "PAID" for line in by_whole):
        assert {above, inside} & {"ACSC", "ACCC", "PART"}
