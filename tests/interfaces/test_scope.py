"""Every route of the portal, for every role, in its own office, in another and without a name.

A route that is not in these lists fails, so that nobody adds a page without saying who may see it. A row of another
office does not exist (404), a row that one sees and may not change is refused (403), and so is a row in the wrong
state (409). Without a name, everything but the public pages leads to the sign-in page.
"""

from dataclasses import dataclass
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from institutions.enums import MUNICIPAL_ROLES, Role
from tests.assessment.result_lists import list_of, passed
from tests.enrollment.rosters import person
from tests.interfaces.scope import OFFICES, browser_of, canaries, kind_of, routes, two_offices
from tests.interfaces.setup_forms import setup_form

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

ANYBODY = dict.fromkeys(OFFICES, 200)
NOBODY = dict.fromkeys(OFFICES, 403)
SIGN_IN = 302


@dataclass(frozen=True)
class Answers:
    """What a route answers. `own` is by the kind of office, with exceptions by role; `public` is without a name."""

    method: str
    own: dict[str, int]
    row: str = ""
    by_role: tuple[tuple[Role, int], ...] = ()
    public: int = SIGN_IN

    def to(self, role: Role, *, is_own: bool) -> int:
        """Return the expected answer to this role, in the office of the row or in another."""
        expected = dict(self.by_role).get(role) or self.own[kind_of(role)]
        if is_own or not self.row or kind_of(role) == "municipal":
            return expected
        return 404


def to_class(**changes: int) -> dict[str, int]:
    return {"municipal": 200, "district": 200, "training": 200, "evaluation": 404, **changes}


def to_session(**changes: int) -> dict[str, int]:
    return {"municipal": 200, "district": 404, "training": 404, "evaluation": 200, **changes}


def to_decision(**changes: int) -> dict[str, int]:
    return {"municipal": 200, "district": 200, "training": 404, "evaluation": 404, **changes}


def to_money(**changes: int) -> dict[str, int]:
    return {"municipal": 200, "district": 404, "training": 404, "evaluation": 404, **changes}


