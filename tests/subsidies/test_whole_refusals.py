"""A bank that refuses a whole file: what is read of it, and what then stands in payments, journal and budget."""

from decimal import Decimal

import pytest
from lxml import etree

from subsidies.bank.channel import ReceivedFile
from subsidies.bank.files import BankAnswers, FormatSpec, UnreadableAnswer, WholeAnswer, with_each_unnamed
from subsidies.bank.formats import AGENT_LIST, read_answers
from subsidies.enums import BatchStatus, LineProblem, PaymentStatus, ResultFileStatus
from subsidies.models import BankResultFile, BankResultLine, PaymentAttempt, PaymentBatch
from subsidies.rules.bank_answers import AnswerLine
from subsidies.services.bank_results import receive_bank_result
from tests.clock import NOW
from tests.factories.bank_formats import BankFormatFactory
from tests.factories.subsidies import delivered_batch
from tests.subsidies.bank_examples import PAIN, SCHEMAS, report, transaction
from tests.subsidies.books import OWED, balances, budget, payment_statuses

EVERY = [AGENT_LIST, PAIN]


def code_of(content: bytes, spec: FormatSpec = PAIN) -> str:
    with pytest.raises(UnreadableAnswer) as refused:
        read_answers(content, [spec])
    return refused.value.code


# ── What is read ─────────────────────────────────────────────────────────────────────────────────────────
def refused(reason: str = "FF01", figures: str = "") -> str:
    """Return the words by which a bank refuses a group or a block, of which the schema fixes the order."""
    return f"{figures}<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>"


def block(inside: str, named: str = "20261020-X") -> bytes:
    return report(transactions=f"{inside}").replace(
        b"<OrgnlPmtInfId>20261020-X<", f"<OrgnlPmtInfId>{named}<".encode()
    )


def test_the_refusal_of_a_group_is_one_by_the_schema():
    content = report(
        group=refused(figures="<OrgnlNbOfTxs>3</OrgnlNbOfTxs><OrgnlCtrlSum>2000.51</OrgnlCtrlSum>"),
        transactions="<PmtInfSts>RJCT</PmtInfSts>",
    )

    etree.XMLSchema(etree.parse(SCHEMAS / "pain.002.001.12.xsd")).assertValid(etree.fromstring(content))
    assert read_answers(content, EVERY) == BankAnswers(
        "20261020-X",
        [],
        whole=WholeAnswer("RETURNED", "FF01", frozenset({3}), frozenset({Decimal("2000.51")})),
    )


def test_the_refusal_of_our_one_block_is_one_of_the_file():
    content = block("<PmtInfSts>RJCT</PmtInfSts><StsRsnInf><Rsn><Prtry>E9</Prtry></Rsn></StsRsnInf>")

    assert read_answers(content, EVERY).whole == WholeAnswer("RETURNED", "E9")


@pytest.mark.parametrize("status", ["ACCP", "ACSC", "ACSP", "ACTC", "RCVD", "PDNG", "PART", "ACCC"])
@pytest.mark.parametrize("also_paid", [[], ["ACCP", "ACSP"]])
def test_no_other_word_on_a_whole_file_says_anything_of_a_payment(status, also_paid):
    spec = FormatSpec("PAIN_001", layout={"also_paid": also_paid})

    assert code_of(report(group=f"<GrpSts>{status}</GrpSts>", transactions=""), spec) == "no_lines"
    assert code_of(block(f"<PmtInfSts>{status}</PmtInfSts>"), spec) == "no_lines"


@pytest.mark.parametrize(
    "content",
    [
        report(group=refused()),
        report(group="<GrpSts>ACCP</GrpSts>", transactions="<PmtInfSts>RJCT</PmtInfSts>"),
        report(group=refused(), transactions="<PmtInfSts>ACCP</PmtInfSts>"),
        report(
            group=refused(
                figures="<NbOfTxsPerSts><DtldNbOfTxs>1</DtldNbOfTxs><DtldSts>ACSC</DtldSts></NbOfTxsPerSts>"
            ),
            transactions="",
        ),
        report(group=refused(), transactions="").replace(b"<OrgnlPmtInfId>20261020-X<", b"<OrgnlPmtInfId>Y<"),
    ],
)
def test_a_refusal_with_another_word_beside_it_is_not_believed(content):
    assert code_of(content, PAIN) == "contradicts_itself"


@pytest.mark.parametrize("reason", ["AM05", "DUPL", "DU01", "DU03"])
def test_the_refusal_of_a_second_copy_says_nothing_of_the_first(reason):
    assert code_of(report(group=refused(reason), transactions=""), PAIN) == "refused_as_repeated"


