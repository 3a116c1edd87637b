"""What people read of budgets, statements and the reconciliation, and what they hand in."""

from decimal import Decimal
from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from institutions.enums import Role
from subsidies.enums import BudgetChangeKind
from subsidies.models import Budget, BudgetChange, Notification
from subsidies.services.budget_alarms import tell_of_short_budgets
from subsidies.services.decisions import decide_due_certificates as decide
from tests.clock import NOW
from tests.factories.budgets import proposed_allotment, proposed_change
from tests.factories.filings import DistrictSuccessionFactory
from tests.factories.institutions import DistrictFactory, UserFactory
from tests.factories.subsidies import (
    BudgetFactory,
    PolicyVersionFactory,
    due_certificate,
    granted_certificate,
    open_programme,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _october(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def page(client: Client, name: str, *arguments: object, query: str = "") -> str:
    client.cookies["django_language"] = "en"
    response = client.get(reverse(name, args=arguments) + query)
    assert response.status_code == 200
    return response.content.decode()


def post(client: Client, name: str, *arguments: object, **form: object) -> int:
    client.cookies["django_language"] = "en"
    return client.post(reverse(name, args=arguments), form).status_code


def short_budget() -> None:
    open_programme(allotted="1000.00")
    due_certificate()
    due_certificate()
    decide(now=NOW)


def test_a_shortage_is_said_with_its_queue_and_how_long_the_rest_lasts(client_as):
    short_budget()

    text = page(client_as(Role.MUNICIPAL_FINANCE), "budget-list")

    assert "1 decision over ¥800.00 waits for budget, since 2026-10-20" in text
    assert "Enough for 0 more" in text
    assert "¥200.00" in text


@pytest.mark.parametrize(
    ("role", "is_told"), [(Role.MUNICIPAL_OPERATOR, True), (Role.TRAINING_MANAGER, False)]
)
def test_the_first_page_tells_the_city_of_a_shortage(client_as, role, is_told):
    short_budget()

    assert ("The budget is too small" in page(client_as(role), "home")) == is_told


def test_a_year_without_a_budget_says_who_waits(client_as):
    PolicyVersionFactory(approved=True)
    due_certificate()
    decide(now=NOW)

    text = page(client_as(Role.MUNICIPAL_FINANCE), "budget-list")

    assert "No municipal budget is allotted for 2026" in text


def test_finance_is_told_of_a_short_budget_once_a_day():
    short_budget()

    assert tell_of_short_budgets(now=NOW) == 1
    assert tell_of_short_budgets(now=NOW) == 1

    (notification,) = Notification.objects.filter(kind="BUDGET_SHORT")
    assert (notification.role, notification.facts["waiting"]) == (Role.MUNICIPAL_FINANCE, 1)


def test_money_is_proposed_and_approved_on_the_pages(client_as):
    form = {
        "year": 2026,
        "kind": "ASSESSMENT",
        "district": "",
        "amount": "1,000,000.00 元",
        "source": "Doc 1",
    }

    assert post(client_as(Role.MUNICIPAL_ADMINISTRATOR), "budget-allotment", **form) == 302
    change = BudgetChange.objects.get()
    assert post(client_as(Role.MUNICIPAL_REVIEWER), "budget-change-approve", change.pk) == 302

    assert Budget.objects.get().allotted == Decimal("1000000.00")


@pytest.mark.parametrize("route", ["budget-change-approve", "budget-change-refuse"])
def test_a_reason_that_is_too_long_is_answered_on_the_form_and_decides_nothing(client_as, route):
    change = proposed_allotment()
    client = client_as(Role.MUNICIPAL_REVIEWER)
    client.cookies["django_language"] = "en"

    answer = client.post(reverse(route, args=[change.pk]), {"reason": "x" * 501})

    assert answer.status_code == 422
    assert "at most 500 characters" in answer.content.decode()
    assert "x" * 501 in answer.content.decode()
    change.refresh_from_db()
    assert (change.status, change.decision_reason) == ("PROPOSED", "")


@pytest.mark.parametrize(
    ("route", "amount", "text"),
    [
        ("budget-change-refuse", "1.00", "Say why it is refused."),
        ("budget-change-approve", "999999999999.99", "No budget is that large."),
    ],
)
def test_a_decision_that_cannot_be_is_answered_on_the_form(client_as, route, amount, text):
    change = proposed_change(BudgetChangeKind.TOP_UP, BudgetFactory().pk, amount)
    client = client_as(Role.MUNICIPAL_REVIEWER)
    client.cookies["django_language"] = "en"

    answer = client.post(reverse(route, args=[change.pk]), {"reason": " "})

    assert answer.status_code == 422
    assert text in answer.content.decode()
    change.refresh_from_db()
    assert change.status == "PROPOSED"


def test_a_second_allotment_is_answered_on_the_form(client_as):
    proposed_allotment()
    form = {"year": 2026, "kind": "ASSESSMENT", "district": "", "amount": "1", "source": "Doc 1"}

    assert post(client_as(Role.MUNICIPAL_ADMINISTRATOR), "budget-allotment", **form) == 422


@pytest.mark.parametrize(
    "form",
    [
        {"kind": "TRANSFER", "amount": "1", "reason": "Doc 1"},
        {"kind": "REDUCTION", "amount": "100000.01", "reason": "Doc 1"},
        {"kind": "TOP_UP", "amount": "0", "reason": "Doc 1"},
        {"kind": "TOP_UP", "amount": "1", "reason": "\u200b"},
    ],
    ids=["from nowhere", "more than there is", "nothing", "no reason"],
)
def test_a_change_that_cannot_be_is_answered_on_the_form(client_as, form):
    budget = BudgetFactory()

    status = post(client_as(Role.MUNICIPAL_ADMINISTRATOR), "budget-change-propose", budget.reference, **form)

    assert (status, BudgetChange.objects.count()) == (422, 0)


@pytest.mark.parametrize(
    "reference", ["2026", "x-assessment-city", "2026-assessment-999999", "2026-travel-city"]
)
def test_a_budget_that_is_none_is_not_found(client_as, reference):
    BudgetFactory()

    assert (
        client_as(Role.MUNICIPAL_FINANCE).get(reverse("budget-detail", args=[reference])).status_code == 404
    )


def test_a_statement_leads_to_its_lines_and_its_files(client_as):
    certificate = granted_certificate()
    client = client_as(Role.MUNICIPAL_AUDITOR)

    assert "Subsidies granted" in page(client, "statement", query="?month=2026-10")
    assert certificate.number in page(client, "statement-lines", query="?month=2026-10&kind=GRANT")
    assert "Nothing was posted" in page(client, "statement", query="?month=2026-09")
    workbook = client.get(reverse("statement-export") + "?month=2026-10")
    rows = list(load_workbook(BytesIO(b"".join(workbook.streaming_content))).active.values)
    assert rows[1][:2] == ("All districts", "Subsidy expense")
    assert rows[1][-1] == 800
    csv = client.get(reverse("statement-export") + "?month=2026-10&format=csv")
    assert csv.content.startswith("\ufeffDistrict,".encode())


def test_a_district_reads_its_own_budgets_and_of_those_it_took_over_from(client_of):
    succession = DistrictSuccessionFactory(predecessor__code="100001")
    former, heir = (
        BudgetFactory(district=district) for district in (succession.predecessor, succession.successor)
    )
    elsewhere = BudgetFactory(district=DistrictFactory())
    city = BudgetFactory(district=None)
    client = client_of(UserFactory(district_reviewer=True, district=succession.successor))

    for budget in (former, heir):
        assert budget.district.name_en in page(client, "budget-list")
        assert budget.district.name_en in page(client, "budget-detail", budget.reference)
    for budget in (elsewhere, city):
        assert client.get(reverse("budget-detail", args=[budget.reference])).status_code == 404
    # Whoever was taken over from does not answer for whoever took over.
    before = client_of(UserFactory(district_reviewer=True, district=succession.predecessor))
    assert before.get(reverse("budget-detail", args=[heir.reference])).status_code == 404


def test_a_district_is_shown_its_own_statement_first_and_may_ask_for_a_former_districts(client_of):
    succession = DistrictSuccessionFactory(predecessor__code="100001")
    client = client_of(UserFactory(district_reviewer=True, district=succession.successor))

    own = page(client, "statement")
    former = page(client, "statement", query="?district=100001")

    assert f'<option value="{succession.successor.code}" selected>' in own
    assert '<option value="100001" selected>' in former


@pytest.mark.parametrize("query", ["?fund=GIFTS", "?district=999999"])
def test_a_statement_of_nothing_is_not_found(client_as, query):
    assert client_as(Role.MUNICIPAL_AUDITOR).get(reverse("statement") + query).status_code == 404


def test_the_reconciliation_says_that_everything_agrees(client_as):
    granted_certificate()

    assert "Everything agrees at 100.00 %" in page(client_as(Role.MUNICIPAL_FINANCE), "reconciliation")


def test_the_reconciliation_names_what_differs(client_as):
    granted_certificate()
    Budget.objects.update(reserved=Decimal("801.00"))

    text = page(client_as(Role.MUNICIPAL_FINANCE), "reconciliation")

    assert "The books agree at 99.87 % only" in text
    assert "¥1.00" in text
    assert "Budgets that differ from their payments" in text
