"""The keys that sign credentials, and the text in which their public parts are published."""

from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
# What says "an Ed25519 public key follows" in front of its 32 bytes.
ED25519_PUBLIC: Final = b"\xed\x01"


def signing_keys() -> dict[int, Ed25519PrivateKey]:
    """Return the private keys that this process was given, by their versions."""
    return _key_ring(settings.CREDENTIAL_KEYS)


@lru_cache(maxsize=4)
def _key_ring(configured: str) -> dict[int, Ed25519PrivateKey]:
    try:
        pairs = [entry.split(":") for entry in configured.split(",")]
        ring = {
            int(version): Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed.strip()))
            for version, seed in pairs
        }
    except ValueError as problem:
        raise ImproperlyConfigured(
            "CREDENTIAL_KEYS must read 1:<64 hex digits>,2:<64 hex digits>."
        ) from problem
    if len(ring) != len(pairs) or not all(0 < version < 2**15 for version in ring):
        raise ImproperlyConfigured("Each version in CREDENTIAL_KEYS must be there once, between 1 and 32767.")
    return ring


def public_multibase(key: Ed25519PrivateKey) -> str:
    """Return the public part of a key as the published key document shows it."""
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return multibase(ED25519_PUBLIC + raw)


def multibase(content: bytes) -> str:
    """Return bytes as base58 text (the alphabet of Bitcoin), with the letter in front that says so."""
    number, digits = int.from_bytes(content, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        digits = BASE58[digit] + digits
    leading_zeros = len(content) - len(content.lstrip(b"\0"))
    return "z" + BASE58[0] * leading_zeros + digits
