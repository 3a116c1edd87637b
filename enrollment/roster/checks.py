"""What can be wrong with a roster. Every check runs on every row: all mistakes show in one go. Pure."""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from chongqing_dte.foundation.tabular import (
    RowProblem,
    in_reading_order,
    parse_date,
    repeated_values,
    row_numbers,
    rows_by_value,
    shape_problems,
)
from enrollment.roster.columns import ROSTER_COLUMNS
from enrollment.roster.rows import RosterRow
from enrollment.rules.identifiers import (
    age_on,
    birth_date_of,
    cnaps_is_valid,
    credit_code_is_valid,
    is_account_shape,
    is_credit_code_shape,
    luhn_is_valid,
    mobile_is_valid,
    resident_id_problem,
)

RosterProblem = RowProblem

# The columns that show why a person belongs to a category.
EVIDENCE: Final = {
    "GRADUATING_STUDENT": ("school", "student_number", "graduated_on"),
    "EARLIER_GRADUATE": ("school", "graduated_on"),
    "ENTERPRISE_EMPLOYEE": ("employer_name", "employer_credit_code"),
}
NAME_PUNCTUATION: Final = frozenset("·.-'’ ")


@dataclass(frozen=True)
class RosterLimits:
    """Ages that may train, both inclusive. The figures are an example; the ones in force are policy data."""

    min_age: int = 16
    max_age: int = 65


@dataclass(frozen=True)
class Circumstances:
    """What a check needs to know beside the rows."""

    today: date
    limits: RosterLimits


Check = Callable[[Sequence[RosterRow], Circumstances], Iterator[RosterProblem]]


def cells_have_the_right_shape(rows: Sequence[RosterRow], _given: Circumstances) -> Iterator[RosterProblem]:
    yield from shape_problems(rows, ROSTER_COLUMNS)


def name_is_written_in_letters(rows: Sequence[RosterRow], _given: Circumstances) -> Iterator[RosterProblem]:
    for row in rows:
        # Private-use characters are let through: some rare names exist only as those.
        strange = {c for c in row.name if unicodedata.category(c)[0] in "NPS"} - NAME_PUNCTUATION
        if strange:
            yield RosterProblem(row.number, "name", "name_characters")


def id_number_is_valid(rows: Sequence[RosterRow], given: Circumstances) -> Iterator[RosterProblem]:
    for row in rows:
        if not _has(row, "id_number"):
            continue
        if code := resident_id_problem(row.id_number, today=given.today):
            yield RosterProblem(row.number, "id_number", code)


def age_is_within_limits(rows: Sequence[RosterRow], given: Circumstances) -> Iterator[RosterProblem]:
    limits = given.limits
    for row in rows:
        if not _has(row, "id_number") or resident_id_problem(row.id_number, today=given.today):
            continue
        born_on = birth_date_of(row.id_number)
        if born_on and not limits.min_age <= age_on(born_on, given.today) <= limits.max_age:
            ages: dict[str, str | int] = {"min_age": limits.min_age, "max_age": limits.max_age}
            yield RosterProblem(row.number, "id_number", "age_out_of_range", parameters=ages)


def mobile_is_a_mobile(rows: Sequence[RosterRow], _given: Circumstances) -> Iterator[RosterProblem]:
    for row in rows:
        if _has(row, "mobile") and not mobile_is_valid(row.mobile):
            yield RosterProblem(row.number, "mobile", "mobile_format")


def evidence_fits_the_category(rows: Sequence[RosterRow], _given: Circumstances) -> Iterator[RosterProblem]:
    for row in rows:
        for column in EVIDENCE.get(row.category, ()):
            if not row.value(column):
                yield RosterProblem(row.number, column, "required_for_category")


