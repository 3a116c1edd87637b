"""Who may see their own decision: what the portal compares, and the keys that it handed out."""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from assessment.models import LevelCertificate
from enrollment.queries import id_number_hash, id_number_hashes_of_person
from enrollment.rules.identifiers import normalize_identifier
from subsidies.enums import AccessKind, AccessPurpose, Decision, PaymentStatus
from subsidies.models import Entitlement, SelfCheckAccess

# The id of no row. Whatever is asked about nobody takes the same queries, so that no answer comes sooner.
NOBODY: Final = 0
# For how long somebody looks at their own decision before they show a new key.
OPEN_FOR: Final = timedelta(minutes=15)


@dataclass(frozen=True)
class Holder:
    """Whose certificate it is: the certificate and the row that stands for the person, or nobody."""

    certificate_id: int = NOBODY
    person_id: int = NOBODY


def holder_of(*, number: str, id_number: str) -> Holder:
    """Return the holder of the certificate with this number, if this is or was their ID number; else nobody."""
    certificate = (
        LevelCertificate.objects.select_related("trainee")
        .only("trainee__merged_into")
        .filter(number=normalize_identifier(number))
        .first()
    )
    person_id = certificate.trainee.person_id if certificate else NOBODY
    given = id_number_hash(normalize_identifier(id_number))
    known = [hmac.compare_digest(hashed, given) for hashed in id_number_hashes_of_person(person_id)]
    return Holder(certificate.pk, person_id) if certificate and any(known) else Holder()


def codes_issued_since(certificate_id: int, since: datetime) -> int:
    """Return how many codes were made for one certificate since then."""
    codes = SelfCheckAccess.objects.filter(certificate=certificate_id, kind=AccessKind.CODE)
    return codes.filter(created_at__gt=since).count()


def lock_key(key_id: int) -> SelfCheckAccess | None:
    """Return one key, locked, or None for nobody's."""
    return SelfCheckAccess.objects.select_for_update(of=("self",)).filter(pk=key_id).first()


def lock_key_of_link(secret_hash: str) -> SelfCheckAccess | None:
    """Return the key that a link is, locked, or None."""
    links = SelfCheckAccess.objects.select_for_update(of=("self",)).filter(kind=AccessKind.LINK)
    return links.filter(secret_hash=secret_hash).first()


def opened_key(key_id: int, now: datetime) -> SelfCheckAccess | None:
    """Return the key with which somebody opened their own decision a short while ago, or None."""
    opened = SelfCheckAccess.objects.filter(pk=key_id, purpose=AccessPurpose.LOOK)
    return opened.filter(used_at__gt=now - OPEN_FOR).first()


def codes_to_send(now: datetime) -> Iterator[SelfCheckAccess]:
    """Yield the codes that still open something and were not handed to the gateway, oldest first."""
    waiting = SelfCheckAccess.objects.filter(kind=AccessKind.CODE, sent_at__isnull=True, expires_at__gt=now)
    yield from waiting.order_by("expires_at", "pk").iterator(chunk_size=100)


def links_of_certificate(certificate_id: int) -> list[SelfCheckAccess]:
    """Return the links that were handed out for one certificate, newest first, each with who did it."""
    links = SelfCheckAccess.objects.filter(certificate=certificate_id, kind=AccessKind.LINK)
    return list(links.select_related("issued_by").order_by("-id"))


def live_entitlement_of(certificate_id: int) -> Entitlement | None:
    """Return the decision that holds on one certificate, if it is decided."""
    return Entitlement.objects.filter(certificate=certificate_id, superseded_at__isnull=True).first()


def money_may_still_move(certificate_id: int) -> bool:
    """Test whether another account can still matter for one certificate: nothing is refused, paid or cancelled."""
    live = Entitlement.objects.filter(certificate=certificate_id, superseded_at__isnull=True)
    found = live.values_list("decision", "payment__status").first()
    if found is None:
        return True
    decision, payment_status = found
    return decision != Decision.REFUSED and payment_status not in {
        PaymentStatus.PAID,
        PaymentStatus.CANCELLED,
    }