def test_every_instruction_that_no_line_names_is_refused_with_the_batch():
    content = report(group=refused(), transactions=transaction("R2", "RJCT", "1200.50", "AC04"))
    answers = read_answers(content, [PAIN])

    whole = with_each_unnamed(answers, {"R1": Decimal("800.00"), "R2": Decimal("1200.50")})

    assert whole.lines == [
        AnswerLine(1, "R2", Decimal("1200.50"), "RETURNED", "AC04"),
        AnswerLine(2, "R1", Decimal("800.00"), "RETURNED", "FF01", is_of_whole=True),
    ]


@pytest.mark.parametrize(
    "figures",
    [
        "<OrgnlNbOfTxs>2</OrgnlNbOfTxs>",
        "<OrgnlCtrlSum>800.01</OrgnlCtrlSum>",
        "<NbOfTxsPerSts><DtldNbOfTxs>2</DtldNbOfTxs><DtldSts>RJCT</DtldSts></NbOfTxsPerSts>",
    ],
)
def test_the_refusal_of_another_number_or_sum_is_not_of_this_batch(figures):
    answers = read_answers(report(group=refused(figures=figures), transactions=""), [PAIN])

    with pytest.raises(UnreadableAnswer, match="refusal_does_not_fit"):
        with_each_unnamed(answers, {"R1": Decimal("800.00")})


# ── What it does ─────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def batch(promises_hold) -> PaymentBatch:
    """Return a batch of two payments that a bank of ISO 20022 has."""
    BankFormatFactory(approved=True, pain=True)
    return delivered_batch(2)


def hear(batch: PaymentBatch, content: bytes) -> BankResultFile:
    named = content.replace(b"20261020-X", batch.reference.encode())
    receive_bank_result(received=ReceivedFile("REFUSED.xml", named, "REFUSED.xml"), now=NOW)
    return BankResultFile.objects.latest("pk")


def answers() -> list[tuple[str, str]]:
    return list(PaymentAttempt.objects.order_by("line_number").values_list("status", "return_code"))


def test_every_payment_of_a_refused_file_is_returned_with_its_reason(batch):
    stored = hear(batch, report(group=refused(figures="<OrgnlNbOfTxs>2</OrgnlNbOfTxs>"), transactions=""))

    assert (stored.status, stored.lines.count()) == (ResultFileStatus.APPLIED, 2)
    assert answers() == [("RETURNED", "FF01"), ("RETURNED", "FF01")]
    assert all(stored.lines.values_list("is_of_whole", flat=True))
    assert payment_statuses() == [PaymentStatus.RETURNED, PaymentStatus.RETURNED]
    assert balances() == {account: 2 * amount for account, amount in OWED.items()}
    assert budget() == (Decimal("1600.00"), Decimal("0.00"))
    assert PaymentBatch.objects.get().status == BatchStatus.SETTLED


def test_what_was_paid_before_stays_paid_and_waits_for_people(batch):
    first = PaymentAttempt.objects.get(line_number=1)
    hear(batch, report(transactions=transaction(first.reference, "ACSC", str(first.amount))))

    hear(batch, report(group=refused(), transactions=""))

    assert answers() == [("PAID", ""), ("RETURNED", "FF01")]
    assert BankResultLine.objects.exclude(problem="").get().problem == LineProblem.ALREADY_SETTLED
    assert PaymentBatch.objects.get().status == BatchStatus.DELIVERED


def test_a_refusal_of_another_number_of_payments_is_set_aside(batch):
    stored = hear(batch, report(group=refused(figures="<OrgnlNbOfTxs>3</OrgnlNbOfTxs>"), transactions=""))

    assert (stored.status, stored.problem) == (ResultFileStatus.QUARANTINED, "refusal_does_not_fit")
    assert {status for status, _code in answers()} == {"OPEN"}


def test_a_refusal_of_a_batch_that_is_not_ours_is_set_aside(batch):
    content = report(group=refused(), transactions="")

    receive_bank_result(received=ReceivedFile("OTHER.xml", content, "OTHER.xml"), now=NOW)

    assert BankResultFile.objects.get().problem == "batch_unknown"
    assert {status for status, _code in answers()} == {"OPEN"}


@pytest.mark.parametrize("status", ["ACCP", "ACSC"])
def test_a_whole_file_that_is_accepted_pays_nothing(batch, status):
    stored = hear(batch, report(group=f"<GrpSts>{status}</GrpSts>", transactions=""))

    assert (stored.status, stored.problem) == (ResultFileStatus.QUARANTINED, "no_lines")
    assert payment_statuses() == [PaymentStatus.INSTRUCTED, PaymentStatus.INSTRUCTED]
