import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Q, QuerySet

from enrollment.enums import RosterStatus, RowOutcome
from enrollment.models import Enrollment, EnrollmentChange, RosterRow, RosterUpload, TrainingClass
from enrollment.queries.circumstances import known_people, members_of_class, rows_of_people
from enrollment.queries.classes import classes_visible_to
from institutions.models import User

# Longer than a worker may take for a task, so that whoever has begun it is dead and not slow.
CHECK_IS_STALE_AFTER: Final = timedelta(minutes=5)
ROWS_READ_AT_ONCE: Final = 5_000
SHOWN_PROBLEMS: Final = 30
SHOWN_ROW_NUMBERS: Final = 8

PROBLEM_COUNTS: Final = """
    SELECT problem->>'column', problem->>'code', problem->>'severity', problem->'parameters',
           count(*), (array_agg(number ORDER BY number))[1:%s]
    FROM enrollment_rosterrow, jsonb_array_elements(problems) AS problem
    WHERE upload_id = %s AND problems <> '[]'
    GROUP BY 1, 2, 3, 4
    ORDER BY 3, 5 DESC, 6
    LIMIT %s
"""


@dataclass(frozen=True)
class ProblemCount:
    """How often one thing is wrong in one column of a roster, and the numbers of the first few rows."""

    column: str
    code: str
    severity: str
    parameters: dict[str, Any]
    count: int
    rows: list[int]


def roster_uploads_visible_to(user: User) -> QuerySet[RosterUpload]:
    """Return the rosters of the classes that this person may see, without the files themselves."""
    return (
        RosterUpload.objects.filter(training_class__in=classes_visible_to(user))
        .select_related("training_class__institution", "training_class__occupation", "uploaded_by")
        .defer("content")
    )


def roster_rows_of(upload: RosterUpload) -> QuerySet[RosterRow]:
    """Return every row of one roster, in the order of the file."""
    return RosterRow.objects.filter(upload=upload).order_by("number")


def roster_rows_to_put_in(upload: RosterUpload, *, takes_warned_rows: bool) -> QuerySet[RosterRow]:
    """Return the rows that go in when the roster is confirmed, in the order of the file."""
    rows = roster_rows_of(upload).filter(outcome__in=[RowOutcome.NEW, RowOutcome.CHANGED])
    return rows if takes_warned_rows else rows.filter(has_warnings=False)


def roster_rows_with_problems(upload: RosterUpload) -> QuerySet[RosterRow]:
    """Return the rows that did not go in, or will not by themselves: the refused, and those with warnings."""
    rows = roster_rows_of(upload)
    refused = Q(outcome=RowOutcome.REFUSED)
    if upload.takes_warned_rows:
        return rows.filter(refused)
    return rows.filter(refused | Q(has_warnings=True, outcome__in=[RowOutcome.NEW, RowOutcome.CHANGED]))


def roster_problems_after(upload: RosterUpload, *, number: int, limit: int) -> list[RosterRow]:
    """Return the next rows in which something was found, without their cells."""
    rows = roster_rows_of(upload).filter(number__gt=number).exclude(problems=[])
    return list(rows.defer("cells")[:limit])


def in_batches(rows: QuerySet[RosterRow]) -> Iterator[list[RosterRow]]:
    """Yield rows by some thousands in the order of the file, so that never all of them are in memory."""
    last = 0
    while batch := list(rows.filter(number__gt=last)[:ROWS_READ_AT_ONCE]):
        yield batch
        last = batch[-1].number


def problem_counts_of(upload: RosterUpload) -> list[ProblemCount]:
    """Return what is wrong in a roster, each thing once: errors before warnings, most frequent first."""
    with connection.cursor() as cursor:
        cursor.execute(PROBLEM_COUNTS, [SHOWN_ROW_NUMBERS, upload.pk, SHOWN_PROBLEMS])
        return [
            ProblemCount(column, code, severity, json.loads(parameters), count, rows)
            for column, code, severity, parameters, count, rows in cursor.fetchall()
        ]


def former_facts(upload: RosterUpload, rows: Collection[RosterRow]) -> dict[int, dict[str, str]]:
    """Return by the id of each changed row what it finds, or what it found when it went in."""
    changed = [row for row in rows if row.outcome == RowOutcome.CHANGED]
    if not changed:
        return {}
    if upload.confirmed_at is not None:
        changes = EnrollmentChange.objects.filter(roster_row__in=[row.pk for row in changed])
        return {change.roster_row_id or 0: json.loads(change.former_values) for change in changes}
    people = known_people([row.id_number_hash for row in changed])
    members = members_of_class(upload.training_class, people, rows_of_people(people))
    return {row.pk: members[row.id_number_hash].facts for row in changed if row.id_number_hash in members}


def enrolled_count_of(upload: RosterUpload) -> int:
    """Return how many people were enrolled from one roster."""
    return Enrollment.objects.filter(roster_row__upload=upload).count()


def live_uploads_of_file(training_class: TrainingClass, sha256: str) -> QuerySet[RosterUpload]:
    """Return the upload of this very file for the class, if there is one that was not put aside."""
    same_file = RosterUpload.objects.filter(training_class=training_class, sha256=sha256).defer("content")
    return same_file.exclude(status__in=[RosterStatus.REJECTED, RosterStatus.FAILED])


def rosters_to_check(now: datetime) -> list[int]:
    """Return the rosters that wait for a worker, oldest first, and those whose worker must have died."""
    waiting = Q(status=RosterStatus.RECEIVED)
    stale = Q(status=RosterStatus.CHECKING, checking_since__lt=now - CHECK_IS_STALE_AFTER)
    return list(RosterUpload.objects.filter(waiting | stale).order_by("id").values_list("id", flat=True))


def lock_roster_upload(upload_id: int) -> RosterUpload:
    """Return one roster, without its file, that no other transaction can change until this one ends."""
    return (
        RosterUpload.objects.select_for_update(of=("self",))
        .select_related("training_class__institution")
        .defer("content")
        .get(pk=upload_id)
    )
