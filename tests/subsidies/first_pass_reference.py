"""The first pass in the words of the policy: slow, obvious, and apart from the code that it is compared with.

What was ever recorded stands in a plain list, which is read from the beginning for every question.
"""

from dataclasses import dataclass, field
from datetime import date

# Where and when: institution, occupation, level, day.
Place = tuple[int, int, str, date]


@dataclass(frozen=True)
class Line:
    """One result as it was recorded: the first of a sitting, or a correction of it."""

    sitting: int
    row: int
    place: Place
    outcome: str

    @property
    def occupation(self) -> int:
        return self.place[1]

    @property
    def level(self) -> str:
        return self.place[2]

    @property
    def day(self) -> date:
        return self.place[3]


@dataclass
class Story:
    """Everything that was ever recorded, in the order in which it was. Nothing is taken back."""

    lines: list[Line] = field(default_factory=list)
    merges: list[tuple[int, int]] = field(default_factory=list)
    reviews: list[tuple[int, str]] = field(default_factory=list)

    def person(self, row: int) -> int:
        for merged, kept in self.merges:
            if merged == row:
                return self.person(kept)
        return row

    def result(self, sitting: int) -> Line:
        """Return what was recorded of a sitting last, which is what counts of it."""
        return [line for line in self.lines if line.sitting == sitting][-1]

    def is_under_review(self, row: int) -> bool:
        states: dict[int, str] = {}
        for sitting, state in self.reviews:
            states[sitting] = state
        return any(
            state == "OPEN" and self.person(self.result(sitting).row) == self.person(row)
            for sitting, state in states.items()
        )

    def passes_for_the_first_time(self, sitting: int, scope: str, rule: str) -> bool:
        """Read the whole story: is there a sitting of the same person before this one that counts?"""
        own = self.result(sitting)
        for other in self.lines:
            if self.result(other.sitting) is not other:
                continue  # It was corrected, and what it says counts no more.
            if self.person(other.row) != self.person(own.row):
                continue
            if other.outcome == "ABSENT":
                continue  # Whoever stayed away did not sit.
            if rule == "FIRST_CERTIFICATE" and other.outcome != "PASSED":
                continue
            if is_before(other, own) and is_in_scope(other, own, scope):
                return False
        return True


def is_before(other: Line, own: Line) -> bool:
    if other.day == own.day:
        return other.sitting < own.sitting  # Of one day, the one that was recorded first comes first.
    return other.day < own.day


def is_in_scope(other: Line, own: Line, scope: str) -> bool:
    if scope == "PERSON":
        return True
    if scope == "OCCUPATION":
        return other.occupation == own.occupation
    return other.occupation == own.occupation and other.level == own.level
