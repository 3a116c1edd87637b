"""What can be wrong with a result list by itself. Every check runs on every row. Pure."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from assessment.results.columns import RESULT_COLUMNS
from assessment.results.rows import ResultRow
from assessment.rules.certificate_numbers import number_flaw
from chongqing_dte.foundation.tabular import (
    RowProblem,
    in_reading_order,
    parse_date,
    repeated_values,
    shape_problems,
)
from enrollment.rules.identifiers import resident_id_problem

SAT: Final = frozenset({"PASSED", "FAILED"})
NOT_SAT: Final = frozenset({"ABSENT", "MISCONDUCT"})
SCORE_COLUMNS: Final = ("theory_score", "practice_score")
CERTIFICATE_COLUMNS: Final = ("certificate_number", "certificate_issued_on")
SCORE: Final = re.compile(r"[0-9]{1,3}(\.[0-9])?")
HIGHEST_SCORE: Final = Decimal(100)


@dataclass(frozen=True)
class Sitting:
    """What the session says that a list of its results is held against."""

    today: date
    held_on: date
    theory_pass_mark: Decimal
    practice_pass_mark: Decimal
    is_numbered_by_portal: bool = False
    # Empty lets every number pass.
    number_pattern: str = ""


ResultProblem = RowProblem
Check = Callable[[Sequence[ResultRow], Sitting], Iterator[ResultProblem]]


def parse_score(text: str) -> Decimal | None:
    """Return a score of 0 to 100 with at most one decimal, or None."""
    if not SCORE.fullmatch(text):
        return None
    score = Decimal(text)
    return score if score <= HIGHEST_SCORE else None


def cells_have_the_right_shape(rows: Sequence[ResultRow], _sitting: Sitting) -> Iterator[ResultProblem]:
    yield from shape_problems(rows, RESULT_COLUMNS)


def person_is_named(rows: Sequence[ResultRow], _sitting: Sitting) -> Iterator[ResultProblem]:
    for row in rows:
        if not row.admission_number and not row.id_number:
            yield ResultProblem(row.number, "admission_number", "person_not_named")


def id_number_is_valid(rows: Sequence[ResultRow], sitting: Sitting) -> Iterator[ResultProblem]:
    for row in rows:
        if not row.id_number or "id_number" in row.damaged:
            continue
        if code := resident_id_problem(row.id_number, today=sitting.today):
            yield ResultProblem(row.number, "id_number", code)


def scores_fit_the_outcome(rows: Sequence[ResultRow], _sitting: Sitting) -> Iterator[ResultProblem]:
    for row in rows:
        for column in SCORE_COLUMNS:
            score = row.value(column)
            if row.outcome in SAT and not score:
                yield ResultProblem(row.number, column, "score_missing")
            elif row.outcome in NOT_SAT and score:
                yield ResultProblem(row.number, column, "score_not_expected")
            elif score and column not in row.damaged and parse_score(score) is None:
                yield ResultProblem(row.number, column, "score_format")


def outcome_fits_the_pass_marks(rows: Sequence[ResultRow], sitting: Sitting) -> Iterator[ResultProblem]:
    marks: dict[str, str | int] = {
        "theory": str(sitting.theory_pass_mark),
        "practice": str(sitting.practice_pass_mark),
    }
    for row in rows:
        theory, practice = parse_score(row.theory_score), parse_score(row.practice_score)
        if row.outcome not in SAT or theory is None or practice is None:
            continue
        has_passed = theory >= sitting.theory_pass_mark and practice >= sitting.practice_pass_mark
        if has_passed != (row.outcome == "PASSED"):
            code = "failed_with_pass_marks" if has_passed else "passed_below_the_marks"
            yield ResultProblem(row.number, "outcome", code, parameters=marks)


def certificate_fits_the_outcome(rows: Sequence[ResultRow], sitting: Sitting) -> Iterator[ResultProblem]:
    for row in rows:
        for column in CERTIFICATE_COLUMNS:
            if code := _certificate_flaw(row, column, sitting):
                yield ResultProblem(row.number, column, code)


def _certificate_flaw(row: ResultRow, column: str, sitting: Sitting) -> str | None:
    cell = row.value(column)
    if sitting.is_numbered_by_portal:
        return "certificate_by_portal" if cell else None
    if row.outcome == "PASSED":
        return None if cell else "certificate_missing"
    return "certificate_not_expected" if cell and row.outcome in SAT | NOT_SAT else None


def certificate_number_has_its_form(rows: Sequence[ResultRow], sitting: Sitting) -> Iterator[ResultProblem]:
    if sitting.is_numbered_by_portal:
        return
    for row in rows:
        if not row.certificate_number or "certificate_number" in row.damaged:
            continue
        if code := number_flaw(row.certificate_number, sitting.number_pattern):
            yield ResultProblem(row.number, "certificate_number", code)


def certificate_date_is_possible(rows: Sequence[ResultRow], sitting: Sitting) -> Iterator[ResultProblem]:
    if sitting.is_numbered_by_portal:
        return
    for row in rows:
        issued_on = parse_date(row.certificate_issued_on)
        if issued_on is None:
            continue
        if issued_on > sitting.today:
            yield ResultProblem(row.number, "certificate_issued_on", "issued_in_future")
        elif issued_on < sitting.held_on:
            yield ResultProblem(row.number, "certificate_issued_on", "certificate_before_session")


def person_and_certificate_appear_once(
    rows: Sequence[ResultRow], _sitting: Sitting
) -> Iterator[ResultProblem]:
    yield from repeated_values(rows, "admission_number", "admission_repeated")
    yield from repeated_values(rows, "id_number", "id_repeated")
    yield from repeated_values(rows, "certificate_number", "certificate_repeated")


RESULT_CHECKS: Final[tuple[Check, ...]] = (
    cells_have_the_right_shape,
    person_is_named,
    id_number_is_valid,
    scores_fit_the_outcome,
    outcome_fits_the_pass_marks,
    certificate_fits_the_outcome,
    certificate_number_has_its_form,
    certificate_date_is_possible,
    person_and_certificate_appear_once,
)


def find_result_problems(rows: Sequence[ResultRow], sitting: Sitting) -> list[ResultProblem]:
    """Return what is wrong, in reading order. A list with an error cannot be recorded."""
    return in_reading_order(
        [problem for check in RESULT_CHECKS for problem in check(rows, sitting)], RESULT_COLUMNS
    )
