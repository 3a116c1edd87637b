"""Which payments go into which file: by bank, by limits, by weekday, and without what no file can hold."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from chongqing_dte.foundation.errors import DomainError
from subsidies import queries
from subsidies.bank.files import BatchLine
from subsidies.enums import BatchStatus, NotificationKind, PaymentStatus, SubsidyKind
from subsidies.invariants import find_violations
from subsidies.models import Notification, Payment, PaymentBatch
from subsidies.services.assembly_steps import batch_plans, content_key
from subsidies.services.batches import assemble_batches, release_batch
from subsidies.services.revocations import follow_ended_certificates
from tests.clock import NOW
from tests.factories.bank_formats import BankFormatFactory
from tests.factories.enrollment import BankAccountFactory, TraineeFactory
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import (
    assembled_batch,
    correct_account,
    granted_certificate,
    open_programme,
    payment_of,
)
from tests.subsidies.bank_examples import TXT_LAYOUT

pytestmark = pytest.mark.django_db(transaction=True)

OWN, OTHER = "999653000001", "104653000001"


def granted_at(cnaps: str, name: str = "张三") -> Payment:
    """Return the payment of somebody whose account is with the bank of this CNAPS code."""
    account = BankAccountFactory(trainee=TraineeFactory(name=name), cnaps=cnaps)
    return payment_of(granted_certificate(attempt__enrollment__trainee=account.trainee))


def said(batches: list[PaymentBatch]) -> list[tuple[str, int]]:
    return [(batch.side, batch.line_count) for batch in batches]


# ── By bank ──────────────────────────────────────────────────────────────────────────────────────────────
def test_own_and_other_banks_are_kept_apart():
    own, other = BankFormatFactory(approved=True, own=True), BankFormatFactory(approved=True, other=True)
    granted_at(OWN)
    granted_at(OTHER)
    granted_at(OWN)

    batches = assemble_batches(now=NOW)

    assert {(batch.side, batch.line_count, batch.bank_format) for batch in batches} == {
        ("OWN", 2, own),
        ("OTHER", 1, other),
    }
    assert find_violations() == []


def test_without_a_format_for_other_banks_their_payments_wait_and_are_shown():
    BankFormatFactory(approved=True, own=True)
    waiting = granted_at(OTHER)
    granted_at(OWN)

    assert said(assemble_batches(now=NOW)) == [("OWN", 1)]

    waiting.refresh_from_db()
    assert waiting.status == PaymentStatus.READY
    assert [(each.payment, each.reason) for each in queries.payments_left_out()] == [(waiting, "no_format")]


def test_a_format_for_all_banks_takes_what_the_other_leaves():
    BankFormatFactory(approved=True, own=True)
    BankFormatFactory(approved=True)
    granted_at(OTHER)
    granted_at(OWN)

    assert sorted(said(assemble_batches(now=NOW))) == [("ANY", 1), ("OWN", 1)]


@pytest.mark.parametrize("made", [{}, {"approved": True, "closed_at": NOW}], ids=["draft", "closed"])
def test_without_a_format_in_use_it_is_the_plain_list(made):
    BankFormatFactory(pain=True, **made)
    granted_at(OTHER)

    batch = assemble_batches(now=NOW)[0]

    assert (batch.payment_format, batch.bank_format, batch.side) == ("AGENT_LIST", None, "ANY")
    assert bytes(batch.content).startswith(b"H,1,")


def test_a_batch_keeps_what_it_was_written_by():
    bank_format = BankFormatFactory(approved=True, pain=True)
    granted_at(OTHER)

    batch = assemble_batches(now=NOW)[0]

    assert (batch.payment_format, batch.bank_format) == ("PAIN_001", bank_format)
    assert batch.file_name == f"PAY-{batch.reference}.xml"
    assert b"pain.001.001.09" in bytes(batch.content)


# ── By limits ────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("policy", "of_format"), [(2, None), (500, 2), (2, 500)])
def test_lines_are_limited_by_policy_and_format(policy, of_format):
    open_programme(batch_line_limit=policy)
    BankFormatFactory(approved=True, line_limit=of_format)
    for _ in range(5):
        granted_certificate()

    assert [batch.line_count for batch in assemble_batches(now=NOW)] == [2, 2, 1]


@pytest.mark.parametrize(
    ("policy", "of_format"), [("1600.00", None), (None, "1600.00"), ("1700.00", "1600.00")]
)
def test_sums_are_limited_by_policy_and_format(policy, of_format):
    open_programme(batch_amount_limit=policy and Decimal(policy))
    BankFormatFactory(approved=True, amount_limit=of_format and Decimal(of_format))
    for _ in range(5):
        granted_certificate()

    assert [batch.total for batch in assemble_batches(now=NOW)] == [
        Decimal("1600.00"),
        Decimal("1600.00"),
        Decimal("800.00"),
    ]
    assert find_violations() == []


def test_a_payment_above_the_limit_goes_alone():
    open_programme(batch_amount_limit=Decimal("799.99"))
    for _ in range(2):
        granted_certificate()

    assert [batch.line_count for batch in assemble_batches(now=NOW)] == [1, 1]


def test_automatic_release_counts_for_each_batch():
    open_programme(batch_line_limit=2, automatic_release_limit=Decimal("800.00"))
    for _ in range(3):
        granted_certificate()

    assert [batch.status for batch in assemble_batches(now=NOW)] == [
        BatchStatus.ASSEMBLED,
        BatchStatus.RELEASED,
    ]
    assert find_violations() == []


def test_finance_is_told_of_each_batch_that_waits_for_signatures():
    batch = assembled_batch()

    told = Notification.objects.filter(kind=NotificationKind.BATCH_WAITS)
    assert [each.facts["reference"] for each in told] == [batch.reference]


# ── By weekday ───────────────────────────────────────────────────────────────────────────────────────────
def test_batches_are_made_on_the_policy_s_weekdays():
    # NOW is a Tuesday.
    open_programme(batch_weekdays=[3])
    granted_certificate()

    assert assemble_batches(now=NOW) == []
    # Still Tuesday in London, and Wednesday in Chongqing.
    assert len(assemble_batches(now=NOW.replace(hour=0, minute=30) + timedelta(days=1))) == 1


# ── What no file can hold ────────────────────────────────────────────────────────────────────────────────
def test_a_name_that_the_file_cannot_hold_keeps_its_own_payment_waiting():
    BankFormatFactory(approved=True, payment_format="TEMPLATE", layout=TXT_LAYOUT)
    rare, plain = granted_at(OWN, "𠮷田"), granted_at(OWN)

    batches = assemble_batches(now=NOW)

    assert [batch.line_count for batch in batches] == [1]
    rare.refresh_from_db()
    plain.refresh_from_db()
    assert (rare.status, plain.status) == (PaymentStatus.READY, PaymentStatus.INSTRUCTED)
    assert [(each.payment, each.reason) for each in queries.payments_left_out()] == [
        (rare, "character_not_writable")
    ]


def test_what_waits_in_front_holds_up_nothing_behind_it():
    open_programme(batch_line_limit=1)
    BankFormatFactory(approved=True, payment_format="TEMPLATE", layout=TXT_LAYOUT)
    granted_at(OWN, "𠮷田")
    granted_at(OWN)

    assert [batch.line_count for batch in assemble_batches(now=NOW)] == [1]


# ── Accounts that were corrected meanwhile ───────────────────────────────────────────────────────────────
def test_a_batch_with_a_corrected_account_is_made_anew():
    certificate = granted_certificate()
    former = assemble_batches(now=NOW)[0]
    account = correct_account(certificate.trainee_id)

    follow_ended_certificates(now=NOW)

    former.refresh_from_db()
    assert former.status == BatchStatus.WITHDRAWN
    again = assemble_batches(now=NOW)[0]
    assert again.attempts.get().bank_account == account
    assert again.reference != former.reference
    assert find_violations() == []


def test_no_two_files_with_other_sums_or_names_have_one_reference():
    line = _line()
    others = [
        replace(line, amount=Decimal("799.99")),
        replace(line, payee_name="李四"),
        replace(line, bank_name="另一银行"),
        replace(line, cnaps="999653000002"),
        replace(line, account="6200000000000002"),
    ]
    [plan] = batch_plans(SubsidyKind.ASSESSMENT, None)

    keys = {content_key(plan, [each]) for each in (line, *others)}

    assert len(keys) == len(others) + 1
    assert content_key(plan, [line]) == content_key(plan, [_line()])


def _line() -> BatchLine:
    return BatchLine(
        line_number=1,
        reference="R1",
        payee_name="张三",
        account="6200000000000001",
        bank_name="示范银行",
        cnaps="999653000001",
        amount=Decimal("800.00"),
    )


def test_a_batch_with_a_corrected_account_is_not_released():
    certificate = granted_certificate()
    batch = assemble_batches(now=NOW)[0]
    correct_account(certificate.trainee_id)

    with pytest.raises(DomainError) as refusal:
        release_batch(
            batch_id=batch.pk, releaser=UserFactory(municipal_finance=True), sha256=batch.sha256, now=NOW
        )

    assert refusal.value.code == "account_replaced"


def test_a_released_batch_stays_although_an_account_is_corrected():
    open_programme(automatic_release_limit=Decimal("800.00"))
    certificate = granted_certificate()
    batch = assemble_batches(now=NOW)[0]
    correct_account(certificate.trainee_id)

    assert follow_ended_certificates(now=NOW) == 0

    batch.refresh_from_db()
    assert batch.status == BatchStatus.RELEASED
