"""What a simulated policy comes to: by decision, district, month and cause. Pure."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from subsidies.rules.comparison import NOTHING, Compared, Comparison


@dataclass
class Tally:
    """What is owed under both policies, how often, and how many gain or lose. Amounts in yuan."""

    in_force_count: int = 0
    in_force_owed: Decimal = NOTHING
    tried_count: int = 0
    tried_owed: Decimal = NOTHING
    gain_count: int = 0
    gained: Decimal = NOTHING
    loss_count: int = 0
    lost: Decimal = NOTHING

    @property
    def difference(self) -> Decimal:
        """What the tried policy costs more, in yuan; below zero what it costs less."""
        return self.tried_owed - self.in_force_owed

    def add_in_force(self, comparison: Compared) -> None:
        """Count what the policy in force owes."""
        self.in_force_count += comparison.in_force.owed > 0
        self.in_force_owed += comparison.in_force.owed

    def add_tried(self, comparison: Compared) -> None:
        """Count what the tried policy owes, and who gains or loses by it."""
        self.tried_count += comparison.tried.owed > 0
        self.tried_owed += comparison.tried.owed
        difference = comparison.difference
        self.gain_count += difference > 0
        self.gained += max(difference, NOTHING)
        self.loss_count += difference < 0
        self.lost -= min(difference, NOTHING)


@dataclass
class Tables:
    """One tally over all certificates, and the same split up."""

    total: Tally = field(default_factory=Tally)
    by_district: dict[int | None, Tally] = field(default_factory=lambda: defaultdict(Tally))
    # By year and month of issue.
    by_month: dict[tuple[int, int], Tally] = field(default_factory=lambda: defaultdict(Tally))
    by_cause: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    decisions_in_force: Counter[str] = field(default_factory=Counter)
    decisions_tried: Counter[str] = field(default_factory=Counter)

    def add(self, comparison: Comparison) -> None:
        """Count one certificate."""
        self.decisions_in_force[comparison.in_force.decision] += 1
        self.decisions_tried[comparison.tried.decision] += 1
        month = self.by_month[comparison.issued_on.year, comparison.issued_on.month]
        for tally in (self.total, month):
            tally.add_in_force(comparison)
            tally.add_tried(comparison)
        # A version may name another competent district, so that money moves between two.
        self.by_district[comparison.in_force.district_id].add_in_force(comparison)
        self.by_district[comparison.tried.district_id].add_tried(comparison)
        if comparison.difference:
            self.by_cause[comparison.cause].add_in_force(comparison)
            self.by_cause[comparison.cause].add_tried(comparison)
