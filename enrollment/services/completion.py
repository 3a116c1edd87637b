from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from chongqing_dte.foundation.audit import record_events
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.transitions import check_transition
from enrollment import policies, queries
from enrollment.enums import ClassStatus, EnrollmentAct, EnrollmentStatus
from enrollment.models import Enrollment, TrainingCertificate, TrainingClass
from enrollment.services.class_steps import move_class
from enrollment.services.enrollment_steps import check_has_reason, note_change
from enrollment.services.roster_lock_steps import lock_rosters
from enrollment.transitions import CLASS_TRANSITIONS
from institutions.models import User


@transaction.atomic(durable=True)
def complete_class(
    *, class_id: int, completer: User, not_completed: Mapping[int, str], now: datetime
) -> TrainingClass:
    """Record that the class is over: a training certificate for everybody in it, except whom it names with a reason.

    `not_completed` maps enrollment ids to reasons. Raises NotPermitted for another institution, InvalidTransition
    if the class is not running, and DomainError before its last day, if nobody is in it, or if a reason is missing.
    """
    training_class = queries.lock_class(class_id)
    policies.check_can_complete_class(completer, training_class)
    check_transition(
        CLASS_TRANSITIONS, current=ClassStatus(training_class.status), target=ClassStatus.COMPLETED
    )
    people = queries.lock_people_in_training(training_class)
    _check_can_end(training_class, people, not_completed, now)
    if not training_class.is_roster_locked:
        lock_rosters([training_class], now=now)
    completed = [enrollment for enrollment in people if enrollment.pk not in not_completed]
    _certify(training_class, completed, completer, now)
    for enrollment in people:
        if enrollment.pk in not_completed:
            _fail(enrollment, (completer, not_completed[enrollment.pk]), now)
    training_class.completed_by = completer
    training_class.completed_at = now
    move_class(
        training_class,
        target=ClassStatus.COMPLETED,
        actor=completer,
        now=now,
        changed=["completed_by", "completed_at"],
    )
    record_events("enrollment.completed", subjects=completed, actor_id=completer.pk, at=now)
    nudge_after_commit("classes_changed")
    return training_class


def _check_can_end(
    training_class: TrainingClass,
    people: Sequence[Enrollment],
    not_completed: Mapping[int, str],
    now: datetime,
) -> None:
    if timezone.localdate(now) < training_class.ends_on:
        raise DomainError(
            _("The class runs until %(day)s and can be completed from that day on.")
            % {"day": training_class.ends_on.isoformat()},
            code="class_not_over",
        )
    if not people:
        raise DomainError(_("Nobody is enrolled in this class."), code="class_empty")
    if not not_completed.keys() <= {enrollment.pk for enrollment in people}:
        raise DomainError(
            _("Somebody has left the class in the meantime. Look at the list again."), code="people_changed"
        )
    for reason in not_completed.values():
        check_has_reason(reason)


def _certify(
    training_class: TrainingClass, completed: Sequence[Enrollment], issuer: User, now: datetime
) -> None:
    Enrollment.objects.filter(pk__in=[enrollment.pk for enrollment in completed]).update(
        status=EnrollmentStatus.COMPLETED, completed_at=now
    )
    TrainingCertificate.objects.bulk_create(
        TrainingCertificate(
            enrollment=enrollment,
            number=f"{training_class.reference}-{number:03d}",
            issued_on=timezone.localdate(now),
            issued_by=issuer,
            issued_at=now,
        )
        for number, enrollment in enumerate(completed, start=1)
    )


def _fail(enrollment: Enrollment, by: tuple[User, str], now: datetime) -> None:
    former = {"status": enrollment.status}
    enrollment.status = EnrollmentStatus.NOT_COMPLETED
    enrollment.save(update_fields=["status"])
    note_change(enrollment, act=EnrollmentAct.NON_COMPLETION, former=former, by=by, now=now)
