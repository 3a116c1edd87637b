"""Every route of the partner API, for the systems of every role: in their own office, in another, and without a right.

The routes and their scopes are read from the code, so that a route that nobody has put into the table fails. A row of
another office does not exist (404), shows nowhere, and nothing about it can be changed.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.urls import reverse
from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.test import APIClient

from chongqing_dte import api_urls
from chongqing_dte.foundation.change_steps import stamp_waiting_changes
from institutions.enums import MACHINE_ROLES, PEOPLE_ROLES, Role
from institutions.models import ProgrammeYear
from partners.models import PartnerClient
from partners.rest.throttling import ClientRate
from partners.rest.views import READING
from partners.rules.scopes import scopes_of_role
from subsidies.models import Entitlement, Payment
from tests.factories.institutions import DistrictFactory, FeeScheduleFactory, InstitutionFactory, UserFactory
from tests.factories.partners import AccessTokenFactory, PartnerClientFactory
from tests.factories.registers import RegisterAnswerFactory
from tests.factories.webhooks import WebhookDeliveryFactory, WebhookEndpointFactory
from tests.interfaces.expected_api import API_ROUTES, Line
from tests.interfaces.scope import kind_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

ROLES = tuple(role for role in Role if scopes_of_role(role))
# What a request itself leaves behind: its log, its key, and the numbering of changes.
LEFT_BEHIND = frozenset(
    {
        "partners_apiaccess",
        "partners_idempotentanswer",
        "foundation_changeclock",
        "foundation_pendingchange",
        "foundation_resourcechange",
    }
)
# Rows of the world of which nothing may be told to another office.
BETRAYING = (
    "class",
    "session",
    "certificate",
    "enrollment",
    "lesson",
    "roster",
    "register_answer",
    "entitlement",
    "payment",
    "claim",
    "submitted_claim",
    "recommended_claim",
    "claim_question",
    "institution",
)


@dataclass(frozen=True)
class Machine:
    """A system: its client, its token, and rows that are its own."""

    client: PartnerClient
    token: str
    rows: dict[str, Any]

    def caller(self) -> APIClient:
        return APIClient(headers={"Authorization": f"Bearer {self.token}"})


@dataclass(frozen=True)
class Route:
    """One method of one route, as the URL map has it."""

    name: str
    method: str
    view: Any

    @property
    def line(self) -> Line:
        return API_ROUTES[self.name]

    def scopes(self) -> set[str]:
        return {str(scope) for scope in self.view().scopes_for(self.method)}

    def fits(self, role: Role) -> bool:
        return self.scopes() <= {str(scope) for scope in scopes_of_role(role)}

    def send(self, caller: APIClient, row: Any) -> Any:
        """Ask, with the example of the document as the body of a change."""
        address = [row.public_id, *self.line.more] if self.line.row else []
        url = reverse(self.name, args=address)
        if self.method in READING:
            return caller.get(url, {"month": "2026-10"} if self.name == "api-statements" else None)
        example = self.view.operations[self.method.lower()].request_example
        key = {"Idempotency-Key": str(uuid.uuid4())}
        return caller.generic(
            self.method, url, self._written(example), content_type="application/json", headers=key
        )

    def _written(self, example: Any) -> bytes:
        return JSONRenderer().render(example if example is not None else {})


def _routes() -> list[Route]:
    """Return every method of every route that is answered to machines with a token."""
    return [
        Route(pattern.name, method, pattern.callback.cls)
        for pattern in api_urls.urlpatterns
        if pattern.name in API_ROUTES and not API_ROUTES[pattern.name].is_public
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if hasattr(pattern.callback.cls, method.lower())
    ]


ROUTES = _routes()
READS = [route for route in ROUTES if route.method in READING]
WRITES = [route for route in ROUTES if route.method not in READING]


def named(route: Route) -> str:
    return f"{route.method}-{route.name}"


def office_of(role: Role) -> str:
    return "register" if role in MACHINE_ROLES else kind_of(role)


def machine_of(role: Role, rows: dict[str, Any] | None) -> Machine:
    """Return a system of the office of these rows, or of an office that has none."""
    office: dict[str, Any] = {}
    if office_of(role) == "district":
        office = {"district": rows["class"].district if rows else DistrictFactory()}
    elif office_of(role) == "training":
        office = {"institution": rows["class"].institution if rows else InstitutionFactory()}
    elif office_of(role) == "evaluation":
        office = {"institution": rows["session"].institution if rows else InstitutionFactory()}
    user = UserFactory(**{role.lower(): True}, machine=True, **office)
    client = PartnerClientFactory(user=user)
    endpoint = WebhookEndpointFactory(client=client)
    own = {"endpoint": endpoint, "delivery": WebhookDeliveryFactory(endpoint=endpoint, failed=True)}
    return Machine(client, token_of(client), own)


def token_of(client: PartnerClient, **values: Any) -> str:
    raw = uuid.uuid4().hex
    AccessTokenFactory(raw=raw, application=client, **values)
    return raw


@pytest.fixture(autouse=True)
def _as_often_as_one_likes(monkeypatch):
    monkeypatch.setattr(ClientRate, "allow_request", lambda *_args: True)


@pytest.fixture(scope="module")
def walk(world, django_db_blocker):
    """Return the world with what machines read of it, and the machines of every role: here, and in a fresh office."""
    with django_db_blocker.unblock():
        for rows in (world.own, world.other):
            rows["register_answer"] = RegisterAnswerFactory(enrollment=rows["enrollment"])
            rows["entitlement"] = Entitlement.objects.get(
                certificate=rows["certificate"], superseded_at__isnull=True
            )
            rows["payment"] = Payment.objects.get(entitlement=rows["entitlement"])
        FeeScheduleFactory()
        ProgrammeYear.objects.get_or_create(year=2026, defaults={"target": 3000, "source": "Example"})
        world.here = {role: machine_of(role, world.own) for role in ROLES}
        world.elsewhere = {role: machine_of(role, None) for role in ROLES}
        while stamp_waiting_changes():
            pass
    return world


def row_for(route: Route, machine: Machine, rows: dict[str, Any]) -> Any:
    """Return the row that stands in the route's address."""
    if route.line.is_shared:
        return route.view().visible(machine.client.user).first()
    return machine.rows[route.line.row] if route.line.is_clients_own else rows.get(route.line.row)


