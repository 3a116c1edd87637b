"""The end of a certificate. A step: it needs the caller's transaction, which has locked the certificate."""

from collections.abc import Sequence
from datetime import datetime

from assessment import queries
from assessment.enums import CertificateStatus
from assessment.models import LevelCertificate
from assessment.transitions import CERTIFICATE_TRANSITIONS
from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.proposal_steps import decide_proposal
from chongqing_dte.foundation.proposals import RequestStatus
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.transitions import check_transition
from enrollment.transitions import REQUEST_TRANSITIONS
from institutions.models import User


def end_certificate(
    *, certificate: LevelCertificate, status: CertificateStatus, reason: str, actor: User, now: datetime
) -> None:
    """Supersede or revoke a certificate. Whoever decides about money is told, and looks again.

    Revoking takes every other certificate of the same sitting along: the pass behind them is gone, and what was
    paid may have been paid on one that was superseded since. Proposals to revoke them are approved with it, as far as
    somebody else made them: what they asked for has come true, and they would freeze the person for ever.
    Raises InvalidTransition if the certificate has ended
    in a way that leaves no room for this one.
    """
    check_transition(CERTIFICATE_TRANSITIONS, current=CertificateStatus(certificate.status), target=status)
    _end(certificate, status, reason, actor, now)
    if status == CertificateStatus.REVOKED:
        others = queries.lock_other_certificates_of_the_sitting(certificate)
        for other in others:
            if other.status != CertificateStatus.REVOKED:
                _end(other, status, reason, actor, now)
        _close_proposals([certificate, *others], reason, actor, now)
    nudge_after_commit("certificates_ended")


def _end(
    certificate: LevelCertificate, status: CertificateStatus, reason: str, actor: User, now: datetime
) -> None:
    certificate.status = status
    certificate.ended_by = actor
    certificate.ended_at = now
    certificate.end_reason = reason
    # What was held for it is held no longer.
    certificate.decision_due = True
    certificate.save(update_fields=["status", "ended_by", "ended_at", "end_reason", "decision_due"])
    record_event(
        f"certificate.{status.lower()}", subject=certificate, actor_id=actor.pk, reason=reason, at=now
    )


def _close_proposals(
    certificates: Sequence[LevelCertificate], reason: str, actor: User, now: datetime
) -> None:
    for revocation in queries.lock_open_revocations_of(certificates):
        # Nobody decides their own: that one waits for somebody else, who has to refuse it.
        if revocation.proposed_by_id == actor.pk:
            continue
        followed = _("It followed from another decision about the same sitting: %(reason)s")
        decide_proposal(
            revocation,
            RequestStatus.APPROVED,
            event="certificate_revocation",
            table=REQUEST_TRANSITIONS,
            decision=(actor, followed % {"reason": reason}, now),
            facts={"certificate": revocation.certificate_id},
        )
        nudge_after_commit("freeze_ended")
