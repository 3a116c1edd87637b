"""What the database knows of the people of a roster, found for thousands of them at once."""

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.conf import settings
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import CharField, F
from django.db.models.functions import Coalesce
from django.utils.module_loading import import_string

from chongqing_dte.foundation.lookups import OneOf
from enrollment.enums import IN_TRAINING, EnrollmentStatus, IdentityField, RequestStatus
from enrollment.models import (
    EVIDENCE_FIELDS,
    BankAccount,
    Enrollment,
    IdentityCorrection,
    Trainee,
    TrainingClass,
)

# Which of these people, by the hashes of their ID numbers, hold a valid certificate of an occupation and level.
HoldersOf = Callable[..., set[str]]

# For thousands of hashes at once.
CharField.register_lookup(OneOf)

HAS_LEFT: Final = frozenset({EnrollmentStatus.WITHDRAWN, EnrollmentStatus.TRANSFERRED})


@dataclass(frozen=True)
class KnownPerson:
    """Somebody who is known from any class."""

    person_id: int
    name: str


@dataclass(frozen=True)
class ClassMember:
    """Somebody who is or was in the class, with what is known of them there."""

    enrollment_id: int
    person_id: int
    has_left: bool
    facts: dict[str, str]


def certificate_holders() -> HoldersOf:
    """Return the look-up of certificates. It belongs to an app above this one, and so the settings name it."""
    found: HoldersOf = import_string(settings.CERTIFICATE_HOLDERS)
    return found


def known_people(hashes: Collection[str]) -> dict[str, KnownPerson]:
    """Return those of these people whom any class has enrolled before. A merged row stands for the one it became."""
    lines = Trainee.objects.filter(id_number_hash__one_of=hashes).values_list(
        "id_number_hash", Coalesce("merged_into_id", "id"), Coalesce("merged_into__name", "name")
    )
    return {number_hash: KnownPerson(person_id, name) for number_hash, person_id, name in lines}


def rows_of_people(people: dict[str, KnownPerson]) -> dict[int, int]:
    """Return every row that stands, or stood before a merge, for one of these people, with the person's id."""
    standing = {person.person_id for person in people.values()}
    merged = Trainee.objects.filter(merged_into__in=standing).values_list("id", "merged_into_id")
    return {**{person_id: person_id for person_id in standing}, **dict(merged)}


def members_of_class(
    training_class: TrainingClass, people: dict[str, KnownPerson], rows: dict[int, int]
) -> dict[str, ClassMember]:
    """Return those of these people who are or were in the class. `rows` is what `rows_of_people` returns."""
    enrollments = Enrollment.objects.filter(training_class=training_class, trainee__in=rows)
    by_person = {
        rows[enrollment.trainee_id]: enrollment for enrollment in enrollments.select_related("trainee")
    }
    return {
        number_hash: _member(by_person[person.person_id])
        for number_hash, person in people.items()
        if person.person_id in by_person
    }


def _member(enrollment: Enrollment) -> ClassMember:
    facts = {name: _as_text(getattr(enrollment, name)) for name in EVIDENCE_FIELDS}
    return ClassMember(
        enrollment_id=enrollment.pk,
        person_id=enrollment.trainee_id,
        has_left=enrollment.status in HAS_LEFT,
        facts={**facts, "mobile": enrollment.trainee.mobile},
    )


def _as_text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value or "")


def overlapping_classes(
    training_class: TrainingClass, people: dict[str, KnownPerson], rows: dict[int, int]
) -> dict[str, str]:
    """Return who of these people is in another class over the same days, and that class's reference."""
    lines = (
        Enrollment.objects.filter(
            trainee__in=rows, status__in=IN_TRAINING, training_period__overlap=_period_of(training_class)
        )
        .exclude(training_class=training_class)
        .values_list("trainee_id", "training_class__reference")
    )
    elsewhere = {rows[trainee_id]: reference for trainee_id, reference in lines}
    return {
        number_hash: elsewhere[person.person_id]
        for number_hash, person in people.items()
        if person.person_id in elsewhere
    }


def _period_of(training_class: TrainingClass) -> Any:
    return DateRange(training_class.starts_on, training_class.ends_on, "[]")


def corrected_id_numbers(training_class: TrainingClass) -> set[str]:
    """Return the ID numbers under which people came into the class, and which turned out to be wrong."""
    corrections = IdentityCorrection.objects.filter(
        enrollment__training_class=training_class,
        field=IdentityField.ID_NUMBER,
        status=RequestStatus.APPROVED,
    )
    return set(corrections.values_list("former_value", flat=True))


def current_account_hashes(people: dict[str, KnownPerson], rows: dict[int, int]) -> dict[str, str]:
    """Return the keyed hash of the present account of each of these people who has one."""
    lines = BankAccount.objects.filter(trainee__in=rows, replaced_at__isnull=True)
    accounts = {
        rows[trainee_id]: number_hash
        for trainee_id, number_hash in lines.values_list("trainee_id", "number_hash")
    }
    return {
        number_hash: accounts[person.person_id]
        for number_hash, person in people.items()
        if person.person_id in accounts
    }


def account_owners(number_hashes: Collection[str]) -> dict[str, set[str]]:
    """Return by the hash of each of these accounts the hashes of the ID numbers of those who have it now."""
    lines = BankAccount.objects.filter(number_hash__one_of=number_hashes, replaced_at__isnull=True)
    return _grouped(lines.values_list("number_hash", F("trainee__id_number_hash")))


def mobile_owners(mobile_hashes: Collection[str]) -> dict[str, set[str]]:
    """Return by the hash of each of these mobile numbers the hashes of the ID numbers of those who have it."""
    lines = Trainee.objects.filter(mobile_hash__one_of=mobile_hashes, merged_into__isnull=True)
    return _grouped(lines.values_list("mobile_hash", "id_number_hash"))


def _grouped(lines: Any) -> dict[str, set[str]]:
    groups: dict[str, set[str]] = defaultdict(set)
    for key, owner in lines:
        groups[key].add(owner)
    return groups
