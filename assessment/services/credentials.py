from datetime import datetime
from typing import Any

from django.db import transaction

from assessment import queries
from assessment.credentials.badge import open_badge
from assessment.credentials.issuer import key_id
from assessment.credentials.keys import public_multibase, signing_keys
from assessment.credentials.proofs import signed
from assessment.credentials.status_list import encoded_bits, status_list
from assessment.models import CredentialKey
from assessment.services.hand_out_steps import check_can_be_handed_out
from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext_lazy
from institutions.models import User


class CredentialKeyAbsent(DomainError):
    """This process does not have the key that signs at present, as for moments while a new one is brought in."""

    status_code = 503
    code = "credential_key_absent"

    def __init__(self) -> None:
        super().__init__(
            gettext_lazy("Nothing can be signed at the moment. Please try again in a few minutes.")
        )


@transaction.atomic(durable=True)
def issue_credential(*, certificate_id: int, recipient: User, now: datetime) -> dict[str, Any]:
    """Return a valid certificate as a credential, signed now.

    Raises NotPermitted for whoever sees masked names, and InvalidTransition unless the certificate is valid and
    nothing about the person is in question.
    """
    certificate = queries.certificate_to_sign(certificate_id)
    check_can_be_handed_out(certificate, recipient)
    key = _present_key()
    record_event("credential.issued", subject=certificate, actor_id=recipient.pk, at=now)
    return _signed_by(key, open_badge(certificate), created=now)


def signed_status_list(*, number: int, now: datetime) -> dict[str, Any]:
    """Return one status list as it stands, signed. Within an hour the same certificates make the same bytes."""
    key = _present_key()
    hour = now.replace(minute=0, second=0, microsecond=0)
    # Never before the key began.
    begins_at = max(hour, key.used_from)
    bits = encoded_bits(queries.indexes_not_valid(number))
    return _signed_by(key, status_list(number, bits=bits, begins_at=begins_at), created=begins_at)


def _signed_by(key: CredentialKey, document: dict[str, Any], *, created: datetime) -> dict[str, Any]:
    private_key = signing_keys()[key.version]
    return signed(document, key=private_key, key_name=key_id(key.version), created=created)


def _present_key() -> CredentialKey:
    """Return the published key that signs at present, if this process has its private part."""
    present = queries.present_credential_key()
    mine = signing_keys()
    if present is None or present.version not in mine:
        raise CredentialKeyAbsent
    if public_multibase(mine[present.version]) != present.public_key:
        raise CredentialKeyAbsent
    return present