def betrayals(rows: dict[str, Any]) -> list[str]:
    """Return what would show that somebody read rows of this office."""
    numbers = [str(rows[name].public_id) for name in BETRAYING]
    names = [rows["class"].reference, rows["session"].reference, rows["certificate"].number]
    return [*numbers, *names, rows["submitted_claim"].reference]


def row_counts() -> dict[str, int]:
    """Return how many rows every table has, without those that a request leaves behind."""
    return {
        model._meta.db_table: model._base_manager.count()
        for model in apps.get_models(include_auto_created=True)
        if model._meta.db_table not in LEFT_BEHIND
    }


def test_every_route_has_its_line():
    named_routes = {pattern.name or str(pattern.pattern) for pattern in api_urls.urlpatterns}

    assert named_routes == set(API_ROUTES)


def test_every_role_that_can_have_a_client_walks():
    assert set(PEOPLE_ROLES) | set(MACHINE_ROLES) == set(ROLES)


@pytest.mark.parametrize("route", READS, ids=named)
def test_office_reads_its_own_rows(walk, route):
    found, expected = {}, {}
    for role, machine in walk.here.items():
        answer = route.send(machine.caller(), row_for(route, machine, walk.own))
        found[role.value] = answer.status_code
        expected[role.value] = 403 if not route.fits(role) else 200 if sees(route, role) else 404

    assert found == expected


@pytest.mark.parametrize("route", READS, ids=named)
def test_office_reads_nothing_of_another(walk, route):
    betraying = betrayals(walk.other)
    for role, machine in walk.here.items():
        if office_of(role) == "municipal" and not route.line.is_clients_own:
            continue
        answer = route.send(machine.caller(), row_of_another(route, walk, role))
        if route.line.row and not route.line.is_shared:
            assert answer.status_code == (404 if route.fits(role) else 403), role
        assert [what for what in betraying if what in answer.content.decode()] == [], role


@pytest.mark.parametrize("route", READS, ids=named)
def test_fresh_office_reads_nothing(walk, route):
    betraying = [*betrayals(walk.own), *betrayals(walk.other)]
    for role, machine in walk.elsewhere.items():
        if office_of(role) in ("municipal", "register"):
            continue
        row = row_for(route, walk.here[role], walk.own)
        answer = route.send(machine.caller(), row)
        if route.line.row and not route.line.is_shared:
            assert answer.status_code == (404 if route.fits(role) else 403), role
        assert [what for what in betraying if what in answer.content.decode()] == [], role


@pytest.mark.parametrize("route", [route for route in WRITES if route.line.row], ids=named)
def test_nothing_of_another_office_can_be_changed(walk, route):
    before = row_counts()
    for role, machine in walk.here.items():
        answer = route.send(machine.caller(), row_of_another(route, walk, role))
        if not route.fits(role):
            assert answer.status_code == 403, role
        elif office_of(role) != "municipal" or route.line.is_clients_own:
            assert answer.status_code == 404, (role, answer.content)

    assert row_counts() == before


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_without_a_right_nothing_is_answered(walk, route):
    machine = walk.here[Role.MUNICIPAL_OPERATOR]
    row = row_for(route, machine, walk.own)
    other_scope = "webhooks:read" if "webhooks:read" not in route.scopes() else "claims:read"
    ended = token_of(machine.client, expires=timezone.now() - timedelta(seconds=1))
    revoked = token_of(PartnerClientFactory(user__machine=True, user__municipal_operator=True, revoked=True))
    before = row_counts()

    answers = {
        "no token": route.send(APIClient(), row),
        "ended token": route.send(bearing(ended), row),
        "revoked client": route.send(bearing(revoked), row),
        "another scope": route.send(bearing(token_of(machine.client, scope=other_scope)), row),
    }

    after = row_counts()
    assert {name: answer.status_code for name, answer in answers.items()} == {
        "no token": 401,
        "ended token": 401,
        "revoked client": 401,
        "another scope": 200 if route.line.is_for_any_token else 403,
    }
    changed = {table for table in after if after[table] != before[table]}
    assert changed <= {"oauth2_provider_accesstoken"}


def bearing(token: str) -> APIClient:
    return APIClient(headers={"Authorization": f"Bearer {token}"})


def sees(route: Route, role: Role) -> bool:
    return not route.line.row or office_of(role) in route.line.sees


def row_of_another(route: Route, walk: Any, role: Role) -> Any:
    """Return the row of the other office, or of another system of the same role."""
    return row_for(route, walk.elsewhere[role], walk.other)
