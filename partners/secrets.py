"""Secrets of clients: long random texts, of which only a hash is kept."""

import secrets
from datetime import datetime

from django.contrib.auth.hashers import check_password, make_password

from partners.models import PartnerClient

BYTES = 48


def new_secret() -> tuple[str, str]:
    """Return a secret, to be shown once, and the hash that is kept."""
    secret = secrets.token_urlsafe(BYTES)
    return secret, make_password(secret)


def opens(secret: str, client: PartnerClient | None, now: datetime) -> bool:
    """Test whether a secret is this client's, or the one before while that holds.

    A wrong one costs two hashes whoever it is meant for, so that time does not tell which clients there are.
    """
    former = client.former_secret if client is not None and client.former_secret_holds(now) else ""
    kept = (client.client_secret if client is not None else "", former)
    return any(check_password(secret, one) for one in kept)
