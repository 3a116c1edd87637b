"""A client gets a token for its secret, and only so."""

import logging
from base64 import b64encode
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone
from oauth2_provider.models import AccessToken, RefreshToken

from partners.models import ApiAccess
from partners.services.clients import revoke_client
from tests.factories.institutions import UserFactory
from tests.factories.partners import SECRET, AccessTokenFactory, PartnerClientFactory
from tests.interfaces.scope import routes

pytestmark = pytest.mark.django_db
TOKEN, REVOCATION = "/api/v1/oauth/token", "/api/v1/oauth/revocation"
FORM = "application/x-www-form-urlencoded"
CHECKSUM = "ab" * 32


def basic(client_id: str, secret: str = SECRET) -> str:
    return "Basic " + b64encode(f"{client_id}:{secret}".encode()).decode()


def ask(partner, *, secret=SECRET, address="192.0.2.7", certificate="", url=TOKEN, **sent):
    headers = {"Authorization": basic(partner.client_id, secret)}
    if certificate:
        headers["X-Certificate"] = certificate
    body = "&".join(
        f"{name}={value}" for name, value in ({"grant_type": "client_credentials"} | sent).items()
    )
    return Client().post(url, body, content_type=FORM, headers=headers, REMOTE_ADDR=address)


def test_secret_gets_a_token_for_a_quarter_of_an_hour() -> None:
    partner = PartnerClientFactory(scopes=["classes:read", "rosters:write"])

    response = ask(partner)

    answer = response.json()
    assert response.status_code == 200, answer
    assert (answer["token_type"], answer["expires_in"], set(answer["scope"].split())) == (
        "Bearer",
        900,
        {"classes:read", "rosters:write"},
    )
    assert set(answer) == {"access_token", "token_type", "expires_in", "scope"}
    assert response["Cache-Control"] == "no-store"
    left = AccessToken.objects.get().expires - timezone.now()
    assert timedelta(minutes=14) < left <= timedelta(minutes=15)


def test_secret_may_stand_in_the_body() -> None:
    partner = PartnerClientFactory()

    response = Client().post(
        TOKEN,
        f"grant_type=client_credentials&client_id={partner.client_id}&client_secret={SECRET}",
        content_type=FORM,
    )

    assert response.status_code == 200, response.content


def test_token_is_kept_as_its_checksum_alone() -> None:
    token = ask(PartnerClientFactory()).json()["access_token"]

    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM oauth2_provider_accesstoken t")
        ((row,),) = cursor.fetchall()
    assert token not in row
    assert not RefreshToken.objects.exists()


def test_token_may_have_fewer_scopes() -> None:
    answer = ask(PartnerClientFactory(scopes=["classes:read", "rosters:write"]), scope="classes:read").json()

    assert answer["scope"] == "classes:read"


def test_token_has_no_scope_that_the_client_lacks() -> None:
    response = ask(PartnerClientFactory(scopes=["classes:read"]), scope="claims:write")

    assert (response.status_code, response.json()["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize(
    "grant",
    [
        "authorization_code",
        "password",
        "refresh_token",
        "implicit",
        "urn:ietf:params:oauth:grant-type:device_code",
    ],
)
def test_other_grants_are_refused(grant) -> None:
    response = ask(PartnerClientFactory(), grant_type=grant, device_code="x", username="x", password="x")

    assert (response.status_code, response.json()["error"]) == (400, "unsupported_grant_type")
    assert not AccessToken.objects.exists()


def refusals():
    partner = PartnerClientFactory()
    unknown = PartnerClientFactory.build(client_id="no-such-client")
    elsewhere = PartnerClientFactory(allowed_networks=["198.51.100.0/24"])
    retired = PartnerClientFactory(user__is_active=False)
    return {
        "wrong secret": ask(partner, secret="wrong"),
        "no secret": ask(partner, secret=""),
        "unknown": ask(unknown),
        "revoked": ask(PartnerClientFactory(revoked=True)),
        "elsewhere": ask(elsewhere),
        "retired": ask(retired),
        "certificate": ask(PartnerClientFactory(certificate_sha256=CHECKSUM)),
        "not basic": Client().post(
            TOKEN, "grant_type=client_credentials", content_type=FORM, headers={"Authorization": "Basic ☃"}
        ),
        "nothing": Client().post(TOKEN, "grant_type=client_credentials", content_type=FORM),
    }


def test_refusals_do_not_tell_whether_there_is_such_a_client() -> None:
    answers = {(r.status_code, r.content, r["WWW-Authenticate"]) for r in refusals().values()}

    assert answers == {(401, b'{"error": "invalid_client"}', 'Basic realm="api"')}
    assert not AccessToken.objects.exists()


def test_former_secret_gets_a_token_while_it_holds() -> None:
    now = timezone.now()
    held = {"former_secret": make_password("the former one"), "secret_made_at": now - timedelta(days=1)}
    live = PartnerClientFactory(former_secret_ends_at=now + timedelta(hours=1), **held)
    over = PartnerClientFactory(former_secret_ends_at=now - timedelta(hours=1), **held)

    assert [ask(each, secret="the former one").status_code for each in (live, over)] == [200, 401]


@pytest.mark.parametrize(
    ("address", "status"),
    [("198.51.100.9", 200), ("198.51.101.9", 401), ("2001:db8::9", 200), ("2001:db9::9", 401)],
)
def test_token_is_given_to_the_allowed_networks_alone(address, status) -> None:
    partner = PartnerClientFactory(allowed_networks=["198.51.100.0/24", "2001:db8::9/128"])

    assert ask(partner, address=address).status_code == status


def test_allow_list_goes_by_what_the_proxy_says(settings) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    partner = PartnerClientFactory(allowed_networks=["198.51.100.9"])
    sent = {"Authorization": basic(partner.client_id), "X-Forwarded-For": "203.0.113.1, 198.51.100.9"}
    forged = sent | {"X-Forwarded-For": "198.51.100.9, 203.0.113.1"}

    answers = [
        Client().post(TOKEN, "grant_type=client_credentials", content_type=FORM, headers=headers)
        for headers in (sent, forged)
    ]

    assert [answer.status_code for answer in answers] == [200, 401]


@pytest.mark.parametrize(
    ("header", "shown", "status"),
    [
        ("X-Certificate", CHECKSUM, 200),
        ("X-Certificate", ":".join(["AB"] * 32), 200),
        ("X-Certificate", "cd" * 32, 401),
        ("X-Certificate", "", 401),
        # Without the setting nobody has checked the certificate.
        ("", CHECKSUM, 401),
    ],
)
def test_certificate_must_be_the_client_s(settings, header, shown, status) -> None:
    settings.PARTNER_CERTIFICATE_HEADER = header
    partner = PartnerClientFactory(certificate_sha256=CHECKSUM)

    assert ask(partner, certificate=shown).status_code == status


def test_tries_of_one_client_from_one_address_are_limited(settings) -> None:
    settings.TOKEN_LIMITS = [(2, 60)]
    partner = PartnerClientFactory()

    answers = [ask(partner, secret="wrong", address="192.0.2.77") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert int(answers[-1]["Retry-After"]) > 0
    assert ask(partner, address="192.0.2.78").status_code == 200


def test_tries_of_one_address_are_limited_whichever_clients_it_names(settings) -> None:
    settings.TOKEN_ADDRESS_LIMITS = [(2, 60)]

    answers = [ask(PartnerClientFactory(), address="192.0.2.79") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"content_type": "application/json", "data": "{}"}, 400),
        ({"content_type": FORM, "data": "a=" + "x" * 9000}, 413),
        ({"content_type": FORM, "data": ""}, 400),
        (
            {"content_type": FORM, "data": "grant_type=client_credentials", "query_params": {"scope": "x"}},
            400,
        ),
    ],
)
def test_what_is_no_request_for_a_token_is_refused(sent, status) -> None:
    response = Client().post(TOKEN, headers={"Authorization": basic("x")}, **sent)

    assert (response.status_code, response.json()["error"]) == (status, "invalid_request")


