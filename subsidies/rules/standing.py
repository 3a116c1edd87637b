"""Which grants of one person fall once rows that were taken for several people are known to be theirs. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from subsidies.rules.facts import FAILED, Check, Grant, PolicyValues
from subsidies.rules.first_pass import is_same_first_pass
from subsidies.rules.limits import cap_of_a_lifetime, cap_of_a_year, ladder


@dataclass(frozen=True)
class Standing:
    """A live grant of the person, as it is weighed against the others."""

    grant: Grant
    policy: PolicyValues
    # When its sitting took place, in comparison with others.
    order: tuple[date, int]
    # Its place in the order in which decisions were written.
    granted_as: int
    # Paid, or with the bank: it stands, whatever it is.
    is_on_its_way: bool


def fallen(grants: Iterable[Standing]) -> dict[int, Check]:
    """Return the check that each of one person's grants fails by now that does, by certificate.

    What is on its way stands before what is not, and then the earlier sitting before the later one. What falls for
    one check counts for none of the others.
    """
    standing = sorted(grants, key=lambda each: (not each.is_on_its_way, each.order))
    found: dict[int, Check] = {}
    for check in (_first_pass, _ladder, _caps):
        kept: list[Standing] = []
        for each in standing:
            failed = None if each.is_on_its_way else check(each, kept, standing)
            if failed is None:
                kept.append(each)
            else:
                found[each.grant.certificate_id] = failed
        standing = kept
    return found


def _first_pass(each: Standing, before: Sequence[Standing], _all: Sequence[Standing]) -> Check | None:
    """Find another grant for the same first pass, as the policy of either counts it."""
    mine = (each.grant.occupation_id, each.grant.level)
    for other in before:
        theirs = (other.grant.occupation_id, other.grant.level)
        scopes = {each.policy.first_pass_scope, other.policy.first_pass_scope}
        if any(is_same_first_pass(scope, mine, theirs) for scope in scopes):
            return Check("is_not_claimed_already", FAILED, {"certificate": other.grant.certificate_id})
    return None


def _ladder(each: Standing, _before: Sequence[Standing], everything: Sequence[Standing]) -> Check | None:
    """Find a higher level that was granted before. One that was granted after this one takes nothing from it."""
    granted_before = [other.grant for other in everything if other.granted_as < each.granted_as]
    return _if_failed(ladder(each.policy, each.grant.occupation_id, each.grant.level, granted_before))


def _caps(each: Standing, before: Sequence[Standing], _all: Sequence[Standing]) -> Check | None:
    grants = [other.grant for other in before]
    lifetime = cap_of_a_lifetime(each.policy, grants)
    return _if_failed(lifetime) or _if_failed(cap_of_a_year(each.policy, each.grant.year, grants))


def _if_failed(check: Check) -> Check | None:
    return check if check.outcome == FAILED else None
