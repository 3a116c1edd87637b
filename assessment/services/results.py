import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from assessment import policies, queries
from assessment.enums import ResultsSource, ResultsStatus, SessionStatus, SignalKind
from assessment.models import AssessmentSession, ResultsUpload
from assessment.results.reading import read_again
from assessment.results.rows import ResultRow
from assessment.services.results_steps import (
    Judged,
    check_takes_results,
    discard_upload,
    judge_results,
    write_results,
)
from assessment.services.signal_steps import record_session_signals, record_signal
from assessment.transitions import RESULTS_TRANSITIONS
from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.bulk import without_search_for_cycles
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.tabular import parse_date
from chongqing_dte.foundation.tabular_entries import Entry, entries_as_content
from chongqing_dte.foundation.transitions import check_transition
from institutions.models import User


@dataclass(frozen=True)
class _Submission:
    """What somebody submitted, as it came."""

    source: ResultsSource
    file_name: str
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def check_results(
    *, session_id: int, operator: User, file_name: str, content: bytes, now: datetime
) -> ResultsUpload:
    """Keep a file of a session's results with all that is wrong in it: ready to be recorded, or refused.

    Safe to repeat: a file that is ready or recorded is the same upload. Raises NotPermitted for another institution,
    InvalidTransition unless the session waits for results, DomainError before it is held, and UnreadableWorkbook,
    WrongColumns or NoRows.
    """
    return _checked(session_id, operator, _Submission(ResultsSource.FILE, file_name[:255], content), now)


def deliver_results(
    *, session_id: int, operator: User, entries: Sequence[Entry], now: datetime
) -> ResultsUpload:
    """Record a session's results that a machine reports, all of them or none, in one call.

    The entries map columns to text. The same entries again are the same upload. Raises as `check_results` and
    `record_results` do; a submission with problems comes back as refused.
    """
    submission = _Submission(ResultsSource.API, "", entries_as_content(entries))
    upload = _checked(session_id, operator, submission, now)
    return _recorded(upload, operator, now) if upload.status == ResultsStatus.READY else upload


def record_results(*, upload_id: int, operator: User, now: datetime) -> ResultsUpload:
    """Record checked results and their certificates, all of them or none.

    What is not good any more is refused with its problems, and comes back so. Safe to repeat: what was recorded is
    returned. Raises NotPermitted for another institution, and InvalidTransition for what was refused or discarded
    and for a session that has its results.
    """
    upload = ResultsUpload.objects.defer("content").select_related("session").get(pk=upload_id)
    # Nobody's file is read again who may not record it. The locked row is asked again.
    policies.check_can_record_results(operator, upload.session)
    if upload.status == ResultsStatus.RECORDED:
        return upload
    check_transition(RESULTS_TRANSITIONS, current=ResultsStatus(upload.status), target=ResultsStatus.RECORDED)
    return _recorded(upload, operator, now)


@transaction.atomic(durable=True)
def discard_results(*, upload_id: int, operator: User, now: datetime) -> ResultsUpload:
    """Put a submission aside that was not recorded. Raises NotPermitted and InvalidTransition."""
    upload = queries.lock_results_upload(upload_id)
    policies.check_can_record_results(operator, upload.session)
    discard_upload(upload, operator, now)
    return upload


def _checked(session_id: int, operator: User, submission: _Submission, now: datetime) -> ResultsUpload:
    session = AssessmentSession.objects.get(pk=session_id)
    # Nobody's file is read who may not submit one, or for nothing. The locked row is asked again.
    policies.check_can_record_results(operator, session)
    existing = queries.live_results_upload(session, submission.sha256)
    if existing is not None:
        return existing
    check_takes_results(session, now)
    with without_search_for_cycles():
        rows = read_again(submission.source, submission.content)
        return _keep(session_id, operator, submission, rows, now)


