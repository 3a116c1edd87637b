"""The columns that the generator writes, by table, and the one place that writes them.

What is not named here keeps the database's own default. Every constraint and every trigger holds.
"""

import uuid
from collections import defaultdict, namedtuple
from collections.abc import Callable, Iterator
from datetime import datetime
from random import Random
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Model

from assessment import models as assessment
from chongqing_dte.foundation.bulk import copy_rows
from chongqing_dte.foundation.models import AuditEvent
from enrollment import models as enrollment
from subsidies import models as subsidies

ClassRow = namedtuple(
    "ClassRow",
    "id public_id reference institution_id district_id occupation_id direction level starts_on ends_on venue plan"
    " planned_hours seat_count intended_evaluator_id quota_id reserved_seat_count status status_reason drafted_by_id"
    " drafted_at filed_by_id filed_at answer_due_on escalated_at confirmed_by_id confirmed_at started_at"
    " roster_locked_at locked_count completed_by_id completed_at",
)
TrainerRow = namedtuple("TrainerRow", "id training_class_id name qualification")
StepRow = namedtuple("StepRow", "id training_class_id from_status to_status actor_id at reason")
UploadRow = namedtuple(
    "UploadRow",
    "id public_id training_class_id file_name content sha256 status row_count checked_count check_attempt_count"
    " checking_since checked_at failure_code failure_parameters new_count changed_count unchanged_count refused_count"
    " warned_count takes_warned_rows put_in_count uploaded_by_id uploaded_at confirmed_by_id confirmed_at",
)
RosterRow = namedtuple(
    "RosterRow", "id upload_id number outcome has_warnings changed_columns id_number_hash cells problems"
)
TraineeRow = namedtuple(
    "TraineeRow", "id public_id name id_number id_number_hash birth_date mobile mobile_hash recorded_at"
)
AccountRow = namedtuple(
    "AccountRow",
    "id trainee_id number number_hash last_four bank_name cnaps source reason recorded_by_id recorded_at replaced_at",
)
EnrollmentRow = namedtuple(
    "EnrollmentRow",
    "id public_id training_class_id trainee_id roster_row_id training_period category education school student_number"
    " graduated_on employer_name employer_credit_code status enrolled_at locked_at completed_at left_at",
)
ChangeRow = namedtuple("ChangeRow", "id enrollment_id act fields former_values reason done_by_id done_at")
LessonRow = namedtuple(
    "LessonRow",
    "id public_id training_class_id held_on number hours topic recorded_by_id recorded_at cancel_reason",
)
DeliveryRow = namedtuple(
    "DeliveryRow",
    "id public_id training_class_id channel file_name content sha256 mark_count delivered_by_id delivered_at",
)
MarkRow = namedtuple("MarkRow", "lesson_id enrollment_id presence delivery_id recorded_at")
TrainingCertificateRow = namedtuple(
    "TrainingCertificateRow", "id enrollment_id number issued_on issued_by_id issued_at"
)
SessionRow = namedtuple(
    "SessionRow",
    "id public_id reference institution_id occupation_id direction level held_on theory_time practice_time site_id"
    " policy_id theory_pass_mark practice_pass_mark certificate_origin status filed_by_id filed_at admitted_by_id"
    " admitted_at cancel_reason",
)
CandidateRow = namedtuple(
    "CandidateRow",
    "public_id session_id trainee_id enrollment_id origin admission_number added_by_id added_at",
)
ResultsRow = namedtuple(
    "ResultsRow",
    "id public_id session_id source file_name content sha256 status row_count passed_count failed_count absent_count"
    " misconduct_count problems uploaded_by_id uploaded_at recorded_by_id recorded_at",
)
AttemptRow = namedtuple(
    "AttemptRow",
    "id session_id enrollment_id trainee_id results_upload_id row_number outcome theory_score practice_score"
    " recorded_at",
)
CertificateRow = namedtuple(
    "CertificateRow",
    "id public_id number institution_id attempt_id trainee_id occupation_id direction level issued_on status"
    " recorded_at decision_due",
)
EntitlementRow = namedtuple(
    "EntitlementRow",
    "id public_id certificate_id person_id district_id decision reason first_pass_key amount policy_version_id"
    " fee_schedule_id budget_id bank_account_id lifetime_slot yearly_slot slot_year checks decided_at held_since"
    " announced_at supersedes_id superseded_at",
)
PaymentRow = namedtuple(
    "PaymentRow",
    "id public_id entitlement_id payee_id district_id budget_id notice_working_days amount status opened_at paid_at",
)
BatchRow = namedtuple(
    "BatchRow",
    "id public_id reference payment_format side status line_count total file_name content sha256 assembled_at"
    " released_automatically first_released_by_id first_released_at second_released_by_id second_released_at"
    " delivered_at settled_at",
)
InstructionRow = namedtuple(
    "InstructionRow",
    "id payment_id batch_id number reference line_number bank_account_id amount status return_code answered_at"
    " announced_at",
)
ResultFileRow = namedtuple(
    "ResultFileRow", "id file_name content sha256 batch_id status problem received_at dismissal_reason"
)
ResultLineRow = namedtuple(
    "ResultLineRow",
    "id result_file_id line_number attempt_id reference amount answer return_code problem resolved_at",
)
MessageRow = namedtuple(
    "MessageRow",
    "public_id key kind channel person_id role entitlement_id facts status created_at tried_count sent_at problem",
)
EntryRow = namedtuple("EntryRow", "id key kind recorded_at")
LineRow = namedtuple("LineRow", "entry_id account amount payment_id fact")
EventRow = namedtuple("EventRow", "name subject_type subject_id actor_id at request_id reason facts")