# The class is completed, its roster confirmed, the results recorded, the certificate granted and its payment in a
# batch that waits for its first signature.
EXPECTED = {
    "healthz": Answers("GET", ANYBODY, public=200),
    # No beat runs beside the tests.
    "readyz": Answers("GET", dict.fromkeys(OFFICES, 503), public=503),
    "set_language": Answers("POST", dict.fromkeys(OFFICES, 302), public=302),
    "home": Answers("GET", ANYBODY, public=200),
    "desk": Answers("GET", dict.fromkeys(OFFICES, 302)),
    "login": Answers("GET", dict.fromkeys(OFFICES, 302), public=200),
    "logout": Answers("POST", dict.fromkeys(OFFICES, 302)),
    "class-list": Answers("GET", ANYBODY),
    "class-detail": Answers("GET", to_class(), row="class"),
    "class-draft": Answers("GET", {**NOBODY, "training": 200}),
    "class-edit": Answers("GET", to_class(municipal=403, district=403, training=409), row="class"),
    "class-file": Answers("POST", to_class(municipal=403, district=403, training=409), row="class"),
    "class-return": Answers("POST", to_class(municipal=403, district=409, training=403), row="class"),
    "class-cancel": Answers("POST", to_class(municipal=403, district=403, training=409), row="class"),
    "filing-list": Answers("GET", ANYBODY),
    # Nothing is chosen, so everybody is led back; test_filing_pages.py chooses.
    "filings-confirm": Answers("POST", dict.fromkeys(OFFICES, 302)),
    "class-confirm": Answers("POST", to_class(municipal=403, district=409, training=403), row="class"),
    "class-complete": Answers("POST", to_class(municipal=403, district=403, training=409), row="class"),
    **dict.fromkeys(
        ("class-people", "class-certificates", "class-attendance"), Answers("GET", to_class(), row="class")
    ),
    "attendance-sheet": Answers("GET", to_class(municipal=403, district=403), row="class"),
    "class-lessons": Answers("POST", to_class(municipal=403, district=403, training=422), row="class"),
    "lesson-cancel": Answers("POST", to_class(municipal=403, district=403, training=409), row="lesson"),
    # A machine is not led to a page.
    "api-class-attendance": Answers("GET", to_class(), row="class", public=403),
    "enrollment-detail": Answers("GET", to_class(), row="enrollment"),
    "registers-ask-again": Answers(
        "POST",
        to_class(municipal=403, district=302, training=403),
        row="enrollment",
        by_role=((Role.MUNICIPAL_OPERATOR, 302), (Role.MUNICIPAL_REVIEWER, 302)),
    ),
    "enrollment-withdraw": Answers(
        "POST", to_class(municipal=403, district=403, training=409), row="enrollment"
    ),
    "enrollment-transfer": Answers(
        "POST", to_class(municipal=403, district=409, training=409), row="enrollment"
    ),
    "class-rosters": Answers("GET", to_class(), row="class"),
    "roster-template": Answers("GET", to_class(), row="class"),
    "roster-detail": Answers("GET", to_class(), row="roster"),
    "roster-file": Answers("GET", to_class(municipal=403, district=403), row="roster"),
    # No row of this roster was refused.
    "roster-problems": Answers("GET", to_class(municipal=403, district=403, training=422), row="roster"),
    "roster-confirm": Answers("POST", to_class(municipal=403, district=403, training=409), row="roster"),
    "roster-reject": Answers("POST", to_class(municipal=403, district=403, training=409), row="roster"),
    "class-exports": Answers("GET", to_class(), row="class"),
    # Each list was made for one person, who is none of these.
    "export-download": Answers("GET", to_class(municipal=403, district=403, training=403), row="export"),
    "trainee-reveal": Answers(
        "POST", to_class(), row="enrollment", by_role=((Role.MUNICIPAL_ADMINISTRATOR, 403),)
    ),
    "reveal-list": Answers("GET", ANYBODY),
    "identity-correction-propose": Answers(
        "POST", to_class(municipal=403, district=403, training=422), row="enrollment"
    ),
    "identity-correction-list": Answers("GET", ANYBODY),
    "identity-correction-detail": Answers("GET", to_class(), row="correction"),
    "identity-correction-evidence": Answers(
        "GET", to_class(), row="correction", by_role=((Role.MUNICIPAL_ADMINISTRATOR, 403),)
    ),
    "identity-correction-whole": Answers(
        "POST", to_class(), row="correction", by_role=((Role.MUNICIPAL_ADMINISTRATOR, 403),)
    ),
    # The first of the district decides, and the second comes too late.
    "identity-correction-approve": Answers(
        "POST",
        to_class(municipal=403, district=302, training=403),
        row="correction",
        by_role=((Role.DISTRICT_LEAD, 409),),
    ),
    "identity-correction-refuse": Answers(
        "POST", to_class(municipal=403, district=422, training=403), row="correction"
    ),
    "merge-list": Answers("GET", {**NOBODY, "municipal": 200}),
    "merge-propose": Answers("POST", NOBODY, by_role=((Role.MUNICIPAL_OPERATOR, 422),)),
    "merge-detail": Answers("GET", to_money(), row="merge"),
    "merge-approve": Answers(
        "POST",
        to_money(municipal=403),
        row="merge",
        by_role=((Role.MUNICIPAL_REVIEWER, 302), (Role.MUNICIPAL_ADMINISTRATOR, 409)),
    ),
    "merge-refuse": Answers(
        "POST",
        to_money(municipal=403),
        row="merge",
        by_role=((Role.MUNICIPAL_REVIEWER, 422), (Role.MUNICIPAL_ADMINISTRATOR, 422)),
    ),
    "changed-trainee-numbers": Answers("GET", ANYBODY, public=200),
    "session-list": Answers("GET", ANYBODY),
    "session-detail": Answers("GET", to_session(), row="session"),
    "results-upload": Answers("POST", to_session(municipal=403, evaluation=409), row="session"),
    "results-template": Answers("GET", to_session(), row="session"),
    "certificate-list": Answers("GET", ANYBODY),
    "certificate-detail": Answers("GET", to_decision(), row="certificate"),
    "account-correction": Answers(
        "POST",
        to_decision(municipal=403, district=403),
        row="certificate",
        # Nothing of these certificates waits for an account; test_pages.py corrects one that does.
        by_role=((Role.MUNICIPAL_OPERATOR, 409),),
    ),
    "setup": Answers("GET", ANYBODY),
    "calendar": Answers("GET", ANYBODY),
    "calendar-day": Answers("POST", NOBODY, by_role=((Role.MUNICIPAL_ADMINISTRATOR, 302),)),
    "institution-list": Answers("GET", {**ANYBODY, "training": 302, "evaluation": 302}),
    "institution-detail": Answers("GET", to_class(), row="institution"),
    **dict.fromkeys(
        ("accreditation-grant", "accreditation-end", "quota-set"),
        Answers(
            "POST",
            to_class(municipal=403, district=403, training=403),
            row="institution",
            by_role=((Role.MUNICIPAL_ADMINISTRATOR, 302),),
        ),
    ),
    **dict.fromkeys(
        ("institution-suspend", "suspension-lift"),
        Answers(
            "POST",
            to_class(municipal=403, district=403, training=403),
            row="institution",
            by_role=((Role.MUNICIPAL_REVIEWER, 302), (Role.MUNICIPAL_ADMINISTRATOR, 302)),
        ),
    ),
    "intake-policy-list": Answers("GET", ANYBODY),
    "intake-policy-draft": Answers("GET", NOBODY, by_role=((Role.MUNICIPAL_ADMINISTRATOR, 200),)),
    # Nobody outside the municipal bureau sees a draft.
    "intake-policy-approve": Answers(
        "POST",
        {**dict.fromkeys(OFFICES, 404), "municipal": 403},
        by_role=((Role.MUNICIPAL_REVIEWER, 302),),
    ),
    "intake-policy-end": Answers("POST", NOBODY, by_role=((Role.MUNICIPAL_REVIEWER, 302),)),
    "batch-list": Answers("GET", ANYBODY),
    "batch-detail": Answers("GET", to_money(), row="batch"),
    "batch-release": Answers(
        "POST", to_money(municipal=403), row="batch", by_role=((Role.MUNICIPAL_FINANCE, 302),)
    ),
}


