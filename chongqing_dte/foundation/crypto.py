"""Encrypted columns, keyed hashes to find them by, and references that survive a restore.

An encrypted value is `key version (1 byte) | nonce (12) | AES-256-GCM ciphertext and tag`. The table and the
column are authenticated with it, so that a value moved to another column does not decrypt.
"""

import hashlib
import hmac
import os
from base64 import b32encode
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models

# What reading an encrypted value raises when its bytes are damaged or its key is not in FIELD_KEYS any more.
DAMAGED = (InvalidTag, KeyError)
NONCES_AT_ONCE = 128
INNER_PAD, OUTER_PAD = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))


@lru_cache(maxsize=4)
def _key_ring(configured: str) -> dict[int, AESGCM]:
    try:
        pairs = [entry.split(":") for entry in configured.split(",")]
        ring = {int(version): AESGCM(bytes.fromhex(key.strip())) for version, key in pairs}
    except ValueError as problem:
        raise ImproperlyConfigured("FIELD_KEYS must read 1:<64 hex digits>,2:<64 hex digits>.") from problem
    if not all(0 < version < 256 for version in ring):
        raise ImproperlyConfigured("A version in FIELD_KEYS must be between 1 and 255.")
    return ring


def encrypt(plain: bytes, *, context: str) -> bytes:
    """Return the encrypted form under the newest key. `context` must be the same when it is decrypted."""
    ring = _key_ring(settings.FIELD_KEYS)
    version = max(ring)
    nonce = os.urandom(12)
    return bytes([version]) + nonce + ring[version].encrypt(nonce, plain, context.encode())


def sealer(context: str) -> Callable[[bytes], bytes]:
    """Return a function that encrypts many values of one context, as `encrypt` does, at less cost for each."""
    ring = _key_ring(settings.FIELD_KEYS)
    version = max(ring)
    seal, prefix, bound = ring[version].encrypt, bytes([version]), context.encode()
    draw = _nonces().__next__

    def sealed(plain: bytes) -> bytes:
        nonce = draw()
        return prefix + nonce + seal(nonce, plain, bound)

    return sealed


def _nonces() -> Iterator[bytes]:
    """Yield random nonces, of which the system is asked for many at a time."""
    while True:
        drawn = os.urandom(12 * NONCES_AT_ONCE)
        yield from (drawn[start : start + 12] for start in range(0, len(drawn), 12))


def decrypt(stored: bytes, *, context: str) -> bytes:
    """Return the plain bytes. Raises InvalidTag if the value was altered or belongs to another context."""
    ring = _key_ring(settings.FIELD_KEYS)
    return ring[stored[0]].decrypt(stored[1:13], stored[13:], context.encode())


def newest_key_version() -> int:
    """Return the version of the key that encrypts."""
    return max(_key_ring(settings.FIELD_KEYS))


def readable_key_versions() -> set[int]:
    """Return the versions of the keys that decrypt."""
    return set(_key_ring(settings.FIELD_KEYS))


def _key(setting: str) -> bytes:
    try:
        key = bytes.fromhex(getattr(settings, setting))
    except ValueError as problem:
        raise ImproperlyConfigured(f"{setting} must be 64 hex digits.") from problem
    # HMAC takes any key, an empty one too, and then protects nothing.
    if len(key) != 32:
        raise ImproperlyConfigured(f"{setting} must be 64 hex digits.")
    return key


def _keyed_digest(setting: str, message: bytes) -> hmac.HMAC:
    return hmac.new(_key(setting), message, hashlib.sha256)


def keyed_hash(purpose: str, value: str) -> str:
    """Return 64 hex digits by which an encrypted value can be found, useless to whoever lacks the key."""
    message = f"{purpose}\x00{value}".encode()
    return _keyed_digest("HASH_KEY", message).hexdigest()


def keyed_hasher(purpose: str) -> Callable[[str], str]:
    """Return a function that hashes many values of one purpose, as `keyed_hash` does, at less cost for each.

    Both halves of the HMAC (RFC 2104) are begun once, and continued for each value.
    """
    key = _key("HASH_KEY").ljust(hashlib.sha256().block_size, b"\0")
    inner = hashlib.sha256(key.translate(INNER_PAD) + f"{purpose}\x00".encode())
    outer = hashlib.sha256(key.translate(OUTER_PAD))

    def hashed(value: str) -> str:
        inside, outside = inner.copy(), outer.copy()
        inside.update(value.encode())
        outside.update(inside.digest())
        return outside.hexdigest()

    return hashed


def keyed_reference(*parts: str) -> str:
    """Return 26 characters that are the same for the same parts for ever, whatever sequence or clock is lost."""
    message = "\x00".join(parts).encode()
    return b32encode(_keyed_digest("BANK_REFERENCE_KEY", message).digest()).decode()[:26]


class EncryptedBytesField(models.BinaryField):
    """Bytes that only this application can read. Cannot be searched; store a keyed hash beside it."""

    # What the type checker is told of the values.
    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    @property
    def _context(self) -> str:
        return f"{self.model._meta.db_table}.{self.attname}"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:  # noqa: FBT001, FBT002 - Django's own signature
        if value is not None:
            value = encrypt(self._to_bytes(value), context=self._context)
        return super().get_db_prep_value(value, connection, prepared)

    def renewed(self, stored: bytes) -> bytes:
        """Return a stored value under the newest key. Raises what DAMAGED names."""
        return encrypt(decrypt(stored, context=self._context), context=self._context)

    def from_db_value(self, value: Any, *_: Any) -> Any:
        return None if value is None else self._from_bytes(decrypt(bytes(value), context=self._context))

    def sealer(self) -> Callable[[Any], bytes]:
        """Return a function that turns many values into what this column stores."""
        to_bytes, sealed = self._to_bytes, sealer(self._context)
        return lambda value: sealed(to_bytes(value))

    def _to_bytes(self, value: Any) -> bytes:
        return bytes(value)

    def _from_bytes(self, plain: bytes) -> Any:
        return plain


class EncryptedTextField(EncryptedBytesField):
    """Text that only this application can read: ID numbers, mobile numbers, bank accounts."""

    _pyi_private_set_type: str
    _pyi_private_get_type: str

    def _to_bytes(self, value: Any) -> bytes:
        return str(value).encode()

    def _from_bytes(self, plain: bytes) -> Any:
        return plain.decode()
