from collections.abc import Callable, Collection

from django.db.models import Exists, OuterRef, QuerySet

from chongqing_dte.foundation.crypto import keyed_hash, keyed_hasher
from enrollment.models import BankAccount, Enrollment, Trainee
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


def current_account_ids(trainee_ids: Collection[int]) -> dict[int, int]:
    """Return the id of the current bank account of each of these trainees that has one."""
    accounts = BankAccount.objects.filter(trainee_id__in=trainee_ids, replaced_at__isnull=True)
    return dict(accounts.values_list("trainee_id", "id"))


def lock_trainee(trainee_id: int) -> Trainee:
    """Return one trainee that no other transaction can change until this one ends."""
    return Trainee.objects.select_for_update(of=("self",), no_key=True).get(pk=trainee_id)
