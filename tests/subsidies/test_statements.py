"""Statements by fund, district and month add up to the journal, to the cent."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from django.db.models import Sum

from institutions.models import User
from subsidies import queries
from subsidies.enums import JournalAccount, JournalKind, SubsidyKind
from subsidies.models import JournalEntry, JournalLine, Payment
from subsidies.rules.statements import Posted, statement_of
from subsidies.views.budgets import midnight
from tests.clock import NOW
from tests.factories.filings import DistrictSuccessionFactory
from tests.factories.institutions import DistrictFactory, UserFactory
from tests.factories.subsidies import granted_certificate, settled_batch

pytestmark = pytest.mark.django_db

ACCOUNTS, KINDS = tuple(JournalAccount.values), tuple(JournalKind.values)
OCTOBER = midnight(date(2026, 10, 1))
NOVEMBER = midnight(date(2026, 11, 1))


def posted(
    user: User, since: datetime = OCTOBER, before: datetime = NOVEMBER, **filters: str
) -> list[Posted]:
    extract = queries.Extract(since, before, **filters)
    return queries.posted_in(queries.journal_lines_visible_to(user), extract)


def closing(rows: list[Posted]) -> dict[str, Decimal]:
    found = statement_of(rows, accounts=ACCOUNTS, kinds=KINDS)
    return {line.account: line.closing for line in found.accounts if line.closing}


def auditor() -> User:
    return UserFactory(municipal_auditor=True)


def test_a_month_begins_where_the_one_before_ended():
    settled_batch()
    december = NOVEMBER + timedelta(days=30)

    october = statement_of(posted(auditor()), accounts=ACCOUNTS, kinds=KINDS)
    november = statement_of(posted(auditor(), NOVEMBER, december), accounts=ACCOUNTS, kinds=KINDS)

    assert {line.account: line.closing for line in october.accounts} == {
        line.account: line.opening for line in november.accounts
    }
    assert closing(posted(auditor())) == {
        "SUBSIDY_EXPENSE": Decimal("800.00"),
        "FUND_AT_BANK": Decimal("-800.00"),
    }
    assert november.movements == []


def test_movements_are_told_by_the_kind_of_their_entry():
    settled_batch()

    found = statement_of(posted(auditor()), accounts=ACCOUNTS, kinds=KINDS)

    assert [(each.kind, each.account, each.debit - each.credit) for each in found.movements] == [
        ("GRANT", "SUBSIDY_EXPENSE", 800),
        ("GRANT", "SUBSIDIES_PAYABLE", -800),
        ("RELEASE", "SUBSIDIES_PAYABLE", 800),
        ("RELEASE", "PAYMENTS_IN_TRANSIT", -800),
        ("SETTLEMENT", "PAYMENTS_IN_TRANSIT", 800),
        ("SETTLEMENT", "FUND_AT_BANK", -800),
    ]


def test_a_month_is_one_of_chongqing():
    granted_certificate()
    entry = JournalEntry.objects.get()

    assert posted(auditor(), entry.recorded_at, NOVEMBER)[0].kind == "GRANT"
    assert posted(auditor(), entry.recorded_at + timedelta(microseconds=1), NOVEMBER)[0].kind == ""
    assert posted(auditor(), OCTOBER, entry.recorded_at) == []


@pytest.mark.parametrize(
    ("fund", "is_there"), [("", True), (SubsidyKind.ASSESSMENT, True), (SubsidyKind.TRAINING, False)]
)
def test_a_statement_is_of_one_fund(fund, is_there):
    granted_certificate()

    assert bool(posted(auditor(), fund=fund)) == is_there


def test_a_district_sees_its_own_decisions_only():
    certificate = granted_certificate()
    granted_certificate()
    district = Payment.objects.get(entitlement__certificate=certificate).entitlement.district

    own = posted(UserFactory(district_reviewer=True, district=district))
    others = posted(UserFactory(district_reviewer=True, district=DistrictFactory()))

    assert own
    assert {row.district_id for row in own} == {district.pk}
    assert others == []
    assert posted(UserFactory(training_operator=True)) == []


def test_a_district_sees_the_decisions_of_those_it_took_over_from():
    granted_certificate()
    district = Payment.objects.get().entitlement.district
    heir = DistrictSuccessionFactory(predecessor=district).successor
    still_before = DistrictSuccessionFactory(successor=district).predecessor
    reviewer = UserFactory(district_reviewer=True, district=heir)

    assert {row.district_id for row in posted(reviewer)} == {district.pk}
    # Its own first, though its code is not.
    assert queries.districts_with_statements(reviewer) == [heir, district, still_before]
    # Whoever was taken over from does not answer for whoever took over.
    assert posted(UserFactory(district_reviewer=True, district=still_before)) == []


@pytest.mark.parametrize("seed", range(5))
def test_the_districts_add_up_to_the_fund_and_the_fund_to_the_journal(seed):
    chance = Random(seed)
    for _ in range(3):
        granted_certificate()
    post_at_random(chance, list(Payment.objects.all()))

    rows = posted(auditor(), fund=SubsidyKind.ASSESSMENT)
    by_district = [
        closing([row for row in rows if row.district_id == district])
        for district in {row.district_id for row in rows}
    ]

    journal = JournalLine.objects.filter(entry__recorded_at__lt=NOVEMBER).values("account")
    sums = journal.annotate(balance=Sum("amount"))
    assert closing(rows) == {each["account"]: each["balance"] for each in sums if each["balance"]}
    assert closing(rows) == added(by_district)
    assert sum(closing(rows).values()) == 0


def post_at_random(chance: Random, payments: list[Payment]) -> None:
    """Post entries of every kind on days around October, as no service would."""
    for number in range(30):
        entry = JournalEntry.objects.create(
            key=f"random {number}",
            kind=chance.choice(KINDS),
            recorded_at=NOW + timedelta(days=chance.randint(-40, 40)),
        )
        payment, amount = chance.choice(payments), Decimal(chance.randint(1, 99999)) / 100
        debit, credit = chance.sample(ACCOUNTS, 2)
        JournalLine.objects.bulk_create(
            JournalLine(entry=entry, account=account, amount=sum_, payment=payment, fact=f"random {number}")
            for account, sum_ in ((debit, amount), (credit, -amount))
        )


def added(statements: list[dict[str, Decimal]]) -> dict[str, Decimal]:
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for statement in statements:
        for account, balance in statement.items():
            sums[account] += balance
    return {account: balance for account, balance in sums.items() if balance}
