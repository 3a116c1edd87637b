"""Every export of the portal: who took which list, narrowed to what, and how many rows of it, stands in one event."""

import io
from datetime import date

import openpyxl
import pytest
from django.urls import reverse

from chongqing_dte.foundation.models import AuditEvent
from chongqing_dte.foundation.tabular_writing import FIRST_ROW
from institutions.enums import Role
from subsidies.models import PaymentBatch, PolicyVersion, TrainingPolicyVersion
from subsidies.views.exports import SOMETHING, without_words
from tests.interfaces.expected_claims import CLAIM_ROUTES
from tests.interfaces.expected_money import MONEY_ROUTES
from tests.interfaces.scope import browser_of, routes
from tests.interfaces.test_scope import address_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

# A page that lists files, and a file that its own service records, with who may have it and until when.
NO_LISTS = {"class-exports", "export-download"}
EXPORTS = [name for name in routes() if "export" in name and name not in NO_LISTS and ":" not in name]
LISTED = {**MONEY_ROUTES, **CLAIM_ROUTES}
# Workbooks with a title and two lines of heads; the others have one.
TABLES = {"recovery-export", "policy-simulation-export"}


# What is asked for in the address of an export of a simulation.
SIMULATED = {
    "policy-simulation-export": PolicyVersion,
    "training-policy-simulation-export": TrainingPolicyVersion,
}


def asked_for(route: str, world) -> dict[str, object]:
    """Return what has to be in the address of an export, as far as there is anything."""
    if route not in SIMULATED:
        return {}
    return {
        "version": SIMULATED[route].objects.latest("pk").pk,
        "first_day": "2026-01-01",
        "last_day": "2026-12-31",
    }


def taken(world, route: str, **query: object):
    """Return the answer to an auditor of the city, and the events that it left."""
    address = address_of(world.own[LISTED[route].row]) if LISTED[route].row else []
    before = set(AuditEvent.objects.values_list("pk", flat=True))
    client = browser_of(Role.MUNICIPAL_AUDITOR, world.own, is_own=True)
    response = client.get(reverse(route, args=address), {**asked_for(route, world), **query})
    return response, list(AuditEvent.objects.exclude(pk__in=before))


@pytest.mark.parametrize("route", EXPORTS)
def test_each_export_leaves_one_event_with_what_was_taken(world, route):
    response, (event,) = taken(world, route)

    assert response.status_code == 200
    assert event.name == "list.exported"
    assert event.actor.role == Role.MUNICIPAL_AUDITOR
    assert event.facts["format"] == "xlsx"
    sheet = openpyxl.load_workbook(io.BytesIO(response.getvalue())).active
    assert event.facts["rows"] == sheet.max_row - (FIRST_ROW if route in TABLES else 1)
    assert event.facts["rows"] or route not in {"certificate-export", "batch-lines-export", "budget-export"}
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.parametrize("route", ["subsidy-desk-export", "statement-export", "policy-simulation-export"])
def test_the_event_says_that_it_was_a_csv_file(world, route):
    response, (event,) = taken(world, route, format="csv")

    assert response.headers["Content-Type"].startswith("text/csv")
    assert event.facts["format"] == "csv"


def test_the_event_says_what_the_list_was_narrowed_to(world):
    _answer, (event,) = taken(world, "certificate-export", decision="GRANTED", since="2026-01-31")

    assert event.facts["list"] == "certificates"
    assert event.facts["narrowed_to"] == {"decision": "GRANTED", "since": "2026-01-31"}


def test_the_lines_of_a_batch_are_an_event_of_the_batch(world):
    _answer, (event,) = taken(world, "batch-lines-export", answer="PAID")

    assert (event.subject_type, event.subject_id) == (
        PaymentBatch._meta.label_lower,
        world.own["batch"].pk,
    )
    assert (event.facts["rows"], event.facts["narrowed_to"]) == (0, {"answer": "PAID"})


def test_what_somebody_typed_is_in_no_event(world):
    number = world.own["certificate"].number
    _answer, (event,) = taken(world, "certificate-export", q=number)

    assert event.facts["narrowed_to"] == {"q": SOMETHING}
    _answer, (event,) = taken(world, "objection-export", district="李晓明", number="ZHANGSAN")
    assert event.facts["narrowed_to"] == {"status": "RAISED", "district": SOMETHING, "number": SOMETHING}


@pytest.mark.parametrize(
    "word", ["李晓明", "500101199001011234", "13800138000", "a b", "x@example.org", "1/2"]
)
def test_what_could_be_anybodys_is_not_written_down(word):
    assert without_words({"district": word}) == {"district": SOMETHING}


def test_what_a_choice_a_day_and_an_amount_are_is_written_down():
    given = {
        "state": "overdue",
        "since": date(2026, 1, 31),
        "least": "1000.50",
        "month": "2026-10",
        "until": "",
    }

    assert without_words(given) == {
        "state": "overdue",
        "since": "2026-01-31",
        "least": "1000.50",
        "month": "2026-10",
    }
