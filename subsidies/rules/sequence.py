"""Many certificates decided one after the other: a person's later one sees what the earlier one came to. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from subsidies.rules.claims import claimed_by
from subsidies.rules.eligibility import CertificateFacts, Grant, Ruling, claimed_key, decide
from subsidies.rules.facts import Claim
from subsidies.rules.slots import first_free


@dataclass(frozen=True)
class Decided:
    """One certificate with the facts it was decided from, the ruling, its places if granted, and what it claims."""

    facts: CertificateFacts
    ruling: Ruling
    grant: Grant | None
    claim: Claim | None = None


@dataclass
class _Others:
    """What one person's certificates that were decided before came to."""

    decided_ids: set[int] = field(default_factory=set)
    grants: list[Grant] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)

    def take(self, decided: Decided) -> None:
        self.decided_ids.add(decided.facts.certificate_id)
        self.grants += [decided.grant] if decided.grant else []
        self.claims += [decided.claim] if decided.claim else []

    def seen_by(self, facts: CertificateFacts) -> CertificateFacts:
        """Return the facts with what the others came to in the place of what they were before."""
        claims = [claim for claim in facts.claims if claim.certificate_id not in self.decided_ids]
        claims += self.claims
        if not (facts.claims or claims or self.grants):
            return facts
        return replace(
            facts,
            grants=(*facts.grants, *self.grants),
            claims=tuple(claims),
            claimed_by_certificate_id=claimed_by(facts, claims),
        )


def as_ruled(_facts: CertificateFacts, ruling: Ruling) -> Ruling:
    """Leave a ruling as it is: no budget is asked."""
    return ruling


def decide_in_order(
    in_order: Iterable[CertificateFacts],
    reserve: Callable[[CertificateFacts, Ruling], Ruling] = as_ruled,
) -> list[Decided]:
    """Decide these one after the other. `reserve` may hold what was granted, for want of money.

    What one is granted or claims counts for every later one of the same person, as if it had stood before.
    """
    others: dict[int, _Others] = defaultdict(_Others)
    decided = []
    for given in in_order:
        facts = others[given.person_id].seen_by(given)
        ruling = decide(facts)
        if ruling.decision == "GRANTED":
            ruling = reserve(facts, ruling)
        grant = _grant_of(facts) if ruling.decision == "GRANTED" else None
        decided.append(Decided(facts, ruling, grant, _claim_of(facts, ruling)))
        others[given.person_id].take(decided[-1])
    return decided


def _grant_of(facts: CertificateFacts) -> Grant:
    """Give a grant the first place that is free among the person's grants, in a lifetime and in the year."""
    year = facts.issued_on.year
    return Grant(
        certificate_id=facts.certificate_id,
        occupation_id=facts.sitting.occupation_id,
        level=facts.sitting.level,
        year=year,
        lifetime_slot=first_free({grant.lifetime_slot for grant in facts.grants}),
        yearly_slot=first_free({grant.yearly_slot for grant in facts.grants if grant.year == year}),
    )


def _claim_of(facts: CertificateFacts, ruling: Ruling) -> Claim | None:
    """Return what a decision claims: a grant its first pass, and a hold that would be granted, too."""
    is_held = ruling.decision == "HELD"
    if ruling.decision == "REFUSED" or (is_held and not claimed_key(facts, ruling).startswith("person:")):
        return None
    return Claim(
        certificate_id=facts.certificate_id,
        occupation_id=facts.sitting.occupation_id,
        level=facts.sitting.level,
        order=facts.sitting.order,
        is_held=is_held,
        scope=facts.policy.first_pass_scope if facts.policy else None,
    )
