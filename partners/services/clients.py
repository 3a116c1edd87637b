"""Partners' systems: issued, given another secret, limited and revoked by the bureau's administrator."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from oauth2_provider.models import AccessToken

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.words import one_line, stated
from institutions.models import User
from institutions.services.machine_steps import create_machine, retire_machine
from partners import policies, queries
from partners.models import PartnerClient
from partners.models.client import FASTEST, SLOWEST
from partners.rules.networks import certificate_checksum, network_of
from partners.rules.scopes import scopes_of_role
from partners.secrets import new_secret

LONGEST_NAME = 64
LONGEST_OVERLAP = timedelta(hours=72)
MOST_NETWORKS = 32


@dataclass(frozen=True)
class Office:
    """Whose system it is: a role, in a district's bureau or an institution where the role belongs to one."""

    role: str
    district_id: int | None = None
    institution_id: int | None = None


@dataclass(frozen=True)
class Limits:
    """What a client may ask for, from where, with which certificate and how often, as somebody typed it."""

    scopes: tuple[str, ...]
    networks: tuple[str, ...] = ()
    certificate: str = ""
    requests_per_minute: int = 600


@transaction.atomic(durable=True)
def issue_client(
    *, name: str, office: Office, limits: Limits, issuer: User, now: datetime
) -> tuple[PartnerClient, str]:
    """Issue a client to a partner's system, and return it with its secret, which is kept nowhere.

    Raises NotPermitted, and DomainError without a name, for a role without that office, for scopes that do not fit
    the role, and for networks, a certificate or a rate that are none.
    """
    policies.check_can_keep_clients(issuer)
    name = one_line(name)
    if not 0 < len(name) <= LONGEST_NAME:
        raise DomainError(_("Name the system, in at most 64 characters."), code="name")
    columns = _checked(limits, office.role)
    machine = create_machine(name=name, **asdict(office))
    secret, kept = new_secret()
    client = PartnerClient.objects.create(
        name=name,
        user=machine,
        client_secret=kept,
        issued_by=issuer,
        issued_at=now,
        secret_made_at=now,
        **columns,
    )
    record_event(
        "client.issued",
        subject=client,
        actor_id=issuer.pk,
        at=now,
        facts={"machine": machine.pk, **asdict(office), **columns},
    )
    return client, secret


@transaction.atomic(durable=True)
def rotate_client_secret(*, client_id: int, overlap: timedelta, keeper: User, now: datetime) -> str:
    """Give a client another secret, and return it. The one before opens until the overlap is over, and no other does.

    Without an overlap, as for a secret that has leaked, its tokens end at once, too. Raises NotPermitted,
    InvalidTransition if the client is revoked, and DomainError for an overlap that is too long.
    """
    client = _lock_live(client_id, keeper)
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise DomainError(_("The former secret can stay valid for at most 72 hours."), code="overlap")
    client.former_secret, client.former_secret_ends_at = (
        (client.client_secret, now + overlap) if overlap else ("", None)
    )
    secret, client.client_secret = new_secret()
    client.secret_made_at = now
    client.save(update_fields=["client_secret", "secret_made_at", "former_secret", "former_secret_ends_at"])
    if not overlap:
        _end_tokens(client)
    record_event(
        "client.secret_rotated",
        subject=client,
        actor_id=keeper.pk,
        at=now,
        facts={"overlap_hours": overlap / timedelta(hours=1)},
    )
    return secret


@transaction.atomic(durable=True)
def change_client_limits(
    *, client_id: int, limits: Limits, reason: str, keeper: User, now: datetime
) -> PartnerClient:
    """Change what a client may ask for, from where and how often. It holds for the tokens that there are, too.

    Raises NotPermitted, InvalidTransition if the client is revoked, and DomainError without a reason and for what
    `issue_client` refuses.
    """
    client = _lock_live(client_id, keeper)
    reason = _given(reason)
    columns = _checked(limits, client.user.role)
    before = {name: getattr(client, name) for name in columns}
    for name, value in columns.items():
        setattr(client, name, value)
    client.save(update_fields=list(columns))
    record_event(
        "client.limits_changed",
        subject=client,
        actor_id=keeper.pk,
        at=now,
        reason=reason,
        facts={"before": before, "after": columns},
    )
    return client


@transaction.atomic(durable=True)
def revoke_client(*, client_id: int, reason: str, keeper: User, now: datetime) -> PartnerClient:
    """Shut a client out for good. Its tokens end at once; its row, its machine and what they did stay.

    Raises NotPermitted, InvalidTransition if it is revoked already, and DomainError without a reason.
    """
    client = _lock_live(client_id, keeper)
    client.revocation_reason = _given(reason)
    client.revoked_by = keeper
    client.revoked_at = now
    client.save(update_fields=["revocation_reason", "revoked_by", "revoked_at"])
    _end_tokens(client)
    retire_machine(client.user)
    record_event(
        "client.revoked", subject=client, actor_id=keeper.pk, at=now, reason=client.revocation_reason
    )
    return client


def _lock_live(client_id: int, keeper: User) -> PartnerClient:
    client = queries.lock_client(client_id)
    policies.check_can_keep_clients(keeper)
    if client.revoked_at is not None:
        raise InvalidTransition(_("This system is revoked already."))
    return client


def _given(reason: str) -> str:
    if not (given := stated(reason)):
        raise DomainError(_("Say why."), code="reason_missing")
    return given


def _checked(limits: Limits, role: str) -> dict[str, Any]:
    """Return the limits as columns of a client. Raises DomainError for those that cannot be."""
    scopes = sorted(set(limits.scopes))
    if not scopes or not scopes_of_role(role).issuperset(scopes):
        raise DomainError(_("Choose scopes that fit the role."), code="scopes")
    if len(limits.networks) > MOST_NETWORKS:
        raise DomainError(_("Give at most 32 networks."), code="networks")
    networks = [_network(written) for written in limits.networks]
    certificate = certificate_checksum(limits.certificate)
    if certificate is None:
        raise DomainError(
            _("The checksum of a certificate is its SHA-256: 64 hexadecimal digits."), code="certificate"
        )
    if not SLOWEST <= limits.requests_per_minute <= FASTEST:
        raise DomainError(_("Between 1 and 6000 requests a minute."), code="requests_per_minute")
    return {
        "scopes": scopes,
        "allowed_networks": sorted(set(networks)),
        "certificate_sha256": certificate,
        "requests_per_minute": limits.requests_per_minute,
    }


def _network(written: str) -> str:
    network = network_of(written)
    if network is None:
        raise DomainError(
            _("%(written)s is no network, as 192.0.2.0/24 or 2001:db8::/32 is one.") % {"written": written},
            code="networks",
        )
    return network


def _end_tokens(client: PartnerClient) -> None:
    AccessToken.objects.filter(application=client).delete()
