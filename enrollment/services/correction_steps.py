"""The scan that belongs to a correction, and its end. Steps of the services of either kind of correction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.proposal_steps import decide_proposal
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.words import stated
from enrollment import policies, queries
from enrollment.enums import RequestStatus
from enrollment.models import EvidenceCorrection, IdentityCorrection
from enrollment.queries.corrections import Correction
from enrollment.rules.evidence import EVIDENCE_MAX_BYTES, evidence_kind
from enrollment.transitions import REQUEST_TRANSITIONS
from institutions.models import User
from institutions.queries import districts_answered_for

# What the events of each kind are named after.
EVENTS: Final[dict[type[IdentityCorrection | EvidenceCorrection], str]] = {
    IdentityCorrection: "identity_correction",
    EvidenceCorrection: "evidence_correction",
}


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


def close_correction(
    kind: type[Correction], correction_id: int, target: RequestStatus, decision: tuple[User, str, datetime]
) -> Correction:
    """Record what became of a correction, and return it locked. `decision` is who decided, the reason, and when.

    Raises NotPermitted for another district or the proposer, DomainError for a refusal without a reason, and
    InvalidTransition if it is decided.
    """
    correction = queries.lock_correction(kind, correction_id)
    decider, reason, _now = decision
    policies.check_can_decide_correction(decider, correction, districts_answered_for(decider))
    if target == RequestStatus.REFUSED and not stated(reason):
        raise DomainError(_("Say why it is refused."), code="reason_missing")
    decide_proposal(correction, target, event=EVENTS[kind], table=REQUEST_TRANSITIONS, decision=decision)
    return correction
