"""Every request to the API leaves one row, and none of them breaks the answer."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken

from institutions.enums import Role
from partners.models import ApiAccess
from partners.services.access import purge_accesses, purge_tokens
from partners.tasks import purge_api_log_task
from tests.factories.partners import AccessTokenFactory, ApiAccessFactory, PartnerClientFactory
from tests.partners.test_tokens import TOKEN, ask

pytestmark = pytest.mark.django_db
CLASSES = "/api/v1/classes"


def test_request_is_logged_with_its_client_and_outcome(api_client_of) -> None:
    partner = PartnerClientFactory()

    response = api_client_of(partner).get(CLASSES, {"limit": "3"}, headers={"X-Request-ID": "of-this-test"})

    access = ApiAccess.objects.get()
    assert (access.client, access.method, access.route, access.status, access.request_id) == (
        partner,
        "GET",
        "api/v1/classes",
        200,
        "of-this-test",
    )
    assert (access.answer_bytes, access.request_bytes) == (len(response.content), 0)
    assert timezone.now() - access.at < timedelta(minutes=1)


def test_log_holds_neither_parameters_nor_addresses(api_client_of) -> None:
    api_client_of(PartnerClientFactory()).get(
        CLASSES, {"cursor": "canary-of-a-cursor"}, REMOTE_ADDR="192.0.2.123"
    )

    kept = str(list(ApiAccess.objects.values_list()))
    assert "canary" not in kept
    assert "192.0.2.123" not in kept
    assert len(ApiAccess.objects.get().address_hash) == 64


@pytest.mark.parametrize("header", ["", "Bearer no-such-token", "Basic eDp5"])
def test_request_of_nobody_is_logged_without_a_client(header) -> None:
    Client().get(CLASSES, headers={"Authorization": header})

    access = ApiAccess.objects.get()
    assert (access.client, access.status) == (None, 401)


def test_refused_request_of_a_known_client_is_logged_with_it(api_client_of) -> None:
    partner = PartnerClientFactory(allowed_networks=["198.51.100.0/24"])

    api_client_of(partner).get(CLASSES, REMOTE_ADDR="192.0.2.1")

    assert list(ApiAccess.objects.values_list("client", "status")) == [(partner.pk, 401)]


def test_address_that_leads_nowhere_is_logged() -> None:
    Client().get("/api/v1/no-such-thing/110101199003070000")

    access = ApiAccess.objects.get()
    assert access.status == 404
    assert "110101" not in access.route


@pytest.mark.parametrize(("secret", "is_known"), [(None, True), ("wrong", False)])
def test_asking_for_a_token_is_logged(secret, is_known) -> None:
    partner = PartnerClientFactory()

    ask(partner, **({} if secret is None else {"secret": secret}))

    access = ApiAccess.objects.get(route=TOKEN.removeprefix("/"))
    assert access.client == (partner if is_known else None)


def test_pages_are_not_logged() -> None:
    Client().get("/")

    assert not ApiAccess.objects.exists()


def test_log_costs_one_statement(api_client_for, django_assert_num_queries) -> None:
    caller = api_client_for(Role.TRAINING_MANAGER)
    with django_assert_num_queries(2) as captured:
        caller.get("/api/v1/no-such-thing")
        Client().get("/api/v1/no-such-thing")

    assert all(query["sql"].startswith("INSERT INTO partners_apiaccess") for query in captured)


@pytest.mark.parametrize("problem", [OperationalError("gone"), ValueError("odd")])
def test_log_that_cannot_be_written_breaks_no_answer(api_client_for, monkeypatch, problem) -> None:
    def refuse(**_: object) -> None:
        raise problem

    monkeypatch.setattr("partners.rest.access_log.record_access", refuse)

    assert api_client_for(Role.TRAINING_MANAGER).get(CLASSES).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_requests_are_purged_after_half_a_year_and_not_before(settings) -> None:
    now = timezone.now()
    young, old = (ApiAccessFactory(at=now - timedelta(days=days)) for days in (182, 191))

    # A shorter time, set by mistake, holds no more than the half year.
    assert purge_accesses(kept_days=190, now=now) == 1
    assert purge_accesses(kept_days=10, now=now) == 0

    assert list(ApiAccess.objects.all()) == [young]
    assert old.pk != young.pk


@pytest.mark.django_db(transaction=True)
def test_ended_tokens_are_purged() -> None:
    now = timezone.now()
    live = AccessTokenFactory()
    AccessTokenFactory(expires=now - timedelta(days=2))

    assert purge_tokens(now=now) == 1

    assert list(AccessToken.objects.all()) == [live]


@pytest.mark.django_db(transaction=True)
def test_task_purges_both() -> None:
    ApiAccessFactory(at=timezone.now() - timedelta(days=200))
    AccessTokenFactory(expires=timezone.now() - timedelta(days=2))

    purge_api_log_task()

    assert (ApiAccess.objects.count(), AccessToken.objects.count()) == (0, 0)
