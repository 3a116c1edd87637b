"""What of each roster row goes in, encrypted for where it goes. Steps of the confirmation, in its transaction."""

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from django.db.models import Model

from chongqing_dte.foundation.bulk import copy_rows
from chongqing_dte.foundation.crypto import EncryptedBytesField
from enrollment import queries
from enrollment.enums import RowOutcome
from enrollment.models import BankAccount, EnrollmentChange, RosterRow, Trainee, TrainingClass
from enrollment.rules.identifiers import birth_date_of
from enrollment.rules.rosters import changed_facts
from enrollment.services.roster_staging import STAGED, TABLE

Cells = dict[str, str]
Change = tuple[int | None, str | None, bytes | None]
NOTHING_CHANGES: Final[Change] = (None, None, None)


def stage_rows(
    rows: Sequence[RosterRow], training_class: TrainingClass, holders_of: queries.HoldersOf
) -> dict[str, list[int]]:
    """Copy some rows into the staging table, and return the numbers of those that cannot go in, by the reason."""
    people = queries.known_people([row.id_number_hash for row in rows])
    members = _members_to_change(rows, training_class, people)
    cells = {row.number: _cells_of(row) for row in rows}
    encoder = _RowEncoder(people, members)
    copy_rows(
        TABLE, STAGED, (line for row in rows if (line := encoder.staged(row, cells[row.number])) is not None)
    )
    holders = (
        holders_of(
            occupation_id=training_class.occupation_id, level=training_class.level, hashes=list(people)
        )
        if people
        else set()
    )
    return {
        "certificate_held": [
            row.number for row in rows if row.outcome == RowOutcome.NEW and row.id_number_hash in holders
        ],
        # Who is in the class under this number no more.
        "id_number_corrected": [
            row.number
            for row in rows
            if row.outcome == RowOutcome.CHANGED and row.id_number_hash not in members
        ],
    }


def _cells_of(row: RosterRow) -> Cells:
    cells: Cells = json.loads(row.cells)
    return cells


def _members_to_change(
    rows: Sequence[RosterRow], training_class: TrainingClass, people: dict[str, queries.KnownPerson]
) -> dict[str, tuple[queries.ClassMember, bool]]:
    """Return whom the changed rows are about, as they are known now, and whether they have an account."""
    hashes = {row.id_number_hash for row in rows if row.outcome == RowOutcome.CHANGED}
    changed = {number_hash: person for number_hash, person in people.items() if number_hash in hashes}
    if not changed:
        return {}
    person_rows = queries.rows_of_people(changed)
    accounts = queries.current_account_hashes(changed, person_rows)
    members = queries.members_of_class(training_class, changed, person_rows)
    return {number_hash: (member, number_hash in accounts) for number_hash, member in members.items()}


class _RowEncoder:
    """Turns a row and its cells into a line of the staging table."""

    def __init__(
        self,
        people: dict[str, queries.KnownPerson],
        members: dict[str, tuple[queries.ClassMember, bool]],
    ) -> None:
        self.people = people
        self.members = members
        self.seal_id_number = _sealer(Trainee, "id_number")
        self.seal_mobile = _sealer(Trainee, "mobile")
        self.seal_account = _sealer(BankAccount, "number")
        self.seal_former = _sealer(EnrollmentChange, "former_values")
        self.mobile_hash = queries.mobile_number_hasher()
        self.account_hash = queries.account_number_hasher()

    def staged(self, row: RosterRow, cells: Cells) -> tuple[Any, ...] | None:
        """Return the line of one row, or None if there is nothing left to change."""
        said = cells.get
        change = self._change(row, cells) if row.outcome == RowOutcome.CHANGED else NOTHING_CHANGES
        if change is None:
            return None
        is_known = row.id_number_hash in self.people
        needs_mobile = not is_known or (change[1] is not None and "mobile" in change[1])
        id_number, mobile, account = said("id_number", ""), said("mobile", ""), said("bank_account", "")
        return (
            row.number,
            row.pk,
            row.id_number_hash,
            said("name", ""),
            None if is_known else self.seal_id_number(id_number),
            birth_date_of(id_number),
            self.seal_mobile(mobile) if needs_mobile else None,
            self.mobile_hash(mobile),
            self.seal_account(account) if account else None,
            self.account_hash(account) if account else None,
            account[-4:],
            said("bank_name", ""),
            said("bank_cnaps", ""),
            said("category", ""),
            said("education", ""),
            said("school", ""),
            said("student_number", ""),
            said("graduated_on"),
            said("employer_name", ""),
            said("employer_credit_code", ""),
            *change,
        )

    def _change(self, row: RosterRow, cells: Cells) -> Change | None:
        """Return the enrollment, the facts that change and what they were, as it is now."""
        if row.id_number_hash not in self.members:
            return None
        member, has_account = self.members[row.id_number_hash]
        former = {
            key: member.facts[key] for key in changed_facts(lambda key: cells.get(key, ""), member.facts)
        }
        if cells.get("bank_account") and not has_account:
            former["bank_account"] = ""
        if not former:
            return None
        sealed = self.seal_former(json.dumps(former, ensure_ascii=False))
        return member.enrollment_id, "{" + ",".join(sorted(former)) + "}", sealed


def _sealer(model: type[Model], name: str) -> Callable[[str], bytes]:
    """Return a function that encrypts a value for a column, where the table itself does not know that it is one."""
    field = model._meta.get_field(name)
    if not isinstance(field, EncryptedBytesField):
        raise TypeError(f"{name} is not an encrypted column.")
    return field.sealer()
