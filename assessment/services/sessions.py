from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from assessment.models import AssessmentSession
from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError, NotPermitted
from institutions.enums import EVALUATION_ROLES, AccreditationKind
from institutions.models import User
from institutions.queries import is_accredited


@dataclass(frozen=True)
class SessionPlan:
    """What an evaluation institution files: what it will assess, and when."""

    reference: str
    occupation_id: int
    level: str
    held_on: date
    direction: str = ""


@transaction.atomic(durable=True)
def file_session(*, plan: SessionPlan, filer: User, now: datetime) -> AssessmentSession:
    """Record a sitting, whose results may then come in.

    Raises NotPermitted unless the filer works for an evaluation institution, and DomainError if that institution
    is not accredited for the occupation and level on that day.
    """
    if filer.role not in EVALUATION_ROLES or filer.institution_id is None:
        raise NotPermitted
    accredited = is_accredited(
        institution_id=filer.institution_id,
        kind=AccreditationKind.EVALUATION,
        occupation_id=plan.occupation_id,
        level=plan.level,
        on=plan.held_on,
        direction=plan.direction,
    )
    if not accredited:
        raise DomainError(
            _("The institution is not accredited to assess this occupation and level on that day."),
            code="not_accredited",
        )
    session = AssessmentSession.objects.create(
        reference=plan.reference,
        institution_id=filer.institution_id,
        occupation_id=plan.occupation_id,
        direction=plan.direction,
        level=plan.level,
        held_on=plan.held_on,
        filed_by=filer,
        filed_at=now,
    )
    record_event("session.filed", subject=session, actor_id=filer.pk, at=now)
    return session
