"""Whose result a row is: an admitted candidate of the session, found by admission number or ID number."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from assessment.results.checks import ResultProblem
from assessment.results.rows import ResultRow
from chongqing_dte.foundation.tabular import row_numbers

# So many admission numbers are named in one sentence.
MOST_NAMED: Final = 50
# What is wrong with the list and not with one of its rows.
NO_ROW: Final = 0


@dataclass(frozen=True)
class Admitted:
    """One admitted candidate, with every name that the person is known under."""

    candidate_id: int
    trainee_id: int
    enrollment_id: int | None
    person_id: int
    admission_number: str
    names: frozenset[str]


@dataclass(frozen=True)
class AdmittedPeople:
    """Everybody who was admitted to one session. A former ID number leads to the same candidate as the present one."""

    by_admission_number: Mapping[str, Admitted]
    by_id_hash: Mapping[str, Admitted]


Matched = list[Admitted | None]


def match_people(
    rows: Sequence[ResultRow], admitted: AdmittedPeople, hash_of: Callable[[str], str]
) -> tuple[Matched, list[ResultProblem]]:
    """Return whose result each row is, None where nobody knows, and what is wrong with who is named and who is not."""
    matched: Matched = []
    problems: list[ResultProblem] = []
    for row in rows:
        by_number = admitted.by_admission_number.get(row.admission_number)
        by_id = admitted.by_id_hash.get(hash_of(row.id_number)) if row.id_number else None
        found = by_number or by_id
        problems += _doubts(row, by_number, by_id)
        matched.append(found)
    problems += _named_twice(rows, matched)
    problems += _sat_twice(rows, matched)
    problems += _missing(matched, admitted)
    return matched, problems


def missing_people(matched: Matched, admitted: AdmittedPeople) -> list[Admitted]:
    """Return the candidates of whom no row speaks, in the order of their admission numbers."""
    named = {found.candidate_id for found in matched if found is not None}
    people = admitted.by_admission_number
    return [people[number] for number in sorted(people) if people[number].candidate_id not in named]


def _doubts(row: ResultRow, by_number: Admitted | None, by_id: Admitted | None) -> Iterator[ResultProblem]:
    found = by_number or by_id
    if row.admission_number and by_number is None:
        yield ResultProblem(row.number, "admission_number", "not_admitted")
    if row.id_number and by_id is None:
        yield ResultProblem(row.number, "id_number", "not_a_candidate")
    elif by_number and by_id and by_number.person_id != by_id.person_id:
        yield ResultProblem(row.number, "id_number", "numbers_of_two_people")
    elif found and row.name not in found.names:
        yield ResultProblem(row.number, "name", "name_differs")


def _named_twice(rows: Sequence[ResultRow], matched: Matched) -> Iterator[ResultProblem]:
    """Yield the rows of one candidate who is named in two ways. Equal cells are found without knowing whose."""
    named: dict[int, list[ResultRow]] = defaultdict(list)
    for row, found in zip(rows, matched, strict=True):
        if found is not None:
            named[found.candidate_id].append(row)
    for group in named.values():
        if len({(row.admission_number, row.id_number) for row in group}) > 1:
            yield from _together(group, "candidate_repeated")


def _sat_twice(rows: Sequence[ResultRow], matched: Matched) -> Iterator[ResultProblem]:
    """Yield the rows of one person who was admitted as two, before a merge, and is said to have come twice."""
    came: dict[int, dict[int, ResultRow]] = defaultdict(dict)
    for row, found in zip(rows, matched, strict=True):
        if found is not None and row.outcome != "ABSENT":
            came[found.person_id][found.candidate_id] = row
    for group in came.values():
        if len(group) > 1:
            yield from _together(list(group.values()), "person_sat_twice")


def _together(group: Sequence[ResultRow], code: str) -> Iterator[ResultProblem]:
    parameters: dict[str, str | int] = {"rows": row_numbers(group)}
    for row in group:
        column = "admission_number" if row.admission_number else "id_number"
        yield ResultProblem(row.number, column, code, parameters=parameters)


def _missing(matched: Matched, admitted: AdmittedPeople) -> Iterator[ResultProblem]:
    missing = missing_people(matched, admitted)
    if not missing:
        return
    numbers = ", ".join(person.admission_number for person in missing[:MOST_NAMED])
    parameters: dict[str, str | int] = {
        "count": len(missing),
        "numbers": f"{numbers}, …" if len(missing) > MOST_NAMED else numbers,
    }
    yield ResultProblem(NO_ROW, "admission_number", "candidates_missing", parameters=parameters)