@transaction.atomic(durable=True)
def _keep(
    session_id: int, operator: User, submission: _Submission, rows: Sequence[ResultRow], now: datetime
) -> ResultsUpload:
    session = queries.lock_session(session_id)
    policies.check_can_record_results(operator, session)
    existing = queries.live_results_upload(session, submission.sha256)
    if existing is not None:
        return existing
    check_takes_results(session, now)
    judged = judge_results(session, rows, now)
    upload = ResultsUpload.objects.create(
        session=session,
        source=submission.source,
        file_name=submission.file_name,
        content=submission.content,
        sha256=submission.sha256,
        status=ResultsStatus.READY if judged.is_good else ResultsStatus.REFUSED,
        problems=judged.stored_problems,
        uploaded_by=operator,
        uploaded_at=now,
        **judged.counts,
    )
    record_event(
        "results.checked",
        subject=upload,
        actor_id=operator.pk,
        at=now,
        facts={"status": upload.status, "rows": upload.row_count, "problems": len(upload.problems)},
    )
    _note_early_certificates(session, upload, judged, now)
    return upload


def _note_early_certificates(
    session: AssessmentSession, upload: ResultsUpload, judged: Judged, now: datetime
) -> None:
    """Note that a file had certificates dated before the session, even if the next one has none."""
    early = {
        problem.row_number for problem in judged.problems if problem.code == "certificate_before_session"
    }
    if early:
        days = [parse_date(row.certificate_issued_on) for row in judged.rows if row.number in early]
        earliest = min(day for day in days if day is not None)
        record_signal(
            kind=SignalKind.CERTIFICATE_BEFORE_SESSION,
            session=session,
            subject=str(upload.public_id),
            measured={"certificates": len(early), "earliest": earliest.isoformat()},
            now=now,
        )


def _recorded(upload: ResultsUpload, operator: User, now: datetime) -> ResultsUpload:
    with without_search_for_cycles():
        rows = read_again(upload.source, queries.results_content(upload.pk))
        # Another session may record one of the numbers at this very moment. Its number is seen on looking again.
        for _turn in range(2):
            try:
                return _record(upload, operator, rows, now)
            except IntegrityError as race:
                if "certificate_number_once" not in str(race):
                    raise
    raise DomainError(
        _("A certificate number of these results was recorded a moment ago. Confirm again to see which."),
        code="certificate_number_used",
    )


@transaction.atomic(durable=True)
def _record(read: ResultsUpload, operator: User, rows: Sequence[ResultRow], now: datetime) -> ResultsUpload:
    session = queries.lock_session(read.session_id)
    upload = queries.lock_results_upload(read.pk)
    policies.check_can_record_results(operator, session)
    if upload.status == ResultsStatus.RECORDED:
        return upload
    check_transition(RESULTS_TRANSITIONS, current=ResultsStatus(upload.status), target=ResultsStatus.RECORDED)
    check_takes_results(session, now)
    judged = judge_results(session, rows, now)
    if not judged.is_good:
        return _refuse(upload, judged, operator, now)
    certificate_count = write_results(session, upload, judged, now)
    upload.status = ResultsStatus.RECORDED
    upload.recorded_by = operator
    upload.recorded_at = now
    upload.save(update_fields=["status", "recorded_by", "recorded_at"])
    session.status = SessionStatus.RECORDED
    session.save(update_fields=["status"])
    for other in queries.lock_ready_results_of(session):
        discard_upload(other, operator, now)
    record_session_signals(session=session, now=now)
    record_event(
        "session.results_recorded",
        subject=session,
        actor_id=operator.pk,
        at=now,
        facts={"upload": upload.pk, "attempts": len(rows), "certificates": certificate_count},
    )
    nudge_after_commit("certificates_recorded")
    return upload


def _refuse(upload: ResultsUpload, judged: Judged, operator: User, now: datetime) -> ResultsUpload:
    """Note that what was good when it was checked is so no more. This is written, and nothing else."""
    upload.status = ResultsStatus.REFUSED
    upload.problems = judged.stored_problems
    upload.save(update_fields=["status", "problems"])
    record_event(
        "results.refused",
        subject=upload,
        actor_id=operator.pk,
        at=now,
        facts={"problems": len(upload.problems)},
    )
    return upload
