from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.sentences import gettext as _
from enrollment import policies, queries
from enrollment.enums import EnrollmentAct, EnrollmentStatus
from enrollment.models import EVIDENCE_FIELDS, Enrollment, TrainingClass
from enrollment.services.enrollment_steps import check_has_reason, leave_class, note_change
from institutions.models import User
from institutions.queries import districts_answered_for

BUSY_ELSEWHERE = "busy_elsewhere"


def transfer_enrollment(
    *, enrollment_id: int, to_class_id: int, transferrer: User, reason: str, now: datetime
) -> Enrollment:
    """Move somebody to another class for the same training, with the evidence that the first roster brought.

    They keep counting in the class in which the roster lock found them. Returns the new enrollment. Raises
    NotPermitted, InvalidTransition if the person is not in training any more, and DomainError if the other class
    cannot take them.
    """
    try:
        return _transfer(enrollment_id, to_class_id, transferrer, reason, now)
    except IntegrityError as race:
        # A roster elsewhere enrolled the person at this very moment.
        if "enrollment_one_class_at_a_time" not in str(race):
            raise
        raise _refusal(BUSY_ELSEWHERE) from race


@transaction.atomic(durable=True)
def _transfer(
    enrollment_id: int, to_class_id: int, transferrer: User, reason: str, now: datetime
) -> Enrollment:
    classes = queries.lock_classes([queries.class_id_of(enrollment_id), to_class_id])
    enrollment = queries.lock_enrollment(enrollment_id)
    to_class = classes[to_class_id]
    districts = districts_answered_for(transferrer)
    policies.check_can_transfer_enrollment(transferrer, enrollment, to_class, districts)
    check_has_reason(reason)
    _check_takes_transfer(enrollment, to_class, now)
    leave_class(
        enrollment,
        target=EnrollmentStatus.TRANSFERRED,
        act=EnrollmentAct.TRANSFER_OUT,
        leaver=(transferrer, reason),
        now=now,
    )
    if queries.is_in_training_elsewhere(enrollment, to_class):
        raise _refusal(BUSY_ELSEWHERE)
    moved = Enrollment.objects.create(
        training_class=to_class,
        trainee_id=enrollment.trainee_id,
        transferred_from=enrollment,
        training_period=DateRange(to_class.starts_on, to_class.ends_on, "[]"),
        enrolled_at=now,
        # The registers answer for a person in a class.
        registers_due_at=now,
        **{field: getattr(enrollment, field) for field in EVIDENCE_FIELDS},
    )
    former = {"training_class": enrollment.training_class.reference}
    note_change(moved, act=EnrollmentAct.TRANSFER_IN, former=former, by=(transferrer, reason), now=now)
    nudge_after_commit("classes_changed")
    return moved


def _check_takes_transfer(enrollment: Enrollment, to_class: TrainingClass, now: datetime) -> None:
    left = enrollment.training_class
    trained = (left.occupation_id, left.direction, left.level)
    if to_class.pk == left.pk or queries.has_been_in_class(enrollment, to_class):
        raise _refusal("was_in_that_class")
    if (to_class.occupation_id, to_class.direction, to_class.level) != trained:
        raise _refusal("other_training")
    if to_class.status not in queries.OPEN_TO_TRANSFERS or to_class.ends_on < timezone.localdate(now):
        raise _refusal("class_takes_nobody")
    # Who is in no denominator yet would be in none for ever.
    if to_class.is_roster_locked and enrollment.locked_at is None:
        raise _refusal("roster_locked_there")
    if queries.seats_taken(to_class) >= to_class.seat_count:
        raise _refusal("seats_short")


def _refusal(code: str) -> DomainError:
    texts = {
        "was_in_that_class": _("The person is in that class, or has been, and does not come into it again."),
        "other_training": _("That class trains for another occupation, direction or level."),
        "class_takes_nobody": _("That class takes nobody: it is not confirmed, or over."),
        "roster_locked_there": _(
            "The roster of that class is locked, and this person was in no class at a roster lock."
        ),
        "seats_short": _("That class has no free seat."),
        BUSY_ELSEWHERE: _("The person is in training elsewhere on the days of that class."),
    }
    return DomainError(texts[code], code=code)
