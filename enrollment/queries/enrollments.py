from collections.abc import Collection

from django.db.models import QuerySet

from enrollment.enums import EnrollmentStatus
from enrollment.models import Enrollment, TrainingClass
from enrollment.queries.classes import classes_visible_to
from enrollment.queries.persons import persons_by_hash, rows_of_persons
from institutions.models import User

OF_THE_ENROLLMENT = (
    "public_id",
    "category",
    "education",
    "status",
    "enrolled_at",
    "locked_at",
    "completed_at",
    "left_at",
    "training_class__public_id",
    "trainee__public_id",
    "trainee__merged_into__public_id",
    "roster_row__number",
    "roster_row__upload__public_id",
    "training_certificate__number",
    "training_certificate__issued_on",
)


def enrollments_visible_to(user: User) -> QuerySet[Enrollment]:
    """Return the enrollments in the classes that this person may see."""
    return Enrollment.objects.filter(training_class__in=classes_visible_to(user))


def enrollments_by_number_visible_to(user: User) -> QuerySet[Enrollment]:
    """Return the same enrollments with what they refer to, and with nothing of it that is encrypted."""
    return (
        enrollments_visible_to(user)
        .select_related(
            "training_class", "trainee__merged_into", "roster_row__upload", "training_certificate"
        )
        .only(*OF_THE_ENROLLMENT)
    )


def enrollments_of(training_class: TrainingClass) -> QuerySet[Enrollment]:
    """Return the people of one class, in the order in which they enrolled."""
    return Enrollment.objects.filter(training_class=training_class).select_related("trainee").order_by("id")


def enrolled_hashes(training_class: TrainingClass, hashes: Collection[str]) -> set[str]:
    """Return which of these ID number hashes are in the class already."""
    return set(
        Enrollment.objects.filter(
            training_class=training_class, trainee__id_number_hash__in=hashes
        ).values_list("trainee__id_number_hash", flat=True)
    )


def completed_enrollments(
    *, occupation_id: int, level: str, hashes: Collection[str]
) -> dict[str, Enrollment]:
    """Return the completed enrollments for an occupation and level of the people with these ID number hashes.

    A person is found by a present or former ID number, under whichever of their rows they were enrolled. Who
    completed more than one such class counts with the latest.
    """
    persons = {hashed: person.pk for hashed, person in persons_by_hash(hashes).items()}
    rows = rows_of_persons(set(persons.values()))
    found = (
        Enrollment.objects.filter(
            status=EnrollmentStatus.COMPLETED,
            training_class__occupation_id=occupation_id,
            training_class__level=level,
            trainee__in=rows,
        )
        .select_related("trainee", "training_class")
        .order_by("id")
    )
    latest = {rows[enrollment.trainee_id]: enrollment for enrollment in found}
    return {hashed: latest[person_id] for hashed, person_id in persons.items() if person_id in latest}
