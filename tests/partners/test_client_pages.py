"""The bureau's pages about partners' systems."""

import re

import pytest
from django.urls import reverse

from institutions.enums import Role
from partners.models import PartnerClient
from tests.factories.institutions import InstitutionFactory
from tests.factories.partners import SECRET, ApiAccessFactory, PartnerClientFactory
from tests.partners.test_tokens import ask

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]
LIST, ISSUE = "/setup/partners/", "/setup/partners/issue/?role={}"


@pytest.fixture
def keeper(client_as):
    browser = client_as(Role.MUNICIPAL_ADMINISTRATOR)
    browser.cookies["django_language"] = "en"
    return browser


@pytest.fixture
def auditor(client_as):
    browser = client_as(Role.MUNICIPAL_AUDITOR)
    browser.cookies["django_language"] = "en"
    return browser


def secret_in(response) -> str:
    return re.findall(r"<code>([^<]+)</code>", response.content.decode())[1]


def form(**changes: object) -> dict[str, object]:
    return {
        "name": "教务系统",
        "scopes": ["classes:read"],
        "networks": "192.0.2.0/24\n198.51.100.1",
        "requests_per_minute": 60,
        **changes,
    }


def test_administrator_issues_a_system_and_sees_its_secret_once(keeper) -> None:
    institution = InstitutionFactory()

    response = keeper.post(ISSUE.format("TRAINING_MANAGER"), form(office=institution.pk))

    client = PartnerClient.objects.select_related("user").get()
    assert response.status_code == 200, response.content.decode()
    assert (client.user.institution, client.allowed_networks) == (
        institution,
        ["192.0.2.0/24", "198.51.100.1/32"],
    )
    assert "no-store" in response["Cache-Control"]
    assert ask(client, secret=secret_in(response)).status_code == 200
    assert (
        secret_in(response)
        not in keeper.get(reverse("partner-client", args=[client.public_id])).content.decode()
    )


def test_form_offers_the_scopes_of_the_role_alone(keeper) -> None:
    page = keeper.get(ISSUE.format("EVALUATION_OPERATOR")).content.decode()

    assert "results:write" in page
    assert "rosters:write" not in page


def test_register_needs_no_office(keeper) -> None:
    response = keeper.post(ISSUE.format("REGISTER_OPERATOR"), form(scopes=["register-answers:write"]))

    assert response.status_code == 200
    assert PartnerClient.objects.get().user.role == Role.REGISTER_OPERATOR


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"networks": "192.0.2.7/24"}, "192.0.2.7/24 is no network"),
        ({"certificate": "ab"}, "64 hexadecimal digits"),
        ({"name": ""}, "This field is required."),
        ({"scopes": []}, "This field is required."),
    ],
)
def test_form_says_what_is_wrong(keeper, changes, said) -> None:
    response = keeper.post(ISSUE.format("REGISTER_OPERATOR"), form(scopes=["reference:read"]) | changes)

    assert response.status_code == 422
    assert said in response.content.decode()
    assert not PartnerClient.objects.exists()


@pytest.mark.parametrize("role", ["", "NO_SUCH_ROLE"])
def test_role_is_chosen_on_the_list(keeper, role) -> None:
    assert keeper.get(ISSUE.format(role)).url == LIST


def test_list_shows_what_is_asked_of_it_in_few_queries(keeper, django_assert_max_num_queries) -> None:
    for client in PartnerClientFactory.create_batch(5):
        ApiAccessFactory(client=client)

    with django_assert_max_num_queries(12):
        page = keeper.get(LIST).content.decode()

    assert page.count("Has access") == 5
    assert "issue/?role=TRAINING_MANAGER" in page


def test_auditor_reads_and_changes_nothing(auditor) -> None:
    client = PartnerClientFactory()
    listed = auditor.get(LIST).content.decode()
    shown = auditor.get(reverse("partner-client", args=[client.public_id])).content.decode()

    assert client.name in listed
    assert client.client_id in shown
    assert [text for text in ("issue/?role=", "<details") if text in listed + shown] == []
    assert auditor.get(ISSUE.format("REGISTER_OPERATOR")).status_code == 403


def test_page_shows_scopes_use_and_last_requests(keeper) -> None:
    client = PartnerClientFactory(scopes=["classes:read"])
    now = client.issued_at
    ApiAccessFactory(client=client, at=now, route="api/v1/old")
    ApiAccessFactory.create_batch(3, client=client, status=200, route="api/v1/classes")
    ApiAccessFactory(client=client, status=403, route="api/v1/claims", request_id="of-this-request")
    ApiAccessFactory(route="api/v1/of-another")

    page = keeper.get(reverse("partner-client", args=[client.public_id])).content.decode()

    assert "Read classes" in page
    assert "of-this-request" in page
    assert "of-another" not in page
    assert SECRET not in page
    assert client.client_secret not in page


def test_administrator_gives_another_secret(keeper) -> None:
    client = PartnerClientFactory()

    response = keeper.post(reverse("partner-client-rotate", args=[client.public_id]), {"overlap": "0"})

    assert ask(client, secret=secret_in(response)).status_code == 200
    assert ask(client).status_code == 401


def test_administrator_changes_limits(keeper) -> None:
    client = PartnerClientFactory()

    response = keeper.post(
        reverse("partner-client-change", args=[client.public_id]),
        form(scopes=["claims:read"], reason="Asked for"),
    )

    client.refresh_from_db()
    assert (response.status_code, client.scopes, client.requests_per_minute) == (302, ["claims:read"], 60)


def test_administrator_shuts_a_system_out(keeper) -> None:
    client = PartnerClientFactory()

    response = keeper.post(
        reverse("partner-client-revoke", args=[client.public_id]), {"reason": "The contract has ended."}
    )
    page = keeper.get(response.url).content.decode()

    assert "The contract has ended." in page
    assert "Shut it out for good" not in page


@pytest.mark.parametrize("act", ["rotate", "change", "revoke"])
def test_act_without_what_it_needs_is_told_on_the_page(keeper, act) -> None:
    client = PartnerClientFactory()

    response = keeper.post(reverse(f"partner-client-{act}", args=[client.public_id]))

    assert response.status_code == 422
    assert "This field is required." in response.content.decode()


def test_setup_leads_to_the_systems_for_those_who_see_them(keeper, client_as) -> None:
    assert LIST in keeper.get("/setup/").content.decode()
    assert LIST not in client_as(Role.MUNICIPAL_OPERATOR).get("/setup/").content.decode()
