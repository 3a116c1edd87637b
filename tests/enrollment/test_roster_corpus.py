import re
from collections.abc import Callable
from datetime import date
from functools import cache

import pytest
from django.utils.translation import override

from chongqing_dte.foundation.workbooks import FileRefused
from enrollment.roster.checks import Circumstances, RosterProblem, find_problems
from enrollment.roster.messages import failure_text, message_for
from enrollment.roster.reading import read_roster
from enrollment.roster.rows import RosterRow
from tests.enrollment.roster_corpus.files import FILES, LARGE, THIS_CLASS
from tests.enrollment.roster_corpus.people import employee, graduate, student, text_file, workbook
from tests.enrollment.roster_corpus.rows import RowCase, row_cases
from tests.enrollment.roster_corpus.sentences import says

GIVEN = Circumstances(today=date(2026, 10, 20))
CASES = row_cases()
LONG_NUMBER = re.compile(r"[0-9]{8,}")


@cache
def problems_of_all_rows() -> dict[str, list[RosterProblem]]:
    """Read all bad rows in one file, as they come in real life, and return the problems of each case's last row."""
    file = read_roster(workbook([person for case in CASES for person in case.people]))
    last_rows, number = {}, 1
    for case in CASES:
        number += len(case.people)
        last_rows[number] = case.name
    found: dict[str, list[RosterProblem]] = {case.name: [] for case in CASES}
    for problem in find_problems(file.rows, GIVEN):
        if problem.row_number in last_rows:
            found[last_rows[problem.row_number]].append(problem)
    return found


def test_corpus_is_large_and_names_each_case_once() -> None:
    assert len(FILES) + len(CASES) >= 120
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_bad_row_is_told_all_that_is_wrong_with_it_and_nothing_else(case: RowCase) -> None:
    problems = problems_of_all_rows()[case.name]

    assert {(problem.column, problem.code) for problem in problems} == case.problems
    assert len(problems) == len(case.problems)
    with override("en"):
        for problem in problems:
            text = message_for(problem.code, problem.parameters)
            assert says(problem.code, text)
            assert not LONG_NUMBER.search(text)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        pytest.param(*file, id=name, marks=[pytest.mark.slow] if name in LARGE else [])
        for name, file in FILES.items()
    ],
)
def test_bad_file_is_refused_with_its_reason(make: Callable[[], bytes], code: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        read_roster(make(), class_reference=THIS_CLASS)

    assert refusal.value.code == code
    with override("en"):
        text = str(refusal.value)
        assert says(code, text)
        assert str(failure_text(code, refusal.value.parameters)) == text
    assert not LONG_NUMBER.search(text)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_number_that_excel_damaged_is_refused_in_text_files_too(encoding: str) -> None:
    people = [student(1, id_number="5.00299E+17"), student(2, bank_account="6.9E+18")]

    rows = read_roster(text_file(people, encoding=encoding)).rows

    assert [(p.row_number, p.column, p.code) for p in find_problems(rows, GIVEN)] == [
        (2, "id_number", "number_cell"),
        (3, "bank_account", "number_cell"),
    ]


@pytest.mark.slow
def test_list_of_100_000_people_is_read() -> None:
    content = text_file([student(1)] * 100_000, encoding="gb18030")

    rows = read_roster(content).rows

    assert (len(rows), rows[-1].number) == (100_000, 100_001)


@pytest.mark.parametrize("make", [student, employee, graduate])
def test_people_of_the_corpus_are_good_so_that_each_case_fails_for_its_own_reason(
    make: Callable[..., dict[str, str]],
) -> None:
    rows: list[RosterRow] = read_roster(workbook([make(1)])).rows

    assert find_problems(rows, GIVEN) == []
