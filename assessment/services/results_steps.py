"""What a submission of results is held against, and how it is written: whole, in sets. Steps of its services."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import uuid4

from django.utils import timezone

from assessment import queries
from assessment.enums import CertificateOrigin, CertificateStatus, Outcome, ResultsStatus, SessionStatus
from assessment.models import AssessmentSession, Attempt, LevelCertificate, ResultsUpload
from assessment.results.checks import ResultProblem, Sitting, find_result_problems
from assessment.results.people import Admitted, Matched, match_people
from assessment.results.rows import ResultRow
from assessment.services.certificate_numbers import portal_numbers
from assessment.transitions import RESULTS_TRANSITIONS, SESSION_TRANSITIONS
from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.bulk import copy_rows
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.transitions import check_transition
from enrollment.queries import id_number_hasher
from institutions.models import User

ATTEMPT_COLUMNS: Final = (
    "session_id",
    "enrollment_id",
    "trainee_id",
    "results_upload_id",
    "row_number",
    "outcome",
    "theory_score",
    "practice_score",
    "recorded_at",
)
CERTIFICATE_COLUMNS: Final = (
    "public_id",
    "number",
    "institution_id",
    "attempt_id",
    "origin",
    "trainee_id",
    "occupation_id",
    "direction",
    "level",
    "issued_on",
    "status",
    "recorded_at",
)


@dataclass(frozen=True)
class Judged:
    """A submission's rows, whose result each of them is, and all that is wrong with them."""

    rows: Sequence[ResultRow]
    matched: Matched
    problems: Sequence[ResultProblem]

    @property
    def is_good(self) -> bool:
        """Whether the rows can be recorded. Warnings are for the reader."""
        return all(problem.severity != "error" for problem in self.problems)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows there are, and of each outcome."""
        outcomes = Counter(row.outcome for row in self.rows)
        by_outcome = {f"{outcome.lower()}_count": outcomes[outcome] for outcome in Outcome.values}
        return {"row_count": len(self.rows), **by_outcome}

    @property
    def stored_problems(self) -> list[dict[str, object]]:
        """The problems as an upload keeps them."""
        return [
            {
                "row": problem.row_number,
                "column": problem.column,
                "code": problem.code,
                "severity": problem.severity,
                "parameters": dict(problem.parameters),
            }
            for problem in self.problems
        ]


def check_takes_results(session: AssessmentSession, now: datetime) -> None:
    """Raise InvalidTransition unless the session waits for results, and DomainError before the day it is held."""
    check_transition(
        SESSION_TRANSITIONS, current=SessionStatus(session.status), target=SessionStatus.RECORDED
    )
    if timezone.localdate(now) < session.held_on:
        raise DomainError(
            _("The session is held on %(day)s. Its results come in from that day on.")
            % {"day": session.held_on.isoformat()},
            code="session_not_held",
        )


def judge_results(session: AssessmentSession, rows: Sequence[ResultRow], now: datetime) -> Judged:
    """Hold rows against the session, its candidates and the certificates that there are."""
    problems = find_result_problems(rows, _sitting(session, now))
    matched, doubts = match_people(rows, queries.admitted_to(session), id_number_hasher())
    # A number that cannot be read is not looked for.
    unreadable = {(problem.row_number, problem.column) for problem in problems}
    problems += [doubt for doubt in doubts if (doubt.row_number, doubt.column) not in unreadable]
    used = queries.used_certificate_numbers(
        [row.certificate_number for row in rows if row.certificate_number]
    )
    problems += [
        ResultProblem(row.number, "certificate_number", "certificate_number_used")
        for row in rows
        if row.certificate_number in used
    ]
    return Judged(rows, matched, sorted(problems, key=lambda problem: problem.row_number))


def write_results(session: AssessmentSession, upload: ResultsUpload, judged: Judged, now: datetime) -> int:
    """Write a good submission's attempts and certificates, and return how many certificates there are."""
    people = [found for found in judged.matched if found is not None]
    copy_rows(Attempt, ATTEMPT_COLUMNS, _attempts(session, upload, judged.rows, people, now))
    attempts = dict(Attempt.objects.filter(results_upload=upload).values_list("row_number", "pk"))
    certificates = _certificates(session, judged, now)
    return copy_rows(
        LevelCertificate,
        CERTIFICATE_COLUMNS,
        (
            (
                uuid4(),
                number,
                session.institution_id,
                attempts[row.number],
                session.certificate_origin,
                person.trainee_id,
                session.occupation_id,
                session.direction,
                session.level,
                issued_on,
                CertificateStatus.VALID.value,
                now,
            )
            # In the order of the numbers: two sessions with several equal ones wait for each other at most once.
            for number, issued_on, row, person in sorted(certificates, key=lambda line: line[0])
        ),
    )


def discard_upload(upload: ResultsUpload, actor: User, now: datetime) -> None:
    """Put a locked submission aside that was not recorded. Raises InvalidTransition."""
    check_transition(
        RESULTS_TRANSITIONS, current=ResultsStatus(upload.status), target=ResultsStatus.DISCARDED
    )
    upload.status = ResultsStatus.DISCARDED
    upload.save(update_fields=["status"])
    record_event("results.discarded", subject=upload, actor_id=actor.pk, at=now)


def _sitting(session: AssessmentSession, now: datetime) -> Sitting:
    return Sitting(
        today=timezone.localdate(now),
        held_on=session.held_on,
        theory_pass_mark=session.theory_pass_mark,
        practice_pass_mark=session.practice_pass_mark,
        is_numbered_by_portal=session.certificate_origin == CertificateOrigin.PORTAL,
        number_pattern=session.policy.certificate_number_pattern if session.policy else "",
    )


def _attempts(
    session: AssessmentSession,
    upload: ResultsUpload,
    rows: Sequence[ResultRow],
    people: Sequence[Admitted],
    now: datetime,
) -> Iterator[tuple[object, ...]]:
    for row, person in zip(rows, people, strict=True):
        yield (
            session.pk,
            person.enrollment_id,
            person.trainee_id,
            upload.pk,
            row.number,
            row.outcome,
            row.theory_score or None,
            row.practice_score or None,
            now,
        )


def _certificates(
    session: AssessmentSession, judged: Judged, now: datetime
) -> list[tuple[str, date, ResultRow, Admitted]]:
    passed = [
        (row, person)
        for row, person in zip(judged.rows, judged.matched, strict=True)
        if row.outcome == Outcome.PASSED and person is not None
    ]
    if session.certificate_origin == CertificateOrigin.INSTITUTION:
        return [
            (row.certificate_number, date.fromisoformat(row.certificate_issued_on), row, person)
            for row, person in passed
        ]
    today = timezone.localdate(now)
    numbers = portal_numbers(session=session, count=len(passed), year=today.year)
    return [(number, today, row, person) for number, (row, person) in zip(numbers, passed, strict=True)]
