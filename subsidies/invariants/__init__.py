"""Every promise about money as a query that must return no row."""

from collections.abc import Callable, Sequence
from typing import Final

import structlog
from django.db import DatabaseError, connection, transaction

from chongqing_dte.foundation.sentences import gettext_lazy as _
from subsidies.invariants.bank import BANK_INVARIANTS
from subsidies.invariants.budgets import BUDGET_INVARIANTS
from subsidies.invariants.claims import CLAIM_INVARIANTS
from subsidies.invariants.decisions import DECISION_INVARIANTS
from subsidies.invariants.kinds import Invariant, Looks, Violation
from subsidies.invariants.notices import NOTICE_INVARIANTS
from subsidies.invariants.recoveries import RECOVERY_INVARIANTS
from subsidies.invariants.road import ROAD_INVARIANTS

__all__ = [
    "CHECKED",
    "INVARIANTS",
    "Invariant",
    "Looks",
    "Violation",
    "find_violations",
    "look_in_turn",
    "promise_called",
]

log = structlog.get_logger(__name__)

INVARIANTS: Final = (
    *ROAD_INVARIANTS,
    *BANK_INVARIANTS,
    *DECISION_INVARIANTS,
    *NOTICE_INVARIANTS,
    *RECOVERY_INVARIANTS,
    *BUDGET_INVARIANTS,
    *CLAIM_INVARIANTS,
)

# One that takes longer has gone wrong, and leaves time for the others.
MOST_SECONDS = 20
# As many as there is time for if each takes all of its own: by so many promises each turn begins further on.
IN_A_TURN: Final = 4

# Of the promises themselves: its "rows" are the names of those that nobody could look at.
CHECKED: Final = Invariant(
    "promise_can_be_checked", _("Every promise about money can be looked at."), violations=""
)

PROMISES: Final = {invariant.name: invariant.promise for invariant in (*INVARIANTS, CHECKED)}


def promise_called(name: str) -> str:
    """Return a promise by its name, in the reader's language; nothing, if it is not made any more."""
    return str(PROMISES.get(name, ""))


def find_violations() -> list[Violation]:
    """Run every invariant and return those that are broken, each with up to ten ids.

    One that fails or takes too long keeps no other from being looked at, and is itself a violation, of CHECKED.
    """
    looks = _look_at(INVARIANTS, has_time=lambda: True)
    return [*looks.violations, *([Violation(CHECKED, looks.failed)] if looks.failed else [])]


def look_in_turn(turn: int, *, has_time: Callable[[], bool]) -> Looks:
    """Run as many invariants as there is time for, beginning further on in each turn, so that each has its own."""
    first = turn * IN_A_TURN % len(INVARIANTS)
    return _look_at((*INVARIANTS[first:], *INVARIANTS[:first]), has_time=has_time)


def _look_at(invariants: Sequence[Invariant], *, has_time: Callable[[], bool]) -> Looks:
    violations: list[Violation] = []
    failed: list[str] = []
    for place, invariant in enumerate(invariants):
        if not has_time():
            left_out = tuple(each.name for each in invariants[place:])
            return Looks(tuple(violations), tuple(failed), left_out)
        try:
            ids = _ids_that_break(invariant)
        except DatabaseError:
            log.exception("invariant_cannot_be_checked", invariant=invariant.name)
            failed.append(invariant.name)
        else:
            violations += [Violation(invariant, ids)] if ids else []
    return Looks(tuple(violations), tuple(failed), left_out=())


def _ids_that_break(invariant: Invariant) -> tuple[str, ...]:
    """Return the first ids that break a promise. By itself in a transaction, which its failure alone undoes."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{MOST_SECONDS}s"])
        cursor.execute(f"SELECT * FROM ({invariant.violations}) violation LIMIT 10")  # noqa: S608 - our own constants
        return tuple(str(row[0]) for row in cursor.fetchall())
