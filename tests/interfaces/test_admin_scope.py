"""The admin is a window for the municipal bureau: nobody else enters, and nobody adds, changes or deletes."""

from copy import deepcopy

import pytest
from django.test import Client
from django.urls import reverse

from institutions.enums import MUNICIPAL_ROLES, PEOPLE_ROLES, Role
from tests.factories.institutions import UserFactory
from tests.interfaces.scope import browser_of, routes

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

ADMIN_PAGES = {
    "index": 200,
    "search": 200,
    "login": 302,
    "logout": 302,
    "password_change": 200,
    "password_change_done": 200,
    "autocomplete": 403,
    "jsi18n": 200,
    "app_list": 200,
    "view_on_site": 404,
}
# Nobody adds, changes or deletes anything in the admin: it is a window.
ADMIN_ROW_PAGES = {"changelist": 200, "add": 403, "history": 200, "change": 200, "delete": 403}
ADMIN_ROUTES = ("institutions_", "enrollment_", "assessment_", "subsidies_")
# Without a session they answer in their own way, and show nothing.
ADMIN_PUBLIC = {"admin:login": 200, "admin:logout": 302}


def is_listed(route: str) -> bool:
    page = route.removeprefix("admin:")
    if page.startswith(ADMIN_ROUTES):
        return page.rpartition("_")[2] in ADMIN_ROW_PAGES
    # Django's own: a redirect to the change page, and the page for everything else below /admin/.
    return page in ADMIN_PAGES or page in {"<path:object_id>/", "(?P<url>.*)$"}


def test_every_page_of_the_admin_is_listed():
    assert [route for route in routes() if route.startswith("admin:") and not is_listed(route)] == []


def test_planted_page_of_the_admin_is_not_listed():
    assert not is_listed("admin:subsidies_payment_pay")


@pytest.fixture
def _undefined_is_empty(settings):
    """Let the theme of the admin ask for what is not there, as it does."""
    settings.TEMPLATES = deepcopy(settings.TEMPLATES)
    del settings.TEMPLATES[0]["OPTIONS"]["string_if_invalid"]


def admin_url(route: str, key: int = 1) -> str:
    page = route.removeprefix("admin:")
    if page == "app_list":
        return reverse(route, args=["subsidies"])
    if page == "view_on_site":
        return reverse(route, args=[1, 1])
    needs_row = page.startswith(ADMIN_ROUTES) and page.rpartition("_")[2] in {"history", "change", "delete"}
    return reverse(route, args=[key] if needs_row else [])


NAMED_ADMIN_ROUTES = sorted(
    route for route in set(routes()) if route.startswith("admin:") and "<" not in route and "url" not in route
)


@pytest.mark.parametrize("role", [*(role for role in PEOPLE_ROLES if role not in MUNICIPAL_ROLES), None])
def test_nobody_else_enters_the_admin(world, role):
    client = browser_of(role, world.own, is_own=True) if role else Client()

    found = {route: client.get(admin_url(route)).status_code for route in NAMED_ADMIN_ROUTES}

    entered = {route: code for route, code in found.items() if code != ADMIN_PUBLIC.get(route, 302)}
    assert {route: code for route, code in entered.items() if code not in {404, 405}} == {}


@pytest.mark.usefixtures("_undefined_is_empty")
@pytest.mark.parametrize("role", MUNICIPAL_ROLES)
def test_municipal_role_looks_into_every_window_and_adds_nothing(world, role):
    client = browser_of(role, world.own, is_own=True)
    pages = [r for r in NAMED_ADMIN_ROUTES if r.endswith(("_changelist", "_add"))]

    found = {route: client.get(admin_url(route)).status_code for route in pages}

    assert found == {route: ADMIN_ROW_PAGES[route.rpartition("_")[2]] for route in pages}


@pytest.mark.usefixtures("_undefined_is_empty")
@pytest.mark.parametrize("page", [page for page in ADMIN_PAGES if page not in {"login", "logout"}])
def test_page_of_the_admin_answers_the_bureau_as_listed(world, page):
    client = browser_of(Role.MUNICIPAL_ADMINISTRATOR, world.own, is_own=True)

    assert client.get(admin_url(f"admin:{page}")).status_code == ADMIN_PAGES[page]


@pytest.mark.usefixtures("_undefined_is_empty")
@pytest.mark.parametrize(
    ("model", "row"),
    [
        ("enrollment_trainingclass", "class"),
        ("enrollment_rosterupload", "roster"),
        ("assessment_assessmentsession", "session"),
        ("assessment_levelcertificate", "certificate"),
        ("assessment_certificaterevocation", "revocation"),
        ("subsidies_paymentbatch", "batch"),
    ],
)
def test_row_in_a_window_is_looked_at_and_never_touched(world, model, row):
    client = browser_of(Role.MUNICIPAL_ADMINISTRATOR, world.own, is_own=True)
    urls = {
        page: reverse(f"admin:{model}_{page}", args=[world.own[row].pk])
        for page in ("change", "history", "delete")
    }

    assert {page: client.get(url).status_code for page, url in urls.items()} == {
        "change": 200,
        "history": 200,
        "delete": 403,
    }
    assert {
        page: client.post(url, {"post": "yes"}).status_code for page, url in urls.items() if page != "history"
    } == {
        "change": 403,
        "delete": 403,
    }


@pytest.mark.parametrize(
    "query",
    [
        "username=admin&password__startswith=argon2",
        "password__isnull=0",
        "full_name__regex=^.",
        "role__exact=%00",
    ],
)
def test_only_the_filters_that_are_shown_are_accepted(client, query):
    client.force_login(UserFactory(municipal_auditor=True))

    response = client.get(f"/admin/institutions/user/?{query}")

    assert response.status_code == 400
