from dataclasses import dataclass


@dataclass(frozen=True)
class Invariant:
    """One promise in words, and the query that finds the ids of the rows that break it."""

    name: str
    promise: str
    violations: str


@dataclass(frozen=True)
class Violation:
    """One broken promise with the first few ids that show it."""

    invariant: Invariant
    ids: tuple[str, ...]
