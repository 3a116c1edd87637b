from collections.abc import Sequence
from datetime import date

from django.db.models import Count, Prefetch, Q, QuerySet, Sum
from django.utils import timezone

from enrollment.attendance.marks import KnownClass, KnownLesson, KnownPerson, LessonKey
from enrollment.enums import Presence
from enrollment.models import (
    AttendanceDelivery,
    AttendanceMark,
    Enrollment,
    Lesson,
    TrainingCertificate,
    TrainingClass,
)
from enrollment.queries.classes import classes_visible_to
from enrollment.queries.enrollments import enrollments_of
from enrollment.rules.attendance import ZERO, Hours, is_in_class_on
from institutions.models import User


def lessons_of(training_class: TrainingClass) -> QuerySet[Lesson]:
    """Return the lessons of a class that take place, in order."""
    return Lesson.objects.filter(training_class=training_class, cancelled_at__isnull=True).order_by(
        "held_on", "number"
    )


def cancelled_lessons_of(training_class: TrainingClass) -> QuerySet[Lesson]:
    """Return the lessons of a class that did not take place, in order."""
    return (
        Lesson.objects.filter(training_class=training_class, cancelled_at__isnull=False)
        .select_related("cancelled_by")
        .order_by("held_on", "number")
    )


def lessons_visible_to(user: User) -> QuerySet[Lesson]:
    """Return the lessons of the classes that this person may see."""
    return Lesson.objects.filter(training_class__in=classes_visible_to(user)).select_related("training_class")


def lessons_with_marks_visible_to(user: User) -> QuerySet[Lesson]:
    """Return the same lessons, cancelled ones too, each with its `live_marks`: what the deliveries say now of it."""
    live = AttendanceMark.objects.filter(superseded_at__isnull=True, lesson__cancelled_at__isnull=True)
    named = live.select_related("enrollment").only("presence", "lesson_id", "enrollment__public_id")
    return lessons_visible_to(user).prefetch_related(
        Prefetch("marks", queryset=named.order_by("enrollment_id"), to_attr="live_marks")
    )


def lock_lesson(lesson_id: int) -> Lesson:
    """Return one lesson that no other transaction can change until this one ends. Its class is locked before."""
    return Lesson.objects.select_for_update(of=("self",)).select_related("training_class").get(pk=lesson_id)


def class_id_of_lesson(lesson_id: int) -> int:
    """Return the class of a lesson. It never changes, so that the class can be locked before the lesson."""
    return Lesson.objects.values_list("training_class_id", flat=True).get(pk=lesson_id)


def known_class(training_class: TrainingClass, *, today: date) -> KnownClass:
    """Return the people and the lessons of a class as attendance names them."""
    people = {}
    for enrollment in enrollments_of(training_class):
        came_on, left_on = days_in_class(enrollment)
        people[str(enrollment.public_id)] = KnownPerson(
            enrollment.pk, enrollment.trainee.name, came_on, left_on
        )
    lessons: dict[LessonKey, KnownLesson] = {}
    for lesson in lessons_of(training_class):
        known = KnownLesson(lesson.pk, lesson.held_on)
        lessons[str(lesson.public_id)] = lessons[lesson.held_on, lesson.number] = known
    return KnownClass(people, lessons, today)


def live_marks_of(training_class: TrainingClass) -> QuerySet[AttendanceMark]:
    """Return what the deliveries say now of the lessons that take place."""
    return AttendanceMark.objects.filter(
        lesson__training_class=training_class,
        lesson__cancelled_at__isnull=True,
        superseded_at__isnull=True,
    )


def marks_of_person(enrollment: Enrollment) -> dict[int, str]:
    """Return what the deliveries say now of one person, by lesson id."""
    marks = live_marks_of(enrollment.training_class).filter(enrollment=enrollment)
    return dict(marks.values_list("lesson_id", "presence"))


def lesson_counts_of(training_class: TrainingClass) -> dict[int, dict[str, int]]:
    """Return how often each presence was reported of each lesson, by lesson id."""
    counts: dict[int, dict[str, int]] = {}
    marks = live_marks_of(training_class).values_list("lesson_id", "presence")
    for lesson_id, presence, number in marks.annotate(number=Count("pk")):
        counts.setdefault(lesson_id, {})[presence] = number
    return counts


def deliveries_of(training_class: TrainingClass) -> QuerySet[AttendanceDelivery]:
    """Return the attendance deliveries of a class without their contents, newest first."""
    return (
        AttendanceDelivery.objects.filter(training_class=training_class)
        .select_related("delivered_by")
        .defer("content")
        .order_by("-pk")
    )


def days_in_class(enrollment: Enrollment) -> tuple[date | None, date | None]:
    """Return the day on which somebody came over from another class, and the day on which they left, if any."""
    came_on = timezone.localdate(enrollment.enrolled_at) if enrollment.transferred_from_id else None
    left_on = timezone.localdate(enrollment.left_at) if enrollment.left_at else None
    return came_on, left_on


def hours_of_people(
    training_class: TrainingClass, enrollments: Sequence[Enrollment], *, today: date
) -> dict[int, Hours]:
    """Return the hours of each of these people of a class up to today, by enrollment id, in two queries."""
    lessons = list(lessons_of(training_class).filter(held_on__lte=today).values_list("held_on", "hours"))
    everything = sum((hours for _day, hours in lessons), ZERO)
    said = {
        line["enrollment_id"]: (line["reported"], line["present"] or ZERO)
        for line in live_marks_of(training_class)
        .filter(enrollment__in=[enrollment.pk for enrollment in enrollments])
        .values("enrollment_id")
        .annotate(
            reported=Sum("lesson__hours"),
            present=Sum("lesson__hours", filter=Q(presence=Presence.PRESENT)),
        )
    }
    found = {}
    for enrollment in enrollments:
        came_on, left_on = days_in_class(enrollment)
        taught = everything
        if came_on or left_on:
            theirs = (h for day, h in lessons if is_in_class_on(day, came_on=came_on, left_on=left_on))
            taught = sum(theirs, ZERO)
        found[enrollment.pk] = Hours(taught, *said.get(enrollment.pk, (ZERO, ZERO)))
    return found


def hours_of_class(training_class: TrainingClass, *, today: date) -> Hours:
    """Return the hours of everybody who is or was in a class, together, up to today."""
    people = Enrollment.objects.filter(training_class=training_class).only(
        "pk", "enrolled_at", "left_at", "transferred_from_id"
    )
    return sum(hours_of_people(training_class, list(people), today=today).values(), Hours())


def training_certificates_of(training_class: TrainingClass) -> QuerySet[TrainingCertificate]:
    """Return the training certificates of a class in the order of their numbers."""
    return (
        TrainingCertificate.objects.filter(enrollment__training_class=training_class)
        .select_related("enrollment__trainee", "issued_by")
        .order_by("pk")
    )
