from collections.abc import Callable, Collection
from contextlib import suppress

from django.db.models import Exists, OuterRef, QuerySet

from chongqing_dte.foundation.crypto import DAMAGED, keyed_hash, keyed_hasher
from chongqing_dte.foundation.lookups import Among
from enrollment.enums import IdentityField, RequestStatus
from enrollment.models import BankAccount, Enrollment, IdentityCorrection, Trainee
from enrollment.queries.classes import classes_visible_to
from institutions.models import User


def id_number_hash(id_number: str) -> str:
    """Return the keyed hash by which the person with this (normalized) ID number is found."""
    return keyed_hash("id_number", id_number)


def account_number_hash(number: str) -> str:
    """Return the keyed hash by which a bank account is found."""
    return keyed_hash("bank_account", number)


def mobile_number_hash(number: str) -> str:
    """Return the keyed hash by which a mobile number is found."""
    return keyed_hash("mobile", number)


def id_number_hasher() -> Callable[[str], str]:
    """Return `id_number_hash` for many."""
    return keyed_hasher("id_number")


def account_number_hasher() -> Callable[[str], str]:
    """Return `account_number_hash` for many."""
    return keyed_hasher("bank_account")


def mobile_number_hasher() -> Callable[[str], str]:
    """Return `mobile_number_hash` for many."""
    return keyed_hasher("mobile")


def trainees_visible_to(user: User) -> QuerySet[Trainee]:
    """Return the people in the classes that this person may see."""
    return Trainee.objects.filter(
        Exists(Enrollment.objects.filter(trainee=OuterRef("pk"), training_class__in=classes_visible_to(user)))
    )


def trainees_by_hash(hashes: Collection[str]) -> dict[str, Trainee]:
    """Return the trainees whose ID numbers have these hashes, by hash, in one query."""
    return {trainee.id_number_hash: trainee for trainee in Trainee.objects.filter(id_number_hash__in=hashes)}


def first_id_number_hashes(trainee_ids: Collection[int]) -> dict[int, str]:
    """Return the hash of the ID number under which each of these rows was first recorded, whatever was corrected since.

    A former number that cannot be decrypted is passed over, and holds up nobody.
    """
    rows = Trainee.objects.filter(Among("id", trainee_ids))
    hashes = dict(rows.values_list("id", "id_number_hash"))
    approved = IdentityCorrection.objects.filter(
        Among("enrollment__trainee_id", trainee_ids),
        field=IdentityField.ID_NUMBER,
        status=RequestStatus.APPROVED,
    )
    # Few have any. The first one comes last, and stays.
    last_first = approved.order_by("-decided_at", "-id").values_list("id", "enrollment__trainee_id")
    for correction_id, trainee_id in last_first:
        with suppress(*DAMAGED):
            hashes[trainee_id] = id_number_hash(_former_value(correction_id))
    return hashes


def _former_value(correction_id: int) -> str:
    return IdentityCorrection.objects.values_list("former_value", flat=True).get(pk=correction_id)


def current_account_ids(trainee_ids: Collection[int]) -> dict[int, int]:
    """Return the id of the current bank account of each of these trainees that has one."""
    accounts = BankAccount.objects.filter(trainee_id__in=trainee_ids, replaced_at__isnull=True)
    return dict(accounts.values_list("trainee_id", "id"))


def lock_trainee(trainee_id: int) -> Trainee:
    """Return one trainee that no other transaction can change until this one ends."""
    return Trainee.objects.select_for_update(of=("self",), no_key=True).get(pk=trainee_id)
