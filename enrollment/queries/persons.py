"""One person, once: whoever has several rows that were merged is read as one."""

from collections import defaultdict
from collections.abc import Collection

from django.db.models import BigIntegerField, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from chongqing_dte.foundation.lookups import Among
from enrollment.enums import IN_TRAINING
from enrollment.models import BankAccount, Enrollment, Trainee


def person_of(path: str = "") -> Coalesce:
    """Return the expression for the id of the row that stands for a person. `path` leads to the trainee."""
    prefix = f"{path}__" if path else ""
    return Coalesce(f"{prefix}merged_into_id", f"{prefix}id", output_field=BigIntegerField())


def rows_of_persons(trainee_ids: Collection[int]) -> dict[int, int]:
    """Return every row of the people that these rows belong to, each with the id of its person."""
    named = Trainee.objects.filter(Among("pk", trainee_ids)).values_list("pk", "merged_into_id")
    persons = {row_id: merged_into_id or row_id for row_id, merged_into_id in named}
    standing = set(persons.values())
    merged = Trainee.objects.filter(Among("merged_into_id", standing)).values_list("pk", "merged_into_id")
    return {**{person_id: person_id for person_id in standing}, **persons, **dict(merged)}


def trainee_rows_named(name: str) -> QuerySet[Trainee]:
    """Return every row of the people who bear exactly this (normalized) name now, whatever a merged row says."""
    standing = Trainee.objects.filter(name=name, merged_into__isnull=True).order_by().values("pk")
    merged = Trainee.objects.filter(merged_into__name=name).order_by().values("pk")
    return Trainee.objects.filter(pk__in=standing.union(merged, all=True))


def id_number_hashes_of_person(person_id: int) -> list[str]:
    """Return the hash of every ID number that the rows of one person bear. Whoever does not exist has none."""
    rows = Trainee.objects.filter(Q(pk=person_id) | Q(merged_into=person_id)).order_by("pk")
    return list(rows.values_list("id_number_hash", flat=True))


def mobile_of_person(trainee_id: int) -> str:
    """Return the mobile number of one person, whichever of their rows is named. Raises InvalidTag for a damaged one."""
    rows = Trainee.objects.select_related("merged_into").only("mobile", "merged_into__mobile")
    row = rows.get(pk=trainee_id)
    return (row.merged_into or row).mobile


def persons_by_hash(hashes: Collection[str]) -> dict[str, Trainee]:
    """Return by hash of a present or former ID number the row that stands for the person, in one query."""
    found = Trainee.objects.filter(id_number_hash__in=hashes).select_related("merged_into")
    return {trainee.id_number_hash: trainee.merged_into or trainee for trainee in found}


def known_names_by_hash(hashes: Collection[str]) -> dict[str, set[str]]:
    """Return by hash of a present or former ID number every name that the person's rows bear."""
    persons = {hashed: person.pk for hashed, person in persons_by_hash(hashes).items()}
    rows = rows_of_persons(set(persons.values()))
    names: dict[int, set[str]] = defaultdict(set)
    for row_id, name in Trainee.objects.filter(pk__in=rows).values_list("pk", "name"):
        names[rows[row_id]].add(name)
    return {hashed: names[person_id] for hashed, person_id in persons.items()}


def account_id_of(person: str) -> Coalesce:
    """Return the expression for the id of the account that a person is paid to.

    `person` names the id of the row that stands for the person, in the query that asks. That row's account comes
    first; only without one it is a merged row's.
    """
    current = BankAccount.objects.filter(replaced_at__isnull=True).order_by("-id").values("id")
    own = current.filter(trainee=OuterRef(person))
    merged = current.filter(trainee__merged_into=OuterRef(person))
    return Coalesce(Subquery(own[:1]), Subquery(merged[:1]))


def accounts_by_person(persons: dict[int, int]) -> dict[int, BankAccount]:
    """Return the account that each person is paid to, by person. Raises InvalidTag for a damaged one.

    `persons` is what `rows_of_persons` returns. The account brings its owner's name along.
    """
    current = (
        BankAccount.objects.filter(trainee__in=persons, replaced_at__isnull=True)
        .select_related("trainee")
        .defer("trainee__id_number", "trainee__mobile")
        .order_by(F("trainee__merged_into").desc(nulls_last=True), "id")
    )
    # The last one stands: the account of the row that stands for the person comes at the end.
    return {persons[account.trainee_id]: account for account in current}


def account_ids_by_person(persons: dict[int, int]) -> dict[int, int]:
    """Return the id of the account that each person is paid to, by person, and decrypt nothing."""
    current = BankAccount.objects.filter(Among("trainee_id", persons), replaced_at__isnull=True)
    rows = current.values_list("trainee_id", "id")
    # The one of the row that stands for the person counts, or else the latest; the last one that is said stays.
    in_order = sorted(rows, key=lambda row: (row[0] == persons[row[0]], row[1]))
    return {persons[trainee_id]: account_id for trainee_id, account_id in in_order}


def current_account_of(trainee_id: int) -> BankAccount | None:
    """Return the account that one person is paid to, whichever of their rows is named."""
    persons = rows_of_persons([trainee_id])
    return accounts_by_person(persons).get(persons[trainee_id])


def lock_trainees(trainee_ids: Collection[int]) -> None:
    """Lock these rows in the order of their ids: nobody merges or corrects them until this transaction ends."""
    rows = Trainee.objects.select_for_update(of=("self",), no_key=True).filter(Among("pk", trainee_ids))
    list(rows.order_by("pk").values_list("pk", flat=True))


def lock_rows_to_merge(*, kept_id: int, merged_id: int) -> list[Trainee]:
    """Return both rows and those that were merged into the second one before, locked in the order of their ids."""
    return list(
        Trainee.objects.select_for_update(of=("self",), no_key=True)
        .filter(Q(pk__in=[kept_id, merged_id]) | Q(merged_into=merged_id))
        .defer("id_number", "mobile")
        .order_by("pk")
    )


def lock_person(trainee_id: int) -> Trainee:
    """Return the row that stands for this person, locked."""
    person_id = rows_of_persons([trainee_id])[trainee_id]
    person = Trainee.objects.select_for_update(of=("self",), no_key=True).get(pk=person_id)
    if person.merged_into_id is None:
        return person
    # Merged in between. A row that stands is merged once more at most while this one is held.
    return Trainee.objects.select_for_update(of=("self",), no_key=True).get(pk=person.merged_into_id)


def overlapping_enrollments(*, kept_id: int, merged_id: int) -> list[tuple[str, str]]:
    """Return the pairs of classes, by reference, in which two people-to-be-one are at the same time."""
    rows = rows_of_persons([kept_id, merged_id])
    kept = [row_id for row_id, person_id in rows.items() if person_id == rows[kept_id]]
    merged = [row_id for row_id, person_id in rows.items() if person_id == rows[merged_id]]
    live = Enrollment.objects.filter(status__in=IN_TRAINING)
    other = live.filter(trainee__in=kept, training_period__overlap=OuterRef("training_period"))
    clashes = (
        live.filter(Exists(other), trainee__in=merged)
        .annotate(other_reference=other.values("training_class__reference")[:1])
        .order_by("pk")
    )
    return list(clashes.values_list("training_class__reference", "other_reference"))
