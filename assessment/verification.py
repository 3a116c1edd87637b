"""The signed link by which anybody checks a certificate: what its QR code leads to."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hmac import compare_digest
from typing import Final
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from chongqing_dte.foundation.crypto import keyed_hash

PURPOSE: Final = "certificate_link"
NUMBER_BYTES: Final = 16
SEAL_BYTES: Final = 16
LENGTH: Final = 43


def verification_token(public_id: UUID) -> str:
    """Return 43 characters that only the portal can make: the certificate's public number and its keyed hash.

    The same for ever, whatever is restored: nothing of it is stored, drawn or counted.
    """
    seal = bytes.fromhex(keyed_hash(PURPOSE, public_id.hex))[:SEAL_BYTES]
    return urlsafe_b64encode(public_id.bytes + seal).decode().rstrip("=")


def certificate_of_token(token: str) -> UUID | None:
    """Return the public number of the certificate that this token was made for, or None for any other text."""
    if len(token) != LENGTH or not token.isascii():
        return None
    try:
        public_id = UUID(bytes=urlsafe_b64decode(token + "=")[:NUMBER_BYTES])
    except (binascii.Error, ValueError):
        return None
    # The whole text is compared, so that there is one link to a certificate and not several spellings of it.
    return public_id if compare_digest(token, verification_token(public_id)) else None


def verification_link(public_id: UUID) -> str:
    """Return the address that the QR code of a certificate holds."""
    return settings.PORTAL_ORIGIN + reverse("verify-link", args=[verification_token(public_id)])
