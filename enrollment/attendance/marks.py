"""Attendance as somebody reports it, and what can be wrong with it. Every mark is checked. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from chongqing_dte.foundation.tabular import RowProblem
from enrollment.rules.attendance import is_in_class_on

PRESENCES: Final = frozenset({"PRESENT", "ABSENT", "ON_LEAVE"})
# A lesson is named by its public number, or by its day and its number on that day.
LessonKey = str | tuple[date, int]


@dataclass(frozen=True)
class ReadMark:
    """One statement of a delivery: who, at which lesson, how. `row_number` and `column` say where it stands."""

    row_number: int
    column: str
    person: str
    lesson: LessonKey
    presence: str


@dataclass(frozen=True)
class KnownPerson:
    """Somebody of the class, and the days on which they came over from another class and left."""

    enrollment_id: int
    name: str
    came_on: date | None = None
    left_on: date | None = None


@dataclass(frozen=True)
class KnownLesson:
    """One lesson of the class that takes place."""

    lesson_id: int
    held_on: date


@dataclass(frozen=True)
class KnownClass:
    """Everybody of a class by public number, and its lessons by public number and by day."""

    people: Mapping[str, KnownPerson]
    lessons: Mapping[LessonKey, KnownLesson]
    today: date


@dataclass(frozen=True)
class Mark:
    """One statement that fits the class."""

    enrollment_id: int
    lesson_id: int
    presence: str


def judge_marks(marks: Sequence[ReadMark], known: KnownClass) -> tuple[list[Mark], list[RowProblem]]:
    """Return the marks that fit the class, and all that is wrong with the others.

    An unknown person is named once a row, and an unknown lesson once.
    """
    good: list[Mark] = []
    problems: list[RowProblem] = []
    said: set[object] = set()
    for mark in marks:
        found = list(_problems_of(mark, known, said))
        problems += [problem for key, problem in found if key not in said]
        said.update(key for key, _problem in found)
        if not found:
            person, lesson = known.people[mark.person], known.lessons[mark.lesson]
            said.add((person, lesson))
            good.append(Mark(person.enrollment_id, lesson.lesson_id, mark.presence))
    return good, problems


def shifted_names(names: Mapping[int, tuple[str, str]], known: KnownClass) -> Iterator[RowProblem]:
    """Report every row whose name is not that of the person whose number stands beside it."""
    for row_number, (person, name) in names.items():
        found = known.people.get(person)
        if found is not None and name and name != found.name:
            yield RowProblem(row_number, "name", "name_differs")


def _problems_of(mark: ReadMark, known: KnownClass, said: set[object]) -> Iterator[tuple[object, RowProblem]]:
    person, lesson = known.people.get(mark.person), known.lessons.get(mark.lesson)
    if person is None:
        yield ("person", mark.row_number), RowProblem(mark.row_number, "person", "person_unknown")
    if lesson is None:
        yield ("lesson", mark.lesson), RowProblem(mark.row_number, mark.column, "lesson_unknown")
    elif lesson.held_on > known.today:
        yield ("lesson", mark.lesson), RowProblem(mark.row_number, mark.column, "lesson_to_come")
    if mark.presence not in PRESENCES:
        yield mark, RowProblem(mark.row_number, mark.column, "presence_unknown")
    if person is None or lesson is None:
        return
    if (person, lesson) in said:
        yield (mark, "again"), RowProblem(mark.row_number, mark.column, "mark_repeated")
    if not is_in_class_on(lesson.held_on, came_on=person.came_on, left_on=person.left_on):
        yield (mark, "days"), RowProblem(mark.row_number, mark.column, "not_in_class_then")
