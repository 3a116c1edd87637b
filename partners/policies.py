from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_network

from chongqing_dte.foundation.errors import NotPermitted
from institutions.models import User
from institutions.policies import can_keep_machines, can_see_machines
from partners.models import PartnerClient


@dataclass(frozen=True)
class Caller:
    """From which address somebody asks, and with which certificate, as the proxy says; empty where none was checked."""

    address: IPv4Address | IPv6Address | None
    certificate_sha256: str = ""


def can_use_api(client: PartnerClient, caller: Caller) -> bool:
    """Test whether this client is answered: not revoked, from its networks, with its certificate."""
    return (
        client.revoked_at is None
        and client.user.is_active
        and client.user.is_machine
        and _is_within(caller, client.allowed_networks)
        and client.certificate_sha256 in ("", caller.certificate_sha256)
    )


def can_see_clients(user: User) -> bool:
    """Test whether this person sees the partners' systems: those who see their machines."""
    return can_see_machines(user)


def check_can_see_clients(user: User) -> None:
    """Raise NotPermitted unless this person sees the partners' systems."""
    if not can_see_clients(user):
        raise NotPermitted


def can_keep_clients(user: User) -> bool:
    """Test whether this person issues, changes and revokes the partners' systems."""
    return can_keep_machines(user)


def check_can_keep_clients(user: User) -> None:
    """Raise NotPermitted unless this person issues, changes and revokes the partners' systems."""
    if not can_keep_clients(user):
        raise NotPermitted


def can_keep_webhooks(user: User, client: PartnerClient) -> bool:
    """Test whether this is the client's own machine, which alone sets up what the client is told of."""
    return client.user_id == user.pk and user.is_machine and user.is_active and client.revoked_at is None


def check_can_keep_webhooks(user: User, client: PartnerClient) -> None:
    """Raise NotPermitted unless this is the client's own machine."""
    if not can_keep_webhooks(user, client):
        raise NotPermitted


def _is_within(caller: Caller, networks: list[str]) -> bool:
    if not networks:
        return True
    return caller.address is not None and any(caller.address in ip_network(one) for one in networks)