@pytest.mark.parametrize("url", [TOKEN, REVOCATION])
def test_token_is_asked_for_by_post_alone(url) -> None:
    response = Client().get(url)

    assert (response.status_code, response["Allow"]) == (405, "POST")


def test_client_gives_its_token_back() -> None:
    partner = PartnerClientFactory()
    token = ask(partner).json()["access_token"]

    response = ask(partner, url=REVOCATION, token=token)

    assert (response.status_code, AccessToken.objects.count()) == (200, 0)


def test_client_does_not_end_the_token_of_another() -> None:
    AccessTokenFactory(raw="token-of-somebody-else")

    response = ask(PartnerClientFactory(), url=REVOCATION, token="token-of-somebody-else")

    assert (response.status_code, AccessToken.objects.count()) == (200, 1)


def test_token_is_not_given_back_without_the_secret() -> None:
    partner = PartnerClientFactory()
    AccessTokenFactory(raw="token-of-this-one", application=partner)

    response = ask(partner, secret="wrong", url=REVOCATION, token="token-of-this-one")

    assert (response.status_code, AccessToken.objects.count()) == (401, 1)


def test_no_other_page_of_the_toolkit_is_routed() -> None:
    modules = {
        getattr(entry.callback, "__module__", "")
        + getattr(getattr(entry.callback, "view_class", None), "__module__", "")
        for entry in _callbacks(get_resolver())
    }

    assert not [module for module in modules if "oauth2_provider" in module]
    assert [name for name in routes() if name.startswith("api-token")] == [
        "api-token",
        "api-token-revocation",
    ]


def _callbacks(resolver):
    for entry in resolver.url_patterns:
        if hasattr(entry, "url_patterns"):
            yield from _callbacks(entry)
        else:
            yield entry


def test_neither_secret_nor_token_stands_in_a_log(caplog, capsys) -> None:
    caplog.set_level(logging.DEBUG)
    partner = PartnerClientFactory()
    token = ask(partner).json()["access_token"]
    Client().get("/api/v1/classes", headers={"Authorization": f"Bearer {token}"})
    ask(partner, url=REVOCATION, token=token)
    ask(partner, secret="a-wrong-one-of-this-test")

    said = caplog.text + "".join(capsys.readouterr()) + str(list(ApiAccess.objects.values_list()))
    coded = basic(partner.client_id).removeprefix("Basic ")
    assert [secret for secret in (SECRET, token, coded, "a-wrong-one-of-this-test") if secret in said] == []


@pytest.mark.django_db(transaction=True)
def test_revoked_client_is_refused_with_the_token_that_it_has(api_client_of) -> None:
    partner = PartnerClientFactory()
    caller = api_client_of(partner)
    before = caller.get("/api/v1/classes")

    revoke_client(
        client_id=partner.pk,
        reason="Over",
        keeper=UserFactory(municipal_administrator=True),
        now=timezone.now(),
    )

    assert (before.status_code, caller.get("/api/v1/classes").status_code) == (200, 401)


def test_settings_name_the_client_as_the_toolkit_s_application() -> None:
    assert django_settings.OAUTH2_PROVIDER_APPLICATION_MODEL == "partners.PartnerClient"
    assert django_settings.OAUTH2_PROVIDER["COMPLIANT_BCP_RFC9700_TOKEN_STORAGE"]
