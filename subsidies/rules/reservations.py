"""Whose money is enough for whom, in the order of the certificates. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from subsidies.rules.facts import CertificateFacts, Check, Ruling
from subsidies.rules.limits import competent_district

NAME = "budget_has_room"


@dataclass(frozen=True)
class Purse:
    """One budget: what can still be reserved of it, in yuan, and the first certificate that waits for it."""

    budget_id: int | None
    available: Decimal
    first_waiting: int | None = None


def purse_district(facts: CertificateFacts, with_own: Mapping[int | None, object]) -> int | None:
    """Return whose budget a certificate is paid from: its district's if the policy says so and it has one, else None.

    None stands for the municipality.
    """
    if facts.policy is None or not facts.policy.budget_by_district:
        return None
    district = competent_district(facts)
    return district if district in with_own else None


@dataclass
class Reservations:
    """What is reserved of each budget, by district; None stands for the municipality.

    Whoever waits for a budget is served first: once one certificate has found too little, later ones wait behind it.
    """

    purses: Mapping[int | None, Purse]
    # By certificate.
    budget_ids: dict[int, int] = field(default_factory=dict)
    _taken: dict[int | None, Decimal] = field(default_factory=dict)
    _short: set[int | None] = field(default_factory=set)

    def reserve(self, facts: CertificateFacts, ruling: Ruling) -> Ruling:
        """Return the ruling with the budget's word on it: reserved, or held until there is room."""
        whose = purse_district(facts, self.purses)
        purse = self.purses.get(whose, Purse(None, Decimal("0.00")))
        taken = self._taken.get(whose, Decimal("0.00"))
        is_behind = purse.first_waiting is not None and facts.certificate_id > purse.first_waiting
        if purse.budget_id is None or is_behind or taken + ruling.amount > purse.available:
            self._short.add(whose)
        if whose in self._short or purse.budget_id is None:
            held = Check(NAME, "UNKNOWN")
            return replace(ruling, decision="HELD", reason=NAME, checks=(*ruling.checks, held))
        self._taken[whose] = taken + ruling.amount
        self.budget_ids[facts.certificate_id] = purse.budget_id
        return replace(ruling, checks=(*ruling.checks, Check(NAME, "PASSED", {"budget": purse.budget_id})))
