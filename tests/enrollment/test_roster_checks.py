import re
from dataclasses import fields, replace
from datetime import date

import pytest
from django.utils.translation import override

from chongqing_dte.foundation.tabular import Severity
from demo.identifiers import make_card_number, make_cnaps, make_credit_code, make_mobile, make_resident_id
from enrollment.roster.checks import Circumstances, RosterLimits, RosterProblem, find_problems
from enrollment.roster.columns import ROSTER_COLUMNS
from enrollment.roster.messages import FILE_MESSAGES, ROSTER_MESSAGES, message_for
from enrollment.roster.rows import RosterRow

TODAY = date(2026, 11, 20)
GIVEN = Circumstances(today=TODAY)


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
    "credit code as a failed formula": (
        employee(employer_credit_code="#N/A", damaged=frozenset({"employer_credit_code"})),
        "employer_credit_code",
        "error_cell",
    ),
    "name as a failed formula": (student(name="#REF!", damaged=frozenset({"name"})), "name", "error_cell"),
    "account as a failed formula": (
        student(bank_account="#N/A", damaged=frozenset({"bank_account"})),
        "bank_account",
        "error_cell",
    ),
    "date of birth of somebody else": (student(birth_date="2003-05-02"), "birth_date", "birth_date_differs"),
    "date of birth in another form": (student(birth_date="May 2003"), "birth_date", "bad_date"),
    "remarks of 201 characters": (student(remarks="长" * 201), "remarks", "too_long"),
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
WARNINGS["formula"] = (student(formulas=frozenset({"school"})), "school", "formula_cell")
PERSON = student()
HASHES = {PERSON.id_number: "own hash"}
OTHER_NUMBER = make_resident_id(born_on=date(2003, 5, 1), sequence=77)
KNOWN = {
    "known in this class under another number by now": (
        Circumstances(today=TODAY, corrected={PERSON.id_number}),
        ("id_number", "id_number_corrected", "error", {}),
    ),
    "in the list under another number too": (
        # The other number is in no row here, so that one row is told.
        Circumstances(today=TODAY, persons={PERSON.id_number: 1, OTHER_NUMBER: 1, student(2).id_number: 2}),
        ("id_number", "same_person", "error", {"rows": str(PERSON.number)}),
    ),
    "known under another name": (
        Circumstances(today=TODAY, known_names={PERSON.id_number: "李四"}),
        ("name", "name_differs", "error", {}),
    ),
    "in an overlapping class": (
        Circumstances(today=TODAY, busy={PERSON.id_number: "C-9"}),
        ("id_number", "class_overlaps", "error", {"class_reference": "C-9"}),
    ),
    "holds the certificate": (
        Circumstances(today=TODAY, certified={PERSON.id_number}),
        ("id_number", "certificate_held", "error", {}),
    ),
    "account of somebody else": (
        Circumstances(
            today=TODAY, account_owners={PERSON.bank_account: {"own hash", "another"}}, hashes=HASHES
        ),
        ("bank_account", "account_known_elsewhere", "warning", {}),
    ),
    "mobile of somebody else": (
        Circumstances(today=TODAY, mobile_owners={PERSON.mobile: {"another"}}, hashes=HASHES),
        ("mobile", "mobile_known_elsewhere", "warning", {}),
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
        pytest.param(student(birth_date="2003-05-01", remarks="班长"), id="date of birth and remarks"),
    ],
)
def test_good_row_has_no_problem(row: RosterRow) -> None:
    assert find_problems([row], GIVEN) == []


@pytest.mark.parametrize(("row", "column", "code"), CASES.values(), ids=CASES.keys())
def test_mistake_is_the_only_error_of_its_row(row: RosterRow, column: str, code: str) -> None:
    problems = find_problems([row], GIVEN)

    assert [(p.row_number, p.column, p.code, p.severity) for p in problems] == [
        (row.number, column, code, "error")
    ]


@pytest.mark.parametrize(("row", "column", "code"), WARNINGS.values(), ids=WARNINGS.keys())
def test_doubt_is_a_warning(row: RosterRow, column: str, code: str) -> None:
    problems = find_problems([row], GIVEN)

    assert [(p.column, p.code, p.severity) for p in problems] == [(column, code, "warning")]


@pytest.mark.parametrize(("given", "expected"), KNOWN.values(), ids=KNOWN.keys())
def test_what_is_on_record_is_compared(given: Circumstances, expected: tuple[object, ...]) -> None:
    (problem,) = find_problems([PERSON, student(2)], given)

    assert (problem.row_number, problem.column, problem.code, problem.severity, problem.parameters) == (
        PERSON.number,
        *expected,
    )


