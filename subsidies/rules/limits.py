"""What bounds a subsidy that is owed otherwise: time, level order, caps, other programmes, objections. Pure."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal

from subsidies.rules.amounts import assessment_amount
from subsidies.rules.facts import FAILED, PASSED, UNKNOWN, CertificateFacts, Check, Facts, Grant, PolicyValues

NOTHING = Decimal("0.00")
# From the lowest to the highest.
LADDER = ("JUNIOR", "INTERMEDIATE", "SENIOR")


def recorded_in_time(facts: CertificateFacts) -> Check:
    """The certificate was recorded within the policy's days of its issue; of one issued again, the first counts."""
    name = "recorded_in_time"
    if facts.policy is None:
        return Check(name, UNKNOWN)
    window = facts.policy.recording_window_days
    if window is None or facts.recorded_on is None:
        return Check(name, PASSED, {"days": None})
    last = facts.issued_on + timedelta(days=window)
    return Check(
        name,
        PASSED if facts.recorded_on <= last else FAILED,
        {
            "days": window,
            "issued_on": facts.issued_on.isoformat(),
            "recorded_on": facts.recorded_on.isoformat(),
            "last": last.isoformat(),
        },
    )


def ladder_is_kept(facts: CertificateFacts) -> Check:
    """The person has no grant for a higher level, where the policy pays none for a lower one after it."""
    if facts.policy is None:
        return Check("ladder_is_kept", UNKNOWN)
    return ladder(facts.policy, facts.sitting.occupation_id, facts.sitting.level, facts.grants)


def ladder(policy: PolicyValues, occupation_id: int, level: str, grants: Iterable[Grant]) -> Check:
    """Look among these grants for one that this level may not come after."""
    rule = policy.ladder_rule
    higher = next((grant for grant in grants if _is_higher(grant, occupation_id, level, rule)), None)
    if higher is None:
        return Check("ladder_is_kept", PASSED, {"rule": rule})
    seen: Facts = {"rule": rule, "certificate": higher.certificate_id, "level": higher.level}
    return Check("ladder_is_kept", FAILED, seen)


def within_lifetime_cap(facts: CertificateFacts) -> Check:
    """The person has fewer grants than the policy allows in a lifetime."""
    if facts.policy is None:
        return Check("within_lifetime_cap", UNKNOWN)
    return cap_of_a_lifetime(facts.policy, facts.grants)


def cap_of_a_lifetime(policy: PolicyValues, grants: Sequence[Grant]) -> Check:
    """Count these grants against what the policy allows in a lifetime."""
    return _within("within_lifetime_cap", policy.lifetime_cap, grants, {})


def within_yearly_cap(facts: CertificateFacts) -> Check:
    """The person has fewer grants for certificates of this calendar year than the policy allows."""
    if facts.policy is None:
        return Check("within_yearly_cap", UNKNOWN)
    return cap_of_a_year(facts.policy, facts.issued_on.year, facts.grants)


def cap_of_a_year(policy: PolicyValues, year: int, grants: Iterable[Grant]) -> Check:
    """Count those of these grants that are for certificates of this year against what the policy allows."""
    of_the_year = [grant for grant in grants if grant.year == year]
    return _within("within_yearly_cap", policy.yearly_cap, of_the_year, {"year": year})


def no_objection_was_upheld(facts: CertificateFacts) -> Check:
    """No objection against paying for this sitting was found to be right."""
    upheld = facts.upheld_objection_id
    if upheld is None:
        return Check("no_objection_was_upheld", PASSED)
    return Check("no_objection_was_upheld", FAILED, {"objection": upheld})


def not_subsidized_elsewhere(facts: CertificateFacts) -> Check:
    """What another programme paid for the same occupation and level leaves something, as the policy sees it."""
    name = "not_subsidized_elsewhere"
    if facts.policy is None:
        return Check(name, UNKNOWN)
    rule, paid = facts.policy.stacking_rule, paid_elsewhere(facts)
    if not facts.other_subsidies:
        return Check(name, PASSED, {"rule": rule})
    seen: Facts = {
        "rule": rule,
        "paid": str(paid),
        "other_subsidies": [
            {"other_subsidy": other.subsidy_id, "amount": str(other.amount)}
            for other in facts.other_subsidies
        ],
    }
    if rule != "DIFFERENCE":
        return Check(name, FAILED if rule == "REFUSED" else PASSED, seen)
    if facts.fee is None:
        return Check(name, PASSED, {"rule": rule})
    left = max(facts.fee.total - paid, NOTHING)
    return Check(name, PASSED if left > 0 else FAILED, {**seen, "left": str(left)})


def paid_elsewhere(facts: CertificateFacts) -> Decimal:
    """Return what other programmes paid for the same occupation and level, in yuan."""
    return sum((other.amount for other in facts.other_subsidies), NOTHING)


def amount_owed(facts: CertificateFacts) -> Decimal:
    """Return what is owed in yuan, whatever else stands against it; nothing before a policy and a fee are known.

    Where the policy pays the difference, it is at most what other programmes left of the fee.
    """
    amount = amount_by_policy(facts)
    if facts.policy is None or facts.fee is None or facts.policy.stacking_rule != "DIFFERENCE":
        return amount
    return max(min(amount, facts.fee.total - paid_elsewhere(facts)), NOTHING)


def amount_by_policy(facts: CertificateFacts) -> Decimal:
    """Return the policy's share of the published fee, at most the ceiling of the level, in yuan."""
    if facts.policy is None or facts.fee is None:
        return NOTHING
    return assessment_amount(
        published_fee=facts.fee.total,
        fee_share=facts.policy.fee_share,
        ceiling=facts.policy.ceilings[facts.sitting.level],
    )


def competent_district(facts: CertificateFacts) -> int | None:
    """Return the district that a decision belongs to. Whoever trained elsewhere belongs to where they were assessed."""
    by_training = facts.policy is None or facts.policy.competent_district_rule == "TRAINING"
    if by_training and facts.training_district_id is not None:
        return facts.training_district_id
    return facts.evaluation_district_id


def _is_higher(grant: Grant, occupation_id: int, level: str, rule: str) -> bool:
    if rule == "NONE" or (rule == "SAME_OCCUPATION" and grant.occupation_id != occupation_id):
        return False
    return LADDER.index(grant.level) > LADDER.index(level)


def _within(name: str, cap: int | None, grants: Sequence[Grant], of: dict[str, int]) -> Check:
    seen: Facts = {**of, "cap": cap, "granted": len(grants)}
    if cap is None:
        return Check(name, PASSED, seen)
    seen["certificates"] = [{"certificate": grant.certificate_id} for grant in grants]
    return Check(name, PASSED if len(grants) < cap else FAILED, seen)
