from dataclasses import replace
from datetime import date

import pytest

from chongqing_dte.foundation.tabular import Severity
from demo.identifiers import make_card_number, make_cnaps, make_credit_code, make_mobile, make_resident_id
from enrollment.roster.checks import RosterLimits, RosterProblem, find_problems
from enrollment.roster.columns import ROSTER_COLUMNS
from enrollment.roster.messages import ROSTER_MESSAGES, message_for
from enrollment.roster.rows import RosterRow

TODAY = date(2026, 11, 20)


def student(sequence: int = 1, **changes: object) -> RosterRow:
    row = RosterRow(
        number=sequence + 1,
        name="张三",
        id_number=make_resident_id(born_on=date(2003, 5, 1), sequence=sequence),
        mobile=make_mobile(sequence),
        category="GRADUATING_STUDENT",
        education="BACHELOR",
        school="重庆大学",
        student_number=f"2022{sequence:04d}",
        graduated_on="2026-06-30",
        bank_account=make_card_number(sequence),
        bank_name="重庆银行渝中支行",
        bank_cnaps=make_cnaps(sequence),
    )
    return replace(row, **changes)  # type: ignore[arg-type]


def employee(**changes: object) -> RosterRow:
    changed = {
        "category": "ENTERPRISE_EMPLOYEE",
        "education": "BELOW_ASSOCIATE",
        "school": "",
        "student_number": "",
        "graduated_on": "",
        "employer_name": "示例公司",
        "employer_credit_code": make_credit_code(1),
        **changes,
    }
    return student(**changed)  # type: ignore[arg-type]


def born(born_on: date) -> str:
    return make_resident_id(born_on=born_on, sequence=1)


CASES = {
    "no name": (student(name=""), "name", "required"),
    "no ID number": (student(id_number=""), "id_number", "required"),
    "no mobile": (student(mobile=""), "mobile", "required"),
    "no category": (student(category=""), "category", "required"),
    "no education": (student(education=""), "education", "required"),
    "name of 61 characters": (student(name="张" * 61), "name", "too_long"),
    "name with a digit": (student(name="张3"), "name", "name_characters"),
    "name that begins with an equals sign": (student(name="=张三"), "name", "name_characters"),
    "ID number as a number cell": (
        student(id_number="5.00299200305e+17", damaged=frozenset({"id_number"})),
        "id_number",
        "number_cell",
    ),
    "mobile as a number cell": (student(damaged=frozenset({"mobile"})), "mobile", "number_cell"),
    "account as a number cell": (
        student(bank_account="6.9e+18", damaged=frozenset({"bank_account"})),
        "bank_account",
        "number_cell",
    ),
    "15-digit ID number": (student(id_number="500299030501001"), "id_number", "id_fifteen_digits"),
    "short ID number": (student(id_number="5002990305"), "id_number", "id_length"),
    "letters in the ID number": (student(id_number="50029920030501ABCD"), "id_number", "id_characters"),
    "unknown province": (student(id_number="990299200305010013"), "id_number", "id_region"),
    "impossible birth date": (student(id_number="500299200313010013"), "id_number", "id_birth_date"),
    "wrong check character": (
        student(id_number=born(date(2003, 5, 1))[:17] + "0"),
        "id_number",
        "id_check_character",
    ),
    "sixteen tomorrow": (student(id_number=born(date(2010, 11, 21))), "id_number", "age_out_of_range"),
    "sixty-six today": (student(id_number=born(date(1960, 11, 20))), "id_number", "age_out_of_range"),
    "landline": (student(mobile="02363000000"), "mobile", "mobile_format"),
    "unknown category": (student(category="其他"), "category", "unknown_choice"),
    "unknown education": (student(education="高中"), "education", "unknown_choice"),
    "student without a school": (student(school=""), "school", "required_for_category"),
    "student without a number": (student(student_number=""), "student_number", "required_for_category"),
    "student without a date": (student(graduated_on=""), "graduated_on", "required_for_category"),
    "graduate without a school": (
        student(category="EARLIER_GRADUATE", school=""),
        "school",
        "required_for_category",
    ),
    "employee without an employer": (employee(employer_name=""), "employer_name", "required_for_category"),
    "employee without a credit code": (
        employee(employer_credit_code=""),
        "employer_credit_code",
        "required_for_category",
    ),
    "date in another form": (student(graduated_on="June 2026"), "graduated_on", "bad_date"),
    "student below associate degree": (
        student(education="BELOW_ASSOCIATE"),
        "education",
        "education_too_low",
    ),
    "graduate below associate degree": (
        student(category="EARLIER_GRADUATE", education="BELOW_ASSOCIATE"),
        "education",
        "education_too_low",
    ),
    "graduate of tomorrow": (
        student(category="EARLIER_GRADUATE", graduated_on="2026-11-21"),
        "graduated_on",
        "graduation_in_future",
    ),
    "credit code with a letter O": (
        employee(employer_credit_code="91350100M000100O43"),
        "employer_credit_code",
        "credit_code_format",
    ),
    "account with letters": (student(bank_account="62170000A0000000"), "bank_account", "account_format"),
    "account without a bank": (student(bank_name=""), "bank_name", "required_with_account"),
    "account without a bank code": (student(bank_cnaps=""), "bank_cnaps", "required_with_account"),
    "bank code of 11 digits": (student(bank_cnaps="12345678901"), "bank_cnaps", "cnaps_format"),
}
WARNINGS = {
    "credit code that fails its check": (
        employee(employer_credit_code="91350100M000100Y44"),
        "employer_credit_code",
        "credit_code_check_character",
    ),
    "no account yet": (
        student(bank_account="", bank_name="", bank_cnaps=""),
        "bank_account",
        "account_missing",
    ),
    "account that fails its check": (
        student(bank_account="6217000000000001"),
        "bank_account",
        "account_check_digit",
    ),
}
GROUPS = {
    "same person twice": (
        [student(), student(name="李四", number=9, mobile=make_mobile(2), bank_account=make_card_number(2))],
        "id_number",
        "id_repeated",
        "error",
    ),
    "two people on one account": (
        [student(1), student(2, bank_account=make_card_number(1))],
        "bank_account",
        "account_shared",
        "warning",
    ),
    "two people on one mobile": (
        [student(1), student(2, mobile=make_mobile(1))],
        "mobile",
        "mobile_shared",
        "warning",
    ),
}


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(student(), id="graduating student"),
        pytest.param(employee(), id="employee below associate degree"),
        pytest.param(student(category="EARLIER_GRADUATE", student_number=""), id="earlier graduate"),
        pytest.param(student(id_number=born(date(2010, 11, 20))), id="sixteen today"),
        pytest.param(student(id_number=born(date(1960, 11, 21))), id="sixty-five"),
        pytest.param(student(name="阿依古丽·买买提"), id="middle dot"),
        pytest.param(student(name="\ue863𠮷"), id="rare characters"),
        pytest.param(student(graduated_on="2027-06-30"), id="student who graduates next year"),
    ],
)
def test_good_row_has_no_problem(row: RosterRow) -> None:
    assert find_problems([row], today=TODAY) == []


