import io
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from assessment.results.checks import ResultProblem, Sitting, find_result_problems, parse_score
from assessment.results.columns import RESULT_COLUMNS
from assessment.results.messages import RESULT_MESSAGES, message_for
from assessment.results.reading import read_results
from assessment.results.rows import ResultRow
from assessment.results.template import write_results
from chongqing_dte.foundation.tabular_entries import entries_as_content, read_entries
from chongqing_dte.foundation.tabular_reading import NoRows, WrongColumns
from demo.identifiers import make_resident_id
from tests.factories.workbooks import xlsx

SITTING = Sitting(
    today=date(2026, 11, 20),
    held_on=date(2026, 10, 24),
    theory_pass_mark=Decimal("60.0"),
    practice_pass_mark=Decimal("70.0"),
    number_pattern="[A-Z0-9]{6,40}",
)
BY_PORTAL = replace(SITTING, is_numbered_by_portal=True)
PASS: dict[str, Any] = {
    "admission_number": "S-1-0008",
    "name": "欧阳娜娜",
    "id_number": make_resident_id(born_on=date(2003, 5, 1), sequence=8),
    "outcome": "PASSED",
    "theory_score": "85.5",
    "practice_score": "90",
    "certificate_number": "CQ2026000008",
    "certificate_issued_on": "2026-11-01",
}
HEADER = [column.zh for column in RESULT_COLUMNS]


def passed(**changes: object) -> ResultRow:
    return replace(ResultRow(number=2, **PASS), **changes)  # type: ignore[arg-type]


def without_certificate(outcome: str, **changes: object) -> ResultRow:
    return passed(**{"outcome": outcome, "certificate_number": "", "certificate_issued_on": "", **changes})


def absent(*, outcome: str = "ABSENT", **changes: object) -> ResultRow:
    return without_certificate(outcome, **{"theory_score": "", "practice_score": "", **changes})


def with_cell(key: str, cell: object) -> bytes:
    return xlsx([HEADER, [cell if column.key == key else PASS[column.key] for column in RESULT_COLUMNS]])


def test_written_results_read_back_without_a_problem() -> None:
    rows = read_results(write_results([PASS], session_reference="S-1", institution_name="Example"))

    assert rows == [ResultRow(number=3, **PASS)]
    assert find_result_problems(rows, SITTING) == []


def test_empty_template_has_no_rows() -> None:
    with pytest.raises(NoRows):
        read_results(write_results((), session_reference="S-1", institution_name="Example"))


def test_template_formats_every_column_as_text() -> None:
    content = write_results((), session_reference="S-1", institution_name="Example")

    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]

    formats = sheet.column_dimensions.values()
    assert {columns.number_format for columns in formats} == {"@"}
    assert max(columns.max for columns in formats) == len(RESULT_COLUMNS)


def test_roster_in_place_of_results_is_refused() -> None:
    with pytest.raises(WrongColumns) as refusal:
        read_results(xlsx([["姓名", "身份证号", "手机号"], ["张三", PASS["id_number"], "1"]]))

    missing = [column.key for column in RESULT_COLUMNS if column.key not in {"name", "id_number"}]
    assert (refusal.value.missing, refusal.value.extra) == (missing, ["手机号"])


@pytest.mark.parametrize(
    ("key", "cell", "text"),
    [
        pytest.param("theory_score", 85.5, "85.5", id="score as a number"),
        pytest.param("theory_score", 85, "85", id="whole score as a number"),
        pytest.param("theory_score", 100.0, "100", id="full score as a number"),
        pytest.param("theory_score", 85.55, "85.55", id="score is never rounded"),
        pytest.param("theory_score", " 85.5 ", "85.5", id="score as text"),
        pytest.param("outcome", "合格", "PASSED", id="Chinese outcome"),
        pytest.param("outcome", "misconduct", "MISCONDUCT", id="English outcome"),
        pytest.param("certificate_issued_on", date(2026, 11, 1), "2026-11-01", id="Excel date"),
    ],
)
def test_cell_is_cleaned(key: str, cell: object, text: str) -> None:
    (row,) = read_results(with_cell(key, cell))

    assert (row.value(key), row.damaged) == (text, frozenset())


@pytest.mark.parametrize(
    ("key", "cell"),
    [
        ("admission_number", 10008),
        ("id_number", 5.00299200305e17),
        ("certificate_number", 2026000008),
        ("theory_score", 1e16),
    ],
)
def test_number_cell_is_damaged(key: str, cell: object) -> None:
    (row,) = read_results(with_cell(key, cell))

    assert row.damaged == {key}


