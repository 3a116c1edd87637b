import re
from ipaddress import ip_network


def network_of(written: str) -> str | None:
    """Return a network, or one address, in the way that it is kept; None for what is none or has bits of a host."""
    try:
        return str(ip_network(written.strip()))
    except ValueError:
        return None


def certificate_checksum(written: str) -> str | None:
    """Return a SHA-256 as 64 small hexadecimal digits; empty if there is none to keep, None for what is no SHA-256."""
    digits = written.replace(":", "").strip().lower()
    return digits if re.fullmatch(r"([0-9a-f]{64})?", digits) else None
