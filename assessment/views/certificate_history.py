"""What happened to one certificate as steps to read, oldest first, each with who did it and why."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from assessment.enums import CertificateStatus
from assessment.models import CertificateRevocation, LevelCertificate

Facts = list[tuple[str, object]]


@dataclass(frozen=True)
class Step:
    """One thing that happened."""

    title: str
    at: datetime
    before: str = ""
    facts: Facts = field(default_factory=list)
    tone: str = "done"
    status: str = ""
    label: str = ""


def history_of(certificate: LevelCertificate, revocations: Sequence[CertificateRevocation]) -> list[Step]:
    """Return the issue of a certificate, what was proposed and decided about it, and its end if it has one."""
    steps = [_issued(certificate)]
    for revocation in revocations:
        steps.append(_proposed(revocation))
        if revocation.decided_at is not None:
            steps.append(_decided(revocation, revocation.decided_at))
    if certificate.ended_at is not None:
        steps.append(_ended(certificate, certificate.ended_at))
    # What happened in one moment stays in this order.
    return sorted(steps, key=lambda step: step.at)


def _issued(certificate: LevelCertificate) -> Step:
    former = certificate.supersedes
    return Step(
        title=_("Issued and recorded"),
        at=certificate.recorded_at,
        before=_("In the place of certificate %(number)s") % {"number": former.number} if former else "",
        facts=[
            (_("Certificate number"), certificate.number),
            (_("Issued on"), certificate.issued_on.isoformat()),
        ],
        tone="good",
    )


def _proposed(revocation: CertificateRevocation) -> Step:
    return Step(
        title=_("Revocation proposed"),
        at=revocation.proposed_at,
        facts=[(_("Proposed by"), revocation.proposed_by), (_("Reason"), revocation.reason)],
        tone="wait",
    )


def _decided(revocation: CertificateRevocation, at: datetime) -> Step:
    return Step(
        title=_("Revocation decided"),
        at=at,
        facts=[
            (_("Decided by"), revocation.decided_by),
            (_("Reason of the decision"), revocation.decision_reason),
        ],
        status=revocation.status,
        label=revocation.get_status_display(),
    )


def _ended(certificate: LevelCertificate, at: datetime) -> Step:
    return Step(
        title=_("Not valid any more"),
        at=at,
        facts=[(_("Ended by"), certificate.ended_by), (_("Why it ended"), certificate.end_reason)],
        tone="bad" if certificate.status == CertificateStatus.REVOKED else "quiet",
        status=certificate.status,
        label=certificate.get_status_display(),
    )