CASES = {
    "neither number": (passed(id_number="", admission_number=""), "admission_number", "person_not_named"),
    "no name": (passed(name=""), "name", "required"),
    "no outcome": (passed(outcome=""), "outcome", "required"),
    "name of 61 characters": (passed(name="张" * 61), "name", "too_long"),
    "unknown outcome": (passed(outcome="优秀"), "outcome", "unknown_choice"),
    "ID number as a number cell": (passed(damaged=frozenset({"id_number"})), "id_number", "number_cell"),
    "score beyond 15 digits": (passed(damaged=frozenset({"theory_score"})), "theory_score", "number_cell"),
    "Excel error": (
        passed(practice_score="#N/A", damaged=frozenset({"practice_score"})),
        "practice_score",
        "error_cell",
    ),
    "15-digit ID number": (passed(id_number="500299030501001"), "id_number", "id_fifteen_digits"),
    "short ID number": (passed(id_number="5002990305"), "id_number", "id_length"),
    "letters in the ID number": (passed(id_number="50029920030501ABCD"), "id_number", "id_characters"),
    "unknown province": (passed(id_number="990299200305010013"), "id_number", "id_region"),
    "impossible birth date": (passed(id_number="500299200313010013"), "id_number", "id_birth_date"),
    "wrong check character": (
        passed(id_number=PASS["id_number"][:17] + "X"),
        "id_number",
        "id_check_character",
    ),
    "pass without a theory score": (passed(theory_score=""), "theory_score", "score_missing"),
    "failure without a practice score": (
        without_certificate("FAILED", practice_score=""),
        "practice_score",
        "score_missing",
    ),
    "absence with a score": (absent(theory_score="60"), "theory_score", "score_not_expected"),
    "misconduct with a score": (
        absent(outcome="MISCONDUCT", practice_score="60"),
        "practice_score",
        "score_not_expected",
    ),
    "score above 100": (passed(theory_score="100.1"), "theory_score", "score_format"),
    "negative score": (passed(theory_score="-1"), "theory_score", "score_format"),
    "two decimals": (passed(practice_score="85.55"), "practice_score", "score_format"),
    "score in words": (passed(practice_score="优"), "practice_score", "score_format"),
    "not a number": (passed(practice_score="NaN"), "practice_score", "score_format"),
    "pass below the mark in theory": (passed(theory_score="59.9"), "outcome", "passed_below_the_marks"),
    "pass below the mark in practice": (passed(practice_score="69.9"), "outcome", "passed_below_the_marks"),
    "failure with both pass marks": (
        without_certificate("FAILED", theory_score="60", practice_score="70"),
        "outcome",
        "failed_with_pass_marks",
    ),
    "certificate number of another form": (
        passed(certificate_number="CQ-1"),
        "certificate_number",
        "certificate_number_pattern",
    ),
    "certificate number of the portal": (
        passed(certificate_number="DTE-2026-00001-000001"),
        "certificate_number",
        "certificate_number_reserved",
    ),
    "certificate of the day before": (
        passed(certificate_issued_on="2026-10-23"),
        "certificate_issued_on",
        "certificate_before_session",
    ),
    "pass without a certificate number": (
        passed(certificate_number=""),
        "certificate_number",
        "certificate_missing",
    ),
    "pass without a certificate date": (
        passed(certificate_issued_on=""),
        "certificate_issued_on",
        "certificate_missing",
    ),
    "failure with a certificate": (
        without_certificate("FAILED", practice_score="41", certificate_number="CQ2026000008"),
        "certificate_number",
        "certificate_not_expected",
    ),
    "absence with a certificate date": (
        absent(certificate_issued_on="2026-11-01"),
        "certificate_issued_on",
        "certificate_not_expected",
    ),
    "date in another form": (passed(certificate_issued_on="November"), "certificate_issued_on", "bad_date"),
    "certificate of tomorrow": (
        passed(certificate_issued_on="2026-11-21"),
        "certificate_issued_on",
        "issued_in_future",
    ),
}
GROUPS = {
    "same person twice": (
        [passed(), passed(number=3, admission_number="S-1-0009", certificate_number="CQ2026000009")],
        "id_number",
        "id_repeated",
    ),
    "same admission number twice": (
        [passed(), passed(number=3, id_number="", certificate_number="CQ2026000009")],
        "admission_number",
        "admission_repeated",
    ),
    "same certificate twice": (
        [passed(), passed(number=3, admission_number="S-1-0009", id_number="")],
        "certificate_number",
        "certificate_repeated",
    ),
}


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(passed(), id="pass"),
        pytest.param(passed(id_number=""), id="admission number alone"),
        pytest.param(passed(admission_number=""), id="ID number alone"),
        pytest.param(passed(theory_score="60", practice_score="70.0"), id="exactly the pass marks"),
        pytest.param(
            without_certificate("FAILED", theory_score="0", practice_score="100"),
            id="lowest and highest score",
        ),
        pytest.param(
            without_certificate("FAILED", theory_score="59.9", practice_score="100"), id="failure in theory"
        ),
        pytest.param(passed(certificate_issued_on="2026-10-24"), id="certificate of the day itself"),
        pytest.param(passed(theory_score="100.0"), id="highest score with a decimal"),
        pytest.param(without_certificate("FAILED", practice_score="41"), id="failure"),
        pytest.param(absent(), id="absence"),
        pytest.param(absent(outcome="MISCONDUCT"), id="misconduct"),
        pytest.param(passed(certificate_issued_on="2026-11-20"), id="certificate of today"),
    ],
)
def test_good_row_has_no_problem(row: ResultRow) -> None:
    assert find_result_problems([row], SITTING) == []