@pytest.mark.parametrize(("row", "column", "code"), CASES.values(), ids=CASES.keys())
def test_mistake_is_the_only_error_of_its_row(row: RosterRow, column: str, code: str) -> None:
    problems = find_problems([row], today=TODAY)

    assert [(p.row_number, p.column, p.code, p.severity) for p in problems] == [
        (row.number, column, code, "error")
    ]


@pytest.mark.parametrize(("row", "column", "code"), WARNINGS.values(), ids=WARNINGS.keys())
def test_doubt_is_a_warning(row: RosterRow, column: str, code: str) -> None:
    problems = find_problems([row], today=TODAY)

    assert [(p.column, p.code, p.severity) for p in problems] == [(column, code, "warning")]


@pytest.mark.parametrize(("rows", "column", "code", "severity"), GROUPS.values(), ids=GROUPS.keys())
def test_repetition_is_reported_on_each_of_its_rows(
    rows: list[RosterRow], column: str, code: str, severity: Severity
) -> None:
    numbers = ", ".join(str(row.number) for row in rows)

    problems = find_problems(rows, today=TODAY)

    assert problems == [RosterProblem(row.number, column, code, severity, {"rows": numbers}) for row in rows]


def test_only_the_first_rows_of_a_long_repetition_are_named() -> None:
    rows = [student(1, number=number) for number in range(1, 8)]

    repeated = [p for p in find_problems(rows, today=TODAY) if p.code == "id_repeated"]

    assert repeated[0].parameters == {"rows": "1, 2, 3, 4, 5, …"}


def test_one_person_in_two_rows_shares_an_account_with_nobody() -> None:
    problems = find_problems([student(1), student(1, number=9)], today=TODAY)

    assert {problem.code for problem in problems} == {"id_repeated"}


def test_damaged_cells_are_not_compared() -> None:
    damaged = frozenset({"id_number", "mobile", "bank_account"})

    problems = find_problems(
        [student(1, damaged=damaged), student(1, damaged=damaged, number=9)], today=TODAY
    )

    assert {problem.code for problem in problems} == {"number_cell"}


def test_problems_come_by_row_and_then_from_left_to_right() -> None:
    rows = [student(2, bank_name="", name=""), student(1, school="", mobile="1")]

    problems = find_problems(rows, today=TODAY)

    assert [(p.row_number, p.column) for p in problems] == [
        (2, "mobile"),
        (2, "school"),
        (3, "name"),
        (3, "bank_name"),
    ]


def test_age_limits_are_the_callers() -> None:
    limits = RosterLimits(min_age=18, max_age=22)

    (problem,) = find_problems([student()], today=TODAY, limits=limits)

    assert (problem.code, problem.parameters) == ("age_out_of_range", {"min_age": 18, "max_age": 22})


# What only a comparison with the database can find; see the tests of the roster services.
FOUND_IN_THE_DATABASE = {"name_differs"}


def test_every_code_has_a_text_and_every_text_a_code() -> None:
    rows = [row for row, *_ in (CASES | WARNINGS).values()]
    single = {problem.code for row in rows for problem in find_problems([row], today=TODAY)}
    grouped = {problem.code for rows, *_ in GROUPS.values() for problem in find_problems(rows, today=TODAY)}

    assert single | grouped | FOUND_IN_THE_DATABASE == set(ROSTER_MESSAGES)


def test_text_takes_the_parameters_of_its_problem_and_repeats_no_personal_data() -> None:
    rows = [row for row, *_ in (CASES | WARNINGS).values()]
    problems = find_problems(rows, today=TODAY)
    personal = {row.id_number for row in rows} | {row.mobile for row in rows} - {"1"}

    texts = {message_for(problem.code, problem.parameters) for problem in problems}

    assert not [text for text in texts if any(value and value in text for value in personal)]
    assert not [text for text in texts if "%" in text]


def test_row_has_a_field_for_every_column() -> None:
    assert [student().value(column.key) is not None for column in ROSTER_COLUMNS] == [True] * len(
        ROSTER_COLUMNS
    )
