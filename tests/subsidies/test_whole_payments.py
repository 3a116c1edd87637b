"""A bank that answers for a whole file, by a format by which that counts: what then stands in the books."""

from collections.abc import Mapping
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils.translation import override

from institutions.enums import Role
from subsidies.bank.channel import ReceivedFile
from subsidies.dossier import certificate_dossier
from subsidies.enums import BatchStatus, LineProblem, PaymentStatus, ResultFileStatus
from subsidies.models import BankFormat, BankResultFile, BankResultLine, PaymentAttempt, PaymentBatch
from subsidies.services.bank_results import hand_in_bank_result, receive_bank_result
from subsidies.services.result_files import confirm_result_file
from subsidies.views.road import road
from tests.clock import NOW
from tests.factories.bank_formats import BankFormatFactory
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import delivered_batch
from tests.subsidies.bank_examples import group, report, transaction
from tests.subsidies.books import PAID_OUT, balances, budget, payment_statuses

PART_COUNTS = {"whole_counts": True, "part_counts": True}


# ── What it does ─────────────────────────────────────────────────────────────────────────────────────────
def with_the_bank(layout: Mapping[str, object], count: int = 2) -> PaymentBatch:
    """Return a batch of so many payments that a bank has whose format has this layout."""
    BankFormatFactory(approved=True, pain=True, layout=layout)
    return delivered_batch(count)


@pytest.fixture
def batch(promises_hold) -> PaymentBatch:
    return with_the_bank(PART_COUNTS)


def written(batch: PaymentBatch, said: str, lines: str = "") -> bytes:
    return report(group=said, transactions=lines).replace(b"20261020-X", batch.reference.encode())


def hear(batch: PaymentBatch, said: str, lines: str = "") -> BankResultFile:
    received = ReceivedFile("STATUS.xml", written(batch, said, lines), "STATUS.xml")
    receive_bank_result(received=received, now=NOW)
    return BankResultFile.objects.latest("pk")


def line_on(number: int, status: str, reason: str = "") -> str:
    attempt = PaymentAttempt.objects.get(line_number=number)
    return transaction(attempt.reference, status, str(attempt.amount), reason)


def answers() -> list[str]:
    return list(PaymentAttempt.objects.order_by("line_number").values_list("status", flat=True))


def status_of(batch: PaymentBatch) -> str:
    return PaymentBatch.objects.get(pk=batch.pk).status


def test_every_payment_of_a_settled_file_is_paid_and_marked_as_said_of_the_whole(batch):
    stored = hear(batch, group("ACSC", count="2", total="1600.00"))

    assert (stored.status, stored.problem) == (ResultFileStatus.APPLIED, "")
    assert list(stored.lines.order_by("line_number").values_list("answer", "amount", "is_of_whole")) == [
        ("PAID", Decimal("800.00"), True),
        ("PAID", Decimal("800.00"), True),
    ]
    assert payment_statuses() == [PaymentStatus.PAID, PaymentStatus.PAID]
    assert balances() == {account: 2 * amount for account, amount in PAID_OUT.items()}
    assert budget() == (Decimal("0.00"), Decimal("1600.00"))
    assert status_of(batch) == BatchStatus.SETTLED


def test_of_a_part_the_named_one_is_returned_and_the_rest_paid(batch):
    stored = hear(batch, group("PART"), line_on(2, "RJCT", "AC04"))

    assert answers() == ["PAID", "RETURNED"]
    assert dict(stored.lines.values_list("answer", "is_of_whole")) == {"RETURNED": False, "PAID": True}
    assert status_of(batch) == BatchStatus.SETTLED


@pytest.mark.parametrize("figures", [{"count": "3"}, {"total": "1600.01"}, {"by_status": {"ACSC": "1"}}])
def test_a_whole_that_does_not_fit_writes_nothing(batch, figures):
    stored = hear(batch, group("ACSC", **figures))

    assert (stored.status, stored.problem) == (ResultFileStatus.QUARANTINED, "whole_does_not_fit")
    assert answers() == ["OPEN", "OPEN"]
    assert not BankResultLine.objects.exists()


def test_a_whole_of_a_message_that_is_not_ours_writes_nothing(batch):
    receive_bank_result(
        received=ReceivedFile("OTHER.xml", report(group=group("ACSC"), transactions=""), "OTHER.xml"), now=NOW
    )

    assert BankResultFile.objects.get().problem == "batch_unknown"
    assert answers() == ["OPEN", "OPEN"]


@pytest.mark.usefixtures("promises_hold")
@pytest.mark.parametrize(
    ("said", "problem"), [("ACSC", "no_lines"), ("ACCC", "no_lines"), ("ACTC", "no_lines")]
)
def test_by_a_format_that_says_nothing_of_it_all_stays_open(said, problem):
    batch = with_the_bank({})

    stored = hear(batch, group(said, count="2"))

    assert (stored.status, stored.problem) == (ResultFileStatus.QUARANTINED, problem)
    assert payment_statuses() == [PaymentStatus.INSTRUCTED, PaymentStatus.INSTRUCTED]


