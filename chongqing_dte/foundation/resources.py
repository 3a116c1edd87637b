"""Which rows others can follow the changes of: each app says at the start which kinds it has, and who sees a row.

An office is a text, as the apps write it. A row changes for an office that sees it, and is gone for one that did.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID


class Scope(NamedTuple):
    """One row, its name outside, and the offices that see it now: exactly those whose people do."""

    subject_id: int
    public_id: UUID
    offices: Collection[str]


class Stamped(NamedTuple):
    """One row that changed for some offices, and is gone for others."""

    kind: str
    subject_id: int
    public_id: UUID
    offices: frozenset[str]
    left: frozenset[str]


ScopesOf = Callable[[Collection[int]], Iterable[Scope]]
FollowersOf = Callable[[Collection[int]], Iterable[int]]


class Hook(Protocol):
    """Whoever writes something down about every change, in the transaction that stamps it."""

    def __call__(self, stamped: Collection[Stamped], /, *, at: datetime) -> None: ...


@dataclass(frozen=True)
class Registry:
    """All that the apps have said."""

    scopes: dict[str, ScopesOf]
    followers: dict[str, dict[str, FollowersOf]]
    hooks: list[Hook]

    def register(self, kind: str, scopes_of: ScopesOf) -> None:
        """Say that rows of this kind can be followed. `scopes_of` leaves out what no office sees."""
        self.scopes[kind] = scopes_of

    def follow(self, cause: str, kind: str, followers_of: FollowersOf) -> None:
        """Say that rows of this kind change when those of `cause` do, which need not be a kind for others."""
        self.followers.setdefault(cause, {})[kind] = followers_of

    def on_stamped(self, hook: Hook) -> None:
        """Call this for every set of changes, in the transaction that stamps them."""
        self.hooks.append(hook)

    def known(self) -> list[str]:
        """Return what this process can stamp. Anything else waits for one of a newer release."""
        return sorted({*self.scopes, *self.followers})

    def with_followers(self, changed: Mapping[str, set[int]]) -> dict[str, set[int]]:
        """Return by kind the rows that changed, and those that changed with them."""
        rows = {kind: set(ids) for kind, ids in changed.items() if kind in self.scopes}
        for cause, ids in changed.items():
            for kind, followers_of in self.followers.get(cause, {}).items():
                rows.setdefault(kind, set()).update(followers_of(ids))
        return rows


REGISTRY = Registry({}, {}, [])
