"""Whether a pass is somebody's first: derived from the chain of all their sittings, never declared."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Sitting:
    """One sitting of a person at any institution, with the result that stands now.

    Sittings are compared by day, then by the order in which they were first recorded: a correction changes what
    a sitting came to, and never its place among the others.
    """

    # The first attempt that was recorded of it, and the one that counts now.
    sitting_id: int
    attempt_id: int
    held_on: date
    institution_id: int
    occupation_id: int
    level: str
    outcome: str

    @property
    def order(self) -> tuple[date, int]:
        """When the sitting took place, in comparison with others."""
        return (self.held_on, self.sitting_id)

    @property
    def is_pass(self) -> bool:
        """Whether it stands as a pass, whatever became of its certificate."""
        return self.outcome == "PASSED"

    @property
    def took_place(self) -> bool:
        """Whether the person sat. Whoever stayed away did not; whoever was sent out did."""
        return self.outcome != "ABSENT"


@dataclass(frozen=True)
class LookedAt:
    """One sitting as the derivation saw it, beside the certificate's own."""

    sitting: Sitting
    is_own: bool
    is_earlier: bool
    in_scope: bool
    # Whether it takes the first pass away from the certificate's own sitting.
    counted: bool

    def as_facts(self) -> dict[str, str | int | bool]:
        """Return what is stored with the decision. Ids, codes and dates; no personal data."""
        return {
            "sitting": self.sitting.sitting_id,
            "attempt": self.sitting.attempt_id,
            "held_on": self.sitting.held_on.isoformat(),
            "institution": self.sitting.institution_id,
            "occupation": self.sitting.occupation_id,
            "level": self.sitting.level,
            "outcome": self.sitting.outcome,
            "is_own": self.is_own,
            "is_earlier": self.is_earlier,
            "in_scope": self.in_scope,
            "counted": self.counted,
        }


@dataclass(frozen=True)
class FirstPass:
    """Whether the certificate's own sitting is the first pass, and the whole chain from which that follows."""

    chain: tuple[LookedAt, ...]

    @property
    def disqualifying(self) -> LookedAt | None:
        """The earliest sitting that takes the first pass away, if there is one."""
        return next((looked_at for looked_at in self.chain if looked_at.counted), None)

    @property
    def earlier_count(self) -> int:
        """How often the person had sat before, within the scope."""
        return sum(
            looked_at.is_earlier and looked_at.in_scope and looked_at.sitting.took_place
            for looked_at in self.chain
        )


def derive_first_pass(own: Sitting, others: Iterable[Sitting], *, scope: str, rule: str) -> FirstPass:
    """Look at every sitting of the person, in whatever order they come, and mark which of them count."""
    chain = sorted((own, *others), key=lambda sitting: sitting.order)
    return FirstPass(tuple(_look_at(sitting, own, scope=scope, rule=rule) for sitting in chain))


def is_same_first_pass(scope: str, one: tuple[int, str], other: tuple[int, str]) -> bool:
    """Test whether two passes of one person, each an occupation and a level, count as the same first pass.

    Both generations of an occupation's code lead to one occupation, and so to one scope.
    """
    if scope == "PERSON":
        return True
    return one == other if scope == "OCCUPATION_AND_LEVEL" else one[0] == other[0]


def _look_at(sitting: Sitting, own: Sitting, *, scope: str, rule: str) -> LookedAt:
    is_earlier = sitting.order < own.order
    in_scope = is_same_first_pass(
        scope, (sitting.occupation_id, sitting.level), (own.occupation_id, own.level)
    )
    takes_it_away = sitting.is_pass if rule == "FIRST_CERTIFICATE" else sitting.took_place
    return LookedAt(
        sitting=sitting,
        is_own=sitting.sitting_id == own.sitting_id,
        is_earlier=is_earlier,
        in_scope=in_scope,
        counted=is_earlier and in_scope and takes_it_away,
    )
