"""Every route of the portal, for every role, in its own office, in another and without a name.

A route that is not in these lists fails, so that nobody adds a page without saying who may see it. A row of another
office does not exist (404), a row that one sees and may not change is refused (403), and so is a row in the wrong
state (409). Without a name, everything but the public pages leads to the sign-in page.
"""

from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from chongqing_dte import api_urls
from institutions.enums import MUNICIPAL_ROLES, PEOPLE_ROLES, Role
from tests.enrollment.rosters import person
from tests.interfaces.expected import ROUTES, SIGN_IN
from tests.interfaces.expected_assessment import ASSESSMENT_FORMS, ASSESSMENT_ROUTES
from tests.interfaces.expected_claims import CLAIM_FORMS, CLAIM_ROUTES
from tests.interfaces.expected_money import MONEY_FORMS, MONEY_ROUTES
from tests.interfaces.expected_partners import PARTNER_FORMS, PARTNER_ROUTES
from tests.interfaces.ids import doubled_ids
from tests.interfaces.scope import browser_of, canaries, kind_of, routes
from tests.interfaces.setup_forms import setup_form

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

EXPECTED = {**ROUTES, **PARTNER_ROUTES, **ASSESSMENT_ROUTES, **MONEY_ROUTES, **CLAIM_ROUTES}
FORMS = {**PARTNER_FORMS, **ASSESSMENT_FORMS, **MONEY_FORMS, **CLAIM_FORMS}


# Below /api/v1 a session opens nothing; who sees what there is another walk.
MACHINE_ROUTES = frozenset(routes(SimpleNamespace(url_patterns=api_urls.urlpatterns)))


def is_listed(route: str) -> bool:
    return route in EXPECTED or route.startswith("admin:") or route in MACHINE_ROUTES


def form_of(route: str, rows: Any) -> dict[str, object]:
    """Return what a well-meant form of this route holds."""
    if route == "account-correction":
        cells = person(9)
        return {
            "number": cells["bank_account"],
            "bank_name": cells["bank_name"],
            "cnaps": cells["bank_cnaps"],
            "reason": "The bank closed the former account.",
        }
    if route in {"enrollment-withdraw", "enrollment-transfer", "lesson-cancel"}:
        return {"reason": "Moved away."}
    if route in FORMS:
        return FORMS[route]
    if route == "trainee-reveal":
        return {"field": "ID_NUMBER", "reason": "The bank asked for it."}
    if route in {"bank-exception-approve", "bank-exception-refuse"}:
        return {"finding": rows["finding"].pk, "reason": "The letter says so."}
    if route == "batch-release":
        return {"sha256": rows["batch"].sha256}
    return setup_form(route, rows)


def address_of(row: Any) -> list[object]:
    """Return what stands in a row's address: its public number, or all that it is found by."""
    return getattr(row, "address", None) or [row.public_id]


def of_nothing(part: object) -> object:
    """Return what stands in an address in the place of this number, and is nobody's."""
    return 999_999_999 if isinstance(part, int) else "00000000-0000-4000-8000-000000000000"


