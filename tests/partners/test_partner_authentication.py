"""Who gets into the API: machines with a live token of a client that is admitted, and nobody else."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from chongqing_dte.foundation.errors import NotPermitted
from institutions.enums import Role
from institutions.models import User
from partners.models import PartnerClient
from partners.policies import check_can_see_clients
from tests.factories.institutions import PASSWORD, UserFactory
from tests.factories.partners import AccessTokenFactory, PartnerClientFactory

pytestmark = pytest.mark.django_db
CLASSES = "/api/v1/classes"
CHECKSUM = "ab" * 32


def test_token_opens_with_one_query_and_the_log(api_client_of, django_assert_num_queries) -> None:
    caller = api_client_of(PartnerClientFactory(scopes=["claims:read"]))

    # The token with its client and machine, and the row of the log.
    with django_assert_num_queries(2):
        response = caller.get(CLASSES)

    assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")


@pytest.mark.parametrize("role", Role)
def test_session_is_no_token(client_of, role) -> None:
    response = client_of(UserFactory(**{role.lower(): True})).get(CLASSES)

    assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Bearer realm="api"')


@pytest.mark.parametrize(
    "header", ["Bearer no-such-token", "Bearer ", "Bearer " + "x" * 200, "Bearer ☃", "bearer a b"]
)
def test_what_is_no_token_opens_nothing(header) -> None:
    response = Client().get(CLASSES, headers={"Authorization": header})

    assert response.status_code == 401
    assert 'error="invalid_token"' in response["WWW-Authenticate"]


def test_token_in_the_address_opens_nothing() -> None:
    AccessTokenFactory(raw="token-in-the-address")

    assert Client().get(CLASSES, {"access_token": "token-in-the-address"}).status_code == 401


def test_token_that_has_ended_opens_nothing() -> None:
    AccessTokenFactory(raw="ended", expires=timezone.now() - timedelta(seconds=1))

    assert Client().get(CLASSES, headers={"Authorization": "Bearer ended"}).status_code == 401


@pytest.mark.parametrize(
    "fields",
    [
        {"revoked": True},
        {"user__is_active": False},
        {"allowed_networks": ["198.51.100.0/24"]},
        {"certificate_sha256": CHECKSUM},
    ],
)
def test_live_token_of_a_client_that_is_not_admitted_opens_nothing(api_client_of, fields) -> None:
    assert api_client_of(PartnerClientFactory(**fields)).get(CLASSES).status_code == 401


def test_token_opens_with_the_certificate_of_its_client(api_client_of, settings) -> None:
    settings.PARTNER_CERTIFICATE_HEADER = "X-Certificate"
    caller = api_client_of(PartnerClientFactory(certificate_sha256=CHECKSUM))

    shown = caller.get(CLASSES, headers={"X-Certificate": CHECKSUM})

    assert (shown.status_code, caller.get(CLASSES).status_code) == (200, 401)


def test_token_opens_from_an_allowed_address(api_client_of) -> None:
    caller = api_client_of(PartnerClientFactory(allowed_networks=["198.51.100.0/24"]))

    assert caller.get(CLASSES, REMOTE_ADDR="198.51.100.3").status_code == 200


def test_scope_that_the_token_lacks_is_refused(api_client_of) -> None:
    partner = PartnerClientFactory(scopes=["classes:read", "claims:read"])

    assert api_client_of(partner, scopes=["claims:read"]).get(CLASSES).status_code == 403


def test_scope_that_was_taken_from_the_client_is_gone_from_its_tokens(api_client_of) -> None:
    partner = PartnerClientFactory(scopes=["classes:read", "claims:read"])
    caller = api_client_of(partner)
    before = caller.get(CLASSES)

    PartnerClient.objects.filter(pk=partner.pk).update(scopes=["claims:read"])

    assert (before.status_code, caller.get(CLASSES).status_code) == (200, 403)


@pytest.mark.parametrize("password", [PASSWORD, "", "!"])
def test_machine_signs_in_to_no_page(password) -> None:
    machine = PartnerClientFactory(user__municipal_administrator=True, scopes=["reference:read"]).user
    browser = Client()

    response = browser.post("/login/", {"username": machine.username, "password": password})

    assert response.status_code == 200
    assert "_auth_user_id" not in browser.session


def test_token_is_no_session(api_client_for) -> None:
    caller = api_client_for(Role.MUNICIPAL_ADMINISTRATOR, scopes=["reference:read"])

    assert caller.get("/setup/partners/").status_code == 302
    assert caller.get("/admin/").status_code == 302


def test_machine_of_the_bureau_is_no_staff() -> None:
    assert not UserFactory(municipal_administrator=True, machine=True).is_staff


@pytest.mark.parametrize("role", Role)
def test_those_who_keep_and_who_audit_see_the_systems(role) -> None:
    user: User = UserFactory(**{role.lower(): True})

    if role in (Role.MUNICIPAL_ADMINISTRATOR, Role.MUNICIPAL_AUDITOR):
        check_can_see_clients(user)
    else:
        with pytest.raises(NotPermitted):
            check_can_see_clients(user)
