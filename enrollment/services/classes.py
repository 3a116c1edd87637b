from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from chongqing_dte.foundation.audit import record_event, record_events
from chongqing_dte.foundation.errors import DomainError, NotPermitted
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.transitions import check_transition
from enrollment import policies, queries
from enrollment.enums import ClassStatus, EnrollmentStatus
from enrollment.models import Enrollment, TrainingClass
from enrollment.transitions import CLASS_TRANSITIONS
from institutions.enums import TRAINING_ROLES, AccreditationKind
from institutions.models import User
from institutions.queries import is_accredited


@dataclass(frozen=True)
class ClassPlan:
    """What an institution files: whom it will train in what, from when to when."""

    reference: str
    occupation_id: int
    level: str
    starts_on: date
    ends_on: date
    seat_count: int
    direction: str = ""


@transaction.atomic(durable=True)
def file_class(*, plan: ClassPlan, filer: User, now: datetime) -> TrainingClass:
    """Record an institution's plan for a class, which then waits for its district bureau.

    Raises NotPermitted unless the filer works for a training institution, and DomainError if that institution is
    not accredited for the occupation and level on the day the class starts.
    """
    if filer.role not in TRAINING_ROLES or filer.institution is None:
        raise NotPermitted
    accredited = is_accredited(
        institution_id=filer.institution.pk,
        kind=AccreditationKind.TRAINING,
        occupation_id=plan.occupation_id,
        level=plan.level,
        on=plan.starts_on,
    )
    if not accredited:
        raise DomainError(
            _("The institution is not accredited for this occupation and level on the day the class starts."),
            code="not_accredited",
        )
    training_class = TrainingClass.objects.create(
        reference=plan.reference,
        institution=filer.institution,
        district_id=filer.institution.district_id,
        occupation_id=plan.occupation_id,
        direction=plan.direction,
        level=plan.level,
        starts_on=plan.starts_on,
        ends_on=plan.ends_on,
        seat_count=plan.seat_count,
        filed_by=filer,
        filed_at=now,
    )
    record_event("class.filed", subject=training_class, actor_id=filer.pk, at=now)
    return training_class


@transaction.atomic(durable=True)
def confirm_class(*, class_id: int, confirmer: User, now: datetime) -> TrainingClass:
    """Record the district bureau's confirmation, after which rosters may come in.

    Raises NotPermitted for another district, InvalidTransition if the class is not waiting for an answer.
    """
    training_class = queries.lock_class(class_id)
    policies.check_can_confirm_class(confirmer, training_class)
    check_transition(
        CLASS_TRANSITIONS, current=ClassStatus(training_class.status), target=ClassStatus.CONFIRMED
    )
    training_class.status = ClassStatus.CONFIRMED
    training_class.confirmed_by = confirmer
    training_class.confirmed_at = now
    training_class.save(update_fields=["status", "confirmed_by", "confirmed_at"])
    record_event("class.confirmed", subject=training_class, actor_id=confirmer.pk, at=now)
    return training_class


@transaction.atomic(durable=True)
def complete_class(*, class_id: int, completer: User, now: datetime) -> TrainingClass:
    """Record that the class, and the training of everybody in it, is completed; they may now be assessed.

    Raises NotPermitted for another institution, InvalidTransition if the class is not running, and DomainError
    if nobody is enrolled.
    """
    training_class = queries.lock_class(class_id)
    policies.check_can_complete_class(completer, training_class)
    check_transition(
        CLASS_TRANSITIONS, current=ClassStatus(training_class.status), target=ClassStatus.COMPLETED
    )
    enrollments = list(
        Enrollment.objects.filter(training_class=training_class, status=EnrollmentStatus.ENROLLED)
    )
    if not enrollments:
        raise DomainError(_("Nobody is enrolled in this class."), code="class_empty")
    Enrollment.objects.filter(pk__in=[enrollment.pk for enrollment in enrollments]).update(
        status=EnrollmentStatus.COMPLETED, completed_at=now
    )
    training_class.status = ClassStatus.COMPLETED
    training_class.completed_by = completer
    training_class.completed_at = now
    training_class.save(update_fields=["status", "completed_by", "completed_at"])
    record_event("class.completed", subject=training_class, actor_id=completer.pk, at=now)
    record_events("enrollment.completed", subjects=enrollments, actor_id=completer.pk, at=now)
    nudge_after_commit("classes_changed")
    return training_class
