from datetime import date
from decimal import Decimal

import pytest

from assessment.results.messages import RESULT_MESSAGES
from assessment.rules.corrections import PassMarks, Result, issue_problem, result_problem

MARKS = PassMarks(theory=Decimal("60.0"), practice=Decimal("70.0"))


@pytest.mark.parametrize(
    ("outcome", "theory", "practice", "problem"),
    [
        ("PASSED", "60.0", "70.0", None),
        ("PASSED", "59.9", "70.0", "passed_below_the_marks"),
        ("PASSED", "60.0", "69.9", "passed_below_the_marks"),
        ("FAILED", "60.0", "69.9", None),
        ("FAILED", "60.0", "70.0", "failed_with_pass_marks"),
        ("FAILED", "60.0", None, "score_missing"),
        ("PASSED", None, "70.0", "score_missing"),
        ("PASSED", "100.1", "70.0", "score_format"),
        ("FAILED", "-0.1", "70.0", "score_format"),
        ("FAILED", "50.05", "70.0", "score_format"),
        ("FAILED", "NaN", "70.0", "score_format"),
        ("ABSENT", None, None, None),
        ("MISCONDUCT", None, None, None),
        ("ABSENT", "0", None, "score_not_expected"),
        ("MISCONDUCT", None, "70.0", "score_not_expected"),
    ],
)
def test_result_follows_from_the_pass_marks(outcome, theory, practice, problem):
    result = Result(outcome, *(score and Decimal(score) for score in (theory, practice)))

    assert result_problem(result, MARKS) == problem


@pytest.mark.parametrize(
    ("number", "issued_on", "problem"),
    [
        ("C-1", date(2026, 7, 11), None),
        ("C-1", date(2026, 10, 20), None),
        ("C-1", date(2026, 7, 10), "certificate_before_session"),
        ("C-1", date(2026, 10, 21), "issued_in_future"),
        ("", date(2026, 7, 11), "certificate_missing"),
        ("C-1", None, "certificate_missing"),
    ],
)
def test_certificate_is_issued_between_the_assessment_and_today(number, issued_on, problem):
    found = issue_problem(number, issued_on, held_on=date(2026, 7, 11), today=date(2026, 10, 20))

    assert found == problem


def test_every_problem_has_its_words():
    codes = {"score_missing", "score_not_expected", "score_format", "certificate_missing", "issued_in_future"}

    assert codes | {"passed_below_the_marks", "failed_with_pass_marks"} <= set(RESULT_MESSAGES)
