"""The lists of the money as workbooks: what they hold, for whom, and as narrowed as the page is."""

import io

import openpyxl
import pytest
from django.urls import reverse

from enrollment.rules.identifiers import mask_name
from institutions.enums import Role
from subsidies.enums import AttemptStatus
from subsidies.models import PaymentAttempt
from subsidies.views import batch_files, objections
from tests.clock import NOW
from tests.factories.institutions import DistrictFactory
from tests.factories.notices import ObjectionFactory
from tests.factories.subsidies import BudgetFactory, PaymentBatchFactory, assembled_batch, district_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance(client_as):
    return in_english(client_as(Role.MUNICIPAL_FINANCE))


def in_english(client):
    client.cookies["django_language"] = "en"
    return client


def exported(client, route, *arguments, **query) -> list[dict[str, object]]:
    response = client.get(reverse(route, args=arguments), query)
    assert response["Content-Type"].startswith("application/vnd.openxmlformats")
    head, *rows = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).active.values
    return [dict(zip(head, row, strict=True)) for row in rows]


# ── Batches ──────────────────────────────────────────────────────────────────────────────────────────────
def test_a_batch_is_found_by_a_part_of_its_reference(finance):
    found, other = PaymentBatchFactory(), PaymentBatchFactory()

    text = finance.get(reverse("batch-list"), {"reference": f" {found.reference.lower()} "}).content.decode()

    assert reverse("batch-detail", args=[found.public_id]) in text
    assert reverse("batch-detail", args=[other.public_id]) not in text
    assert f"{reverse('batch-export')}?reference={found.reference}" in text


def test_the_batches_are_exported_as_the_list_is_narrowed(finance):
    PaymentBatchFactory()
    batch = assembled_batch()

    (row,) = exported(finance, "batch-export", reference=batch.reference)

    assert (row["Reference"], row["Total"], row["Signatures"]) == (
        batch.reference,
        float(batch.total),
        "0 of 2",
    )
    assert len(exported(finance, "batch-export")) == 2


def test_the_lines_of_a_batch_are_exported_with_names_and_accounts_masked(finance):
    batch = assembled_batch(2)
    first, second = PaymentAttempt.objects.filter(batch=batch).order_by("line_number")

    rows = exported(finance, "batch-lines-export", batch.public_id)

    assert [row["Bank reference"] for row in rows] == [first.reference, second.reference]
    assert rows[0]["Payee"] == mask_name(first.payment.payee.name) != first.payment.payee.name
    assert rows[0]["Bank account"] == str(first.bank_account)
    assert first.bank_account.number not in str(rows)
    assert rows[0]["Amount"] == float(first.amount)
    assert exported(finance, "batch-lines-export", batch.public_id, answer=AttemptStatus.PAID) == []


def test_whoever_sees_no_batch_gets_none_in_a_file(client_as):
    batch = assembled_batch()
    client = in_english(client_as(Role.DISTRICT_REVIEWER))

    assert exported(client, "batch-export") == []
    assert client.get(reverse("batch-lines-export", args=[batch.public_id])).status_code == 404


def test_files_of_batches_end_at_their_limit(finance, monkeypatch):
    batch = assembled_batch(2)
    monkeypatch.setattr(batch_files, "EXPORTED_AT_MOST", 1)
    newest = PaymentBatchFactory()

    assert [row["Reference"] for row in exported(finance, "batch-export")] == [newest.reference]
    assert [row["Line"] for row in exported(finance, "batch-lines-export", batch.public_id)] == ["1"]


# ── Objections ───────────────────────────────────────────────────────────────────────────────────────────
def test_an_objection_is_found_by_the_number_of_its_certificate(finance):
    found, other = ObjectionFactory(), ObjectionFactory()
    number = found.entitlement.certificate.number

    text = finance.get(reverse("objection-list"), {"number": number.lower()}).content.decode()

    assert reverse("objection-detail", args=[found.public_id]) in text
    assert reverse("objection-detail", args=[other.public_id]) not in text
    assert f"&amp;number={number}" in text


def test_objections_are_exported_without_what_was_said(finance, monkeypatch):
    objection = ObjectionFactory(statement="a secret statement")
    newest = ObjectionFactory()

    rows = exported(finance, "objection-export")

    assert [row["Certificate or claim"] for row in rows] == [
        each.entitlement.certificate.number for each in (newest, objection)
    ]
    assert "a secret statement" not in str(rows)
    assert objection.entitlement.person.name not in str(rows)
    monkeypatch.setattr(objections, "EXPORTED_AT_MOST", 1)
    assert len(exported(finance, "objection-export")) == 1


def test_a_district_exports_its_own_objections(client_as):
    own, _other = ObjectionFactory(), ObjectionFactory()
    client = in_english(client_as(Role.DISTRICT_REVIEWER, district=district_of(own.entitlement.certificate)))

    assert [row["Certificate or claim"] for row in exported(client, "objection-export")] == [
        own.entitlement.certificate.number
    ]


# ── Budgets ──────────────────────────────────────────────────────────────────────────────────────────────
def test_the_budgets_of_a_year_are_exported(finance):
    budget = BudgetFactory(year=NOW.year)
    BudgetFactory(year=NOW.year - 1)

    (row,) = exported(finance, "budget-export", year=NOW.year)

    assert row["Reference"] == budget.reference
    assert (row["Allotted"], row["Available"]) == (float(budget.allotted), float(budget.available))


def test_a_district_exports_its_own_budget(client_as):
    district = DistrictFactory()
    own = BudgetFactory(year=NOW.year, district=district)
    BudgetFactory(year=NOW.year, district=None)
    client = in_english(client_as(Role.DISTRICT_LEAD, district=district))

    assert [row["Reference"] for row in exported(client, "budget-export", year=NOW.year)] == [own.reference]
