"""The scan that belongs to a correction. A step of the services that take one in."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from chongqing_dte.foundation.errors import DomainError
from enrollment.rules.evidence import EVIDENCE_MAX_BYTES, evidence_kind


@dataclass(frozen=True)
class Evidence:
    """A scan or photograph of what shows it, as it was uploaded."""

    name: str
    content: bytes


def check_evidence(evidence: Evidence) -> None:
    """Raise DomainError for what is too large, or no scan."""
    if len(evidence.content) > EVIDENCE_MAX_BYTES:
        raise DomainError(_("The evidence is larger than 5 MB."), code="evidence_too_large")
    if evidence_kind(evidence.content) is None:
        raise DomainError(_("The evidence must be a JPG, PNG or PDF file."), code="evidence_kind")
