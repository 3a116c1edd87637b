"""People who come into the portal by another way than a roster. Steps: they need the caller's transaction."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext as _
from enrollment import queries
from enrollment.models import Trainee
from enrollment.rules.identifiers import birth_date_of


@dataclass(frozen=True)
class Newcomer:
    """Somebody whom no row stands for yet, with checked numbers."""

    id_number: str
    name: str
    mobile: str


class KnownOtherwise(DomainError):
    """At this moment somebody else recorded one of these people under another name."""

    code = "name_differs"

    def __init__(self) -> None:
        super().__init__(
            _("One of these people was recorded under another name a moment ago. Try again to see which one.")
        )


def record_trainees(people: Collection[Newcomer], *, now: datetime) -> dict[str, int]:
    """Make a trainee of everybody who is none yet, and return by ID number the row that stands for the person.

    Raises KnownOtherwise.
    """
    hashed = {queries.id_number_hash(person.id_number): person for person in people}
    # In the order of the hashes: two lists with the same people wait for each other at most once, and never both.
    Trainee.objects.bulk_create(
        (_trainee_of(number_hash, person, now) for number_hash, person in sorted(hashed.items())),
        ignore_conflicts=True,
    )
    names = queries.known_names_by_hash(hashed)
    if any(person.name not in names[number_hash] for number_hash, person in hashed.items()):
        raise KnownOtherwise
    standing = queries.persons_by_hash(hashed)
    return {person.id_number: standing[number_hash].pk for number_hash, person in hashed.items()}


def _trainee_of(number_hash: str, person: Newcomer, now: datetime) -> Trainee:
    born_on = birth_date_of(person.id_number)
    if born_on is None:
        raise ValueError("a checked ID number holds a date of birth")
    return Trainee(
        name=person.name,
        id_number=person.id_number,
        id_number_hash=number_hash,
        birth_date=born_on,
        mobile=person.mobile,
        mobile_hash=queries.mobile_number_hash(person.mobile),
        recorded_at=now,
    )
