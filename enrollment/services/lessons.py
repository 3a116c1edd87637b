from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.words import stated
from enrollment import policies, queries
from enrollment.enums import ClassStatus
from enrollment.models import Lesson, TrainingClass
from enrollment.services.enrollment_steps import check_has_reason
from institutions.models import User

LONGEST_TIMETABLE = 500


@dataclass(frozen=True)
class PlannedLesson:
    """One lesson of a timetable: its day, its number on that day, and its hours."""

    held_on: date
    number: int
    hours: Decimal
    topic: str = ""


@transaction.atomic(durable=True)
def record_lessons(
    *, class_id: int, lessons: Sequence[PlannedLesson], recorder: User, now: datetime
) -> list[Lesson]:
    """Write down lessons of a class, all of them or none.

    Raises NotPermitted for another institution, InvalidTransition unless the class is confirmed or running, and
    DomainError if one lies outside the days of the class or stands there already.
    """
    training_class = queries.lock_class(class_id)
    policies.check_can_report_attendance(recorder, training_class)
    _check_has_timetable(training_class)
    _check_lessons(training_class, lessons)
    recorded = Lesson.objects.bulk_create(
        Lesson(
            training_class=training_class,
            held_on=lesson.held_on,
            number=lesson.number,
            hours=lesson.hours,
            topic=lesson.topic,
            recorded_by=recorder,
            recorded_at=now,
        )
        for lesson in lessons
    )
    record_event(
        "class.lessons_recorded",
        subject=training_class,
        actor_id=recorder.pk,
        at=now,
        facts={"lessons": len(recorded)},
    )
    return recorded


@transaction.atomic(durable=True)
def cancel_lesson(*, lesson_id: int, canceller: User, reason: str, now: datetime) -> Lesson:
    """Record that a lesson does not, or did not, take place. What was reported of it no longer counts.

    Raises NotPermitted for another institution, InvalidTransition if it is cancelled already or the class is over,
    and DomainError without a reason.
    """
    training_class = queries.lock_class(queries.class_id_of_lesson(lesson_id))
    lesson = queries.lock_lesson(lesson_id)
    policies.check_can_report_attendance(canceller, training_class)
    _check_has_timetable(training_class)
    if lesson.cancelled_at is not None:
        raise InvalidTransition(_("The lesson is cancelled already."))
    check_has_reason(reason)
    lesson.cancelled_by = canceller
    lesson.cancelled_at = now
    lesson.cancel_reason = stated(reason)
    lesson.save(update_fields=["cancelled_by", "cancelled_at", "cancel_reason"])
    record_event(
        "lesson.cancelled", subject=lesson, actor_id=canceller.pk, at=now, reason=lesson.cancel_reason
    )
    return lesson


def _check_has_timetable(training_class: TrainingClass) -> None:
    if training_class.status not in {ClassStatus.CONFIRMED, ClassStatus.RUNNING}:
        raise InvalidTransition(
            _("The class is %(status)s; its lessons change while it is confirmed or running.")
            % {"status": training_class.get_status_display()}
        )


def _check_lessons(training_class: TrainingClass, lessons: Sequence[PlannedLesson]) -> None:
    if not 0 < len(lessons) <= LONGEST_TIMETABLE:
        raise DomainError(
            _("These are %(count)s lessons; between 1 and %(most)s can be entered at once.")
            % {"count": len(lessons), "most": LONGEST_TIMETABLE},
            code="lesson_count",
        )
    if any(not training_class.starts_on <= lesson.held_on <= training_class.ends_on for lesson in lessons):
        raise DomainError(
            _("A lesson lies outside the days of the class, %(first)s to %(last)s.")
            % {"first": training_class.starts_on.isoformat(), "last": training_class.ends_on.isoformat()},
            code="lesson_outside_class",
        )
    planned = [(lesson.held_on, lesson.number) for lesson in lessons]
    standing = set(queries.lessons_of(training_class).values_list("held_on", "number"))
    if twice := sorted(standing.intersection(planned)):
        raise DomainError(
            _("These lessons stand in the timetable already: %(lessons)s.") % {"lessons": _named(twice)},
            code="lesson_exists",
        )
    if len(set(planned)) < len(planned):
        raise DomainError(_("A lesson is named more than once."), code="lesson_repeated")


def _named(lessons: Sequence[tuple[date, int]]) -> str:
    shown = ", ".join(f"{day.isoformat()} #{number}" for day, number in lessons[:5])
    return f"{shown}, …" if len(lessons) > 5 else shown
