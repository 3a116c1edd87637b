"""What systems read of an institution's month: the same figures as its page."""

from datetime import date

import pytest
import time_machine

from institutions.enums import Role
from institutions.models import User
from subsidies.enums import BankAnswer
from subsidies.models import Payment
from subsidies.queries.claim_statements import claim_statement, span_of_month
from subsidies.services.deliveries import deliver_released_batches
from tests.clock import NOW
from tests.factories.claim_payments import batch_of_claims
from tests.factories.institutions import DistrictFactory, InstitutionFactory
from tests.factories.subsidies import hear_from_bank, sign_twice
from tests.fakes.bank import FakeBank

pytestmark = pytest.mark.django_db

STATEMENTS = "/api/v1/statements"
OCTOBER = "2026-10"


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def payment() -> Payment:
    """One claim that the bank has paid."""
    batch = sign_twice(batch_of_claims())
    deliver_released_batches(channel=FakeBank(), now=NOW)
    hear_from_bank(batch, BankAnswer.PAID)
    return Payment.objects.get()


@pytest.fixture
def own(api_client_for, payment):
    return api_client_for(Role.TRAINING_OPERATOR, institution=payment.institution)


def address(payment: Payment, month: str = OCTOBER) -> str:
    return f"{STATEMENTS}/{payment.institution.public_id}/{month}"


def test_statement_is_the_one_of_the_page(own, payment):
    shown = own.get(address(payment)).json()

    viewer = User.objects.get(is_machine=True)
    found = claim_statement(viewer, payment.institution, span_of_month(date(2026, 10, 1)), now=NOW)
    assert shown["month"] == OCTOBER
    assert [(each["event"], each["amount"]) for each in shown["sums"]] == [
        (each.event, str(each.amount)) for each in found.sums
    ]
    assert {each["event"] for each in shown["sums"]} == {"granted", "paid"}
    assert [each["by_bank"] for each in shown["paid"]] == [str(payment.amount)]
    assert sum(len(each["lines"]) for each in shown["paid"]) == 2
    assert (shown["owed_after"], shown["waiting"]) == ("0.00", [])
    assert len(shown["movements"]) == len(found.moved)


def test_months_are_those_in_which_something_moved(own, payment):
    asked = {"institution": payment.institution.public_id}

    (month,) = own.get(STATEMENTS, asked).json()["items"]

    assert month["month"] == OCTOBER
    assert month["institution"]["id"] == str(payment.institution.public_id)
    assert own.get(STATEMENTS, {"month": OCTOBER}).json()["items"] == [month]
    assert own.get(STATEMENTS, {"month": "2026-09"}).json()["items"] == []


def test_statements_of_others_do_not_exist(api_client_for, payment):
    other = api_client_for(Role.TRAINING_OPERATOR, institution=InstitutionFactory())
    district = api_client_for(Role.DISTRICT_REVIEWER, district=DistrictFactory())

    assert [client.get(address(payment)).status_code for client in (other, district)] == [404, 404]
    assert [client.get(STATEMENTS, {"month": OCTOBER}).json()["items"] for client in (other, district)] == [
        [],
        [],
    ]


def test_district_reads_the_part_that_it_answers_for(api_client_for, payment):
    district = api_client_for(Role.DISTRICT_REVIEWER, district=payment.claim.district)

    assert district.get(address(payment)).json()["is_part"]
    assert len(district.get(STATEMENTS, {"month": OCTOBER}).json()["items"]) == 1


def test_month_in_which_nothing_moved_is_empty(own, payment):
    shown = own.get(address(payment, "2026-08")).json()

    assert (shown["sums"], shown["movements"], shown["owed_after"]) == ([], [], "0.00")


@pytest.mark.parametrize("month", ["2026-13", "2026", "x", "1999-01", "2026-10-01"])
def test_what_is_no_month_is_not_found(own, payment, month):
    assert own.get(address(payment, month)).status_code == 404


def test_everything_at_once_is_refused(own):
    answer = own.get(STATEMENTS)

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "required")


def test_statement_needs_its_scope(api_client_for, payment):
    client = api_client_for(Role.TRAINING_OPERATOR, institution=payment.institution, scopes=["claims:read"])

    assert client.get(address(payment)).status_code == 403
