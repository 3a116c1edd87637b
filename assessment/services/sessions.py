"""An evaluation institution's sitting, from its filing to where it takes place, or that it does not."""

from datetime import datetime, time

from django.db import IntegrityError, transaction
from django.utils import timezone

from assessment import policies, queries
from assessment.enums import SessionStatus
from assessment.models import AssessmentSession
from assessment.services.candidate_steps import lock_open_session
from assessment.services.results_steps import discard_upload
from assessment.services.session_checks import (
    SessionPlan,
    SessionRefused,
    as_kept,
    check_place,
    check_plan,
)
from assessment.transitions import SESSION_TRANSITIONS
from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.transitions import check_transition
from chongqing_dte.foundation.words import stated
from institutions.models import User


def file_session(*, plan: SessionPlan, filer: User, now: datetime) -> AssessmentSession:
    """Record a sitting, which is open for candidates from now on. The pass marks are those of its day.

    Raises NotPermitted unless the filer works for an evaluation institution, AssessmentPolicyMissing if nobody can
    say what counts as a pass on that day, and SessionRefused with all that stands against the filing.
    """
    try:
        return _record_session(plan, filer, now)
    except IntegrityError as race:
        # Nobody but the database sees the references of other institutions.
        if "assessmentsession_reference" not in str(race):
            raise
        taken = DomainError(_("Another session has this reference."), code="reference_taken")
        raise SessionRefused([taken]) from race


@transaction.atomic(durable=True)
def reschedule_session(
    *, session_id: int, site_id: int, times: tuple[time, time], scheduler: User, now: datetime
) -> AssessmentSession:
    """Change where a session takes place and when its theory and its practice begin, before the admission.

    Raises NotPermitted, CandidatesAreFixed, and SessionRefused for a site that is not open or not one's own.
    """
    session = lock_open_session(session_id, scheduler)
    check_place(institution_id=session.institution_id, site_id=site_id)
    session.site_id = site_id
    session.theory_time, session.practice_time = times
    session.save(update_fields=["site", "theory_time", "practice_time"])
    record_event(
        "session.rescheduled",
        subject=session,
        actor_id=scheduler.pk,
        at=now,
        facts={"site": site_id, "theory": f"{times[0]:%H:%M}", "practice": f"{times[1]:%H:%M}"},
    )
    return session


@transaction.atomic(durable=True)
def cancel_session(*, session_id: int, reason: str, canceller: User, now: datetime) -> AssessmentSession:
    """Call a session off for a reason, as long as no results are recorded. Its candidates are free again.

    Once admitted candidates may have sat it, only the bureau does: results that somebody dislikes would disappear
    with it. What was submitted of them is put aside.
    Raises NotPermitted, InvalidTransition, and DomainError without a reason.
    """
    session = queries.lock_session(session_id)
    policies.check_can_cancel_session(canceller, session, timezone.localdate(now))
    check_transition(
        SESSION_TRANSITIONS, current=SessionStatus(session.status), target=SessionStatus.CANCELLED
    )
    if not stated(reason):
        raise DomainError(_("Give the reason."), code="reason_missing")
    session.status = SessionStatus.CANCELLED
    session.cancelled_by = canceller
    session.cancelled_at = now
    session.cancel_reason = stated(reason)
    session.save(update_fields=["status", "cancelled_by", "cancelled_at", "cancel_reason"])
    unrecorded = queries.lock_unrecorded_results_of(session)
    for upload in unrecorded:
        discard_upload(upload, canceller, now)
    record_event(
        "session.cancelled",
        subject=session,
        actor_id=canceller.pk,
        at=now,
        reason=session.cancel_reason,
        facts={"results_discarded": len(unrecorded)},
    )
    return session


@transaction.atomic(durable=True)
def _record_session(plan: SessionPlan, filer: User, now: datetime) -> AssessmentSession:
    policies.check_can_file_session(filer)
    institution_id = filer.institution_id
    if institution_id is None:
        raise ValueError("a role that files sessions has an institution")
    plan = as_kept(plan)
    policy = queries.assessment_policy_on(plan.held_on)
    check_plan(plan, institution_id=institution_id, policy=policy, today=timezone.localdate(now))
    session = AssessmentSession(
        institution_id=institution_id,
        occupation_id=plan.occupation_id,
        direction=plan.direction,
        level=plan.level,
        held_on=plan.held_on,
        theory_time=plan.theory_time,
        practice_time=plan.practice_time,
        site_id=plan.site_id,
        policy=policy,
        theory_pass_mark=policy.theory_pass_mark,
        practice_pass_mark=policy.practice_pass_mark,
        certificate_origin=plan.certificate_origin,
        filed_by=filer,
        filed_at=now,
    )
    # Until the row has its number, by which the portal calls it.
    session.reference = plan.reference or session.public_id.hex
    session.save()
    if not plan.reference:
        session.reference = f"AS-{plan.held_on.year}-{session.pk:06d}"
        session.save(update_fields=["reference"])
    record_event("session.filed", subject=session, actor_id=filer.pk, at=now)
    return session
