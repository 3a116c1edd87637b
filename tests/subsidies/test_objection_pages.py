"""The desk of objections."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from institutions.enums import Role
from institutions.models import District
from subsidies.enums import ObjectionKind, ObjectionStatus
from subsidies.models import Objection
from tests.clock import NOW
from tests.factories.institutions import DistrictFactory
from tests.factories.notices import ObjectionFactory
from tests.factories.subsidies import granted_certificate

pytestmark = pytest.mark.django_db

UNDEFINED = "UNDEFINED_TEMPLATE_VARIABLE"
SECRETS = ("She never came to the class.", "李四", "13800000000")


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def district() -> District:
    return DistrictFactory()


@pytest.fixture
def reviewer(client_as, district) -> Client:
    client = client_as(Role.DISTRICT_REVIEWER, district=district)
    client.cookies["django_language"] = "en"
    return client


def text_of(client: Client, url: str, **asked: object) -> str:
    response = client.get(url, asked)
    text = response.content.decode()
    assert response.status_code == 200
    assert UNDEFINED not in text
    return text


def page_of(objection: Objection) -> str:
    return reverse("objection-detail", args=[objection.public_id])


def test_the_list_shows_the_open_ones_of_the_office_first(reviewer, district):
    mine = ObjectionFactory(entitlement__district=district)
    closed = ObjectionFactory(entitlement__district=district, dismissed=True)
    foreign = ObjectionFactory(entitlement__district=DistrictFactory())

    waiting = text_of(reviewer, reverse("objection-list"))
    every = text_of(reviewer, reverse("objection-list"), status="ALL")

    assert page_of(mine) in waiting
    assert page_of(closed) not in waiting
    assert page_of(closed) in every
    assert page_of(foreign) not in every
    assert [secret for secret in SECRETS if secret in every] == []


def test_the_list_is_narrowed_by_age_and_district(client_as):
    old = ObjectionFactory(entitlement__district=DistrictFactory(), raised_at=NOW - timedelta(days=8))
    young = ObjectionFactory(entitlement__district=DistrictFactory())
    client = client_as(Role.MUNICIPAL_REVIEWER)

    by_age = text_of(client, reverse("objection-list"), age="7")
    by_district = text_of(client, reverse("objection-list"), district=young.entitlement.district.code)

    assert page_of(old) in by_age
    assert page_of(young) not in by_age
    assert page_of(young) in by_district
    assert page_of(old) not in by_district


@pytest.mark.parametrize("key", ["status", "district", "age"])
def test_the_list_is_asked_for_with_anything(reviewer, key):
    assert reviewer.get(reverse("objection-list"), {key: "\x00"}).status_code == 200


def test_a_list_of_objections_costs_the_same_however_long(reviewer, district):
    url = reverse("objection-list")
    ObjectionFactory(entitlement__district=district)
    with CaptureQueriesContext(connection) as short:
        text_of(reviewer, url)
    ObjectionFactory.create_batch(3, entitlement__district=district)

    with CaptureQueriesContext(connection) as long:
        text_of(reviewer, url)

    assert len(long) == len(short)


@pytest.mark.parametrize(
    ("role", "is_read"),
    [
        (Role.MUNICIPAL_REVIEWER, True),
        (Role.MUNICIPAL_AUDITOR, True),
        (Role.MUNICIPAL_OPERATOR, False),
        (Role.MUNICIPAL_FINANCE, False),
        (Role.MUNICIPAL_ADMINISTRATOR, False),
    ],
)
def test_what_was_said_is_read_by_the_office_that_decides(client_as, role, is_read):
    objection = ObjectionFactory()

    text = text_of(client_as(role), page_of(objection))

    assert [secret in text for secret in SECRETS] == [is_read] * len(SECRETS)


def test_the_district_decides_and_comes_to_the_next(reviewer, district):
    first, second = ObjectionFactory.create_batch(2, entitlement__district=district)

    assert "Decide, and on to the next" in text_of(reviewer, page_of(first))
    response = reviewer.post(
        reverse("objection-decide", args=[first.public_id]),
        {"outcome": "DISMISSED", "reason": "Unfounded."},
    )

    first.refresh_from_db()
    assert first.status == ObjectionStatus.DISMISSED
    assert response.url == page_of(second)


@pytest.mark.parametrize("entry", [{"outcome": "", "reason": "x"}, {"outcome": "UPHELD", "reason": " "}])
def test_a_decision_that_is_not_whole_is_shown_again(reviewer, district, entry):
    objection = ObjectionFactory(entitlement__district=district)

    response = reviewer.post(reverse("objection-decide", args=[objection.public_id]), entry)

    assert response.status_code == 422
    objection.refresh_from_db()
    assert objection.status == ObjectionStatus.RAISED


def test_an_office_records_an_objection_that_somebody_else_decides(client_as):
    certificate = granted_certificate()
    client = client_as(Role.MUNICIPAL_REVIEWER)
    client.cookies["django_language"] = "en"

    response = client.post(
        reverse("objection-record"),
        {"number": f" {certificate.number.lower()} ", "statement": "A witness says so.", "objector_name": ""},
    )

    objection = Objection.objects.get()
    assert (objection.kind, objection.entitlement.certificate) == (ObjectionKind.OFFICE, certificate)
    assert response.url == page_of(objection)
    assert "somebody else has to decide" in text_of(client, response.url)


def test_a_certificate_of_another_district_is_not_known(reviewer):
    certificate = granted_certificate()

    response = reviewer.post(
        reverse("objection-record"), {"number": certificate.number, "statement": "A witness says so."}
    )

    assert response.status_code == 422
    assert "There is no decision on such a certificate" in response.content.decode()
    assert not Objection.objects.exists()


@pytest.mark.parametrize(
    ("trait", "consequence"),
    [
        ({"public": True}, "the grant falls"),
        ({}, "the certificate is decided again"),
        ({"office": True}, "no subsidy is paid for this certificate"),
    ],
    ids=["grant", "person", "office"],
)
def test_the_page_says_what_follows(client_as, trait, consequence):
    client = client_as(Role.MUNICIPAL_REVIEWER)
    client.cookies["django_language"] = "en"

    assert consequence in text_of(client, page_of(ObjectionFactory(**trait)))