def answer(client: Client, route: str, rows: Any) -> int:
    """Return the status code of a route's answer, after a look at what is true of every page."""
    expected = EXPECTED[route]
    if route in {"healthz", "readyz"}:
        url = f"/{route}"
    elif route == "self-check-link":
        url = reverse(route, args=["no-such-link"])
    elif route == "credential-status":
        url = reverse(route, args=[rows["certificate"].pk // 131_072])
    else:
        url = reverse(route, args=address_of(rows[expected.row]) if expected.row else [])
    response = client.get(url) if expected.method == "GET" else client.post(url, form_of(route, rows))
    if response.headers["Content-Type"].startswith("text/html"):
        assert doubled_ids(response.content.decode()) == []
    return response.status_code


def test_every_route_is_listed():
    assert [route for route in routes() if not is_listed(route)] == []


def test_no_list_names_a_route_that_is_gone():
    assert set(EXPECTED) <= set(routes())


def test_planted_route_is_not_listed():
    assert not is_listed("trainee-export")


@pytest.mark.parametrize("name", ["name", "a&amp;b"])
@pytest.mark.parametrize("again", ['id="{}"', "ID='{}'", "id={}", 'class="b" id = "{}"'])
def test_planted_second_element_of_one_name_is_found(again, name):
    assert doubled_ids(f'<p id="{name}"></p><p {again.format(name)}></p>') == [unescape(name)]


def test_one_name_written_in_two_ways_is_found():
    assert doubled_ids('<p id="a&amp;b"></p><p id="a&#38;b"></p>') == ["a&b"]


def test_what_only_looks_like_a_name_is_none():
    assert doubled_ids('<p id="name" data-id="name">id=name</p><!-- <p id="name"> -->') == []


@pytest.mark.parametrize("route", [route for route in EXPECTED if route != "logout"])
@pytest.mark.parametrize("is_own", [True, False], ids=["own", "other"])
def test_route_answers_every_role_as_listed(world, route, is_own):
    found = {
        role.value: answer(browser_of(role, world.own, is_own=is_own), route, world.own)
        for role in PEOPLE_ROLES
    }

    assert found == {role.value: EXPECTED[route].to(role, is_own=is_own) for role in PEOPLE_ROLES}


@pytest.mark.parametrize("role", PEOPLE_ROLES)
def test_everybody_can_sign_out(world, role):
    assert answer(browser_of(role, world.own, is_own=True), "logout", world.own) == 302


@pytest.mark.parametrize("route", EXPECTED)
def test_route_answers_nobody_without_a_name_as_listed(world, route):
    assert answer(Client(), route, world.own) == EXPECTED[route].public


@pytest.mark.parametrize(
    "route", [route for route, expected in EXPECTED.items() if expected.row and expected.public == SIGN_IN]
)
def test_without_a_name_one_is_led_to_the_sign_in_page(world, route):
    url = reverse(route, args=address_of(world.own[EXPECTED[route].row]))
    client = Client()

    response = client.get(url) if EXPECTED[route].method == "GET" else client.post(url)

    assert response.url.startswith(reverse("login"))


@pytest.mark.parametrize("route", [r for r, expected in EXPECTED.items() if expected.row])
def test_row_that_does_not_exist_is_not_found_by_anybody(world, route):
    client = browser_of(Role.MUNICIPAL_OPERATOR, world.own, is_own=True)
    url = reverse(route, args=[of_nothing(part) for part in address_of(world.own[EXPECTED[route].row])])

    response = (
        client.get(url) if EXPECTED[route].method == "GET" else client.post(url, form_of(route, world.own))
    )

    assert response.status_code == 404


SEEN_IN_LISTS = {
    "municipal": {"class-list": "class", "session-list": "session", "certificate-list": "certificate"},
    "district": {"class-list": "class", "certificate-list": "certificate"},
    "training": {"class-list": "class"},
    "evaluation": {"session-list": "session"},
}
LISTS = (
    "home",
    "identity-correction-list",
    "evidence-correction-list",
    "reveal-list",
    "class-list",
    "session-list",
    "certificate-list",
    "level-certificate-list",
    "revocation-list",
    "review-list",
    "correction-list",
    "batch-list",
    "recovery-list",
)


@pytest.mark.parametrize("role", PEOPLE_ROLES)
def test_lists_show_what_is_one_s_own(world, role):
    client, mine = browser_of(role, world.own, is_own=True), canaries(world.own)

    for route, canary in SEEN_IN_LISTS[kind_of(role)].items():
        assert mine[canary] in client.get(reverse(route)).content.decode()


@pytest.mark.parametrize("role", [role for role in PEOPLE_ROLES if role not in MUNICIPAL_ROLES])
def test_lists_never_show_what_is_another_office_s(world, role):
    client, betrayals = browser_of(role, world.own, is_own=True), canaries(world.other)

    shown = {route: client.get(reverse(route)).content.decode() for route in LISTS}

    assert [
        (route, what) for route, text in shown.items() for what in betrayals.values() if what in text
    ] == []


@pytest.mark.parametrize("role", [role for role in PEOPLE_ROLES if role not in MUNICIPAL_ROLES])
def test_search_for_another_office_s_certificate_finds_nothing(world, role):
    client, number = browser_of(role, world.own, is_own=True), world.other["certificate"].number

    text = client.get(reverse("certificate-list"), {"q": number}).content.decode()

    assert reverse("certificate-detail", args=[world.other["certificate"].public_id]) not in text


@pytest.mark.parametrize("role", [role for role in PEOPLE_ROLES if role not in MUNICIPAL_ROLES])
def test_pages_of_one_s_own_rows_never_show_what_is_another_office_s(world, role):
    client, betrayals = browser_of(role, world.own, is_own=True), canaries(world.other)
    pages = [
        reverse(route, args=[world.own[row].public_id])
        for route, row in (
            ("class-detail", "class"),
            ("roster-detail", "roster"),
            ("session-detail", "session"),
            ("certificate-detail", "certificate"),
            ("level-certificate-detail", "certificate"),
            ("candidate-detail", "candidate"),
        )
    ]

    texts = [client.get(url).content.decode() for url in pages]

    assert not any(what in text for text in texts for what in betrayals.values())
