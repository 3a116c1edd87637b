"""Grants that only a merge puts beside each other. A step: needs the people locked to be sure of it."""

from collections import defaultdict
from collections.abc import Collection, Mapping

from subsidies import queries
from subsidies.models import Entitlement, Payment, PaymentBatch
from subsidies.rules.facts import Check
from subsidies.rules.standing import Standing, fallen
from subsidies.services.evidence import Chains, chains_of, grant_of, values_of


def fallen_by_merge(*, payments: Collection[Payment]) -> dict[int, Check]:
    """Return which of these payments, none of them on its way, other grants of the same person stand before.

    Each comes with the check that it fails by now: another grant is for the same first pass or for a higher level, or
    there are as many as the policy allows.
    """
    persons = queries.rows_of_merged_people(payments)
    if not persons:
        return {}
    grants = queries.grants_of(persons)
    found = _fallen_of(grants, persons)
    asked_about = {payment.pk for payment in payments}
    return {
        grant.payment.pk: found[grant.certificate_id]
        for grant in grants
        if grant.certificate_id in found and grant.payment.pk in asked_about
    }


def lines_held_up(batch: PaymentBatch) -> dict[str, int]:
    """Return how many of a batch's payments are held up, by what; `merged` are those that fell by a merge."""
    fell = fallen_by_merge(payments=queries.payments_in(batch))
    return {**queries.lines_held_up(batch), "merged": len(fell)}


def _fallen_of(grants: Collection[Entitlement], persons: Mapping[int, int]) -> dict[int, Check]:
    chains = chains_of(persons)
    on_their_way = queries.on_their_way([grant.payment for grant in grants])
    by_person: dict[int, list[Standing]] = defaultdict(list)
    for grant in grants:
        standing = _standing(grant, chains, is_on_its_way=grant.payment.pk in on_their_way)
        by_person[persons[grant.certificate.trainee_id]] += [standing] if standing else []
    found: dict[int, Check] = {}
    for of_person in by_person.values():
        found |= fallen(of_person)
    return found


def _standing(grant: Entitlement, chains: Chains, *, is_on_its_way: bool) -> Standing | None:
    certificate, policy = grant.certificate, grant.policy_version
    if policy is None:
        return None
    return Standing(
        grant=grant_of(grant),
        policy=values_of(policy),
        order=chains.by_key[certificate.attempt.session_id, certificate.attempt.trainee_id].order,
        granted_as=grant.pk,
        is_on_its_way=is_on_its_way,
    )
