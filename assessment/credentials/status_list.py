"""Which certificates do not count any more, a bit for each, in lists that anybody may fetch and keep.

A list says nothing about whom it speaks of: only that the certificate at this place is no longer valid.
"""

import gzip
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from assessment.credentials.issuer import instant, issuer_id, portal_origin
from assessment.credentials.proofs import CREDENTIALS_CONTEXT

# The least that the standard allows, so that a reader of a list does not tell of whom he thinks.
LIST_LENGTH: Final = 131_072
# An older copy is refused. Whoever works without a network fetches one each day.
LIST_KEPT_FOR: Final = timedelta(days=1)


def list_address(number: int) -> str:
    """Return where a status list is published."""
    return f"{portal_origin()}/credentials/status/{number}/"


def status_entry(certificate_id: int) -> dict[str, str]:
    """Return the place at which a certificate's bit stands."""
    number, index = divmod(certificate_id, LIST_LENGTH)
    return {
        "id": f"{list_address(number)}#{index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": str(index),
        "statusListCredential": list_address(number),
    }


def status_list(number: int, *, bits: str, begins_at: datetime) -> dict[str, Any]:
    """Return one list, not yet signed."""
    address = list_address(number)
    return {
        "@context": [CREDENTIALS_CONTEXT],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer_id(),
        "validFrom": instant(begins_at),
        "validUntil": instant(begins_at + LIST_KEPT_FOR),
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": bits,
        },
    }


def encoded_bits(indexes: Iterable[int]) -> str:
    """Return a list in which these bits are set, the first of them leftmost, as it is published."""
    bits = bytearray(LIST_LENGTH // 8)
    for index in indexes:
        bits[index >> 3] |= 0x80 >> (index & 7)
    # Without a time in its header, so that the same bits are always the same text.
    return "u" + urlsafe_b64encode(gzip.compress(bytes(bits), mtime=0)).decode().rstrip("=")
