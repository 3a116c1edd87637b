"""Partners' systems are issued, given other secrets, limited and revoked."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import check_password
from django.db import connection
from oauth2_provider.models import AccessToken

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from institutions.enums import Role
from institutions.models import User
from partners.models import PartnerClient
from partners.secrets import opens
from partners.services.clients import (
    Limits,
    Office,
    change_client_limits,
    issue_client,
    revoke_client,
    rotate_client_secret,
)
from tests.clock import NOW
from tests.factories.institutions import DistrictFactory, InstitutionFactory, UserFactory
from tests.factories.partners import SECRET, AccessTokenFactory, PartnerClientFactory

pytestmark = pytest.mark.django_db(transaction=True)
LIMITS = Limits(scopes=("classes:read", "rosters:write"))
DAY = timedelta(hours=24)
OTHERS = [role for role in Role if role != Role.MUNICIPAL_ADMINISTRATOR]


@pytest.fixture
def keeper() -> User:
    return UserFactory(municipal_administrator=True)


def issue(keeper: User, *, limits: Limits = LIMITS, name: str = "教务系统", **office: object):
    where = Office(**({"role": Role.TRAINING_MANAGER, "institution_id": InstitutionFactory().pk} | office))
    return issue_client(name=name, office=where, limits=limits, issuer=keeper, now=NOW)


def test_issued_client_acts_as_a_machine_of_its_office(keeper) -> None:
    institution = InstitutionFactory()

    client, _secret = issue(keeper, institution_id=institution.pk)

    machine = User.objects.get(pk=client.user_id)
    assert (machine.role, machine.institution, machine.is_machine, machine.has_usable_password()) == (
        Role.TRAINING_MANAGER,
        institution,
        True,
        False,
    )


def test_issue_is_recorded_without_the_secret(keeper) -> None:
    client, secret = issue(keeper)

    event = AuditEvent.objects.get(name="client.issued")
    assert (event.subject_id, event.actor_id, event.facts["scopes"]) == (
        client.pk,
        keeper.pk,
        ["classes:read", "rosters:write"],
    )
    assert secret not in str(event.facts)


def test_secret_stands_nowhere_in_the_database(keeper) -> None:
    client, secret = issue(keeper)
    again = rotate_client_secret(client_id=client.pk, overlap=DAY, keeper=keeper, now=NOW)

    with connection.cursor() as cursor:
        # One statement looks through every row of every table, as text.
        cursor.execute(
            "SELECT table_name, query_to_xml(format("
            "'SELECT 1 FROM %%I r WHERE strpos(r::text, %%L) + strpos(r::text, %%L) > 0', table_name, %s, %s),"
            " false, true, '')::text FROM information_schema.tables"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'",
            [secret, again],
        )
        found = [name for name, rows in cursor.fetchall() if rows]
    assert found == []


@pytest.mark.parametrize("role", OTHERS)
def test_only_the_administrator_issues(role) -> None:
    with pytest.raises(NotPermitted):
        issue(UserFactory(**{role.lower(): True}))

    assert not PartnerClient.objects.exists()


def test_machine_of_the_administrators_issues_nothing() -> None:
    with pytest.raises(NotPermitted):
        issue(UserFactory(municipal_administrator=True, machine=True))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"role": Role.DISTRICT_LEAD, "limits": replace(LIMITS, scopes=("classes:read",))}, "office_wrong"),
        ({"institution_id": None}, "office_wrong"),
        ({"limits": replace(LIMITS, scopes=())}, "scopes"),
        ({"limits": replace(LIMITS, scopes=("results:write",))}, "scopes"),
        ({"limits": replace(LIMITS, scopes=("no:such",))}, "scopes"),
        ({"limits": replace(LIMITS, networks=("192.0.2.7/24",))}, "networks"),
        ({"limits": replace(LIMITS, networks=tuple(f"192.0.2.{n}" for n in range(33)))}, "networks"),
        ({"limits": replace(LIMITS, certificate="ab")}, "certificate"),
        ({"limits": replace(LIMITS, requests_per_minute=0)}, "requests_per_minute"),
        ({"limits": replace(LIMITS, requests_per_minute=6001)}, "requests_per_minute"),
    ],
)
def test_client_is_not_issued_for(keeper, changes, code) -> None:
    with pytest.raises(DomainError) as refusal:
        issue(keeper, **changes)

    assert refusal.value.code == code
    assert not User.objects.filter(is_machine=True).exists()


@pytest.mark.parametrize("role", [Role.DISTRICT_LEAD, Role.REGISTER_OPERATOR, Role.MUNICIPAL_AUDITOR])
def test_client_of_any_kind_of_office_is_issued(keeper, role) -> None:
    district_id = DistrictFactory().pk if role == Role.DISTRICT_LEAD else None
    limits = Limits(scopes=("reference:read",))

    client, _secret = issue(keeper, role=role, institution_id=None, district_id=district_id, limits=limits)

    assert client.user.role == role


def test_former_secret_opens_until_the_overlap_is_over(keeper) -> None:
    client = PartnerClientFactory()

    secret = rotate_client_secret(client_id=client.pk, overlap=DAY, keeper=keeper, now=NOW)

    client.refresh_from_db()
    last = NOW + DAY - timedelta(seconds=1)
    assert [opens(SECRET, client, last), opens(SECRET, client, NOW + DAY)] == [True, False]
    assert opens(secret, client, NOW + DAY)


def test_secret_before_the_former_one_opens_no_more(keeper) -> None:
    client = PartnerClientFactory()
    rotate_client_secret(client_id=client.pk, overlap=DAY, keeper=keeper, now=NOW)

    rotate_client_secret(client_id=client.pk, overlap=DAY, keeper=keeper, now=NOW)

    client.refresh_from_db()
    assert not opens(SECRET, client, NOW)


def test_secret_that_has_leaked_ends_at_once_with_its_tokens(keeper) -> None:
    client = PartnerClientFactory()
    AccessTokenFactory(application=client)

    rotate_client_secret(client_id=client.pk, overlap=timedelta(0), keeper=keeper, now=NOW)

    client.refresh_from_db()
    assert not opens(SECRET, client, NOW)
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize("overlap", [timedelta(hours=73), timedelta(hours=-1)])
def test_overlap_has_its_limits(keeper, overlap) -> None:
    client = PartnerClientFactory()

    with pytest.raises(DomainError) as refusal:
        rotate_client_secret(client_id=client.pk, overlap=overlap, keeper=keeper, now=NOW)

    client.refresh_from_db()
    assert (refusal.value.code, opens(SECRET, client, NOW)) == ("overlap", True)


def test_limits_are_changed_and_recorded(keeper) -> None:
    client = PartnerClientFactory(scopes=["classes:read"])
    limits = Limits(scopes=("claims:read",), networks=("192.0.2.7", "192.0.2.7"), requests_per_minute=60)

    change_client_limits(client_id=client.pk, limits=limits, reason="Asked for", keeper=keeper, now=NOW)

    client.refresh_from_db()
    event = AuditEvent.objects.get(name="client.limits_changed")
    assert (client.scopes, client.allowed_networks) == (["claims:read"], ["192.0.2.7/32"])
    assert (event.facts["before"]["scopes"], event.facts["after"]["scopes"], event.reason) == (
        ["classes:read"],
        ["claims:read"],
        "Asked for",
    )


def test_limits_are_not_changed_to_scopes_of_other_offices(keeper) -> None:
    client = PartnerClientFactory(scopes=["classes:read"])

    with pytest.raises(DomainError):
        change_client_limits(
            client_id=client.pk,
            limits=Limits(scopes=("results:write",)),
            reason="Asked for",
            keeper=keeper,
            now=NOW,
        )

    client.refresh_from_db()
    assert client.scopes == ["classes:read"]


def test_revoked_client_loses_its_tokens_and_its_machine(keeper) -> None:
    client = PartnerClientFactory()
    AccessTokenFactory(application=client)

    revoke_client(client_id=client.pk, reason="The contract has ended.", keeper=keeper, now=NOW)

    client.refresh_from_db()
    assert (client.revoked_at, client.revoked_by, client.user.is_active) == (NOW, keeper, False)
    assert not AccessToken.objects.exists()
    assert AuditEvent.objects.get(name="client.revoked").reason == "The contract has ended."


def acts(client: PartnerClient, keeper: User):
    shared = {"client_id": client.pk, "keeper": keeper, "now": NOW}
    return {
        "rotate": lambda: rotate_client_secret(overlap=DAY, **shared),
        "change": lambda: change_client_limits(limits=LIMITS, reason="Asked for", **shared),
        "revoke": lambda: revoke_client(reason="Over", **shared),
    }


@pytest.mark.parametrize("act", ["rotate", "change", "revoke"])
def test_revoked_client_is_left_as_it_is(keeper, act) -> None:
    client = PartnerClientFactory(revoked=True)

    with pytest.raises(InvalidTransition):
        acts(client, keeper)[act]()


@pytest.mark.parametrize("act", ["rotate", "change", "revoke"])
def test_auditor_changes_nothing(act) -> None:
    client = PartnerClientFactory()

    with pytest.raises(NotPermitted):
        acts(client, UserFactory(municipal_auditor=True))[act]()

    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("act", ["change", "revoke"])
def test_reason_is_asked_for(keeper, act) -> None:
    client = PartnerClientFactory()
    shared = {"client_id": client.pk, "reason": " ", "keeper": keeper, "now": NOW}

    with pytest.raises(DomainError) as refusal:
        revoke_client(**shared) if act == "revoke" else change_client_limits(limits=LIMITS, **shared)

    assert refusal.value.code == "reason_missing"


def test_unknown_client_costs_as_many_hashes_as_a_wrong_secret(monkeypatch) -> None:
    client, made = PartnerClientFactory(), []
    monkeypatch.setattr(
        "partners.secrets.check_password",
        lambda secret, kept: made.append(kept) or check_password(secret, kept),
    )

    opens("wrong", client, NOW)
    for_known = len(made)
    opens("wrong", None, NOW)

    assert len(made) == 2 * for_known == 4
