"""Who issues credentials: the portal, under a name that leads to the keys it publishes (did:web)."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from assessment.models import CredentialKey

DID_CONTEXTS: Final = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"]


def portal_origin() -> str:
    """Return the address under which the world outside knows the portal, without a path."""
    origin: str = settings.PORTAL_ORIGIN
    parts = urlsplit(origin)
    if (
        parts.scheme not in {"https", "http"}
        or not parts.netloc
        or origin != f"{parts.scheme}://{parts.netloc}"
    ):
        raise ImproperlyConfigured(
            "PORTAL_ORIGIN must read https://portal.example, without a path and without a slash at its end."
        )
    return origin


def issuer_id() -> str:
    """Return the portal's name as an issuer. Whoever reads it finds the keys at /.well-known/did.json."""
    return "did:web:" + urlsplit(portal_origin()).netloc.replace(":", "%3A")


def key_id(version: int) -> str:
    """Return the name of one of the portal's keys."""
    return f"{issuer_id()}#key-{version}"


def key_document(keys: Iterable[CredentialKey]) -> dict[str, Any]:
    """Return the published list of all keys that ever signed, oldest first.

    A retired key stays in it, because what it signed in its time stays true. `expires` says when its time was over.
    A withdrawn one is still named, and stands for nothing any more.
    """
    in_order = sorted(keys, key=lambda key: key.version)
    return {
        "@context": DID_CONTEXTS,
        "id": issuer_id(),
        "verificationMethod": [_published(key) for key in in_order],
        "assertionMethod": [key_id(key.version) for key in in_order if key.withdrawn_at is None],
    }


def _published(key: CredentialKey) -> dict[str, str]:
    method = {
        "id": key_id(key.version),
        "type": "Multikey",
        "controller": issuer_id(),
        "publicKeyMultibase": key.public_key,
    }
    if key.used_until is not None:
        method["expires"] = instant(key.used_until)
    if key.withdrawn_at is not None:
        method["revoked"] = instant(key.withdrawn_at)
    return method


def instant(moment: datetime) -> str:
    """Return a moment as credentials write it: in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
