"""What other programmes paid people of ours: recorded one by one or by file, and taken back if it was a mistake."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone

from assessment.services.certificates import make_due_again
from chongqing_dte.foundation.audit import record_event, record_events
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.tabular import RowProblem
from enrollment.queries import id_number_hasher, known_names_by_hash, persons_by_hash, rows_of_persons
from institutions.models import User
from institutions.queries import occupations_by_code
from subsidies import policies, queries
from subsidies.elsewhere.checks import Circumstances, KnownPerson, find_problems
from subsidies.elsewhere.columns import OtherSubsidyRow
from subsidies.elsewhere.tables import read_other_subsidies, row_of
from subsidies.models import OtherSubsidy


class OtherSubsidiesRefused(DomainError):
    """Rows of which at least one cannot be recorded. All problems are named, and nothing was recorded."""

    code = "other_subsidies_refused"

    def __init__(self, problems: Sequence[RowProblem]) -> None:
        super().__init__(_("Nothing was recorded. Correct what is wrong and try again."))
        self.problems = list(problems)


@dataclass(frozen=True)
class Recorded:
    """How many subsidies were recorded, and for how many of them ours is granted already: those grants stand."""

    count: int
    granted_count: int


def record_other_subsidy(*, typed: Mapping[str, str], recorder: User, now: datetime) -> Recorded:
    """Record what another programme paid one person, who is known by ID number and name.

    Raises NotPermitted and OtherSubsidiesRefused.
    """
    policies.check_can_record_other_subsidies(recorder)
    return _record_or_refuse([row_of(typed)], recorder, now, {})


def record_other_subsidies_from_file(*, content: bytes, recorder: User, now: datetime) -> Recorded:
    """Record the rows of a list, all of them or none.

    Raises NotPermitted, OtherSubsidiesRefused, and UnreadableWorkbook, WrongColumns or NoRows.
    """
    policies.check_can_record_other_subsidies(recorder)
    rows = read_other_subsidies(content)
    return _record_or_refuse(rows, recorder, now, {"sha256": hashlib.sha256(content).hexdigest()})


@transaction.atomic(durable=True)
def withdraw_other_subsidy(*, other_subsidy_id: int, reason: str, withdrawer: User, now: datetime) -> None:
    """Take back what was recorded by mistake. Whoever was refused for it, or waits, is decided again.

    What was granted stands as it was granted. Raises NotPermitted, InvalidTransition if it was taken back before,
    and DomainError without a reason.
    """
    policies.check_can_withdraw_other_subsidies(withdrawer)
    if not reason.strip():
        raise DomainError(_("Say why it is taken back."), code="reason_missing")
    # People are locked before what is recorded of them: whoever decides about them comes before this or after it.
    queries.lock_certificates_of_people([queries.trainee_of_other_subsidy(other_subsidy_id)])
    other = queries.lock_other_subsidy(other_subsidy_id)
    if other.withdrawn_at is not None:
        raise InvalidTransition(_("This was taken back before."))
    other.withdrawn_by = withdrawer
    other.withdrawn_at = now
    other.withdrawal_reason = reason.strip()
    other.save(update_fields=["withdrawn_by", "withdrawn_at", "withdrawal_reason"])
    record_event(
        "other_subsidy.withdrawn",
        subject=other,
        actor_id=withdrawer.pk,
        at=now,
        facts={"reason": other.withdrawal_reason},
    )
    _decide_again([other.trainee_id])


def _record_or_refuse(
    rows: Sequence[OtherSubsidyRow], recorder: User, now: datetime, facts: Mapping[str, str]
) -> Recorded:
    try:
        return _record(rows, recorder, now, facts)
    except IntegrityError as refusal:
        # Somebody else recorded one of them at this moment.
        if "other_subsidy_recorded_once" not in str(refusal):
            raise
        raise OtherSubsidiesRefused(_problems(rows, timezone.localdate(now))) from refusal


@transaction.atomic(durable=True)
def _record(
    rows: Sequence[OtherSubsidyRow], recorder: User, now: datetime, facts: Mapping[str, str]
) -> Recorded:
    given = _circumstances(rows, timezone.localdate(now))
    problems = find_problems(rows, given)
    if any(problem.severity == "error" for problem in problems):
        raise OtherSubsidiesRefused(problems)
    people = {given.known[row.id_number].person_id for row in rows}
    queries.lock_certificates_of_people(people)
    recorded = OtherSubsidy.objects.bulk_create(
        OtherSubsidy(
            trainee_id=given.known[row.id_number].person_id,
            occupation_id=given.occupations[row.occupation],
            level=row.level,
            programme=row.programme,
            amount=Decimal(row.amount),
            paid_on=date.fromisoformat(row.paid_on),
            source=row.source,
            recorded_by=recorder,
            recorded_at=now,
        )
        for row in rows
    )
    record_events("other_subsidy.recorded", subjects=recorded, actor_id=recorder.pk, at=now, facts=facts)
    _decide_again(people)
    granted = queries.certificates_granted_beside(recorded)
    return Recorded(len(recorded), len(granted))


def _problems(rows: Sequence[OtherSubsidyRow], today: date) -> list[RowProblem]:
    return find_problems(rows, _circumstances(rows, today))


def _circumstances(rows: Sequence[OtherSubsidyRow], today: date) -> Circumstances:
    """Read what the checks need to know, in a constant number of queries."""
    hash_of = id_number_hasher()
    hashes = {row.id_number: hash_of(row.id_number) for row in rows if row.id_number}
    persons, names = persons_by_hash(set(hashes.values())), known_names_by_hash(set(hashes.values()))
    known = {
        id_number: KnownPerson(person_id=persons[number_hash].pk, names=names[number_hash])
        for id_number, number_hash in hashes.items()
        if number_hash in persons
    }
    standing = rows_of_persons({person.person_id for person in known.values()})
    return Circumstances(
        today=today, known=known, occupations=occupations_by_code(), recorded=_recorded(standing)
    )


def _recorded(persons: Mapping[int, int]) -> set[tuple[int, int, str, str]]:
    return {
        (persons[other.trainee_id], other.occupation_id, other.level, other.programme)
        for other in queries.other_subsidies_of(persons.keys())
    }


def _decide_again(people: Collection[int]) -> None:
    """Have everything of these people decided again that waits, or hung on other subsidies."""
    make_due_again(queries.certificates_decided_by_other_subsidies(people))
    nudge_after_commit("certificates_recorded")
