"""A level certificate as an Open Badge 3.0, which is a W3C Verifiable Credential.

It names the holder as the paper does. ID numbers are in it in no form: they are so regular that even a salted hash
of one, whose salt must stand beside it, is found by trying.
"""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import override

from assessment.credentials.issuer import issuer_id, portal_origin
from assessment.credentials.proofs import CREDENTIALS_CONTEXT, OPEN_BADGES_CONTEXT
from assessment.credentials.status_list import status_entry
from assessment.models import LevelCertificate
from chongqing_dte.foundation.sentences import gettext_lazy as _
from institutions.models import Institution

LANGUAGES: Final = ("zh-hans", "en")


def open_badge(certificate: LevelCertificate) -> dict[str, Any]:
    """Return the credential of a certificate, not yet signed."""
    issued_at = _begin_of(certificate.issued_on)
    holder = certificate.trainee.merged_into or certificate.trainee
    return {
        "@context": [CREDENTIALS_CONTEXT, OPEN_BADGES_CONTEXT],
        "id": certificate.public_id.urn,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": _both(_("Level certificate")),
        "issuer": {
            "id": issuer_id(),
            "type": ["Profile"],
            "name": _both(_("Digital Technology Engineer Programme")),
            "url": portal_origin(),
        },
        "validFrom": issued_at,
        "awardedDate": issued_at,
        "credentialStatus": status_entry(certificate.pk),
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "name": holder.name,
            "identifier": [_name_hash(holder.name)],
            "licenseNumber": certificate.number,
            # Who assessed on the issuer's behalf.
            "source": _profile(certificate.institution),
            "achievement": _achievement(certificate),
        },
    }


def _achievement(certificate: LevelCertificate) -> dict[str, Any]:
    occupation = certificate.occupation
    kind = f"{portal_origin()}/{occupation.code}/{certificate.level}/{certificate.direction}"
    achievement: dict[str, Any] = {
        "id": uuid5(NAMESPACE_URL, kind).urn,
        "type": ["Achievement"],
        "achievementType": "Certification",
        "inLanguage": "zh-Hans",
        "name": _achievement_name(certificate),
        "humanCode": occupation.code,
        "description": _both(
            _("Level certificate of the Digital Technology Engineer Programme of Chongqing."), between="\n"
        ),
        "criteria": {
            "narrative": _both(
                _(
                    "Passed the theory part and the practice part of the level assessment, held by an "
                    "accredited evaluation institution that did not train the candidate."
                ),
                between="\n\n",
            )
        },
    }
    if certificate.direction:
        achievement["specialization"] = certificate.direction
    return achievement


def _achievement_name(certificate: LevelCertificate) -> str:
    names = []
    for language in LANGUAGES:
        with override(language):
            parts = (certificate.occupation.name, certificate.direction, certificate.get_level_display())
            names.append(" ".join(part for part in parts if part))
    return _joined(names)


def _profile(institution: Institution) -> dict[str, Any]:
    return {
        "id": institution.public_id.urn,
        "type": ["Profile"],
        "name": _joined((institution.name_zh, institution.name_en)),
        "otherIdentifier": [
            {
                "type": "IdentifierEntry",
                "identifier": institution.credit_code,
                "identifierType": "ext:UnifiedSocialCreditCode",
            }
        ],
    }


def _name_hash(name: str) -> dict[str, Any]:
    salt = secrets.token_hex(16)
    return {
        "type": "IdentityObject",
        "hashed": True,
        "identityHash": "sha256$" + hashlib.sha256((name + salt).encode()).hexdigest(),
        "identityType": "name",
        "salt": salt,
    }


def _begin_of(day: date) -> str:
    begin = datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())
    return begin.isoformat()


def _both(text: Promise, *, between: str = " / ") -> str:
    """Return a text in Chinese and in English, whatever the language of the page."""
    texts = []
    for language in LANGUAGES:
        with override(language):
            texts.append(str(text))
    return _joined(texts, between=between)


def _joined(texts: Iterable[str], *, between: str = " / ") -> str:
    return between.join(dict.fromkeys(texts))
