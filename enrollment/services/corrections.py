"""What is done alike to corrections of either kind: refused, and looked at with their evidence."""

from datetime import datetime

from django.db import transaction

from chongqing_dte.foundation.audit import record_event
from enrollment import policies, queries
from enrollment.enums import RequestStatus
from enrollment.queries.corrections import Correction
from enrollment.services.correction_steps import EVENTS, Evidence, close_correction
from institutions.models import User
from institutions.queries import districts_answered_for


@transaction.atomic(durable=True)
def refuse_correction(
    *, kind: type[Correction], correction_id: int, decider: User, reason: str, now: datetime
) -> Correction:
    """Leave the person or their enrollment as it stands, for a reason.

    Raises NotPermitted for another district or the proposer, InvalidTransition if it is decided, and DomainError
    without a reason.
    """
    return close_correction(kind, correction_id, RequestStatus.REFUSED, (decider, reason, now))


@transaction.atomic(durable=True)
def open_evidence(*, kind: type[Correction], correction_id: int, viewer: User, now: datetime) -> Evidence:
    """Return the scan that belongs to a correction, and note who looked at it. Raises NotPermitted."""
    correction = queries.lock_correction(kind, correction_id)
    policies.check_can_open_evidence(viewer, correction, districts_answered_for(viewer))
    record_event(f"{EVENTS[kind]}.evidence_opened", subject=correction, actor_id=viewer.pk, at=now)
    return Evidence(correction.evidence_name, queries.scan_of(kind, correction_id))
