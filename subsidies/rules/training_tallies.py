"""What another training policy would change: claims under two policies, compared and added up. Pure."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from subsidies.rules.claim_sums import ClaimSum
from subsidies.rules.tallies import Tally


@dataclass(frozen=True)
class ClassComparison:
    """The claim of one class under the policy in force on its last day, and under the one that is tried."""

    class_id: int
    institution_id: int
    district_id: int
    ends_on: date
    in_force: ClaimSum
    tried: ClaimSum

    @property
    def difference(self) -> Decimal:
        """What the institution would gain, in yuan; below zero what it would lose."""
        return self.tried.amount - self.in_force.amount

    @property
    def is_change(self) -> bool:
        """Whether anybody would notice: in money, in the factor, or in how many people count."""
        return _noticed(self.in_force) != _noticed(self.tried)


@dataclass
class TrainingTables:
    """One tally over all classes, and the same split up."""

    total: Tally = field(default_factory=Tally)
    by_institution: dict[int, Tally] = field(default_factory=lambda: defaultdict(Tally))
    by_district: dict[int, Tally] = field(default_factory=lambda: defaultdict(Tally))
    # By year and month of the last day.
    by_month: dict[tuple[int, int], Tally] = field(default_factory=lambda: defaultdict(Tally))
    # For how many people money is asked, and of how many classes nobody can say yet what their claim comes to.
    people_in_force: int = 0
    people_tried: int = 0
    open_count: int = 0

    def add(self, comparison: ClassComparison) -> None:
        """Count one class."""
        self.people_in_force += comparison.in_force.counted_count
        self.people_tried += comparison.tried.counted_count
        self.open_count += not (comparison.in_force.is_complete and comparison.tried.is_complete)
        for tally in (
            self.total,
            self.by_institution[comparison.institution_id],
            self.by_district[comparison.district_id],
            self.by_month[comparison.ends_on.year, comparison.ends_on.month],
        ):
            tally.add_in_force(comparison)
            tally.add_tried(comparison)


def _noticed(claim: ClaimSum) -> tuple[Decimal, Decimal, int]:
    return claim.amount, claim.factor, claim.counted_count
