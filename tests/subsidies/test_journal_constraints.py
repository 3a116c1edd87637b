from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from subsidies.enums import JournalAccount, JournalKind
from subsidies.models import BookComparison, JournalEntry, JournalLine
from subsidies.services.journal import Posting, record_entry
from tests.clock import NOW
from tests.factories.subsidies import PaymentFactory

pytestmark = pytest.mark.django_db


def write_entry(*lines: JournalLine, kind: str = JournalKind.GRANT, key: str = "grant:test") -> None:
    entry = JournalEntry.objects.create(key=key, kind=kind, recorded_at=NOW)
    for line in lines:
        line.entry = entry
    JournalLine.objects.bulk_create(lines)
    connection.check_constraints()


def line(amount: str, account: str = JournalAccount.SUBSIDIES_PAYABLE, **fields: object) -> JournalLine:
    return JournalLine(account=account, amount=Decimal(amount), **fields)


@pytest.mark.parametrize(
    ("lines", "constraint"),
    [
        ([("1.00", {}), ("0.00", {}), ("-1.00", {})], "journal_line_not_zero"),
        ([("1.00", {"account": "PETTY_CASH"}), ("-1.00", {})], "journal_account_known"),
        ([("1.00", {"fact": "granted"}), ("-1.00", {})], "journal_fact_belongs_to_a_payment"),
        ([("1.00", {}), ("-0.99", {})], "journal_lines_balance"),
        ([("1.00", {})], "journal_lines_balance"),
        ([], "journal_entry_balances"),
    ],
    ids=["zero", "unknown account", "fact of nothing", "a cent short", "one line", "no line"],
)
def test_journal_entry_is_refused_by(lines, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        write_entry(*(line(amount, **fields) for amount, fields in lines))


def write_the_first_of_two_lines() -> None:
    entry = JournalEntry.objects.create(key="grant:test", kind=JournalKind.GRANT, recorded_at=NOW)
    JournalLine.objects.create(entry=entry, account=JournalAccount.FUND_AT_BANK, amount=Decimal("1.00"))


def test_lines_that_come_one_by_one_are_refused():
    with pytest.raises(IntegrityError, match="journal_lines_balance"), transaction.atomic():
        write_the_first_of_two_lines()


def test_lines_added_to_an_entry_later_balance_too():
    write_entry(line("1.00"), line("-1.00"))

    with pytest.raises(IntegrityError, match="journal_lines_balance"), transaction.atomic():
        JournalLine.objects.create(
            entry=JournalEntry.objects.get(), account=JournalAccount.FUND_AT_BANK, amount=Decimal("1.00")
        )


def test_an_entry_of_an_unknown_kind_is_refused():
    with pytest.raises(IntegrityError, match='"journal_kind_known"'), transaction.atomic():
        write_entry(line("1.00"), line("-1.00"), kind="GIFT")


def test_an_event_is_entered_once():
    write_entry(line("1.00"), line("-1.00"))

    with pytest.raises(IntegrityError, match="subsidies_journalentry_key"), transaction.atomic():
        write_entry(line("1.00"), line("-1.00"))


def test_a_fact_of_a_payment_has_to_be_named():
    payment = PaymentFactory()

    with pytest.raises(IntegrityError, match='"journal_fact_belongs_to_a_payment"'), transaction.atomic():
        write_entry(line("1.00", payment=payment), line("-1.00", payment=payment))


def test_a_fact_of_a_payment_is_recorded_once():
    posting = Posting(
        PaymentFactory(), JournalAccount.SUBSIDY_EXPENSE, JournalAccount.SUBSIDIES_PAYABLE, "granted"
    )
    record_entry(key="grant:1", kind=JournalKind.GRANT, postings=[posting], now=NOW)

    with pytest.raises(IntegrityError, match='"journal_fact_recorded_once"'), transaction.atomic():
        record_entry(key="grant:2", kind=JournalKind.GRANT, postings=[posting], now=NOW)


def test_an_event_without_postings_leaves_no_entry():
    record_entry(key="grant:1", kind=JournalKind.GRANT, postings=[], now=NOW)

    assert not JournalEntry.objects.exists()


def test_books_are_not_apart_by_less_than_nothing():
    with pytest.raises(IntegrityError, match="comparison_difference_not_negative"), transaction.atomic():
        BookComparison.objects.create(
            compared_at=NOW, difference=Decimal("-0.01"), newest_line=0, carried_to=0
        )