def test_nobody_is_told_apart_from_themselves() -> None:
    given = Circumstances(
        today=TODAY,
        known_names={PERSON.id_number: PERSON.name},
        account_owners={PERSON.bank_account: {"own hash"}},
        mobile_owners={PERSON.mobile: {"own hash"}},
        hashes=HASHES,
    )

    assert find_problems([PERSON], given) == []


def test_being_in_the_class_already_is_no_problem() -> None:
    given = Circumstances(today=TODAY, enrolled={PERSON.id_number: {"name": PERSON.name}})

    assert find_problems([PERSON], given) == []


@pytest.mark.parametrize(("rows", "column", "code", "severity"), GROUPS.values(), ids=GROUPS.keys())
def test_repetition_is_reported_on_each_of_its_rows(
    rows: list[RosterRow], column: str, code: str, severity: Severity
) -> None:
    numbers = ", ".join(str(row.number) for row in rows)

    problems = find_problems(rows, GIVEN)

    assert problems == [RosterProblem(row.number, column, code, severity, {"rows": numbers}) for row in rows]


def test_only_the_first_rows_of_a_long_repetition_are_named() -> None:
    rows = [student(1, number=number) for number in range(1, 8)]

    repeated = [p for p in find_problems(rows, GIVEN) if p.code == "id_repeated"]

    assert repeated[0].parameters == {"rows": "1, 2, 3, 4, 5, …"}


def test_one_person_in_two_rows_shares_an_account_with_nobody() -> None:
    problems = find_problems([student(1), student(1, number=9)], GIVEN)

    assert {problem.code for problem in problems} == {"id_repeated"}


def test_damaged_cells_are_not_compared() -> None:
    damaged = frozenset({"id_number", "mobile", "bank_account"})

    problems = find_problems([student(1, damaged=damaged), student(1, damaged=damaged, number=9)], GIVEN)

    assert {problem.code for problem in problems} == {"number_cell"}


def test_problems_come_by_row_and_then_from_left_to_right() -> None:
    rows = [student(2, bank_name="", name=""), student(1, school="", mobile="1")]

    problems = find_problems(rows, GIVEN)

    assert [(p.row_number, p.column) for p in problems] == [
        (2, "mobile"),
        (2, "school"),
        (3, "name"),
        (3, "bank_name"),
    ]


def test_age_limits_are_the_callers() -> None:
    limits = RosterLimits(min_age=18, max_age=22)

    (problem,) = find_problems([student()], Circumstances(today=TODAY, limits=limits))

    assert (problem.code, problem.parameters) == ("age_out_of_range", {"min_age": 18, "max_age": 22})


# What depends on more than the rows; see the tests of the roster services.
FOUND_BY_THE_SERVICE = {"account_differs", "left_class", "roster_locked"}


def test_every_code_has_a_text_and_every_text_a_code() -> None:
    rows = [row for row, *_ in (CASES | WARNINGS).values()]
    single = {problem.code for row in rows for problem in find_problems([row], GIVEN)}
    grouped = {problem.code for rows, *_ in GROUPS.values() for problem in find_problems(rows, GIVEN)}
    known = {problem.code for given, _ in KNOWN.values() for problem in find_problems([PERSON], given)}

    assert single | grouped | known | FOUND_BY_THE_SERVICE == set(ROSTER_MESSAGES)


def test_text_takes_the_parameters_of_its_problem_and_repeats_no_personal_data() -> None:
    rows = [row for row, *_ in (CASES | WARNINGS).values()]
    problems = find_problems(rows, GIVEN)
    personal = {row.id_number for row in rows} | {row.mobile for row in rows} - {"1"}

    texts = {message_for(problem.code, problem.parameters) for problem in problems}

    assert not [text for text in texts if any(value and value in text for value in personal)]
    assert not [text for text in texts if "%" in text]


def test_row_is_made_of_its_number_its_marks_and_the_columns_in_their_order() -> None:
    names = [field.name for field in fields(RosterRow)]

    assert names == ["number", "damaged", "formulas", *(column.key for column in ROSTER_COLUMNS)]


@pytest.mark.parametrize("code", sorted({*ROSTER_MESSAGES, *FILE_MESSAGES}))
def test_every_text_exists_in_both_languages(code: str) -> None:
    text = (ROSTER_MESSAGES | FILE_MESSAGES)[code]

    with override("en"):
        english = str(text)
    with override("zh-hans"):
        chinese = str(text)

    assert not re.search("[\u4e00-\u9fff]", english)
    assert re.search("[\u4e00-\u9fff]", chinese)
    assert set(re.findall(r"%\(\w+\)s|{\w+}", english)) == set(re.findall(r"%\(\w+\)s|{\w+}", chinese))
