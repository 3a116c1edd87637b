"""What another policy would change: two rulings on one certificate, compared. Pure."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Protocol

from subsidies.rules.facts import CertificateFacts, Check, Ruling
from subsidies.rules.limits import competent_district

NOTHING: Final = Decimal("0.00")
# The cause of a change where both policies pay, and not the same.
AMOUNT: Final = "amount"
# Checks that look at what was granted before, and so hang on the order of the decisions.
HANGS_ON_ORDER: Final = frozenset(
    {"is_not_claimed_already", "ladder_is_kept", "within_lifetime_cap", "within_yearly_cap"}
)
# And those that a result corrected since would decide otherwise.
HANGS_ON_LATER_RESULTS: Final = frozenset(
    {"sitting_is_still_a_pass", "passes_for_the_first_time", "nothing_is_under_review"}
)


class Owing(Protocol):
    """What one policy owes."""

    @property
    def owed(self) -> Decimal:
        """In yuan."""


class Compared(Protocol):
    """What a policy in force owes, beside what another one would owe."""

    @property
    def in_force(self) -> Owing:
        """By the policy in force."""

    @property
    def tried(self) -> Owing:
        """By the policy that is tried."""

    @property
    def difference(self) -> Decimal:
        """What whoever is paid would gain, in yuan; below zero what they would lose."""


@dataclass(frozen=True)
class Side:
    """What one policy says of one certificate. `owed` in yuan: what is granted, or held until a fact arrives."""

    decision: str
    owed: Decimal
    district_id: int | None
    # The check that it hangs on; None for a grant.
    check: Check | None

    @property
    def reason(self) -> str:
        """The name of the check that it hangs on; empty for a grant."""
        return self.check.name if self.check else ""


@dataclass(frozen=True)
class Comparison:
    """One certificate under the policy in force, and under the one that is tried."""

    certificate_id: int
    issued_on: date
    in_force: Side
    tried: Side

    @property
    def difference(self) -> Decimal:
        """What the person would gain, in yuan; below zero what they would lose."""
        return self.tried.owed - self.in_force.owed

    @property
    def is_change(self) -> bool:
        """Whether anybody would notice: in money, or in the decision itself."""
        return self.difference != 0 or self.in_force.decision != self.tried.decision

    @property
    def cause(self) -> str:
        """The check that makes the difference, or that both pay and not the same."""
        less = self.tried if self.difference < 0 else self.in_force
        if less.owed == 0 and less.reason:
            return less.reason
        return AMOUNT if self.difference else self.tried.reason or self.in_force.reason


@dataclass(frozen=True)
class RealDecision:
    """The decision that stands, as far as a simulation can come to the same."""

    decision: str
    reason: str
    amount: Decimal
    policy_version_id: int | None
    fee_schedule_id: int | None


def side_of(facts: CertificateFacts, ruling: Ruling) -> Side:
    """Return what one policy says, from the facts and the ruling on them."""
    check = next((check for check in ruling.checks if check.name == ruling.reason), None)
    owed = NOTHING if ruling.decision == "REFUSED" else ruling.amount
    return Side(ruling.decision, owed, competent_district(facts), check)


def why_reality_differs(facts: CertificateFacts, ruling: Ruling, real: RealDecision | None) -> str:
    """Return why the decision that stands is another than the simulated one, or "" where they are the same.

    "unexplained" would mean that the simulation and the decisions do not go by the same rules.
    """
    if real is None:
        return "not_decided"
    if (real.decision, real.reason, real.amount) == (ruling.decision, ruling.reason, ruling.amount):
        return ""
    policy_id = facts.policy.version_id if facts.policy else None
    fee_id = facts.fee.schedule_id if facts.fee else None
    reasons = {real.reason, ruling.reason}
    causes = (
        ("budget", real.reason == "budget_has_room"),
        ("ended", "certificate_is_valid" in reasons),
        ("objection", "no_objection_was_upheld" in reasons),
        ("other_version", real.policy_version_id != policy_id),
        ("other_fee", real.fee_schedule_id != fee_id),
        ("results", bool(reasons & HANGS_ON_LATER_RESULTS)),
        ("order", bool(reasons & HANGS_ON_ORDER)),
        ("other_subsidy", _counts_other_subsidies(facts)),
        ("facts", real.decision == "HELD" or ruling.decision == "HELD"),
    )
    return next((name for name, holds in causes if holds), "unexplained")


def _counts_other_subsidies(facts: CertificateFacts) -> bool:
    return (
        facts.policy is not None and facts.policy.stacking_rule != "ALLOWED" and bool(facts.other_subsidies)
    )
