import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.tabular import RowProblem
from chongqing_dte.foundation.tabular_entries import Entry, entries_as_content
from chongqing_dte.foundation.workbooks import UnreadableWorkbook
from enrollment import policies, queries
from enrollment.enums import RosterSource
from enrollment.models import RosterRow, RosterUpload
from enrollment.roster.template import ProblemRow, write_problem_workbook
from enrollment.services.roster_steps import check_takes_rosters
from institutions.models import User


@dataclass(frozen=True)
class UploadedFile:
    """A file as somebody sent it, or the rows that a machine reported."""

    name: str
    content: bytes
    source: RosterSource = RosterSource.FILE


def receive_roster_rows(
    *, class_id: int, uploader: User, entries: Sequence[Entry], now: datetime
) -> RosterUpload:
    """Keep a roster that a machine reports as rows, for a worker to check as it checks a file.

    The entries map columns to text. Safe to repeat: the same rows for the same class are the same upload. Raises as
    `receive_roster` does.
    """
    content = entries_as_content(entries)
    name = f"{hashlib.sha256(content).hexdigest()[:12]}.json"
    file = UploadedFile(name, content, RosterSource.API)
    return receive_roster(class_id=class_id, uploader=uploader, file=file, now=now)


@transaction.atomic(durable=True)
def receive_roster(*, class_id: int, uploader: User, file: UploadedFile, now: datetime) -> RosterUpload:
    """Keep a roster as it came, encrypted, for a worker to check. What is in it is the worker's question.

    Safe to repeat: the same file for the same class is the same upload, unless it was put aside. Raises
    NotPermitted for another institution, DomainError if the class takes no rosters or no intake policy is in force,
    and UnreadableWorkbook for a file that is empty or too large.
    """
    training_class = queries.lock_class(class_id)
    policies.check_can_upload_roster(uploader, training_class)
    _check_size(file.content)
    sha256 = hashlib.sha256(file.content).hexdigest()
    existing = queries.live_uploads_of_file(training_class, sha256).first()
    if existing is not None:
        return existing
    check_takes_rosters(training_class)
    # The worker needs the figures of this day. Without them the file would wait in vain.
    queries.intake_policy_on(timezone.localdate(now))

    upload = RosterUpload.objects.create(
        training_class=training_class,
        source=file.source,
        file_name=file.name[:255],
        content=file.content,
        sha256=sha256,
        uploaded_by=uploader,
        uploaded_at=now,
    )
    record_event(
        "roster.received",
        subject=upload,
        actor_id=uploader.pk,
        at=now,
        facts={"sha256": sha256, "bytes": len(file.content)},
    )
    nudge_after_commit("roster_received")
    return upload


@transaction.atomic(durable=True)
def hand_out_roster(*, upload_id: int, reader: User, now: datetime) -> bytes:
    """Return the file as it came, to somebody of the institution that sent it, and note who had it.

    Raises NotPermitted for anybody else: it holds whole identifiers.
    """
    upload = queries.lock_roster_upload(upload_id)
    policies.check_can_upload_roster(reader, upload.training_class)
    record_event("roster.downloaded", subject=upload, actor_id=reader.pk, at=now)
    # What was locked above comes without the file.
    upload.refresh_from_db(fields=["content"])
    return bytes(upload.content)


@transaction.atomic(durable=True)
def hand_out_problem_rows(*, upload_id: int, reader: User, now: datetime) -> bytes:
    """Return a workbook of the rows that did not go in, with the reasons, and note who had it.

    Corrected and uploaded as it is, it touches only these rows. Raises NotPermitted for another institution, and
    DomainError if there is no such row.
    """
    upload = queries.lock_roster_upload(upload_id)
    policies.check_can_upload_roster(reader, upload.training_class)
    rows = queries.roster_rows_with_problems(upload)
    if not rows.exists():
        raise DomainError(_("No row of this roster was refused or held back."), code="no_problem_rows")
    record_event("roster.problems_downloaded", subject=upload, actor_id=reader.pk, at=now)
    training_class = upload.training_class
    return write_problem_workbook(
        (_problem_row(row) for batch in queries.in_batches(rows) for row in batch),
        class_reference=training_class.reference,
        institution_name=training_class.institution.name_zh,
    )


def _problem_row(row: RosterRow) -> ProblemRow:
    problems = [RowProblem(row_number=row.number, **problem) for problem in row.problems]
    return ProblemRow(row.number, json.loads(row.cells), problems)


def _check_size(content: bytes) -> None:
    if not content:
        raise UnreadableWorkbook("empty_file")
    if len(content) > settings.ROSTER_MAX_BYTES:
        raise UnreadableWorkbook("too_large")
