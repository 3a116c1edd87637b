"""Results as a person reads them: outcomes and problems in words, identifiers masked."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from assessment import queries
from assessment.enums import CertificateStatus, Outcome
from assessment.models import AssessmentSession, Attempt, LevelCertificate, ResultsUpload, SessionCandidate
from assessment.results.columns import RESULT_COLUMNS
from assessment.results.messages import message_for
from assessment.results.people import NO_ROW
from assessment.results.rows import ResultRow
from chongqing_dte.foundation.tabular_reading import column_label
from enrollment.rules.identifiers import mask_id_number, mask_name

COLUMNS: Final = {column.key: column for column in RESULT_COLUMNS}
OUTCOME_LABELS: Final = dict(Outcome.choices)
# An ID number that somebody typed into the wrong column is one still.
ID_NUMBER: Final = re.compile(r"[0-9]{17}[0-9Xx]|[0-9]{15}")
# A score, or the number of a certificate or an admission. Whatever looks otherwise may be a name in the wrong column.
NUMBER: Final = re.compile(r"(?=[^0-9]*[0-9])[0-9A-Z./-]*")
MOST_ROWS_NAMED: Final = 10


@dataclass(frozen=True)
class ShownResult:
    """One result, of a submission or recorded."""

    number: int
    admission_number: str
    name: str
    id_number: str
    outcome: str
    outcome_label: str
    theory_score: str
    practice_score: str
    certificate_number: str
    certificate: LevelCertificate | None = None
    candidate: SessionCandidate | None = None


@dataclass(frozen=True)
class ShownProblem:
    """One thing wrong in one cell, or in the list as a whole."""

    number: str
    column: str
    reason: str
    severity: str


@dataclass(frozen=True)
class ShownProblemCount:
    """How often one thing is wrong in one column."""

    column: str
    reason: str
    severity: str
    count: int
    rows: list[int]


def shown_rows(rows: Sequence[ResultRow], *, full_names: bool) -> list[ShownResult]:
    """Return rows of a submission. A name is whole only to the session's own institution."""
    return [
        ShownResult(
            number=row.number,
            admission_number=_cell(row.admission_number, full_names=full_names),
            name=_shown_name(row.name, full_names=full_names),
            id_number=mask_id_number(row.id_number),
            outcome=row.outcome if row.outcome in OUTCOME_LABELS else "",
            outcome_label=str(
                OUTCOME_LABELS.get(row.outcome, _cell(row.outcome, full_names=full_names)),
            ),
            theory_score=_cell(row.theory_score, full_names=full_names),
            practice_score=_cell(row.practice_score, full_names=full_names),
            certificate_number=_cell(row.certificate_number, full_names=full_names),
        )
        for row in rows
    ]


def shown_attempts(
    session: AssessmentSession, attempts: Sequence[Attempt], *, full_names: bool
) -> list[ShownResult]:
    """Return recorded results. A name is whole only to the session's own institution."""
    candidates = queries.candidates_by_trainee(session, [attempt.trainee_id for attempt in attempts])
    return [
        ShownResult(
            number=attempt.row_number,
            admission_number=candidates[attempt.trainee_id].admission_number or "",
            name=_shown_name(attempt.trainee.name, full_names=full_names),
            id_number=mask_id_number(attempt.trainee.id_number),
            outcome=attempt.outcome,
            outcome_label=attempt.get_outcome_display(),
            theory_score=_score(attempt.theory_score),
            practice_score=_score(attempt.practice_score),
            certificate_number="",
            certificate=_certificate_of(attempt),
            candidate=candidates[attempt.trainee_id],
        )
        for attempt in attempts
    ]


def shown_problems(problems: Sequence[Mapping[str, Any]]) -> list[ShownProblem]:
    """Return what is wrong with a submission, in words."""
    return [
        ShownProblem(
            number="" if problem["row"] == NO_ROW else str(problem["row"]),
            column=_column(problem),
            reason=message_for(problem["code"], problem["parameters"]),
            severity=problem["severity"],
        )
        for problem in problems
    ]


def problem_counts(upload: ResultsUpload) -> list[ShownProblemCount]:
    """Return what is wrong with a submission, each thing once, the most frequent first."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for problem in upload.problems:
        groups[problem["column"], problem["code"]].append(problem)
    found = [
        ShownProblemCount(
            column=_column(group[0]),
            reason=message_for(group[0]["code"], group[0]["parameters"]),
            severity=group[0]["severity"],
            count=len(group),
            rows=[problem["row"] for problem in group[:MOST_ROWS_NAMED] if problem["row"] != NO_ROW],
        )
        for group in groups.values()
    ]
    return sorted(found, key=lambda problem: (problem.severity, -problem.count))


def _column(problem: Mapping[str, Any]) -> str:
    return _("The list") if problem["row"] == NO_ROW else column_label(COLUMNS[problem["column"]])


def _certificate_of(attempt: Attempt) -> LevelCertificate | None:
    """Return the certificate of a sitting: the valid one, or the last."""
    certificates = sorted(attempt.certificates.all(), key=lambda certificate: certificate.pk)
    valid = [each for each in certificates if each.status == CertificateStatus.VALID]
    return next(iter(valid or certificates[-1:]), None)


def _shown_name(name: str, *, full_names: bool) -> str:
    return _hidden(name) if full_names else mask_name(name)


def _cell(text: str, *, full_names: bool) -> str:
    """Return a cell as it was sent; of what is no number, whoever sees no names sees the first character."""
    shown = _hidden(text)
    return shown if full_names or NUMBER.fullmatch(text) else mask_name(text)


def _score(score: object) -> str:
    return "" if score is None else str(score)


def _hidden(text: str) -> str:
    return ID_NUMBER.sub(lambda found: mask_id_number(found.group()), text)
