"""What can be wrong with a list of what other programmes paid. Every check runs on every row. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from chongqing_dte.foundation.days import can_be_meant
from chongqing_dte.foundation.tabular import (
    RowProblem,
    in_reading_order,
    parse_date,
    row_numbers,
    shape_problems,
)
from enrollment.rules.identifiers import resident_id_problem
from subsidies.elsewhere.columns import OTHER_SUBSIDY_COLUMNS, OtherSubsidyRow

LARGEST: Final = Decimal("9999999999.99")
# Person, occupation, level and programme.
Kind = tuple[int, int, str, str]


@dataclass(frozen=True, kw_only=True)
class KnownPerson:
    """Whom an ID number belongs to, under every name that they have borne."""

    person_id: int
    names: Set[str]


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What a check needs to know beside the rows. People are keyed by ID number, occupations by both codes."""

    today: date
    known: Mapping[str, KnownPerson]
    occupations: Mapping[str, int]
    recorded: Set[Kind]


Check = Callable[[Sequence[OtherSubsidyRow], Circumstances], Iterator[RowProblem]]


def amount_of(row: OtherSubsidyRow) -> Decimal | None:
    """Return the sum of a row in yuan, or None if it is none that can be paid."""
    try:
        amount = Decimal(row.amount)
    except InvalidOperation:
        return None
    if not amount.is_finite() or not Decimal(0) < amount <= LARGEST or amount != round(amount, 2):
        return None
    return amount


def kind_of(row: OtherSubsidyRow, given: Circumstances) -> Kind | None:
    """Return what a row is about, or None if its person or occupation is not known."""
    known, occupation_id = given.known.get(row.id_number), given.occupations.get(row.occupation)
    if known is None or occupation_id is None or row.name not in known.names:
        return None
    return (known.person_id, occupation_id, row.level, row.programme)


def cells_have_the_right_shape(
    rows: Sequence[OtherSubsidyRow], _given: Circumstances
) -> Iterator[RowProblem]:
    yield from shape_problems(rows, OTHER_SUBSIDY_COLUMNS)


def person_is_on_record(rows: Sequence[OtherSubsidyRow], given: Circumstances) -> Iterator[RowProblem]:
    """Answer a wrong name under a known number as an unknown number: neither says whether somebody is on record."""
    for row in rows:
        if not row.id_number or not row.name or "id_number" in row.damaged:
            continue
        if code := resident_id_problem(row.id_number, today=given.today):
            yield RowProblem(row.number, "id_number", code)
            continue
        known = given.known.get(row.id_number)
        if known is None or row.name not in known.names:
            yield RowProblem(row.number, "id_number", "not_on_record")


def occupation_is_known(rows: Sequence[OtherSubsidyRow], given: Circumstances) -> Iterator[RowProblem]:
    for row in rows:
        if row.occupation and "occupation" not in row.damaged and row.occupation not in given.occupations:
            yield RowProblem(row.number, "occupation", "unknown_occupation")


def amount_can_be_paid(rows: Sequence[OtherSubsidyRow], _given: Circumstances) -> Iterator[RowProblem]:
    for row in rows:
        if row.amount and "amount" not in row.damaged and amount_of(row) is None:
            yield RowProblem(row.number, "amount", "bad_amount")


def day_is_past(rows: Sequence[OtherSubsidyRow], given: Circumstances) -> Iterator[RowProblem]:
    for row in rows:
        day = parse_date(row.paid_on)
        if day is not None and (not can_be_meant(day) or day > given.today):
            yield RowProblem(row.number, "paid_on", "day_not_past")


def recorded_once(rows: Sequence[OtherSubsidyRow], given: Circumstances) -> Iterator[RowProblem]:
    """One programme pays one person once for one occupation and level, in the file and on record."""
    named: dict[Kind, list[OtherSubsidyRow]] = defaultdict(list)
    for row in rows:
        kind = kind_of(row, given)
        if kind is not None:
            named[kind].append(row)
    for kind, group in named.items():
        for row in group:
            if kind in given.recorded:
                yield RowProblem(row.number, "programme", "recorded_before")
            if len(group) > 1:
                yield RowProblem(row.number, "programme", "repeated", parameters={"rows": row_numbers(group)})


OTHER_SUBSIDY_CHECKS: Final[tuple[Check, ...]] = (
    cells_have_the_right_shape,
    person_is_on_record,
    occupation_is_known,
    amount_can_be_paid,
    day_is_past,
    recorded_once,
)


def find_problems(rows: Sequence[OtherSubsidyRow], given: Circumstances) -> list[RowProblem]:
    """Return what is wrong, in reading order. A list with an error records nothing."""
    found = [problem for check in OTHER_SUBSIDY_CHECKS for problem in check(rows, given)]
    return in_reading_order(found, OTHER_SUBSIDY_COLUMNS)
