from datetime import date

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from enrollment.enums import IN_TRAINING, ClassStatus, EnrollmentStatus
from enrollment.models import Enrollment, EnrollmentChange, RosterRow, TrainingClass
from institutions.enums import TRAINING_ROLES
from institutions.models import User
from institutions.queries import districts_answered_for

# A class that somebody may still come into.
OPEN_TO_TRANSFERS = (ClassStatus.CONFIRMED, ClassStatus.RUNNING)


def class_id_of(enrollment_id: int) -> int:
    """Return the class of an enrollment. It never changes, so that the class can be locked before the enrollment."""
    return Enrollment.objects.values_list("training_class_id", flat=True).get(pk=enrollment_id)


def lock_enrollment(enrollment_id: int) -> Enrollment:
    """Return one enrollment that no other transaction can change until this one ends. Its class is locked before."""
    return (
        Enrollment.objects.select_for_update(of=("self",))
        .select_related("training_class")
        .get(pk=enrollment_id)
    )


def lock_people_in_training(training_class: TrainingClass) -> list[Enrollment]:
    """Return everybody who is in the class, in the order in which they enrolled, locked."""
    return list(
        Enrollment.objects.select_for_update(of=("self",))
        .filter(training_class=training_class, status=EnrollmentStatus.ENROLLED)
        .order_by("pk")
    )


def seats_taken(training_class: TrainingClass) -> int:
    """Return how many people sit in the class. Who has left makes room."""
    return Enrollment.objects.filter(training_class=training_class, status__in=IN_TRAINING).count()


def is_in_training_elsewhere(enrollment: Enrollment, training_class: TrainingClass) -> bool:
    """Test whether a third class has the person on days of this one."""
    days = DateRange(training_class.starts_on, training_class.ends_on, "[]")
    return (
        Enrollment.objects.filter(
            trainee=enrollment.trainee_id, status__in=IN_TRAINING, training_period__overlap=days
        )
        .exclude(pk=enrollment.pk)
        .exists()
    )


def has_been_in_class(enrollment: Enrollment, training_class: TrainingClass) -> bool:
    """Test whether the person is, or once was, in that class."""
    return Enrollment.objects.filter(trainee=enrollment.trainee_id, training_class=training_class).exists()


def transfer_targets(user: User, enrollment: Enrollment, *, today: date) -> QuerySet[TrainingClass]:
    """Return the classes to which this person may move somebody, the next to begin first.

    An institution chooses among its own classes, a bureau among those of all other institutions.
    """
    left = enrollment.training_class
    targets = TrainingClass.objects.filter(
        occupation_id=left.occupation_id,
        direction=left.direction,
        level=left.level,
        status__in=OPEN_TO_TRANSFERS,
        ends_on__gte=today,
    )
    if user.role in TRAINING_ROLES and user.institution_id == left.institution_id:
        targets = targets.filter(institution_id=left.institution_id)
    elif left.district_id in districts_answered_for(user):
        targets = targets.exclude(institution_id=left.institution_id)
    else:
        return targets.none()
    if enrollment.locked_at is None:
        targets = targets.filter(roster_locked_at__isnull=True)
    was_there = Enrollment.objects.filter(trainee=enrollment.trainee_id, training_class=OuterRef("pk"))
    return (
        targets.exclude(Exists(was_there))
        .annotate(taken=Count("enrollments", filter=Q(enrollments__status__in=IN_TRAINING)))
        .filter(taken__lt=F("seat_count"))
        .select_related("institution")
        .order_by("starts_on", "pk")
    )


def changes_of(enrollment: Enrollment) -> QuerySet[EnrollmentChange]:
    """Return what was done to an enrollment, in order."""
    return EnrollmentChange.objects.filter(enrollment=enrollment).select_related("done_by").order_by("pk")


def status_counts_of(training_class: TrainingClass) -> dict[str, int]:
    """Return how many people of a class have each status. A status that nobody has is left out."""
    people = Enrollment.objects.filter(training_class=training_class).order_by()
    return dict(people.values_list("status").annotate(number=Count("pk")))


def roster_row_of(enrollment: Enrollment) -> RosterRow:
    """Return the roster row that first enrolled the person, back through their transfers, without its cells."""
    while enrollment.transferred_from_id is not None:
        enrollment = Enrollment.objects.get(pk=enrollment.transferred_from_id)
    rows = RosterRow.objects.select_related("upload").defer("cells", "upload__content")
    return rows.get(enrollment=enrollment.pk)
