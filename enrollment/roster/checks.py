"""What can be wrong with a roster. Every check runs on every row: all mistakes show in one go. Pure."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from typing import Final

from chongqing_dte.foundation.tabular import (
    RowProblem,
    in_reading_order,
    parse_date,
    repeated_groups,
    repeated_values,
    row_numbers,
    shape_problems,
)
from enrollment.roster.columns import ROSTER_COLUMNS
from enrollment.roster.rows import RosterRow
from enrollment.rules.identifiers import (
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


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What a check needs to know beside the rows, read once for all of them.

    People are keyed by ID number. `enrolled` holds what is known of those already in this class, by column; `busy`
    the reference of an overlapping class; `certified` those with a certificate of this occupation and level;
    `known_names` the names on record; `persons` who is meant, since after a merge two numbers mean one person;
    `corrected` the numbers under which people of this class are known no more. `account_owners` and `mobile_owners`
    hold the hashes of the people on record for a number, and `hashes` the hash of each ID number, so that nobody is
    told apart from themselves.
    """

    today: date
    limits: RosterLimits = RosterLimits()
    enrolled: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    busy: Mapping[str, str] = field(default_factory=dict)
    certified: Set[str] = frozenset()
    known_names: Mapping[str, str] = field(default_factory=dict)
    persons: Mapping[str, int] = field(default_factory=dict)
    corrected: Set[str] = frozenset()
    account_owners: Mapping[str, Set[str]] = field(default_factory=dict)
    mobile_owners: Mapping[str, Set[str]] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)


Check = Callable[[Sequence[RosterRow], Circumstances], Iterator[RosterProblem]]


def cells_have_the_right_shape(rows: Sequence[RosterRow], _given: Circumstances) -> Iterator[RosterProblem]:
    yield from shape_problems(rows, ROSTER_COLUMNS)


def name_is_written_in_letters(rows: Sequence[RosterRow], _given: Circumstances) -> Iterator[RosterProblem]:
    for row in rows:
        if row.name.isalpha() or not _has(row, "name"):
            continue
        # Private-use characters are let through: some rare names exist only as those.
        if {c for c in row.name if unicodedata.category(c)[0] in "NPS"} - NAME_PUNCTUATION:
            yield RosterProblem(row.number, "name", "name_characters")


def id_number_is_valid(rows: Sequence[RosterRow], given: Circumstances) -> Iterator[RosterProblem]:
    for row in rows:
        code = resident_id_problem(row.id_number, today=given.today)
        if code and _has(row, "id_number"):
            yield RosterProblem(row.number, "id_number", code)


def birth_date_is_that_of_the_id_number(
    rows: Sequence[RosterRow], given: Circumstances
) -> Iterator[RosterProblem]:
    for row in rows:
        if not row.birth_date or row.birth_date.replace("-", "") == row.id_number[6:14]:
            continue
        born_on = parse_date(row.birth_date)
        if born_on and _has(row, "id_number") and not resident_id_problem(row.id_number, today=given.today):
            yield RosterProblem(row.number, "birth_date", "birth_date_differs")


def age_is_within_limits(rows: Sequence[RosterRow], given: Circumstances) -> Iterator[RosterProblem]:
    today, limits = given.today, given.limits
    # As they stand in an ID number, dates are in the order of their digits.
    too_old = f"{today.year - limits.max_age - 1:04}{today:%m%d}"
    youngest = f"{today.year - limits.min_age:04}{today:%m%d}"
    ages: dict[str, str | int] = {"min_age": limits.min_age, "max_age": limits.max_age}
    for row in rows:
        if too_old < row.id_number[6:14] <= youngest:
            continue
        if _has(row, "id_number") and not resident_id_problem(row.id_number, today=today):
            yield RosterProblem(row.number, "id_number", "age_out_of_range", parameters=ages)


def mobile_is_a_mobile(rows: Sequence[RosterRow], _given: Circumstances) -> Iterator[RosterProblem]:
    for row in rows:
        if not mobile_is_valid(row.mobile) and _has(row, "mobile"):
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
    # An employer sends many people, so each code is looked at once.
    odd = {
        code for code in {row.employer_credit_code for row in rows} if code and not credit_code_is_valid(code)
    }
    for row in rows if odd else ():
        if row.employer_credit_code not in odd or not _has(row, "employer_credit_code"):
            continue
        if is_credit_code_shape(row.employer_credit_code):
            yield RosterProblem(row.number, "employer_credit_code", "credit_code_check_character", "warning")
        else:
            yield RosterProblem(row.number, "employer_credit_code", "credit_code_format")


def account_can_be_paid(rows: Sequence[RosterRow], _given: Circumstances) -> Iterator[RosterProblem]:
    for row in rows:
        if luhn_is_valid(row.bank_account):
            continue
        if not row.bank_account:
            yield RosterProblem(row.number, "bank_account", "account_missing", "warning")
        elif _has(row, "bank_account"):
            if is_account_shape(row.bank_account):
                yield RosterProblem(row.number, "bank_account", "account_check_digit", "warning")
            else:
                yield RosterProblem(row.number, "bank_account", "account_format")


def account_comes_with_its_bank(rows: Sequence[RosterRow], _given: Circumstances) -> Iterator[RosterProblem]:
    for row in rows:
        if not row.bank_account:
            continue
        for column in ("bank_name", "bank_cnaps"):
            if not row.value(column):
                yield RosterProblem(row.number, column, "required_with_account")


