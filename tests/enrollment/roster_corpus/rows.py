"""Bad rows. Each case is one row or a few, with every problem that has to be found in the last of them."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final, NamedTuple

from demo.identifiers import make_card_number, make_mobile, make_resident_id
from tests.enrollment.roster_corpus.people import Formula, employee, graduate, student

FIRST_PERSON: Final = 1


class RowCase(NamedTuple):
    """Some rows, and the (column, code) of each problem of the last one."""

    name: str
    people: list[Mapping[str, Any]]
    problems: set[tuple[str, str]]


def born(born_on: date, number: int) -> str:
    return make_resident_id(born_on=born_on, sequence=number)


def row_cases() -> list[RowCase]:
    """Return all cases. Nobody stands in two of them."""
    cases: list[RowCase] = []

    def bad(case: str, problems: str | set[tuple[str, str]], make: Any = student, /, **changes: Any) -> None:
        """Add one row; "column:code" is short for its only problem."""
        expected = problems if isinstance(problems, set) else {_pair(problems)}
        cases.append(RowCase(case, [make(len(cases) + FIRST_PERSON, **changes)], expected))

    _shapes(bad)
    _identity(bad)
    _numbers_and_formulas(bad)
    _categories(bad)
    _accounts(bad)
    cases.extend(_groups(first=500))
    return cases


def _pair(text: str) -> tuple[str, str]:
    column, code = text.split(":")
    return column, code


def _shapes(bad: Any) -> None:
    bad("no name", "name:required", name="")
    bad("name of spaces", "name:required", name="　 ")
    bad("name of zero-width characters", "name:required", name="\u200b\u200d\ufeff")
    bad("no ID number", "id_number:required", id_number="")
    bad("no mobile", "mobile:required", mobile="")
    bad("no category", "category:required", category="")
    bad("no education", "education:required", education="")
    bad("name of 61 characters", "name:too_long", name="张" * 61)
    bad("school of 101 characters", "school:too_long", school="大" * 101)
    bad("remarks of 201 characters", "remarks:too_long", remarks="长" * 201)
    bad("name with a digit", "name:name_characters", name="张3")
    bad("name with full-width digits", "name:name_characters", name="张３")
    bad("name that begins like a formula", "name:name_characters", name="=HYPERLINK(1)")
    bad("name that begins with a full-width equals sign", "name:name_characters", name="＝张三")
    bad("name with an at sign", "name:name_characters", name="@张三")
    bad("name with a note behind it", "name:name_characters", name="张三(补)")
    bad("name with a slash", "name:name_characters", name="张三/李四")
    bad("unknown category", "category:unknown_choice", category="退役军人")
    bad("two categories", "category:unknown_choice", category="企业职工、往届毕业生")
    bad("unknown education", "education:unknown_choice", education="高中")
    bad("date in words", "graduated_on:bad_date", graduated_on="June 2026")
    bad("month only", "graduated_on:bad_date", graduated_on="2026-06")
    bad("day first", "graduated_on:bad_date", graduated_on="30/06/2026")
    bad("30 February", "graduated_on:bad_date", graduated_on="2026-02-30")
    bad("two-digit year", "graduated_on:bad_date", graduated_on="26.6.30")
    bad("serial number of a date", "graduated_on:bad_date", graduated_on=46203)


def _identity(bad: Any) -> None:
    bad("15-digit ID number", "id_number:id_fifteen_digits", id_number="500299030501001")
    bad("17 characters", "id_number:id_length", id_number="50029920030501001")
    bad("19 characters", "id_number:id_length", id_number="5002992003050100123")
    bad("passport", "id_number:id_length", id_number="E12345678")
    bad("apostrophe before the ID number", "id_number:id_length", id_number="'500299200305010013")
    bad("letters inside", "id_number:id_characters", id_number="50029920030501ABCD")
    bad("X inside", "id_number:id_characters", id_number="5002992003X5010013")
    bad("unknown province", "id_number:id_region", id_number="990299200305010013")
    bad("month 13", "id_number:id_birth_date", id_number="500299200313010013")
    bad("29 February 2003", "id_number:id_birth_date", id_number="500299200302290013")
    bad("born tomorrow", "id_number:id_birth_date", id_number=born(date(2026, 10, 21), 1))
    bad("one digit wrong", "id_number:id_check_character", id_number="500299200305010010")
    bad("two digits exchanged", "id_number:id_check_character", id_number="500299200305100013")
    bad("fifteen years old", "id_number:age_out_of_range", id_number=born(date(2010, 10, 21), 1))
    bad("sixty-six years old", "id_number:age_out_of_range", id_number=born(date(1960, 10, 20), 1))
    bad("other date of birth", "birth_date:birth_date_differs", birth_date="2003-05-02")
    bad("date of birth that is none", "birth_date:bad_date", birth_date="五月一日")
    bad("other date of birth as an Excel date", "birth_date:birth_date_differs", birth_date=date(2003, 1, 5))
    bad("landline", "mobile:mobile_format", mobile="02363000000")
    bad("ten digits", "mobile:mobile_format", mobile="1380000000")
    bad("mobile with the country code", "mobile:mobile_format", mobile="+8619900000001")
    bad("two mobile numbers", "mobile:mobile_format", mobile="19900000001/19900000002")
    bad("mobile that begins with 12", "mobile:mobile_format", mobile="12900000001")


def _numbers_and_formulas(bad: Any) -> None:
    bad("ID number as a number", "id_number:number_cell", id_number=5.00299200305010e17)
    bad("ID number as 5.00E+17", "id_number:number_cell", id_number="5.00E+17")
    bad("ID number as full-width 5.00E+17", "id_number:number_cell", id_number="５.００Ｅ+１７")
    bad("15-digit ID number as a number", "id_number:number_cell", id_number=500299030501001)
    bad("mobile as a number", "mobile:number_cell", mobile=19900000999)
    bad("mobile as 1.99E+10", "mobile:number_cell", mobile="1.99E+10")
    bad("account as a number", "bank_account:number_cell", bank_account=6.9e18)
    bad("account as 6.9E+18", "bank_account:number_cell", bank_account="6.9E+18")
    bad("bank code as a number", "bank_cnaps:number_cell", bank_cnaps=999653000001)
    bad(
        "credit code as 9.15E+17",
        "employer_credit_code:number_cell",
        employee,
        employer_credit_code="9.15E+17",
    )
    bad("student number of 18 digits as a number", "student_number:number_cell", student_number=2.0e17)
    bad("mobile as a truth value", "mobile:number_cell", mobile=True)
    bad("ID number as a date", "id_number:number_cell", id_number=date(2003, 5, 1))
    bad(
        "ID number as a failed look-up",
        "id_number:error_cell",
        id_number=Formula("=VLOOKUP(1,A1:B2,2,0)", "#N/A"),
    )
    bad(
        "school as a failed reference",
        "school:error_cell",
        school=Formula("=#REF!", "#REF!"),
    )
    bad("category as an error", "category:error_cell", category="#VALUE!")
    bad("name as an error typed as text", "name:error_cell", name="#REF!")
    bad("account as a division by zero", "bank_account:error_cell", bank_account="#DIV/0!")
    bad("school from a formula", "school:formula_cell", school=Formula('="重庆"&"大学"', "重庆大学"))
    bad(
        "formula that was never calculated",
        {("school", "formula_cell"), ("school", "required_for_category")},
        school=Formula("=A1"),
    )


def _categories(bad: Any) -> None:
    bad("student without a school", "school:required_for_category", school="")
    bad("student without a number", "student_number:required_for_category", student_number="")
    bad("student without a date", "graduated_on:required_for_category", graduated_on="")
    bad("graduate without a school", "school:required_for_category", graduate, school="")
    bad("graduate without a date", "graduated_on:required_for_category", graduate, graduated_on="")
    bad("graduate of tomorrow", "graduated_on:graduation_in_future", graduate, graduated_on="2026-10-21")
    bad("student below associate degree", "education:education_too_low", education="大专以下")
    bad("graduate below associate degree", "education:education_too_low", graduate, education="大专以下")
    bad("employee without an employer", "employer_name:required_for_category", employee, employer_name="")
    bad(
        "employee without a credit code",
        "employer_credit_code:required_for_category",
        employee,
        employer_credit_code="",
    )
    bad(
        "credit code with a letter O",
        "employer_credit_code:credit_code_format",
        employee,
        employer_credit_code="91350100M000100O43",
    )
    bad(
        "credit code of 17 characters",
        "employer_credit_code:credit_code_format",
        employee,
        employer_credit_code="91350100M00010043",
    )
    bad(
        "credit code that fails its check",
        "employer_credit_code:credit_code_check_character",
        employee,
        employer_credit_code="91350100M000100Y44",
    )


def _accounts(bad: Any) -> None:
    bad("no account", "bank_account:account_missing", bank_account="", bank_name="", bank_cnaps="")
    bad("account that fails its check", "bank_account:account_check_digit", bank_account="6217000000000001")
    bad("account with a letter", "bank_account:account_format", bank_account="62170000A0000000")
    bad("account of 7 digits", "bank_account:account_format", bank_account="6217000")
    bad("account of 33 digits", "bank_account:account_format", bank_account="6" * 33)
    bad("remarks instead of a bank", "bank_name:too_long", bank_name="行" * 101)
    bad("account without a bank", "bank_name:required_with_account", bank_name="")
    bad("account without a bank code", "bank_cnaps:required_with_account", bank_cnaps="")
    bad("bank code of 11 digits", "bank_cnaps:cnaps_format", bank_cnaps="12345678901")
    bad("bank code with a letter", "bank_cnaps:cnaps_format", bank_cnaps="10265300000A")


def _groups(*, first: int) -> list[RowCase]:
    """Return what is only wrong beside another row."""
    twin, mobile, account = student(first), student(first + 1), student(first + 3)
    return [
        RowCase(
            "same person twice",
            [twin, {**student(first + 5), "id_number": twin["id_number"]}],
            {("id_number", "id_repeated")},
        ),
        RowCase(
            "same person twice, once in full width",
            [
                student(first + 6),
                {**student(first + 7), "id_number": _full_width(student(first + 6)["id_number"])},
            ],
            {("id_number", "id_repeated")},
        ),
        RowCase(
            "two people on one mobile",
            [mobile, student(first + 2, mobile=make_mobile(first + 1))],
            {("mobile", "mobile_shared")},
        ),
        RowCase(
            "two people on one account",
            [account, student(first + 4, bank_account=make_card_number(first + 3))],
            {("bank_account", "account_shared")},
        ),
    ]


def _full_width(text: str) -> str:
    return "".join(chr(ord(character) + 0xFEE0) for character in text)
