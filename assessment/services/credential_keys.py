from datetime import datetime

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from assessment import queries
from assessment.credentials.keys import public_multibase, signing_keys
from assessment.models import CredentialKey
from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.sentences import gettext as _


@transaction.atomic(durable=True)
def register_credential_keys(*, now: datetime) -> CredentialKey:
    """Publish the newest key of the settings, from now on the one that signs, and retire the one before. Repeatable.

    Raises ImproperlyConfigured if the settings contradict what was published: that would make credentials that
    people have in their hands worthless.
    """
    ring = {version: public_multibase(key) for version, key in signing_keys().items()}
    registered = queries.lock_credential_keys()
    _check_against(registered, ring)
    newest = max(ring)
    if registered and registered[-1].version == newest:
        return registered[-1]
    for former in registered:
        if former.used_until is None:
            former.used_until = now
            former.save(update_fields=["used_until"])
            record_event("credential_key.retired", subject=former, at=now)
    key = CredentialKey.objects.create(version=newest, public_key=ring[newest], used_from=now)
    record_event("credential_key.registered", subject=key, at=now)
    return key


@transaction.atomic(durable=True)
def withdraw_credential_key(*, version: int, reason: str, now: datetime) -> CredentialKey:
    """Take a former key out of trust because somebody else may have had it: nothing it signed is accepted any more.

    Raises InvalidTransition for the key that signs at present, which needs a successor first, and for one that was
    withdrawn already.
    """
    key = next((key for key in queries.lock_credential_keys() if key.version == version), None)
    if key is None:
        raise DomainError(_("There is no such key."))
    if key.used_until is None:
        raise InvalidTransition(_("This key signs at present. Bring in another one first."))
    if key.withdrawn_at is not None:
        raise InvalidTransition(_("This key has been withdrawn already."))
    key.withdrawn_at = now
    key.save(update_fields=["withdrawn_at"])
    record_event("credential_key.withdrawn", subject=key, reason=reason, at=now)
    return key


def _check_against(registered: list[CredentialKey], ring: dict[int, str]) -> None:
    """Raise if a key changed, if the present one is gone, or if one key goes under two versions."""
    published = {key.version: key.public_key for key in registered}
    for version, public_key in ring.items():
        if published.get(version, public_key) != public_key:
            raise ImproperlyConfigured(
                f"Key {version} in CREDENTIAL_KEYS is not the one that was published. Give it back, "
                "and put a new key behind it under a higher version."
            )
    if published and max(ring) < max(published):
        raise ImproperlyConfigured(f"CREDENTIAL_KEYS lacks key {max(published)}, which signs at present.")
    if len(set(ring.values()) | set(published.values())) < len(set(ring) | set(published)):
        raise ImproperlyConfigured("Two versions in CREDENTIAL_KEYS are the same key.")
