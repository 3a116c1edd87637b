"""Two grants for one first pass, which only a merge can make. A step: needs the people locked to be sure of it."""

from collections.abc import Collection

from subsidies import queries
from subsidies.enums import UNPAID
from subsidies.models import Entitlement, Payment
from subsidies.rules.first_pass import is_same_first_pass
from subsidies.services.evidence import chains_of


def second_claims(*, payments: Collection[Payment]) -> dict[int, int]:
    """Return which of these payments, none of them instructed, another grant of the same person stands before.

    Each comes with the certificate that has the first pass: one that is paid or with the bank before one that is
    not, else that of the earlier sitting.
    """
    persons = queries.rows_of_merged_people(payments)
    if not persons:
        return {}
    sittings = chains_of(persons).by_key
    ordered = sorted(
        queries.grants_of(persons),
        key=lambda grant: (
            grant.payment.status in UNPAID,
            sittings[grant.certificate.attempt.session_id, grant.certificate.trainee_id].order,
        ),
    )
    asked_about = {payment.pk for payment in payments}
    standing: list[Entitlement] = []
    second: dict[int, int] = {}
    for grant in ordered:
        first = next((other for other in standing if _is_same(grant, other, persons)), None)
        if first is None or grant.payment.status not in UNPAID:
            standing.append(grant)
        elif grant.payment.pk in asked_about:
            second[grant.payment.pk] = first.certificate_id
    return second


def _is_same(one: Entitlement, other: Entitlement, persons: dict[int, int]) -> bool:
    """Test whether two grants are one person's for one first pass, as the policy of either counts it."""
    mine, theirs = one.certificate, other.certificate
    scopes = {grant.policy_version.first_pass_scope for grant in (one, other) if grant.policy_version}
    return persons[mine.trainee_id] == persons[theirs.trainee_id] and any(
        is_same_first_pass(scope, (mine.occupation_id, mine.level), (theirs.occupation_id, theirs.level))
        for scope in scopes
    )