def test_a_whole_is_read_by_the_format_of_its_batch(batch):
    BankFormat.objects.update(closed_at=NOW)
    BankFormatFactory(approved=True, pain=True)

    hear(batch, group("ACSC"))

    assert answers() == ["PAID", "PAID"]


@pytest.mark.usefixtures("promises_hold")
def test_a_later_format_does_not_pay_what_was_sent_by_one_that_says_nothing_of_it():
    batch = with_the_bank({})
    BankFormat.objects.update(closed_at=NOW)
    BankFormatFactory(approved=True, pain=True, layout=PART_COUNTS)

    assert hear(batch, group("ACSC")).problem == "no_lines"
    assert answers() == ["OPEN", "OPEN"]


# ── Beside and after what lines say ──────────────────────────────────────────────────────────────────────
def test_a_whole_that_comes_again_after_the_lines_changes_nothing(batch):
    hear(batch, "", line_on(1, "ACSC") + line_on(2, "ACSC"))
    before = (balances(), budget())

    again = hear(batch, group("ACSC", count="2"))

    assert again.lines.filter(problem="", is_of_whole=True).count() == 2
    assert (balances(), budget(), answers()) == (*before, ["PAID", "PAID"])
    assert status_of(batch) == BatchStatus.SETTLED


def test_the_same_file_again_is_one_file(batch):
    for _again in range(2):
        hear(batch, group("ACSC"))

    assert BankResultFile.objects.count() == 1
    assert BankResultLine.objects.count() == 2


def test_what_was_unknown_by_its_line_is_paid_by_the_whole(batch):
    hear(batch, "", line_on(1, "PDNG"))
    assert answers() == ["UNKNOWN", "OPEN"]

    hear(batch, group("ACSC"))

    assert answers() == ["PAID", "PAID"]


def test_an_older_line_that_comes_late_changes_nothing(batch):
    hear(batch, group("ACSC"))

    hear(batch, group("ACSP"), line_on(1, "ACSP") + line_on(2, "ACSP"))

    assert answers() == ["PAID", "PAID"]
    assert status_of(batch) == BatchStatus.SETTLED


@pytest.mark.parametrize("whole_first", [True, False])
def test_a_whole_and_a_line_against_each_other_wait_for_people(batch, whole_first):
    """In two files, in whatever order: the first one stands, and nothing is decided twice."""
    words = [(group("ACSC"), ""), ("", line_on(2, "RJCT", "AC04"))]
    first, second = words if whole_first else reversed(words)
    hear(batch, *first)

    hear(batch, *second)

    assert answers() == (["PAID", "PAID"] if whole_first else ["PAID", "RETURNED"])
    assert BankResultLine.objects.exclude(problem="").get().problem == LineProblem.ALREADY_SETTLED
    assert status_of(batch) == BatchStatus.DELIVERED


def test_a_whole_that_a_person_brings_waits_for_a_second_one(batch):
    one, other = UserFactory.create_batch(2, municipal_finance=True)

    file = hand_in_bank_result(
        name="STATUS.xml",
        content=written(batch, group("PART"), line_on(2, "RJCT", "AC04")),
        sender=one,
        now=NOW,
    )

    assert (file.status, answers()) == (ResultFileStatus.WAITING, ["OPEN", "OPEN"])
    assert file.tally["PAID"] == file.tally["OF_THE_WHOLE"] == {"count": 1, "sum": "800.00"}
    confirm_result_file(file_id=file.pk, confirmer=other, now=NOW)
    assert answers() == ["PAID", "RETURNED"]


# ── What is shown ────────────────────────────────────────────────────────────────────────────────────────
@override("en")
def test_the_road_of_a_payment_says_that_the_bank_answered_for_the_whole(batch):
    hear(batch, group("ACSC"))
    certificate = PaymentAttempt.objects.get(line_number=1).payment.entitlement.certificate

    steps = road(certificate_dossier(certificate), sees_money=True)

    where = next(dict(step.facts)["Where it stands"] for step in steps if step.title == "Bank result")
    assert where == "In no line of STATUS.xml: there the bank answered for the whole batch"


def test_whoever_confirms_sees_how_much_no_line_names(batch, client_as):
    one = UserFactory(municipal_finance=True)
    content = written(batch, group("PART"), line_on(2, "RJCT", "AC04"))
    file = hand_in_bank_result(name="STATUS.xml", content=content, sender=one, now=NOW)
    client = client_as(Role.MUNICIPAL_FINANCE)
    client.cookies["django_language"] = "en"

    text = client.get(reverse("bank-result-detail", args=[file.public_id])).content.decode()

    assert "Of these named by no line, and answered for with the whole batch" in text


def test_whoever_looks_into_a_contradiction_sees_that_the_bank_answered_for_the_whole(batch, client_as):
    hear(batch, "", line_on(2, "RJCT", "AC04"))
    file = hear(batch, group("ACSC"))
    line = file.lines.exclude(problem="").get()
    client = client_as(Role.MUNICIPAL_FINANCE)
    client.cookies["django_language"] = "en"

    page = reverse("bank-exception-detail", args=[file.public_id, line.line_number])
    text = client.get(page).content.decode()

    assert "None: said of the whole batch" in text
    assert text.count("Said of the whole batch") == 1
