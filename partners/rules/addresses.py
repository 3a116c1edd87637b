"""Where a webhook may be sent: a public name over https, and public addresses behind it. Nothing of our own network."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

LONGEST: Final = 500
HTTPS: Final = 443
# Ports below are those of other services than the web's.
FIRST_FREE_PORT: Final = 1024
LAST_PORT: Final = 65535
# Printable ASCII only, no user, no fragment, no backslash: what two readers could read as two addresses is refused.
_URL: Final = re.compile(
    r"https://(?P<host>[A-Za-z0-9.-]{1,253})(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<target>(?:/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?(?:\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?)",
    re.ASCII,
)
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
# A last label with a digit first would be read as a number by some: 127.1 and 0x7f.1 are addresses.
_LAST_LABEL: Final = re.compile(r"[a-z][a-z0-9-]*[a-z0-9]", re.ASCII)
# Names that are nobody's in public, or lead into somebody's own house.
_PRIVATE_NAMES: Final = frozenset(
    {
        "alt",
        "arpa",
        "cluster",
        "corp",
        "home",
        "internal",
        "intranet",
        "invalid",
        "lan",
        "local",
        "localdomain",
        "localhost",
        "mail",
        "onion",
        "private",
        "svc",
        "test",
    }
)
# What `is_global` lets pass or has let pass in some version, each for what it leads to.
_REFUSED_V4: Final = tuple(
    ip_network(each)
    for each in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        # The wire server of a cloud: metadata at a public address.
        "168.63.129.16/32",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
)
_UNICAST_V6: Final = ip_network("2000::/3")
# Those in which another address is wrapped are refused whatever it is.
_REFUSED_V6: Final = tuple(
    ip_network(each)
    for each in (
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)
# ISATAP: the last half of the address wraps an IPv4 address behind this.
_ISATAP: Final = frozenset({0x00005EFE, 0x02005EFE})


@dataclass(frozen=True)
class Address:
    """An address of a webhook in its parts, read once and in one way."""

    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """The name and the port, as `partner.example.com:8443`."""
        return f"{self.host}:{self.port}"


def read_address(url: str, *, local: Collection[str] = ()) -> Address | None:
    """Return the parts of an address that something may be sent to, or None if nothing may.

    `local` names, with their ports, are allowed whatever they are: for development and tests.
    """
    found = _URL.fullmatch(url) if len(url) <= LONGEST else None
    if found is None:
        return None
    address = Address(found["host"].lower(), int(found["port"] or HTTPS), found["target"] or "/")
    if address.target.startswith("?"):
        address = Address(address.host, address.port, f"/{address.target}")
    if address.authority in local:
        return address
    return address if _is_public_name(address.host) and _is_free_port(address.port) else None


def is_public_address(text: str) -> bool:
    """Test whether this is an address that anybody on the internet could reach, written out plainly."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return address.is_global and not any(address in network for network in _REFUSED_V4)
    return _is_public_v6(address)


def _is_public_v6(address: IPv6Address) -> bool:
    if address.scope_id is not None or address not in _UNICAST_V6 or not address.is_global:
        return False
    if any(address in network for network in _REFUSED_V6):
        return False
    return (int(address) >> 32) & 0xFFFFFFFF not in _ISATAP


def _is_public_name(host: str) -> bool:
    labels = host.split(".")
    return (
        len(labels) > 1
        and all(_LABEL.fullmatch(label) for label in labels)
        and _LAST_LABEL.fullmatch(labels[-1]) is not None
        and labels[-1] not in _PRIVATE_NAMES
    )


def _is_free_port(port: int) -> bool:
    return port == HTTPS or FIRST_FREE_PORT <= port <= LAST_PORT
