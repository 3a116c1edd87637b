from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password
from django.db import DataError, IntegrityError, InternalError, connection
from django.utils import timezone

from institutions.enums import Role
from institutions.models import User
from partners.models import ApiAccess, PartnerClient
from tests.clock import NOW
from tests.factories.institutions import UserFactory
from tests.factories.partners import ApiAccessFactory, PartnerClientFactory

pytestmark = pytest.mark.django_db
HASH = make_password("a secret that was")


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"name": ""}, "client_has_name"),
        ({"scopes": []}, "client_has_scopes"),
        ({"scopes": ["classes:delete"]}, "client_scopes_known"),
        ({"certificate_sha256": "ab"}, "client_certificate_is_sha256"),
        ({"certificate_sha256": "AB" * 32}, "client_certificate_is_sha256"),
        ({"api_version": "latest"}, "client_version_is_a_date"),
        ({"requests_per_minute": 0}, "client_rate_in_range"),
        ({"requests_per_minute": 6001}, "client_rate_in_range"),
        (
            {"former_secret": "in the clear", "former_secret_ends_at": NOW},
            "client_former_secret_hashed",
        ),
        ({"former_secret": HASH}, "client_former_secret_hashed"),
        ({"former_secret_ends_at": NOW}, "client_former_secret_hashed"),
        (
            {"former_secret": HASH, "former_secret_ends_at": NOW - timedelta(days=60)},
            "client_former_secret_ends_later",
        ),
        ({"revoked_at": NOW, "revocation_reason": "Over"}, "client_revocation_complete"),
        ({"revoked": True, "revocation_reason": ""}, "client_revoked_for_a_reason"),
        ({"revocation_reason": "Over"}, "client_revoked_for_a_reason"),
    ],
)
def test_client_is_refused_by(fields, constraint) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        PartnerClientFactory(**fields)


def test_secret_in_the_clear_is_refused_by() -> None:
    client = PartnerClientFactory()

    with pytest.raises(IntegrityError, match="client_secret_hashed"):
        PartnerClient.objects.filter(pk=client.pk).update(client_secret="in the clear")


def test_secret_is_hashed_when_a_client_is_saved() -> None:
    client = PartnerClientFactory(client_secret="in the clear")

    client.refresh_from_db()
    assert "in the clear" not in client.client_secret


@pytest.mark.parametrize("network", ["192.0.2.7/24", "example.org"])
def test_what_is_no_network_is_refused(network) -> None:
    with pytest.raises(DataError):
        PartnerClientFactory(allowed_networks=[network])


def test_networks_are_read_as_they_were_written() -> None:
    client = PartnerClientFactory(allowed_networks=["192.0.2.0/24", "2001:db8::/32"])

    client.refresh_from_db()
    assert client.allowed_networks == ["192.0.2.0/24", "2001:db8::/32"]


def test_machine_has_one_client() -> None:
    client = PartnerClientFactory()

    with pytest.raises(IntegrityError, match="user_id"):
        PartnerClientFactory(user=client.user)


def test_client_stays_revoked() -> None:
    client = PartnerClientFactory(revoked=True)

    with pytest.raises(InternalError, match="client_stays_revoked"):
        PartnerClient.objects.filter(pk=client.pk).update(
            revoked_at=None, revoked_by=None, revocation_reason=""
        )


@pytest.mark.parametrize("fact", ["client_id", "issued_at"])
def test_facts_of_a_client_stay(fact) -> None:
    client = PartnerClientFactory()

    with pytest.raises(InternalError, match="partners_partnerclient"):
        PartnerClient.objects.filter(pk=client.pk).update(**{fact: NOW if fact == "issued_at" else "another"})


def test_client_is_never_deleted() -> None:
    client = PartnerClientFactory()

    with pytest.raises(InternalError, match="partners_partnerclient"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM partners_partnerclient WHERE id = %s", [client.pk])


def test_machine_with_a_password_is_refused_by() -> None:
    with pytest.raises(IntegrityError, match="user_machine_has_no_password"):
        UserFactory(is_machine=True)


def test_person_with_a_role_of_machines_is_refused_by() -> None:
    with pytest.raises(IntegrityError, match="user_role_of_machines_only"):
        UserFactory(role=Role.REGISTER_OPERATOR)


def test_password_cannot_be_given_to_a_machine() -> None:
    machine = UserFactory(machine=True)

    with pytest.raises(IntegrityError, match="user_machine_has_no_password"):
        User.objects.filter(pk=machine.pk).update(password=make_password("correct horse battery"))


def test_logged_request_stays_as_it_was() -> None:
    access = ApiAccessFactory()

    with pytest.raises(InternalError, match="partners_apiaccess"):
        ApiAccess.objects.filter(pk=access.pk).update(status=500)


def test_logged_request_is_kept_for_half_a_year() -> None:
    access = ApiAccessFactory(at=timezone.now() - timedelta(days=182))

    with pytest.raises(InternalError, match="kept_half_a_year"):
        access.delete()


def test_logged_request_may_go_after_half_a_year() -> None:
    access = ApiAccessFactory(at=timezone.now() - timedelta(days=184))

    access.delete()

    assert not ApiAccess.objects.exists()
