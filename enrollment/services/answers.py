"""What becomes of a filing: the district confirms it or returns it, or the class is called off."""

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.transitions import check_transition
from chongqing_dte.foundation.words import stated
from enrollment import policies, queries
from enrollment.enums import ClassStatus, EnrollmentAct, EnrollmentStatus
from enrollment.models import TrainingClass
from enrollment.services.class_steps import give_seats_back, move_class
from enrollment.services.enrollment_steps import check_has_reason, leave_class
from enrollment.transitions import CLASS_TRANSITIONS
from institutions.models import User
from institutions.queries import districts_answered_for, is_suspended


@transaction.atomic(durable=True)
def confirm_class(*, class_id: int, confirmer: User, now: datetime) -> TrainingClass:
    """Record the bureau's confirmation, after which rosters may come in.

    Raises NotPermitted for another district, InvalidTransition if the class is not waiting for an answer, and
    DomainError once its first day has come, or while its institution is suspended.
    """
    training_class = queries.lock_class(class_id)
    policies.check_can_answer_filing(confirmer, training_class, districts_answered_for(confirmer))
    check_transition(
        CLASS_TRANSITIONS, current=ClassStatus(training_class.status), target=ClassStatus.CONFIRMED
    )
    _check_can_still_begin(training_class, timezone.localdate(now))
    training_class.confirmed_by = confirmer
    training_class.confirmed_at = now
    move_class(
        training_class,
        target=ClassStatus.CONFIRMED,
        actor=confirmer,
        now=now,
        changed=("confirmed_by", "confirmed_at"),
    )
    return training_class


@transaction.atomic(durable=True)
def return_class(*, class_id: int, returner: User, reason: str, now: datetime) -> TrainingClass:
    """Hand a filing back to its institution, which may change it and file it again. Its seats are free again.

    Raises NotPermitted for another district, InvalidTransition if the class is not waiting for an answer, and
    DomainError without a reason.
    """
    training_class = queries.lock_class(class_id)
    policies.check_can_answer_filing(returner, training_class, districts_answered_for(returner))
    _end(training_class, ClassStatus.RETURNED, returner, reason, now)
    return training_class


@transaction.atomic(durable=True)
def cancel_class(*, class_id: int, canceller: User, reason: str, now: datetime) -> TrainingClass:
    """Call a class off. Its seats are free again, and whoever is in it has left it.

    Raises NotPermitted for another institution, or once it runs for anybody but its district, InvalidTransition if
    it is over, and DomainError without a reason.
    """
    training_class = queries.lock_class(class_id)
    policies.check_can_cancel_class(canceller, training_class, districts_answered_for(canceller))
    check_transition(
        CLASS_TRANSITIONS, current=ClassStatus(training_class.status), target=ClassStatus.CANCELLED
    )
    check_has_reason(reason)
    for enrollment in queries.lock_people_in_training(training_class):
        leave_class(
            enrollment,
            target=EnrollmentStatus.WITHDRAWN,
            act=EnrollmentAct.WITHDRAWAL,
            leaver=(canceller, reason),
            now=now,
        )
    _end(training_class, ClassStatus.CANCELLED, canceller, reason, now)
    nudge_after_commit("classes_changed")
    return training_class


def _check_can_still_begin(training_class: TrainingClass, today: date) -> None:
    """Refuse what can only be returned: the institution changes the dates and files again."""
    if training_class.starts_on <= today:
        raise DomainError(
            _(
                "The class was to start on %(day)s, and that day has come. Return the filing, so that the institution "
                "changes the dates and files it again."
            )
            % {"day": training_class.starts_on.isoformat()},
            code="class_has_begun",
        )
    if any(is_suspended(training_class.institution_id, on=day) for day in (today, training_class.starts_on)):
        raise DomainError(
            _(
                "The institution is suspended, today or on the day on which the class starts. The class cannot be "
                "confirmed; return the filing."
            ),
            code="institution_suspended",
        )


def _end(training_class: TrainingClass, target: ClassStatus, actor: User, reason: str, now: datetime) -> None:
    check_transition(CLASS_TRANSITIONS, current=ClassStatus(training_class.status), target=target)
    check_has_reason(reason)
    training_class.status_reason = stated(reason)
    move_class(
        training_class,
        target=target,
        actor=actor,
        now=now,
        reason=training_class.status_reason,
        changed=("status_reason", *give_seats_back(training_class)),
    )
