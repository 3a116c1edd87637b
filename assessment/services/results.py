import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessment import policies, queries
from assessment.enums import SessionStatus
from assessment.models import AssessmentSession, Attempt, LevelCertificate, ResultsUpload
from assessment.results.checks import ResultProblem, find_result_problems
from assessment.results.reading import read_results
from assessment.results.rows import ResultRow
from assessment.transitions import SESSION_TRANSITIONS
from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError, NotPermitted
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.tabular import parse_date, row_numbers
from chongqing_dte.foundation.transitions import check_transition
from enrollment.models import Enrollment
from enrollment.queries import completed_enrollments, id_number_hash, known_names_by_hash
from institutions.models import User


class ResultsRefused(DomainError):
    """A results file with at least one bad line. All its problems are named, and nothing of it was written."""

    code = "results_refused"

    def __init__(self, problems: Sequence[ResultProblem]) -> None:
        super().__init__(
            _("The file has problems, so nothing of it was recorded. Correct it and submit it again.")
        )
        self.problems = list(problems)


def record_results(
    *, session_id: int, operator: User, file_name: str, content: bytes, now: datetime
) -> ResultsUpload:
    """Record a session's results and certificates, all of them or none.

    Safe to repeat: the same file again is the same upload. Raises NotPermitted for another institution,
    InvalidTransition if results were recorded already, ResultsRefused with every problem, and UnreadableWorkbook,
    WrongColumns or NoRows.
    """
    # Nobody's file is read who may not submit one. The locked row is asked again.
    if not policies.can_record_results(operator, AssessmentSession.objects.get(pk=session_id)):
        raise NotPermitted
    rows = read_results(content)
    problems = find_result_problems(rows, today=timezone.localdate(now))
    try:
        return _record_rows(session_id, operator, (file_name, content), (rows, problems), now)
    except IntegrityError as race:
        # Another session of the institution recorded one of the numbers at this very moment.
        if "certificate_number_once" not in str(race):
            raise
        raise DomainError(
            _(
                "A certificate number in the file was recorded a moment ago. Submit the file again to see which."
            ),
            code="certificate_number_used",
        ) from race


@transaction.atomic(durable=True)
def _record_rows(
    session_id: int,
    operator: User,
    file: tuple[str, bytes],
    read: tuple[Sequence[ResultRow], Sequence[ResultProblem]],
    now: datetime,
) -> ResultsUpload:
    (file_name, content), (rows, problems) = file, read
    session = queries.lock_session(session_id)
    policies.check_can_record_results(operator, session)
    sha256 = hashlib.sha256(content).hexdigest()
    existing = ResultsUpload.objects.filter(session=session, sha256=sha256).first()
    if existing is not None:
        return existing
    check_transition(
        SESSION_TRANSITIONS, current=SessionStatus(session.status), target=SessionStatus.RECORDED
    )

    enrollments = completed_enrollments(
        occupation_id=session.occupation_id,
        level=session.level,
        hashes=[id_number_hash(row.id_number) for row in rows],
    )
    problems = [*problems, *_problems_with_people(session, rows, enrollments)]
    if any(problem.severity == "error" for problem in problems):
        raise ResultsRefused(problems)

    upload = ResultsUpload.objects.create(
        session=session,
        file_name=file_name[:255],
        content=content,
        sha256=sha256,
        uploaded_by=operator,
        uploaded_at=now,
    )
    attempts = _record_attempts(upload, rows, enrollments, now)
    certificates = _record_certificates(session, rows, attempts, now)
    session.status = SessionStatus.RECORDED
    session.save(update_fields=["status"])
    record_event(
        "session.results_recorded",
        subject=session,
        actor_id=operator.pk,
        at=now,
        facts={"attempts": len(attempts), "certificates": len(certificates)},
    )
    nudge_after_commit("certificates_recorded")
    return upload


def _problems_with_people(
    session: AssessmentSession, rows: Sequence[ResultRow], enrollments: Mapping[str, Enrollment]
) -> list[ResultProblem]:
    numbers = [row.certificate_number for row in rows if row.certificate_number]
    used = set(
        LevelCertificate.objects.filter(
            institution_id=session.institution_id, number__in=numbers
        ).values_list("number", flat=True)
    )
    names = known_names_by_hash(enrollments)
    problems = list(_people_named_twice(rows, enrollments))
    for row in rows:
        id_hash = id_number_hash(row.id_number)
        enrollment = enrollments.get(id_hash)
        if enrollment is None:
            problems.append(ResultProblem(row.number, "id_number", "not_a_candidate"))
        elif row.name not in names[id_hash]:
            problems.append(ResultProblem(row.number, "name", "name_differs"))
        elif enrollment.training_class.institution_id == session.institution_id:
            problems.append(ResultProblem(row.number, "id_number", "trained_here"))
        if row.certificate_number in used:
            problems.append(ResultProblem(row.number, "certificate_number", "certificate_number_used"))
        issued_on = parse_date(row.certificate_issued_on)
        if issued_on and issued_on < session.held_on:
            problems.append(ResultProblem(row.number, "certificate_issued_on", "certificate_before_session"))
    return problems


def _people_named_twice(
    rows: Sequence[ResultRow], enrollments: Mapping[str, Enrollment]
) -> Iterator[ResultProblem]:
    """Yield the rows that name one person under two ID numbers, a present and a former one."""
    named: dict[int, list[ResultRow]] = defaultdict(list)
    for row in rows:
        if enrollment := enrollments.get(id_number_hash(row.id_number)):
            named[enrollment.pk].append(row)
    for group in named.values():
        if len({row.id_number for row in group}) > 1:
            parameters = {"rows": row_numbers(group)}
            yield from (
                ResultProblem(row.number, "id_number", "id_repeated", parameters=parameters) for row in group
            )


def _record_attempts(
    upload: ResultsUpload, rows: Sequence[ResultRow], enrollments: Mapping[str, Enrollment], now: datetime
) -> list[Attempt]:
    found = [enrollments[id_number_hash(row.id_number)] for row in rows]
    return Attempt.objects.bulk_create(
        Attempt(
            session=upload.session,
            enrollment=enrollment,
            trainee_id=enrollment.trainee_id,
            results_upload=upload,
            row_number=row.number,
            outcome=row.outcome,
            theory_score=Decimal(row.theory_score) if row.theory_score else None,
            practice_score=Decimal(row.practice_score) if row.practice_score else None,
            recorded_at=now,
        )
        for row, enrollment in zip(rows, found, strict=True)
    )


def _record_certificates(
    session: AssessmentSession, rows: Sequence[ResultRow], attempts: Sequence[Attempt], now: datetime
) -> list[LevelCertificate]:
    return LevelCertificate.objects.bulk_create(
        LevelCertificate(
            number=row.certificate_number,
            institution_id=session.institution_id,
            attempt=attempt,
            trainee_id=attempt.trainee_id,
            occupation_id=session.occupation_id,
            direction=session.direction,
            level=session.level,
            issued_on=date.fromisoformat(row.certificate_issued_on),
            recorded_at=now,
        )
        for row, attempt in zip(rows, attempts, strict=True)
        if row.certificate_number
    )
