from collections.abc import Collection

from django.db.models import Count, Exists, OuterRef, QuerySet

from chongqing_dte.foundation.crypto import keyed_hash
from enrollment.enums import EnrollmentStatus
from enrollment.models import BankAccount, Enrollment, RosterRow, RosterUpload, Trainee, TrainingClass
from institutions.enums import DISTRICT_ROLES, MUNICIPAL_ROLES, TRAINING_ROLES
from institutions.models import User


def id_number_hash(id_number: str) -> str:
    """Return the keyed hash by which the person with this (normalized) ID number is found."""
    return keyed_hash("id_number", id_number)


def account_number_hash(number: str) -> str:
    """Return the keyed hash by which a bank account is found."""
    return keyed_hash("bank_account", number)


def classes_visible_to(user: User) -> QuerySet[TrainingClass]:
    """Return the classes that this person may see. A role that is not named here sees none."""
    classes = TrainingClass.objects.all()
    if user.role in MUNICIPAL_ROLES:
        return classes
    if user.role in DISTRICT_ROLES and user.district_id is not None:
        return classes.filter(district_id=user.district_id)
    if user.role in TRAINING_ROLES and user.institution_id is not None:
        return classes.filter(institution_id=user.institution_id)
    return classes.none()


def classes_with_counts_visible_to(user: User) -> QuerySet[TrainingClass]:
    """Return the same classes with `enrolled_count`, newest first, ready for a list."""
    return (
        classes_visible_to(user)
        .select_related("institution", "district", "occupation")
        .annotate(enrolled_count=Count("enrollments"))
        .order_by("-id")
    )


def roster_uploads_visible_to(user: User) -> QuerySet[RosterUpload]:
    """Return the rosters of the classes that this person may see."""
    return (
        RosterUpload.objects.filter(training_class__in=classes_visible_to(user))
        .select_related("training_class__institution", "training_class__occupation", "uploaded_by")
        .defer("content")
    )


def trainees_visible_to(user: User) -> QuerySet[Trainee]:
    """Return the people in the classes that this person may see."""
    return Trainee.objects.filter(
        Exists(Enrollment.objects.filter(trainee=OuterRef("pk"), training_class__in=classes_visible_to(user)))
    )


def enrollments_visible_to(user: User) -> QuerySet[Enrollment]:
    """Return the enrollments in the classes that this person may see."""
    return Enrollment.objects.filter(training_class__in=classes_visible_to(user))


def roster_rows_of(upload: RosterUpload) -> QuerySet[RosterRow]:
    """Return every row of one roster, in the order of the file."""
    return RosterRow.objects.filter(upload=upload).order_by("number")


def enrolled_count_of(upload: RosterUpload) -> int:
    """Return how many people were enrolled from one roster."""
    return Enrollment.objects.filter(roster_row__upload=upload).count()


def enrollments_of(training_class: TrainingClass) -> QuerySet[Enrollment]:
    """Return the people of one class, in the order in which they enrolled."""
    return Enrollment.objects.filter(training_class=training_class).select_related("trainee").order_by("id")


def trainees_by_hash(hashes: Collection[str]) -> dict[str, Trainee]:
    """Return the trainees whose ID numbers have these hashes, by hash, in one query."""
    return {trainee.id_number_hash: trainee for trainee in Trainee.objects.filter(id_number_hash__in=hashes)}


def current_account_ids(trainee_ids: Collection[int]) -> dict[int, int]:
    """Return the id of the current bank account of each of these trainees that has one."""
    accounts = BankAccount.objects.filter(trainee_id__in=trainee_ids, replaced_at__isnull=True)
    return dict(accounts.values_list("trainee_id", "id"))


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

    Who completed more than one such class counts with the latest.
    """
    found = (
        Enrollment.objects.filter(
            status=EnrollmentStatus.COMPLETED,
            training_class__occupation_id=occupation_id,
            training_class__level=level,
            trainee__id_number_hash__in=hashes,
        )
        .select_related("trainee", "training_class")
        .order_by("id")
    )
    return {enrollment.trainee.id_number_hash: enrollment for enrollment in found}


def lock_class(class_id: int) -> TrainingClass:
    """Return one class that no other transaction can change until this one ends."""
    return (
        TrainingClass.objects.select_for_update(of=("self",)).select_related("institution").get(pk=class_id)
    )


def lock_roster_upload(upload_id: int) -> RosterUpload:
    """Return one roster that no other transaction can change until this one ends."""
    return (
        RosterUpload.objects.select_for_update(of=("self",))
        .select_related("training_class")
        .get(pk=upload_id)
    )


def lock_trainee(trainee_id: int) -> Trainee:
    """Return one trainee that no other transaction can change until this one ends."""
    return Trainee.objects.select_for_update(of=("self",), no_key=True).get(pk=trainee_id)