def is_listed(route: str) -> bool:
    return route in EXPECTED or route.startswith("admin:")


@pytest.fixture
def world():
    """Return two certificates with all that came before them, and the batch of both."""
    return two_offices()


def form_of(route: str, rows: Any) -> dict[str, object]:
    """Return what a well-meant form of this route holds."""
    if route == "results-upload":
        line = passed(rows["certificate"].attempt.enrollment, 7)
        return {"file": SimpleUploadedFile("results.csv", list_of(line))}
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
    if route == "trainee-reveal":
        return {"field": "ID_NUMBER", "reason": "The bank asked for it."}
    if route == "batch-release":
        return {"sha256": rows["batch"].sha256}
    return setup_form(route, rows)


def answer(client: Client, route: str, rows: Any) -> int:
    """Return the status code of a route's answer."""
    expected = EXPECTED[route]
    if route in {"healthz", "readyz"}:
        url = f"/{route}"
    else:
        url = reverse(route, args=[rows[expected.row].public_id] if expected.row else [])
    if expected.method == "GET":
        return client.get(url).status_code
    return client.post(url, form_of(route, rows)).status_code


def test_every_route_is_listed():
    assert [route for route in routes() if not is_listed(route)] == []


def test_no_list_names_a_route_that_is_gone():
    assert set(EXPECTED) <= set(routes())


def test_planted_route_is_not_listed():
    assert not is_listed("trainee-export")


@pytest.mark.parametrize("route", [route for route in EXPECTED if route != "logout"])
@pytest.mark.parametrize("is_own", [True, False], ids=["own", "other"])
def test_route_answers_every_role_as_listed(world, route, is_own):
    found = {
        role.value: answer(browser_of(role, world.own, is_own=is_own), route, world.own) for role in Role
    }

    assert found == {role.value: EXPECTED[route].to(role, is_own=is_own) for role in Role}


@pytest.mark.parametrize("role", Role)
def test_everybody_can_sign_out(world, role):
    assert answer(browser_of(role, world.own, is_own=True), "logout", world.own) == 302


@pytest.mark.parametrize("route", EXPECTED)
def test_route_answers_nobody_without_a_name_as_listed(world, route):
    assert answer(Client(), route, world.own) == EXPECTED[route].public


@pytest.mark.parametrize(
    "route", [route for route, expected in EXPECTED.items() if expected.row and expected.public == SIGN_IN]
)
def test_without_a_name_one_is_led_to_the_sign_in_page(world, route):
    url = reverse(route, args=[world.own[EXPECTED[route].row].public_id])
    client = Client()

    response = client.get(url) if EXPECTED[route].method == "GET" else client.post(url)

    assert response.url.startswith(reverse("login"))


@pytest.mark.parametrize("route", [r for r, expected in EXPECTED.items() if expected.row])
def test_row_that_does_not_exist_is_not_found_by_anybody(world, route):
    client = browser_of(Role.MUNICIPAL_OPERATOR, world.own, is_own=True)
    url = reverse(route, args=["00000000-0000-4000-8000-000000000000"])

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
    "reveal-list",
    "class-list",
    "session-list",
    "certificate-list",
    "batch-list",
)


@pytest.mark.parametrize("role", Role)
def test_lists_show_what_is_one_s_own(world, role):
    client, mine = browser_of(role, world.own, is_own=True), canaries(world.own)

    for route, canary in SEEN_IN_LISTS[kind_of(role)].items():
        assert mine[canary] in client.get(reverse(route)).content.decode()


@pytest.mark.parametrize("role", [role for role in Role if role not in MUNICIPAL_ROLES])
def test_lists_never_show_what_is_another_office_s(world, role):
    client, betrayals = browser_of(role, world.own, is_own=True), canaries(world.other)

    shown = {route: client.get(reverse(route)).content.decode() for route in LISTS}

    assert [
        (route, what) for route, text in shown.items() for what in betrayals.values() if what in text
    ] == []


@pytest.mark.parametrize("role", [role for role in Role if role not in MUNICIPAL_ROLES])
def test_search_for_another_office_s_certificate_finds_nothing(world, role):
    client, number = browser_of(role, world.own, is_own=True), world.other["certificate"].number

    text = client.get(reverse("certificate-list"), {"q": number}).content.decode()

    assert reverse("certificate-detail", args=[world.other["certificate"].public_id]) not in text


@pytest.mark.parametrize("role", [role for role in Role if role not in MUNICIPAL_ROLES])
def test_pages_of_one_s_own_rows_never_show_what_is_another_office_s(world, role):
    client, betrayals = browser_of(role, world.own, is_own=True), canaries(world.other)
    pages = [
        reverse(route, args=[world.own[row].public_id])
        for route, row in (
            ("class-detail", "class"),
            ("roster-detail", "roster"),
            ("session-detail", "session"),
            ("certificate-detail", "certificate"),
        )
    ]

    texts = [client.get(url).content.decode() for url in pages]

    assert not any(what in text for text in texts for what in betrayals.values())
