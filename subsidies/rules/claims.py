"""Which other certificate has used up somebody's first pass. Pure."""

from collections.abc import Iterable

from subsidies.rules.facts import CertificateFacts, Claim
from subsidies.rules.first_pass import is_same_first_pass


def claimed_by(facts: CertificateFacts, claims: Iterable[Claim]) -> int | None:
    """Return the certificate that has used up this first pass, as this policy counts it or as its own did."""
    return next((claim.certificate_id for claim in claims if _uses_up(claim, facts)), None)


def _uses_up(claim: Claim, facts: CertificateFacts) -> bool:
    # What is held has not been paid, so that it gives way to an earlier pass that arrived late.
    gives_way = claim.is_held and facts.sitting.order <= claim.order
    if claim.certificate_id == facts.certificate_id or gives_way:
        return False
    own, other = (facts.sitting.occupation_id, facts.sitting.level), (claim.occupation_id, claim.level)
    scopes = {facts.policy.first_pass_scope if facts.policy else None, claim.scope} - {None}
    return any(is_same_first_pass(scope, own, other) for scope in scopes if scope)