def education_is_high_enough(rows: Sequence[RosterRow], _given: Circumstances) -> Iterator[RosterProblem]:
    """College graduates need an associate degree or higher; enterprise employees may have any education."""
    for row in rows:
        if row.education == "BELOW_ASSOCIATE" and row.category in {"GRADUATING_STUDENT", "EARLIER_GRADUATE"}:
            yield RosterProblem(row.number, "education", "education_too_low")


def earlier_graduate_has_graduated(
    rows: Sequence[RosterRow], given: Circumstances
) -> Iterator[RosterProblem]:
    for row in rows:
        graduated_on = parse_date(row.graduated_on)
        if row.category == "EARLIER_GRADUATE" and graduated_on and graduated_on > given.today:
            yield RosterProblem(row.number, "graduated_on", "graduation_in_future")


def credit_code_is_plausible(rows: Sequence[RosterRow], _given: Circumstances) -> Iterator[RosterProblem]:
    for row in rows:
        if not _has(row, "employer_credit_code"):
            continue
        if not is_credit_code_shape(row.employer_credit_code):
            yield RosterProblem(row.number, "employer_credit_code", "credit_code_format")
        elif not credit_code_is_valid(row.employer_credit_code):
            yield RosterProblem(row.number, "employer_credit_code", "credit_code_check_character", "warning")


def account_can_be_paid(rows: Sequence[RosterRow], _given: Circumstances) -> Iterator[RosterProblem]:
    for row in rows:
        if not row.bank_account:
            yield RosterProblem(row.number, "bank_account", "account_missing", "warning")
        elif _has(row, "bank_account") and not is_account_shape(row.bank_account):
            yield RosterProblem(row.number, "bank_account", "account_format")
        elif _has(row, "bank_account") and not luhn_is_valid(row.bank_account):
            yield RosterProblem(row.number, "bank_account", "account_check_digit", "warning")


def account_comes_with_its_bank(rows: Sequence[RosterRow], _given: Circumstances) -> Iterator[RosterProblem]:
    for row in rows:
        for column in ("bank_name", "bank_cnaps"):
            if row.bank_account and not row.value(column):
                yield RosterProblem(row.number, column, "required_with_account")
        if _has(row, "bank_cnaps") and not cnaps_is_valid(row.bank_cnaps):
            yield RosterProblem(row.number, "bank_cnaps", "cnaps_format")


def id_number_appears_once(rows: Sequence[RosterRow], _given: Circumstances) -> Iterator[RosterProblem]:
    yield from repeated_values(rows, "id_number", "id_repeated")


def account_and_mobile_are_ones_own(
    rows: Sequence[RosterRow], _given: Circumstances
) -> Iterator[RosterProblem]:
    for column, code in (("bank_account", "account_shared"), ("mobile", "mobile_shared")):
        for group in rows_by_value(rows, column).values():
            if len({row.value("id_number") for row in group}) > 1:
                shared = {"rows": row_numbers(group)}
                yield from (RosterProblem(row.number, column, code, "warning", shared) for row in group)


ROSTER_CHECKS: Final[tuple[Check, ...]] = (
    cells_have_the_right_shape,
    name_is_written_in_letters,
    id_number_is_valid,
    age_is_within_limits,
    mobile_is_a_mobile,
    evidence_fits_the_category,
    education_is_high_enough,
    earlier_graduate_has_graduated,
    credit_code_is_plausible,
    account_can_be_paid,
    account_comes_with_its_bank,
    id_number_appears_once,
    account_and_mobile_are_ones_own,
)


def find_problems(
    rows: Sequence[RosterRow], *, today: date, limits: RosterLimits | None = None
) -> list[RosterProblem]:
    """Return what is wrong, in reading order. An error keeps its row out; a warning asks for consent."""
    given = Circumstances(today, limits or RosterLimits())
    return in_reading_order(
        [problem for check in ROSTER_CHECKS for problem in check(rows, given)], ROSTER_COLUMNS
    )


def _has(row: RosterRow, column: str) -> bool:
    return bool(row.value(column)) and column not in row.damaged
