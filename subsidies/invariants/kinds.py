from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True)
class Invariant:
    """One promise in the reader's words, and the query that finds the ids of the rows that break it."""

    name: str
    promise: Promise
    violations: str


@dataclass(frozen=True)
class Violation:
    """One broken promise with the first few ids that show it."""

    invariant: Invariant
    ids: tuple[str, ...]


@dataclass(frozen=True)
class Looks:
    """What came of looking at some promises: who is broken, who could not be looked at, and who had no turn."""

    violations: tuple[Violation, ...]
    failed: tuple[str, ...]
    left_out: tuple[str, ...]
