"""Encrypted columns, keyed hashes to find them by, and references that survive a restore.

An encrypted value is `key version (1 byte) | nonce (12) | AES-256-GCM ciphertext and tag`. The table and the
column are authenticated with it, so that a value moved to another column does not decrypt.
"""

import hashlib
import hmac
import os
from base64 import b32encode
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models

# What reading an encrypted value raises when its bytes are damaged or its key is not in FIELD_KEYS any more.
DAMAGED = (InvalidTag, KeyError)


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


def decrypt(stored: bytes, *, context: str) -> bytes:
    """Return the plain bytes. Raises InvalidTag if the value was altered or belongs to another context."""
    ring = _key_ring(settings.FIELD_KEYS)
    return ring[stored[0]].decrypt(stored[1:13], stored[13:], context.encode())


def _keyed_digest(setting: str, message: bytes) -> hmac.HMAC:
    try:
        key = bytes.fromhex(getattr(settings, setting))
    except ValueError as problem:
        raise ImproperlyConfigured(f"{setting} must be 64 hex digits.") from problem
    # HMAC takes any key, an empty one too, and then protects nothing.
    if len(key) != 32:
        raise ImproperlyConfigured(f"{setting} must be 64 hex digits.")
    return hmac.new(key, message, hashlib.sha256)


def keyed_hash(purpose: str, value: str) -> str:
    """Return 64 hex digits by which an encrypted value can be found, useless to whoever lacks the key."""
    message = f"{purpose}\x00{value}".encode()
    return _keyed_digest("HASH_KEY", message).hexdigest()


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

    def from_db_value(self, value: Any, *_: Any) -> Any:
        return None if value is None else self._from_bytes(decrypt(bytes(value), context=self._context))

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
