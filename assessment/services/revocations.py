"""From a suspicion to a revoked certificate: one person proposes it, a municipal reviewer decides."""

from datetime import datetime

from django.db import transaction

from assessment import policies, queries
from assessment.enums import CertificateStatus
from assessment.models import CertificateRevocation
from assessment.services.certificate_steps import end_certificate
from assessment.transitions import CERTIFICATE_TRANSITIONS
from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.proposal_steps import decide_proposal
from chongqing_dte.foundation.proposals import RequestStatus
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.transitions import check_transition
from chongqing_dte.foundation.words import stated
from enrollment.transitions import REQUEST_TRANSITIONS
from institutions.models import User


@transaction.atomic(durable=True)
def propose_revocation(
    *, certificate_id: int, reason: str, proposer: User, now: datetime
) -> CertificateRevocation:
    """Record that a certificate should not stand. Until somebody else decides, nothing is paid for the person.

    Raises NotPermitted, InvalidTransition if the certificate is revoked, and DomainError without a reason or if a
    proposal about the same sitting is waiting.
    """
    certificate = queries.lock_certificate(certificate_id)
    policies.check_can_propose_revocation(proposer, certificate)
    check_transition(
        CERTIFICATE_TRANSITIONS,
        current=CertificateStatus(certificate.status),
        target=CertificateStatus.REVOKED,
    )
    if not stated(reason):
        raise DomainError(_("Say why the certificate should not stand."), code="reason_missing")
    if queries.revocation_waits_for_the_sitting(certificate):
        raise DomainError(
            _("A revocation of this certificate is waiting for its decision already."),
            code="revocation_waits_already",
        )
    # Whoever decides about this person's money comes before the freeze or after it.
    queries.lock_rows_of_person(certificate.trainee_id)
    revocation = CertificateRevocation.objects.create(
        certificate=certificate, reason=stated(reason), proposed_by=proposer, proposed_at=now
    )
    record_event(
        "certificate_revocation.proposed",
        subject=revocation,
        actor_id=proposer.pk,
        at=now,
        reason=revocation.reason,
        facts={"certificate": certificate.pk},
    )
    return revocation


@transaction.atomic(durable=True)
def approve_revocation(
    *, revocation_id: int, decider: User, reason: str, now: datetime
) -> CertificateRevocation:
    """Revoke the certificate, and with it every other one of the same sitting.

    Raises NotPermitted for whoever proposed it or is no municipal reviewer, and InvalidTransition if it is decided
    or the certificate has been revoked in another way.
    """
    # Certificates before proposals, as whoever ends a certificate in another way does.
    certificate = queries.lock_certificate_of_revocation(revocation_id)
    revocation = queries.lock_revocation(revocation_id)
    policies.check_can_decide_revocation(decider, revocation)
    _decide(revocation, RequestStatus.APPROVED, decider, reason, now)
    end_certificate(
        certificate=certificate,
        status=CertificateStatus.REVOKED,
        reason=revocation.reason,
        actor=decider,
        now=now,
    )
    return revocation


@transaction.atomic(durable=True)
def refuse_revocation(
    *, revocation_id: int, decider: User, reason: str, now: datetime
) -> CertificateRevocation:
    """Let the certificate stand as it is, for a reason.

    Raises NotPermitted for whoever proposed it or is no municipal reviewer, InvalidTransition if it is decided, and
    DomainError without a reason.
    """
    revocation = queries.lock_revocation(revocation_id)
    policies.check_can_decide_revocation(decider, revocation)
    if not stated(reason):
        raise DomainError(_("Say why it is refused."), code="reason_missing")
    _decide(revocation, RequestStatus.REFUSED, decider, reason, now)
    return revocation


def _decide(
    revocation: CertificateRevocation, target: RequestStatus, decider: User, reason: str, now: datetime
) -> None:
    decide_proposal(
        revocation,
        target,
        event="certificate_revocation",
        table=REQUEST_TRANSITIONS,
        decision=(decider, reason, now),
        facts={"certificate": revocation.certificate_id},
    )
    nudge_after_commit("freeze_ended")
