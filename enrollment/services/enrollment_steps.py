"""What several acts do to enrollments. Steps of services that hold whatever the act is about locked."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime

from django.db.models import Q

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.transitions import check_transition
from chongqing_dte.foundation.words import stated
from enrollment import queries
from enrollment.enums import EnrollmentAct, EnrollmentStatus
from enrollment.models import Enrollment, EnrollmentChange
from enrollment.transitions import ENROLLMENT_TRANSITIONS
from institutions.models import User


def check_has_reason(reason: str) -> None:
    """Raise DomainError where somebody gives no reason for an act that needs one."""
    if not stated(reason):
        raise DomainError(_("Give the reason."), code="reason_missing")


def ask_registers_about(trainee_ids: Collection[int], *, now: datetime) -> None:
    """Make people due at their registers again who are known by another name or number now.

    Whatever the registers said was said of somebody else. Nobody asks about people who have left.
    """
    of_these = Q(trainee__in=trainee_ids) | Q(trainee__merged_into__in=trainee_ids)
    Enrollment.objects.filter(of_these).exclude(status__in=queries.HAS_LEFT).update(registers_due_at=now)
    nudge_after_commit("registers_due")


def ask_registers_again(enrollment: Enrollment, *, now: datetime) -> None:
    """Make one enrollment due at its register again, of which something else is asked now; not if it has ended."""
    if enrollment.status in queries.HAS_LEFT:
        return
    enrollment.registers_due_at = now
    enrollment.save(update_fields=["registers_due_at"])
    nudge_after_commit("registers_due")


def leave_class(
    enrollment: Enrollment,
    *,
    target: EnrollmentStatus,
    act: EnrollmentAct,
    leaver: tuple[User, str],
    now: datetime,
) -> None:
    """Take somebody out of a class, and keep who did it and why. They stay in a denominator that is frozen."""
    check_transition(ENROLLMENT_TRANSITIONS, current=EnrollmentStatus(enrollment.status), target=target)
    former = {"status": enrollment.status}
    enrollment.status = target
    enrollment.left_at = now
    enrollment.save(update_fields=["status", "left_at"])
    note_change(enrollment, act=act, former=former, by=leaver, now=now)


def note_change(
    enrollment: Enrollment,
    *,
    act: EnrollmentAct,
    former: Mapping[str, str],
    by: tuple[User, str],
    now: datetime,
) -> None:
    """Keep one act on an enrollment: what stood there before, who did it and why."""
    actor, reason = by
    EnrollmentChange.objects.create(
        enrollment=enrollment,
        act=act,
        fields=sorted(former),
        former_values=json.dumps(former, ensure_ascii=False),
        reason=stated(reason),
        done_by=actor,
        done_at=now,
    )
    record_event(
        f"enrollment.{act.lower()}", subject=enrollment, actor_id=actor.pk, at=now, reason=stated(reason)
    )