def bank_code_has_twelve_digits(rows: Sequence[RosterRow], _given: Circumstances) -> Iterator[RosterProblem]:
    odd = {code for code in {row.bank_cnaps for row in rows} if code and not cnaps_is_valid(code)}
    for row in rows if odd else ():
        if row.bank_cnaps in odd and _has(row, "bank_cnaps"):
            yield RosterProblem(row.number, "bank_cnaps", "cnaps_format")


def id_number_appears_once(rows: Sequence[RosterRow], _given: Circumstances) -> Iterator[RosterProblem]:
    yield from repeated_values(rows, "id_number", "id_repeated")


def person_has_one_id_number(rows: Sequence[RosterRow], given: Circumstances) -> Iterator[RosterProblem]:
    times = Counter(given.persons.values())
    groups: dict[int, list[RosterRow]] = defaultdict(list)
    for row in rows if len(times) < len(given.persons) else ():
        if row.id_number in given.persons and times[given.persons[row.id_number]] > 1:
            groups[given.persons[row.id_number]].append(row)
    for group in groups.values():
        shared = {"rows": row_numbers(group)}
        yield from (RosterProblem(row.number, "id_number", "same_person", parameters=shared) for row in group)


def id_number_is_the_present_one(rows: Sequence[RosterRow], given: Circumstances) -> Iterator[RosterProblem]:
    for row in rows if given.corrected else ():
        if row.id_number in given.corrected:
            yield RosterProblem(row.number, "id_number", "id_number_corrected")


def account_and_mobile_are_ones_own(
    rows: Sequence[RosterRow], _given: Circumstances
) -> Iterator[RosterProblem]:
    for column, code in (("bank_account", "account_shared"), ("mobile", "mobile_shared")):
        for group in repeated_groups(rows, column):
            if len({row.value("id_number") for row in group}) > 1:
                shared = {"rows": row_numbers(group)}
                yield from (RosterProblem(row.number, column, code, "warning", shared) for row in group)


def account_and_mobile_are_nobody_elses(
    rows: Sequence[RosterRow], given: Circumstances
) -> Iterator[RosterProblem]:
    for column, owners, code in (
        ("bank_account", given.account_owners, "account_known_elsewhere"),
        ("mobile", given.mobile_owners, "mobile_known_elsewhere"),
    ):
        for row in rows if owners else ():
            if owners.get(row.value(column), frozenset()) - {given.hashes.get(row.id_number)}:
                yield RosterProblem(row.number, column, code, "warning")


def name_is_the_one_on_record(rows: Sequence[RosterRow], given: Circumstances) -> Iterator[RosterProblem]:
    for row in rows if given.known_names else ():
        if _has(row, "name") and given.known_names.get(row.id_number, row.name) != row.name:
            yield RosterProblem(row.number, "name", "name_differs")


def no_class_overlaps(rows: Sequence[RosterRow], given: Circumstances) -> Iterator[RosterProblem]:
    for row in rows if given.busy else ():
        if row.id_number in given.busy:
            elsewhere = {"class_reference": given.busy[row.id_number]}
            yield RosterProblem(row.number, "id_number", "class_overlaps", parameters=elsewhere)


def certificate_is_not_held_yet(rows: Sequence[RosterRow], given: Circumstances) -> Iterator[RosterProblem]:
    for row in rows if given.certified else ():
        if row.id_number in given.certified:
            yield RosterProblem(row.number, "id_number", "certificate_held")


ROSTER_CHECKS: Final[tuple[Check, ...]] = (
    cells_have_the_right_shape,
    name_is_written_in_letters,
    id_number_is_valid,
    birth_date_is_that_of_the_id_number,
    age_is_within_limits,
    mobile_is_a_mobile,
    evidence_fits_the_category,
    education_is_high_enough,
    earlier_graduate_has_graduated,
    credit_code_is_plausible,
    account_can_be_paid,
    account_comes_with_its_bank,
    bank_code_has_twelve_digits,
    id_number_appears_once,
    person_has_one_id_number,
    id_number_is_the_present_one,
    account_and_mobile_are_ones_own,
    account_and_mobile_are_nobody_elses,
    name_is_the_one_on_record,
    no_class_overlaps,
    certificate_is_not_held_yet,
)


# What of a row says who somebody is to the programme, and the checks that look at nothing else.
EVIDENCE_COLUMNS: Final = frozenset({"category", "education", *chain.from_iterable(EVIDENCE.values())})
EVIDENCE_CHECKS: Final[tuple[Check, ...]] = (
    evidence_fits_the_category,
    education_is_high_enough,
    earlier_graduate_has_graduated,
    credit_code_is_plausible,
)


def find_problems(rows: Sequence[RosterRow], given: Circumstances) -> list[RosterProblem]:
    """Return what is wrong, in reading order. An error keeps its row out; a warning asks for consent."""
    return in_reading_order(
        [problem for check in ROSTER_CHECKS for problem in check(rows, given)], ROSTER_COLUMNS
    )


def evidence_problems(row: RosterRow, *, today: date) -> Iterator[RosterProblem]:
    """Yield what keeps out a row that says nothing but what somebody's category is, and why."""
    given = Circumstances(today=today)
    columns = [column for column in ROSTER_COLUMNS if column.key in EVIDENCE_COLUMNS]
    yield from shape_problems([row], columns)
    for check in EVIDENCE_CHECKS:
        yield from (problem for problem in check([row], given) if problem.severity == "error")


def _has(row: RosterRow, column: str) -> bool:
    return bool(row.value(column)) and column not in row.damaged
