"""What can be wrong with people who are added to a session. Every check runs on every row. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from assessment.candidates.columns import CANDIDATE_COLUMNS
from assessment.candidates.rows import CandidateRow
from chongqing_dte.foundation.tabular import (
    RowProblem,
    in_reading_order,
    repeated_values,
    row_numbers,
    shape_problems,
)
from enrollment.rules.identifiers import mobile_is_valid, resident_id_problem

CandidateProblem = RowProblem


@dataclass(frozen=True, kw_only=True)
class KnownCandidate:
    """What the portal knows of somebody, beside a session. `obstacle` is the code of what stands against them."""

    person_id: int
    names: Set[str]
    obstacle: str = ""


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What a check needs to know beside the rows. People are keyed by ID number; whoever is not there is unknown."""

    today: date
    admits_outside: bool
    known: Mapping[str, KnownCandidate] = field(default_factory=dict)


Check = Callable[[Sequence[CandidateRow], Circumstances], Iterator[CandidateProblem]]


def cells_have_the_right_shape(
    rows: Sequence[CandidateRow], _given: Circumstances
) -> Iterator[CandidateProblem]:
    yield from shape_problems(rows, CANDIDATE_COLUMNS)


def id_number_is_valid(rows: Sequence[CandidateRow], given: Circumstances) -> Iterator[CandidateProblem]:
    for row in rows:
        if not row.id_number or "id_number" in row.damaged:
            continue
        if code := resident_id_problem(row.id_number, today=given.today):
            yield CandidateProblem(row.number, "id_number", code)


def mobile_has_its_form(rows: Sequence[CandidateRow], _given: Circumstances) -> Iterator[CandidateProblem]:
    for row in rows:
        if row.mobile and "mobile" not in row.damaged and not mobile_is_valid(row.mobile):
            yield CandidateProblem(row.number, "mobile", "mobile_format")


def person_appears_once(rows: Sequence[CandidateRow], given: Circumstances) -> Iterator[CandidateProblem]:
    yield from repeated_values(rows, "id_number", "id_repeated")
    named: dict[int, list[CandidateRow]] = defaultdict(list)
    for row in rows:
        # Only of somebody whose names the clerk knows anyway is it told which numbers are theirs.
        if row.id_number in given.known and row.name in given.known[row.id_number].names:
            named[given.known[row.id_number].person_id].append(row)
    for group in named.values():
        if len({row.id_number for row in group}) > 1:
            parameters = {"rows": row_numbers(group)}
            yield from (
                CandidateProblem(row.number, "id_number", "same_person", parameters=parameters)
                for row in group
            )


def nothing_stands_against_the_person(
    rows: Sequence[CandidateRow], given: Circumstances
) -> Iterator[CandidateProblem]:
    for row in rows:
        known = given.known.get(row.id_number)
        # Whoever does not know somebody's name is told nothing else about them.
        if known is not None and row.name in known.names and known.obstacle:
            yield CandidateProblem(row.number, "id_number", known.obstacle)


def number_and_name_are_one_person_s(
    rows: Sequence[CandidateRow], given: Circumstances
) -> Iterator[CandidateProblem]:
    """Answer a wrong name under a known number as an unknown number: neither says whether somebody is on record."""
    for row in rows:
        if not row.name or "name" in row.damaged or resident_id_problem(row.id_number, today=given.today):
            continue
        known = given.known.get(row.id_number)
        if known is None and given.admits_outside and mobile_is_valid(row.mobile):
            # A new person, who is complete.
            continue
        if known is None or row.name not in known.names:
            code = "not_on_record" if given.admits_outside else "nobody_trained"
            yield CandidateProblem(row.number, "id_number", code)


CANDIDATE_CHECKS: Final[tuple[Check, ...]] = (
    cells_have_the_right_shape,
    id_number_is_valid,
    mobile_has_its_form,
    person_appears_once,
    nothing_stands_against_the_person,
    number_and_name_are_one_person_s,
)


def find_candidate_problems(rows: Sequence[CandidateRow], given: Circumstances) -> list[CandidateProblem]:
    """Return what is wrong, in reading order. A list with an error adds nobody."""
    return in_reading_order(
        [problem for check in CANDIDATE_CHECKS for problem in check(rows, given)], CANDIDATE_COLUMNS
    )
