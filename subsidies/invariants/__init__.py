"""Every promise about money as a query that must return no row."""

from typing import Final

from django.db import connection

from subsidies.invariants.bank import BANK_INVARIANTS
from subsidies.invariants.budgets import BUDGET_INVARIANTS
from subsidies.invariants.decisions import DECISION_INVARIANTS
from subsidies.invariants.kinds import Invariant, Violation
from subsidies.invariants.notices import NOTICE_INVARIANTS
from subsidies.invariants.recoveries import RECOVERY_INVARIANTS
from subsidies.invariants.road import ROAD_INVARIANTS

__all__ = ["INVARIANTS", "Invariant", "Violation", "find_violations"]

INVARIANTS: Final = (
    *ROAD_INVARIANTS,
    *BANK_INVARIANTS,
    *DECISION_INVARIANTS,
    *NOTICE_INVARIANTS,
    *RECOVERY_INVARIANTS,
    *BUDGET_INVARIANTS,
)


def find_violations() -> list[Violation]:
    """Run every invariant and return those that are broken, each with up to ten ids."""
    violations = []
    with connection.cursor() as cursor:
        for invariant in INVARIANTS:
            cursor.execute(f"SELECT * FROM ({invariant.violations}) violation LIMIT 10")  # noqa: S608 - our own constants
            ids = tuple(str(row[0]) for row in cursor.fetchall())
            if ids:
                violations.append(Violation(invariant, ids))
    return violations
