import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.tabular import RowProblem
from enrollment import policies, queries
from enrollment.attendance.marks import Mark, ReadMark, judge_marks, shifted_names
from enrollment.attendance.sheet import AttendanceSheet, read_sheet
from enrollment.enums import ClassStatus, DeliveryChannel
from enrollment.models import AttendanceDelivery, AttendanceMark, TrainingClass
from institutions.models import User


class AttendanceRefused(DomainError):
    """A delivery with at least one bad mark. All its problems are named, and nothing of it was written."""

    code = "attendance_refused"

    def __init__(self, problems: Sequence[RowProblem]) -> None:
        super().__init__(
            _("The attendance has problems, so nothing of it was recorded. Correct it and send it again.")
        )
        self.problems = list(problems)


@dataclass(frozen=True)
class Delivered:
    """What became of a delivery. One that was sent before is not new and has changed nothing."""

    delivery: AttendanceDelivery
    is_new: bool
    changed_count: int


@dataclass(frozen=True)
class _Parcel:
    """One delivery as it came."""

    channel: DeliveryChannel
    content: bytes
    sheet: AttendanceSheet
    file_name: str = ""


@transaction.atomic(durable=True)
def record_sheet_taken(*, class_id: int, person_count: int, taker: User, now: datetime) -> None:
    """Record that somebody takes out the sheet with the names of a class. What they may see is not asked here."""
    training_class = TrainingClass.objects.get(pk=class_id)
    record_event(
        "attendance.sheet_taken",
        subject=training_class,
        actor_id=taker.pk,
        at=now,
        facts={"people": person_count},
    )


def deliver_attendance_file(
    *, class_id: int, deliverer: User, file_name: str, content: bytes, now: datetime
) -> Delivered:
    """Record the attendance in a sheet, all of it or none. An empty cell says nothing: nobody is absent by silence.

    Safe to repeat: the same file again changes nothing. A mark that says otherwise than the one before supersedes
    it. Raises NotPermitted for another institution, InvalidTransition unless the class is running, AttendanceRefused
    with every problem, and UnreadableWorkbook or NotAnAttendanceSheet.
    """
    # Nobody's file is read who may not submit one. The locked row is asked again.
    if not policies.can_report_attendance(deliverer, TrainingClass.objects.get(pk=class_id)):
        raise NotPermitted
    parcel = _Parcel(DeliveryChannel.FILE, content, read_sheet(content), file_name[:255])
    return _record(class_id, deliverer, parcel, now)


def deliver_attendance(
    *, class_id: int, deliverer: User, marks: Sequence[ReadMark], now: datetime
) -> Delivered:
    """Record the attendance that a machine reports, as `deliver_attendance_file` does with a sheet.

    The same marks in the same order are the same delivery.
    """
    said = [[mark.person, str(mark.lesson), mark.presence] for mark in marks]
    parcel = _Parcel(DeliveryChannel.API, json.dumps(said).encode(), AttendanceSheet(list(marks), {}, []))
    return _record(class_id, deliverer, parcel, now)


@transaction.atomic(durable=True)
def _record(class_id: int, deliverer: User, parcel: _Parcel, now: datetime) -> Delivered:
    training_class = queries.lock_class(class_id)
    policies.check_can_report_attendance(deliverer, training_class)
    sha256 = hashlib.sha256(parcel.content).hexdigest()
    before = queries.deliveries_of(training_class).filter(sha256=sha256).first()
    if before is not None:
        return Delivered(before, is_new=False, changed_count=0)
    if training_class.status != ClassStatus.RUNNING:
        raise InvalidTransition(
            _("The class is %(status)s; attendance is reported while it is running.")
            % {"status": training_class.get_status_display()}
        )
    marks = _good_marks(training_class, parcel.sheet, now)
    delivery = AttendanceDelivery.objects.create(
        training_class=training_class,
        channel=parcel.channel,
        file_name=parcel.file_name,
        content=parcel.content,
        sha256=sha256,
        mark_count=len(marks),
        delivered_by=deliverer,
        delivered_at=now,
    )
    changed_count = _write_changed(training_class, delivery, marks, now)
    record_event(
        "attendance.delivered",
        subject=delivery,
        actor_id=deliverer.pk,
        at=now,
        facts={"channel": parcel.channel.value, "marks": len(marks), "changed": changed_count},
    )
    return Delivered(delivery, is_new=True, changed_count=changed_count)


def _good_marks(training_class: TrainingClass, sheet: AttendanceSheet, now: datetime) -> list[Mark]:
    known = queries.known_class(training_class, today=timezone.localdate(now))
    marks, problems = judge_marks(sheet.marks, known)
    problems = [*sheet.problems, *shifted_names(sheet.names, known), *problems]
    if problems:
        raise AttendanceRefused(sorted(problems, key=lambda problem: problem.row_number))
    if not marks:
        raise DomainError(_("There is no attendance in it: every cell is empty."), code="no_marks")
    return marks


def _write_changed(
    training_class: TrainingClass, delivery: AttendanceDelivery, marks: Sequence[Mark], now: datetime
) -> int:
    """Write the marks that say something new, supersede those that said otherwise, and return how many."""
    standing = {(mark.enrollment_id, mark.lesson_id): mark for mark in queries.live_marks_of(training_class)}
    former, new = [], []
    for mark in marks:
        stands = standing.get((mark.enrollment_id, mark.lesson_id))
        if stands is not None and stands.presence == mark.presence:
            continue
        if stands is not None:
            former.append(stands.pk)
        new.append(mark)
    AttendanceMark.objects.filter(pk__in=former).update(superseded_at=now)
    AttendanceMark.objects.bulk_create(
        (
            AttendanceMark(
                lesson_id=mark.lesson_id,
                enrollment_id=mark.enrollment_id,
                presence=mark.presence,
                delivery=delivery,
                recorded_at=now,
            )
            for mark in new
        ),
        batch_size=2000,
    )
    return len(new)