@pytest.mark.parametrize(("row", "column", "code"), CASES.values(), ids=CASES.keys())
def test_mistake_is_the_only_error_of_its_row(row: ResultRow, column: str, code: str) -> None:
    problems = find_result_problems([row], SITTING)

    assert [(p.row_number, p.column, p.code, p.severity) for p in problems] == [(2, column, code, "error")]


@pytest.mark.parametrize(("rows", "column", "code"), GROUPS.values(), ids=GROUPS.keys())
def test_repetition_is_reported_on_each_of_its_rows(rows: list[ResultRow], column: str, code: str) -> None:
    problems = find_result_problems(rows, SITTING)

    assert problems == [ResultProblem(n, column, code, "error", {"rows": "2, 3"}) for n in (2, 3)]


@pytest.mark.parametrize("row", [without_certificate("PASSED"), absent()], ids=["pass", "absence"])
def test_where_the_portal_numbers_a_row_has_no_certificate(row: ResultRow) -> None:
    assert find_result_problems([row], BY_PORTAL) == []


@pytest.mark.parametrize(
    "row", [passed(), absent(certificate_number="DTE-1", certificate_issued_on="2026-01-01")]
)
def test_where_the_portal_numbers_a_certificate_is_the_only_mistake(row: ResultRow) -> None:
    problems = find_result_problems([row], BY_PORTAL)

    assert [(problem.column, problem.code) for problem in problems] == [
        ("certificate_number", "certificate_by_portal"),
        ("certificate_issued_on", "certificate_by_portal"),
    ]


def test_session_without_a_pattern_takes_any_number() -> None:
    assert find_result_problems([passed(certificate_number="1")], replace(SITTING, number_pattern="")) == []


def test_what_a_machine_reports_is_cleaned_as_the_cells_of_a_list_are() -> None:
    entry = {**PASS, "outcome": "合格", "name": " 欧阳娜娜 ", "certificate_issued_on": "2026/11/1"}

    rows = read_entries(entries_as_content([entry, {"name": "李一"}]), RESULT_COLUMNS, ResultRow)

    assert rows == [ResultRow(number=1, **PASS), ResultRow(number=2, name="李一")]


def test_same_entries_are_the_same_content_whatever_the_order_of_their_keys() -> None:
    assert entries_as_content([PASS]) == entries_as_content([dict(reversed(PASS.items()))])


# What only a comparison with the candidates and the database can find; see the tests of the people and services.
FOUND_ELSEWHERE = {
    "not_admitted",
    "not_a_candidate",
    "numbers_of_two_people",
    "name_differs",
    "candidate_repeated",
    "person_sat_twice",
    "candidates_missing",
    "candidate_missing",
    "certificate_number_used",
    "certificate_by_portal",
}


def test_every_code_has_a_text_and_every_text_a_code() -> None:
    groups = [[row] for row, *_ in CASES.values()] + [rows for rows, *_ in GROUPS.values()]
    groups.append([passed(formulas=frozenset({"theory_score"}))])
    problems = [problem for rows in groups for problem in find_result_problems(rows, SITTING)]

    texts = {problem.code: message_for(problem.code, problem.parameters) for problem in problems}

    assert set(texts) | FOUND_ELSEWHERE == set(RESULT_MESSAGES)
    assert not [text for text in texts.values() if "%" in text]


def test_score_is_an_exact_decimal() -> None:
    assert parse_score("85.5") == Decimal("85.5")
