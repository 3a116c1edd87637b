from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from assessment import policies, queries
from assessment.enums import SessionStatus
from assessment.models import AssessmentSession, ResultsUpload
from assessment.results.columns import RESULT_COLUMNS
from assessment.results.people import NO_ROW, match_people, missing_people
from assessment.results.reading import read_again
from assessment.results.rows import ResultRow
from assessment.results.template import ProblemRow, write_problem_workbook, write_results
from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.tabular import RowProblem
from enrollment.queries import id_number_hasher
from institutions.models import User


@transaction.atomic(durable=True)
def hand_out_results_template(*, session_id: int, reader: User, now: datetime) -> bytes:
    """Return a result list with the names and admission numbers of the candidates, and note who had it.

    Raises NotPermitted for another institution, and InvalidTransition unless the session waits for results.
    """
    session = AssessmentSession.objects.select_related("institution").get(pk=session_id)
    policies.check_can_record_results(reader, session)
    if session.status != SessionStatus.ADMITTED:
        raise InvalidTransition(
            _("The session is %(status)s. There is a list to fill in while it waits for results.")
            % {"status": session.get_status_display()}
        )
    record_event("session.results_template_downloaded", subject=session, actor_id=reader.pk, at=now)
    return write_results(
        ({"admission_number": number, "name": name} for number, name in queries.admitted_names(session)),
        session_reference=session.reference,
        institution_name=session.institution.name_zh,
    )


@transaction.atomic(durable=True)
def hand_out_result_problems(*, upload_id: int, reader: User, now: datetime) -> bytes:
    """Return the whole list with what is wrong in it, what is missing added, and note who had it.

    Corrected and uploaded as it is, it is complete. Raises NotPermitted for another institution, and DomainError if
    nothing is wrong.
    """
    upload = queries.lock_results_upload(upload_id)
    session = upload.session
    policies.check_can_record_results(reader, session)
    if not upload.problems:
        raise DomainError(_("Nothing is wrong with these results."), code="no_problem_rows")
    rows = read_again(upload.source, queries.results_content(upload.pk))
    record_event("results.problems_downloaded", subject=upload, actor_id=reader.pk, at=now)
    return write_problem_workbook(
        [*_rows_with_problems_first(upload, rows), *_missing_rows(upload, rows)],
        session_reference=session.reference,
        institution_name=session.institution.name_zh,
    )


def _rows_with_problems_first(upload: ResultsUpload, rows: Sequence[ResultRow]) -> list[ProblemRow]:
    by_row: dict[int, list[RowProblem]] = defaultdict(list)
    for problem in upload.problems:
        by_row[problem["row"]].append(
            RowProblem(
                problem["row"],
                problem["column"],
                problem["code"],
                problem["severity"],
                problem["parameters"],
            )
        )
    found = [ProblemRow(row.number, _cells(row), by_row[row.number]) for row in rows]
    return sorted(found, key=lambda row: not row.problems)


def _missing_rows(upload: ResultsUpload, rows: Sequence[ResultRow]) -> list[ProblemRow]:
    """Return a row to fill in for every candidate whom the list has forgotten."""
    admitted = queries.admitted_to(upload.session)
    matched, _problems = match_people(rows, admitted, id_number_hasher())
    names = dict(queries.admitted_names(upload.session))
    return [
        ProblemRow(
            NO_ROW,
            {"admission_number": person.admission_number, "name": names[person.admission_number]},
            [RowProblem(NO_ROW, "admission_number", "candidate_missing")],
        )
        for person in missing_people(matched, admitted)
    ]


def _cells(row: ResultRow) -> dict[str, str]:
    return {column.key: row.value(column.key) for column in RESULT_COLUMNS}
