"""What is wrong with a corrected result, in the codes of RESULT_MESSAGES. Pure."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

PASSED: Final = "PASSED"
FAILED: Final = "FAILED"
HIGHEST: Final = Decimal(100)
ONE_DIGIT: Final = Decimal("0.1")


@dataclass(frozen=True)
class Result:
    """An outcome with the scores of those who sat, theory and practice, in points of 100."""

    outcome: str
    theory_score: Decimal | None = None
    practice_score: Decimal | None = None


@dataclass(frozen=True)
class PassMarks:
    """What a candidate needs in each part."""

    theory: Decimal
    practice: Decimal


def result_problem(result: Result, marks: PassMarks) -> str | None:
    """Return the code of what is wrong with a result by its session's pass marks, or None."""
    theory, practice = result.theory_score, result.practice_score
    if result.outcome not in (PASSED, FAILED):
        return "score_not_expected" if (theory, practice) != (None, None) else None
    if theory is None or practice is None:
        return "score_missing"
    if not (_is_score(theory) and _is_score(practice)):
        return "score_format"
    reaches_marks = theory >= marks.theory and practice >= marks.practice
    if reaches_marks == (result.outcome == PASSED):
        return None
    return "failed_with_pass_marks" if reaches_marks else "passed_below_the_marks"


def issue_problem(number: str, issued_on: date | None, *, held_on: date, today: date) -> str | None:
    """Return the code of what is wrong with the number and day of a certificate to be issued, or None."""
    if not number or issued_on is None:
        return "certificate_missing"
    if issued_on < held_on:
        return "certificate_before_session"
    return "issued_in_future" if issued_on > today else None


def _is_score(score: Decimal) -> bool:
    return score.is_finite() and 0 <= score <= HIGHEST and score == score.quantize(ONE_DIGIT)