# In the order in which the rows point at each other.
TABLES: Final[dict[type[Any], type[Model]]] = {
    ClassRow: enrollment.TrainingClass,
    TrainerRow: enrollment.ClassTrainer,
    StepRow: enrollment.ClassStep,
    UploadRow: enrollment.RosterUpload,
    RosterRow: enrollment.RosterRow,
    TraineeRow: enrollment.Trainee,
    AccountRow: enrollment.BankAccount,
    EnrollmentRow: enrollment.Enrollment,
    ChangeRow: enrollment.EnrollmentChange,
    LessonRow: enrollment.Lesson,
    DeliveryRow: enrollment.AttendanceDelivery,
    MarkRow: enrollment.AttendanceMark,
    TrainingCertificateRow: enrollment.TrainingCertificate,
    SessionRow: assessment.AssessmentSession,
    CandidateRow: assessment.SessionCandidate,
    ResultsRow: assessment.ResultsUpload,
    AttemptRow: assessment.Attempt,
    CertificateRow: assessment.LevelCertificate,
    EntitlementRow: subsidies.Entitlement,
    PaymentRow: subsidies.Payment,
    BatchRow: subsidies.PaymentBatch,
    InstructionRow: subsidies.PaymentAttempt,
    ResultFileRow: subsidies.BankResultFile,
    ResultLineRow: subsidies.BankResultLine,
    MessageRow: subsidies.Notification,
    EntryRow: subsidies.JournalEntry,
    LineRow: subsidies.JournalLine,
    EventRow: AuditEvent,
}
# A filing's teachers are named while it is a draft; what it has become since is said afterwards.
LATER_STATE: Final = """
    UPDATE enrollment_trainingclass AS class
    SET status = later.status, reserved_seat_count = later.seats, status_reason = later.reason
    FROM unnest(%s::bigint[], %s::text[], %s::int[], %s::text[]) AS later (id, status, seats, reason)
    WHERE class.id = later.id
"""
IDS_AT_ONCE: Final = 2000


class Rows:
    """The rows of a part of the world, with the numbers they go by, until they are written."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self._waiting: dict[type[Any], list[Any]] = defaultdict(list)
        self._ids: dict[type[Any], Iterator[int]] = {kind: iter(()) for kind in TABLES}

    def add(self, row: Any) -> None:
        """Take a row that will be written with the others."""
        self._waiting[type(row)].append(row)

    def new_id(self, kind: type[Any]) -> int:
        """Return an id of this table that nobody else gets."""
        found = next(self._ids[kind], None)
        if found is None:
            self._ids[kind] = _reserved_ids(TABLES[kind])
            return next(self._ids[kind])
        return found

    def new_public_id(self) -> uuid.UUID:
        """Return a public number, the same for the same seed."""
        return uuid.UUID(int=self.chance.getrandbits(128), version=4)

    def add_message(
        self,
        kind: str,
        about: int,
        moment: datetime,
        *,
        person_id: int,
        entitlement_id: int,
        **facts: str | int,
    ) -> None:
        """Take a text message that was sent at this moment, about a decision or an instruction."""
        self.add(
            MessageRow(
                public_id=self.new_public_id(),
                key=f"{kind.lower()}:{about}",
                kind=kind,
                channel="SMS",
                person_id=person_id,
                role="",
                entitlement_id=entitlement_id,
                facts=facts,
                status="SENT",
                created_at=moment,
                tried_count=1,
                sent_at=moment,
                problem="",
            )
        )

    def write(self, *afterwards: Callable[[], None]) -> int:
        """Write everything that waits, and what follows from it, in one transaction. Return how many rows that were."""
        count = 0
        with transaction.atomic(durable=True):
            for kind, model in TABLES.items():
                rows = self._waiting.pop(kind, [])
                if rows:
                    drafts = (
                        row._replace(status="DRAFT", reserved_seat_count=0, status_reason="") for row in rows
                    )
                    count += copy_rows(model, kind._fields, drafts if kind is ClassRow else rows)
                if kind is ClassRow:
                    classes = rows
                if kind is TrainerRow:
                    _say_what_became_of(classes)
            for step in afterwards:
                step()
        return count


def _reserved_ids(model: type[Model]) -> Iterator[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, IDS_AT_ONCE],
        )
        return iter([found for (found,) in cursor.fetchall()])


def _say_what_became_of(classes: list[Any]) -> None:
    changed = [row for row in classes if row.status != "DRAFT"]
    columns = ("id", "status", "reserved_seat_count", "status_reason")
    with connection.cursor() as cursor:
        cursor.execute(LATER_STATE, [[getattr(row, column) for row in changed] for column in columns])
