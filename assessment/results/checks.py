"""What can be wrong with a result list. Every check runs on every row. Pure."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from assessment.results.columns import RESULT_COLUMNS
from assessment.results.rows import ResultRow
from chongqing_dte.foundation.tabular import (
    RowProblem,
    in_reading_order,
    parse_date,
    repeated_values,
    shape_problems,
)
from enrollment.rules.identifiers import resident_id_problem

ResultProblem = RowProblem
Check = Callable[[Sequence[ResultRow], date], Iterator[ResultProblem]]

SAT: Final = frozenset({"PASSED", "FAILED"})
NOT_SAT: Final = frozenset({"ABSENT", "MISCONDUCT"})
SCORE_COLUMNS: Final = ("theory_score", "practice_score")
CERTIFICATE_COLUMNS: Final = ("certificate_number", "certificate_issued_on")
SCORE: Final = re.compile(r"[0-9]{1,3}(\.[0-9])?")
HIGHEST_SCORE: Final = Decimal(100)


def parse_score(text: str) -> Decimal | None:
    """Return a score of 0 to 100 with at most one decimal, or None."""
    if not SCORE.fullmatch(text):
        return None
    score = Decimal(text)
    return score if score <= HIGHEST_SCORE else None


def cells_have_the_right_shape(rows: Sequence[ResultRow], _today: date) -> Iterator[ResultProblem]:
    yield from shape_problems(rows, RESULT_COLUMNS)


def id_number_is_valid(rows: Sequence[ResultRow], today: date) -> Iterator[ResultProblem]:
    for row in rows:
        if not row.id_number or "id_number" in row.damaged:
            continue
        if code := resident_id_problem(row.id_number, today=today):
            yield ResultProblem(row.number, "id_number", code)


def scores_fit_the_outcome(rows: Sequence[ResultRow], _today: date) -> Iterator[ResultProblem]:
    for row in rows:
        for column in SCORE_COLUMNS:
            score = row.value(column)
            if row.outcome in SAT and not score:
                yield ResultProblem(row.number, column, "score_missing")
            elif row.outcome in NOT_SAT and score:
                yield ResultProblem(row.number, column, "score_not_expected")
            elif score and column not in row.damaged and parse_score(score) is None:
                yield ResultProblem(row.number, column, "score_format")


def certificate_fits_the_outcome(rows: Sequence[ResultRow], _today: date) -> Iterator[ResultProblem]:
    for row in rows:
        for column in CERTIFICATE_COLUMNS:
            if row.outcome == "PASSED" and not row.value(column):
                yield ResultProblem(row.number, column, "certificate_missing")
            elif row.outcome in SAT | NOT_SAT and row.outcome != "PASSED" and row.value(column):
                yield ResultProblem(row.number, column, "certificate_not_expected")


def certificate_is_not_from_the_future(rows: Sequence[ResultRow], today: date) -> Iterator[ResultProblem]:
    for row in rows:
        issued_on = parse_date(row.certificate_issued_on)
        if issued_on and issued_on > today:
            yield ResultProblem(row.number, "certificate_issued_on", "issued_in_future")


def person_and_certificate_appear_once(rows: Sequence[ResultRow], _today: date) -> Iterator[ResultProblem]:
    yield from repeated_values(rows, "id_number", "id_repeated")
    yield from repeated_values(rows, "certificate_number", "certificate_repeated")


RESULT_CHECKS: Final[tuple[Check, ...]] = (
    cells_have_the_right_shape,
    id_number_is_valid,
    scores_fit_the_outcome,
    certificate_fits_the_outcome,
    certificate_is_not_from_the_future,
    person_and_certificate_appear_once,
)


def find_result_problems(rows: Sequence[ResultRow], *, today: date) -> list[ResultProblem]:
    """Return what is wrong, in reading order. A list with an error cannot be recorded."""
    return in_reading_order(
        [problem for check in RESULT_CHECKS for problem in check(rows, today)], RESULT_COLUMNS
    )
