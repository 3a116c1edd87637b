"""From a received file to checked rows, in a worker. No transaction is open while the file is read."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from json.encoder import encode_basestring
from operator import attrgetter
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.bulk import (
    commit_without_waiting,
    copy_rows,
    without_search_for_cycles,
)
from chongqing_dte.foundation.transitions import check_transition
from chongqing_dte.foundation.workbooks import FileRefused
from enrollment import queries
from enrollment.enums import RosterStatus, RowOutcome
from enrollment.models import RosterRow, RosterUpload, TrainingClass
from enrollment.roster.checks import Circumstances, RosterLimits, RosterProblem, find_problems
from enrollment.roster.columns import ROSTER_COLUMNS
from enrollment.roster.reading import read_again
from enrollment.roster.rows import RosterRow as ReadRow
from enrollment.rules.rosters import changed_facts
from enrollment.transitions import ROSTER_TRANSITIONS

# A file that has killed its worker so often would kill the next one too.
MOST_ATTEMPTS: Final = 3
ROWS_AT_ONCE: Final = 5_000
ROW_COLUMNS: Final = (
    "upload_id",
    "number",
    "outcome",
    "has_warnings",
    "changed_columns",
    "id_number_hash",
    "cells",
    "problems",
)
CELLS_OF: Final = attrgetter(*(column.key for column in ROSTER_COLUMNS))
CELL_PREFIXES: Final = tuple(f'"{column.key}":' for column in ROSTER_COLUMNS)


class CheckTakenOver(Exception):
    """Somebody else has begun this check again, because it took too long. Theirs counts."""


@dataclass(frozen=True)
class Check:
    """One attempt at one roster."""

    upload_id: int
    attempt: int
    training_class: TrainingClass
    limits: RosterLimits
    now: datetime


@dataclass
class Known:
    """What the database knows of the people of a roster, by the hash of the ID number."""

    # By the ID number itself.
    hashes: dict[str, str] = field(default_factory=dict)
    people: dict[str, queries.KnownPerson] = field(default_factory=dict)
    members: dict[str, queries.ClassMember] = field(default_factory=dict)
    busy: dict[str, str] = field(default_factory=dict)
    certified: set[str] = field(default_factory=set)
    accounts: dict[str, str] = field(default_factory=dict)
    account_owners: dict[str, set[str]] = field(default_factory=dict)
    mobile_owners: dict[str, set[str]] = field(default_factory=dict)


def check_roster(*, upload_id: int, now: datetime, holders_of: queries.HoldersOf) -> RosterUpload | None:
    """Read and check one roster that waits, and keep its rows with every problem found. Enrolls nobody.

    Safe to repeat and to kill: the rows come with the state that shows them, all or none, and a check that was cut
    off is begun again. A file that cannot be read, or has killed its worker too often, has failed for good. Returns
    None if there is nothing to do.
    """
    check = _begin_check(upload_id, now)
    if check is None:
        return None
    try:
        with without_search_for_cycles():
            return _checked(check, holders_of)
    except FileRefused as refusal:
        return _give_up(check, refusal)
    except CheckTakenOver:
        return None


def _checked(check: Check, holders_of: queries.HoldersOf) -> RosterUpload:
    rows = _rows_of(check)
    _note_progress(check, row_count=len(rows), checked_count=0)
    known = _look_up(check, rows, holders_of)
    problems = find_problems(rows, _circumstances(check, known))
    return _keep_rows(check, rows, known, problems)


@transaction.atomic(durable=True)
def _begin_check(upload_id: int, now: datetime) -> Check | None:
    # A check hangs on nothing but the file: what a crash of the database takes with it is done again.
    commit_without_waiting()
    upload = queries.lock_roster_upload(upload_id)
    is_stale = (
        upload.checking_since is not None and upload.checking_since < now - queries.CHECK_IS_STALE_AFTER
    )
    if upload.status != RosterStatus.RECEIVED and not (upload.status == RosterStatus.CHECKING and is_stale):
        return None
    if upload.check_attempt_count >= MOST_ATTEMPTS:
        _fail(upload, code="worker_died", parameters={}, now=now)
        return None
    if is_stale:
        # Nobody works on it any more, so it is as it was received.
        check_transition(ROSTER_TRANSITIONS, current=RosterStatus.CHECKING, target=RosterStatus.RECEIVED)
    check_transition(ROSTER_TRANSITIONS, current=RosterStatus.RECEIVED, target=RosterStatus.CHECKING)
    upload.status = RosterStatus.CHECKING
    upload.checking_since = now
    upload.check_attempt_count += 1
    upload.row_count = upload.checked_count = 0
    upload.save(
        update_fields=["status", "checking_since", "check_attempt_count", "row_count", "checked_count"]
    )
    policy = queries.intake_policy_on(timezone.localdate(upload.uploaded_at))
    limits = RosterLimits(min_age=policy.min_age, max_age=policy.max_age)
    return Check(upload.pk, upload.check_attempt_count, upload.training_class, limits, now)


def _rows_of(check: Check) -> list[ReadRow]:
    upload = RosterUpload.objects.only("source", "content").get(pk=check.upload_id)
    return read_again(upload.source, bytes(upload.content), class_reference=check.training_class.reference)


@transaction.atomic(durable=True)
def _note_progress(check: Check, **counts: int) -> None:
    commit_without_waiting()
    mine = RosterUpload.objects.filter(
        pk=check.upload_id, status=RosterStatus.CHECKING, check_attempt_count=check.attempt
    )
    if not mine.update(**counts):
        raise CheckTakenOver


def _look_up(check: Check, rows: Sequence[ReadRow], holders_of: queries.HoldersOf) -> Known:
    known = Known()
    hashed = queries.id_number_hasher()
    for start in range(0, len(rows), ROWS_AT_ONCE):
        some = rows[start : start + ROWS_AT_ONCE]
        hashes = {
            number: hashed(number)
            for row in some
            if (number := row.id_number) and "id_number" not in row.damaged
        }
        known.hashes.update(hashes)
        _look_up_people(known, check.training_class, hashes.values(), holders_of)
        _look_up_owners(known, some)
        _note_progress(check, checked_count=start + len(some))
    return known


def _look_up_people(
    known: Known, training_class: TrainingClass, hashes: Collection[str], holders_of: queries.HoldersOf
) -> None:
    people = queries.known_people(hashes)
    if not people:
        return
    rows = queries.rows_of_people(people)
    known.people.update(people)
    known.members.update(queries.members_of_class(training_class, people, rows))
    known.busy.update(queries.overlapping_classes(training_class, people, rows))
    known.accounts.update(queries.current_account_hashes(people, rows))
    known.certified |= holders_of(
        occupation_id=training_class.occupation_id, level=training_class.level, hashes=list(people)
    )


def _look_up_owners(known: Known, rows: Sequence[ReadRow]) -> None:
    account_hash, mobile_hash = queries.account_number_hasher(), queries.mobile_number_hasher()
    accounts = {account_hash(number): number for row in rows if (number := row.bank_account)}
    mobiles = {mobile_hash(number): number for row in rows if (number := row.mobile)}
    for hashed, owners in queries.account_owners(accounts.keys()).items():
        known.account_owners[accounts[hashed]] = owners
    for hashed, owners in queries.mobile_owners(mobiles.keys()).items():
        known.mobile_owners[mobiles[hashed]] = owners


def _circumstances(check: Check, known: Known) -> Circumstances:
    """Return what the checks ask for: by ID number what is known by its hash."""
    seen = [(number, hashed) for number, hashed in known.hashes.items() if hashed in known.people]
    present = {number for number, _hashed in seen}
    return Circumstances(
        today=timezone.localdate(check.now),
        limits=check.limits,
        hashes=known.hashes,
        enrolled={number: known.members[hashed].facts for number, hashed in seen if hashed in known.members},
        busy={number: known.busy[hashed] for number, hashed in seen if hashed in known.busy},
        certified={number for number, hashed in seen if hashed in known.certified},
        known_names={number: known.people[hashed].name for number, hashed in seen},
        persons={number: known.people[hashed].person_id for number, hashed in seen},
        corrected=queries.corrected_id_numbers(check.training_class) - present,
        account_owners=known.account_owners,
        mobile_owners=known.mobile_owners,
    )


@transaction.atomic(durable=True)
def _keep_rows(
    check: Check, rows: Sequence[ReadRow], known: Known, problems: Sequence[RosterProblem]
) -> RosterUpload:
    commit_without_waiting()
    upload = queries.lock_roster_upload(check.upload_id)
    if (upload.status, upload.check_attempt_count) != (RosterStatus.CHECKING, check.attempt):
        raise CheckTakenOver
    counts: Counter[str] = Counter()
    judge = _Judge(upload, known, problems, counts)
    copy_rows(RosterRow, ROW_COLUMNS, judge.judged(rows))

    upload.new_count = counts[RowOutcome.NEW]
    upload.changed_count = counts[RowOutcome.CHANGED]
    upload.unchanged_count = counts[RowOutcome.UNCHANGED]
    upload.refused_count = counts[RowOutcome.REFUSED]
    upload.warned_count = counts["warned"]
    upload.row_count = upload.checked_count = len(rows)
    upload.checked_at = check.now
    # A roster of which no row can go in waits for nobody.
    target = RosterStatus.READY if upload.accepted_count else RosterStatus.REJECTED
    check_transition(ROSTER_TRANSITIONS, current=RosterStatus(upload.status), target=target)
    upload.status = target
    upload.save(
        update_fields=[
            "new_count",
            "changed_count",
            "unchanged_count",
            "refused_count",
            "warned_count",
            "row_count",
            "checked_count",
            "checked_at",
            "status",
        ]
    )
    record_event("roster.checked", subject=upload, at=check.now, facts=dict(counts))
    return upload


class _Judge:
    """Says of each row what will become of it, and counts."""

    def __init__(
        self,
        upload: RosterUpload,
        known: Known,
        problems: Sequence[RosterProblem],
        counts: Counter[str],
    ) -> None:
        self.upload = upload
        self.known = known
        self.counts = counts
        self.is_locked = upload.training_class.is_roster_locked
        self.account_hash = queries.account_number_hasher()
        self.problems: dict[int, list[RosterProblem]] = {}
        for problem in problems:
            self.problems.setdefault(problem.row_number, []).append(problem)

    def judged(self, rows: Sequence[ReadRow]) -> Iterator[tuple[Any, ...]]:
        """Yield the columns of each row as it is kept."""
        for row in rows:
            number_hash = self.known.hashes.get(row.id_number, "")
            found = self.problems.get(row.number, [])
            self._compare_account(row, number_hash, found)
            outcome, changed = self._outcome(row, number_hash, found)
            has_warnings = bool(found) and any(problem.severity == "warning" for problem in found)
            self.counts[outcome] += 1
            self.counts["warned"] += has_warnings and outcome in {RowOutcome.NEW, RowOutcome.CHANGED}
            yield (
                self.upload.pk,
                row.number,
                outcome.value,
                has_warnings,
                changed,
                number_hash,
                _as_json(row),
                [_stored(problem) for problem in found],
            )

    def _compare_account(self, row: ReadRow, number_hash: str, found: list[RosterProblem]) -> None:
        """Warn where the row gives another account than the one on record, which stays."""
        known = self.known.accounts.get(number_hash)
        if known and row.bank_account and known != self.account_hash(row.bank_account):
            found.append(RosterProblem(row.number, "bank_account", "account_differs", "warning"))

    def _outcome(
        self, row: ReadRow, number_hash: str, found: list[RosterProblem]
    ) -> tuple[RowOutcome, list[str]]:
        """Return what becomes of a row, and add to `found` what only shows here."""
        if found and any(problem.severity == "error" for problem in found):
            return RowOutcome.REFUSED, []
        member = self.known.members.get(number_hash)
        if member is None:
            outcome, changed = RowOutcome.NEW, []
        elif member.has_left:
            found.append(RosterProblem(row.number, "id_number", "left_class"))
            return RowOutcome.REFUSED, []
        else:
            changed = self._changed_columns(row, number_hash, member)
            outcome = RowOutcome.CHANGED if changed else RowOutcome.UNCHANGED
        if self.is_locked and outcome != RowOutcome.UNCHANGED:
            found.append(RosterProblem(row.number, "id_number", "roster_locked"))
            return RowOutcome.REFUSED, []
        return outcome, changed

    def _changed_columns(self, row: ReadRow, number_hash: str, member: queries.ClassMember) -> list[str]:
        """Return the columns in which the row says otherwise than is known of the person in this class."""
        changed = changed_facts(row.value, member.facts)
        # The first account may come with any roster. A roster never replaces one.
        if row.bank_account and number_hash not in self.known.accounts:
            changed.append("bank_account")
        return changed


def _as_json(row: ReadRow) -> str:
    """Return the filled cells as JSON text, as json.dumps gives it."""
    filled = [
        prefix + encode_basestring(text)
        for prefix, text in zip(CELL_PREFIXES, CELLS_OF(row), strict=True)
        if text
    ]
    return "{" + ",".join(filled) + "}"


def _stored(problem: RosterProblem) -> dict[str, object]:
    return {
        "column": problem.column,
        "code": problem.code,
        "severity": problem.severity,
        "parameters": dict(problem.parameters),
    }


@transaction.atomic(durable=True)
def _give_up(check: Check, refusal: FileRefused) -> RosterUpload | None:
    upload = queries.lock_roster_upload(check.upload_id)
    if (upload.status, upload.check_attempt_count) != (RosterStatus.CHECKING, check.attempt):
        return None
    return _fail(upload, code=refusal.code, parameters=refusal.parameters, now=check.now)


def _fail(upload: RosterUpload, *, code: str, parameters: Mapping[str, Any], now: datetime) -> RosterUpload:
    check_transition(ROSTER_TRANSITIONS, current=RosterStatus(upload.status), target=RosterStatus.FAILED)
    upload.status = RosterStatus.FAILED
    upload.failure_code = code
    upload.failure_parameters = dict(parameters)
    upload.save(update_fields=["status", "failure_code", "failure_parameters"])
    record_event("roster.failed", subject=upload, at=now, facts={"code": code})
    return upload
