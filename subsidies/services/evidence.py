"""What decisions are made from. A step: needs the transaction of the decision, which has locked the people."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from assessment.enums import CertificateStatus
from assessment.models import Attempt, LevelCertificate
from assessment.queries import frozen_persons, sittings_of_trainees
from enrollment.queries import account_ids_by_person, rows_of_persons
from institutions.models import FeeSchedule
from institutions.queries import fee_schedules_of
from subsidies import queries
from subsidies.enums import Decision
from subsidies.models import Entitlement, PolicyVersion
from subsidies.rules.eligibility import CertificateFacts, PolicyValues, PublishedFee
from subsidies.rules.first_pass import Sitting, is_same_first_pass

# One sitting: the session and the row of the person that was its candidate.
SittingKey = tuple[int, int]


@dataclass
class Chains:
    """Every sitting of the people that are decided about, by person and by sitting."""

    of_person: dict[int, list[Sitting]] = field(default_factory=lambda: defaultdict(list))
    by_key: dict[SittingKey, Sitting] = field(default_factory=dict)


def gather_facts(certificates: Sequence[LevelCertificate]) -> dict[int, CertificateFacts]:
    """Read everything that the decisions need, in a constant number of queries.

    A person counts as one, whichever of their rows a certificate was issued under.
    """
    persons = rows_of_persons({certificate.trainee_id for certificate in certificates})
    chains = chains_of(persons)
    certified = _certified_attempts(certificates)
    under_review = frozen_persons(set(persons.values()))
    policies = queries.approved_policies()
    fees = fee_schedules_of({certificate.institution_id for certificate in certificates})
    accounts = account_ids_by_person(persons)
    reissued = [certificate.pk for certificate in certificates if certificate.supersedes_id is not None]
    first_issued_on = queries.first_issued_on(reissued)

    facts = {}
    for certificate in certificates:
        attempt, person_id = certified[certificate.attempt_id], persons[certificate.trainee_id]
        # The certificate names the attempt that it was issued for. By now a correction may count in its place.
        own = chains.by_key[_key(attempt)]
        fee = _fee_in_force(certificate, own.held_on, fees)
        issued_on = first_issued_on.get(certificate.pk, certificate.issued_on)
        facts[certificate.pk] = CertificateFacts(
            certificate_id=certificate.pk,
            is_valid=certificate.status == CertificateStatus.VALID,
            issued_on=issued_on,
            person_id=person_id,
            is_under_review=person_id in under_review,
            category=attempt.enrollment.category if attempt.enrollment else None,
            graduated_on=attempt.enrollment.graduated_on if attempt.enrollment else None,
            sitting=own,
            other_sittings=tuple(sitting for sitting in chains.of_person[person_id] if sitting is not own),
            policy=_policy_in_force(issued_on, policies),
            fee=PublishedFee(fee.pk, fee.total) if fee else None,
            bank_account_id=accounts.get(person_id),
            claimed_by_certificate_id=None,
        )
    return _with_claims(facts, persons, chains)


def chains_of(persons: Mapping[int, int]) -> Chains:
    """Return every sitting of these people, in two queries. `persons` is what `rows_of_persons` returns."""
    chains = Chains()
    for record in sittings_of_trainees(persons.keys()):
        sitting = Sitting(*record[2:])
        chains.of_person[persons[record.trainee_id]].append(sitting)
        chains.by_key[record.session_id, record.trainee_id] = sitting
    return chains


def _certified_attempts(certificates: Sequence[LevelCertificate]) -> dict[int, Attempt]:
    """Return the attempts that the certificates were issued for, with the enrollment, if there was one."""
    attempts = Attempt.objects.select_related("enrollment").only(
        "session_id", "trainee_id", "enrollment__category", "enrollment__graduated_on"
    )
    return attempts.in_bulk({certificate.attempt_id for certificate in certificates})


def _key(attempt: Attempt) -> SittingKey:
    return (attempt.session_id, attempt.trainee_id)


def _with_claims(
    facts: Mapping[int, CertificateFacts], persons: Mapping[int, int], chains: Chains
) -> dict[int, CertificateFacts]:
    claims: dict[int, list[tuple[Entitlement, Sitting]]] = defaultdict(list)
    for claim in queries.claims_of(persons.keys()):
        sitting = chains.by_key[_key(claim.certificate.attempt)]
        claims[persons[claim.certificate.trainee_id]].append((claim, sitting))
    return {
        certificate_id: replace(fact, claimed_by_certificate_id=_claimed_by(fact, claims[fact.person_id]))
        for certificate_id, fact in facts.items()
    }


def _claimed_by(fact: CertificateFacts, claims: Sequence[tuple[Entitlement, Sitting]]) -> int | None:
    """Return the certificate that has used up this first pass, as this policy counts it or as its own did."""
    own = (fact.sitting.occupation_id, fact.sitting.level)
    for claim, sitting in claims:
        # What is held has not been paid, so that it gives way to an earlier pass that arrived late.
        gives_way = claim.decision == Decision.HELD and fact.sitting.order <= sitting.order
        other = (claim.certificate.occupation_id, claim.certificate.level)
        scopes = {policy.first_pass_scope for policy in (fact.policy, claim.policy_version) if policy}
        if (
            claim.certificate_id != fact.certificate_id
            and not gives_way
            and any(is_same_first_pass(scope, own, other) for scope in scopes)
        ):
            return claim.certificate_id
    return None


def _policy_in_force(on: date, policies: Sequence[PolicyVersion]) -> PolicyValues | None:
    policy = next((policy for policy in policies if on in policy.in_force), None)
    if policy is None:
        return None
    return PolicyValues(
        version_id=policy.pk,
        first_pass_scope=policy.first_pass_scope,
        first_pass_rule=policy.first_pass_rule,
        eligible_categories=frozenset(policy.eligible_categories),
        graduation_year_rule=policy.graduation_year_rule,
        fee_share=policy.fee_share,
        ceiling=policy.ceiling,
    )


def _fee_in_force(
    certificate: LevelCertificate, held_on: date, fees: Sequence[FeeSchedule]
) -> FeeSchedule | None:
    """Return the fee of the certificate's direction, or else the one published for the occupation as a whole."""
    found = [
        fee
        for fee in fees
        if fee.institution_id == certificate.institution_id
        and fee.occupation_id == certificate.occupation_id
        and fee.level == certificate.level
        and fee.direction in (certificate.direction, "")
        and held_on in fee.in_force
    ]
    return max(found, key=lambda fee: fee.direction, default=None)
