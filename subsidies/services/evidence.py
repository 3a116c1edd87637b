"""What decisions are made from. A step: needs the transaction of the decision, which has locked the people."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from assessment.enums import CertificateStatus
from assessment.models import Attempt, LevelCertificate
from assessment.queries import frozen_persons, sittings_of_trainees
from chongqing_dte.foundation.lookups import Among
from enrollment.queries import account_ids_by_person, rows_of_persons
from institutions.enums import Level
from institutions.models import FeeSchedule
from institutions.queries import districts_of_institutions, fee_schedules_of
from subsidies import queries
from subsidies.enums import Decision
from subsidies.models import Entitlement, PolicyVersion
from subsidies.rules.eligibility import CertificateFacts, Grant, OtherPaid, PolicyValues, PublishedFee
from subsidies.rules.facts import Claim
from subsidies.rules.first_pass import Sitting

# One sitting: the session and the row of the person that was its candidate.
SittingKey = tuple[int, int]
# Institution, occupation and level.
FeeKind = tuple[int, int, str]


@dataclass
class Chains:
    """Every sitting of the people that are decided about, by person and by sitting."""

    of_person: dict[int, list[Sitting]] = field(default_factory=lambda: defaultdict(list))
    by_key: dict[SittingKey, Sitting] = field(default_factory=dict)


class Certified(NamedTuple):
    """The attempt that a certificate was issued for, and the enrollment it was sat from, if there was one."""

    attempt_id: int
    session_id: int
    trainee_id: int
    category: str | None
    graduated_on: date | None
    district_id: int | None

    @property
    def key(self) -> SittingKey:
        return (self.session_id, self.trainee_id)


def gather_facts(
    certificates: Sequence[LevelCertificate], *, with_claims: bool = True
) -> dict[int, CertificateFacts]:
    """Read everything that the decisions need, in a constant number of queries.

    A person counts as one, whichever of their rows a certificate was issued under. What other
    decisions claim is left out on request: a simulation counts what it has granted itself.
    """
    persons = rows_of_persons({certificate.trainee_id for certificate in certificates})
    chains = chains_of(persons)
    certified = _certified(certificates)
    under_review = frozen_persons(set(persons.values()))
    in_force = [(version.in_force, values_of(version)) for version in queries.approved_policies()]
    institution_ids = {certificate.institution_id for certificate in certificates}
    fees = _by_kind(fee_schedules_of(institution_ids))
    districts = districts_of_institutions(institution_ids)
    accounts = account_ids_by_person(persons)
    first_issues = queries.first_issues([each.pk for each in certificates if each.supersedes_id is not None])
    upheld = queries.objections_upheld_against(persons.keys())

    facts = {}
    for certificate in certificates:
        attempt, person_id = certified[certificate.attempt_id], persons[certificate.trainee_id]
        # The certificate names the attempt that it was issued for. By now a correction may count in its place.
        own = chains.by_key[attempt.key]
        fee = _fee_in_force(certificate, own.held_on, fees)
        issued_on, recorded_at = first_issues.get(
            certificate.pk, (certificate.issued_on, certificate.recorded_at)
        )
        facts[certificate.pk] = CertificateFacts(
            certificate_id=certificate.pk,
            is_valid=certificate.status == CertificateStatus.VALID,
            issued_on=issued_on,
            person_id=person_id,
            is_under_review=person_id in under_review,
            category=attempt.category,
            graduated_on=attempt.graduated_on,
            sitting=own,
            other_sittings=tuple(sitting for sitting in chains.of_person[person_id] if sitting is not own),
            policy=_policy_in_force(issued_on, in_force),
            fee=PublishedFee(fee.pk, fee.total) if fee else None,
            bank_account_id=accounts.get(person_id),
            claimed_by_certificate_id=None,
            recorded_on=timezone.localdate(recorded_at),
            upheld_objection_id=upheld.get(attempt.key),
            training_district_id=attempt.district_id,
            evaluation_district_id=districts[certificate.institution_id],
        )
    if with_claims:
        facts = _with_claims(facts, persons, chains)
    return _with_other_subsidies(facts, persons)


def chains_of(persons: Mapping[int, int]) -> Chains:
    """Return every sitting of these people, in two queries. `persons` is what `rows_of_persons` returns."""
    chains = Chains()
    for record in sittings_of_trainees(persons.keys()):
        sitting = Sitting(*record[2:])
        chains.of_person[persons[record.trainee_id]].append(sitting)
        chains.by_key[record.session_id, record.trainee_id] = sitting
    return chains


def _certified(certificates: Sequence[LevelCertificate]) -> dict[int, Certified]:
    rows = Attempt.objects.filter(
        Among("pk", {certificate.attempt_id for certificate in certificates})
    ).values_list(
        "pk",
        "session_id",
        "trainee_id",
        "enrollment__category",
        "enrollment__graduated_on",
        "enrollment__training_class__district_id",
    )
    return {row[0]: Certified(*row) for row in rows}


def _with_claims(
    facts: Mapping[int, CertificateFacts], persons: Mapping[int, int], chains: Chains
) -> dict[int, CertificateFacts]:
    """Add what the people's other decisions claim: the first pass, and places of grants."""
    claims: dict[int, list[tuple[Entitlement, Sitting]]] = defaultdict(list)
    for claim in queries.claims_of(persons.keys()):
        certificate = claim.certificate
        sitting = chains.by_key[certificate.attempt.session_id, certificate.attempt.trainee_id]
        claims[persons[certificate.trainee_id]].append((claim, sitting))
    return {
        certificate_id: replace(
            fact,
            claims=tuple(claim_of(*claim) for claim in claims[fact.person_id]),
            grants=tuple(
                grant_of(claim)
                for claim, _sitting in claims[fact.person_id]
                if claim.decision == Decision.GRANTED and claim.certificate_id != certificate_id
            ),
        )
        if fact.person_id in claims
        else fact
        for certificate_id, fact in facts.items()
    }


def grant_of(claim: Entitlement) -> Grant:
    """Return a grant with its places, as the rules see it."""
    return Grant(
        certificate_id=claim.certificate_id,
        occupation_id=claim.certificate.occupation_id,
        level=claim.certificate.level,
        year=claim.slot_year or 0,
        lifetime_slot=claim.lifetime_slot or 0,
        yearly_slot=claim.yearly_slot or 0,
    )


def _with_other_subsidies(
    facts: dict[int, CertificateFacts], persons: Mapping[int, int]
) -> dict[int, CertificateFacts]:
    """Add what other programmes paid these people for the same occupation and level."""
    paid: dict[tuple[int, int, str], list[OtherPaid]] = defaultdict(list)
    for other in queries.other_subsidies_of(persons.keys()):
        kind = (persons[other.trainee_id], other.occupation_id, other.level)
        paid[kind].append(OtherPaid(other.pk, other.amount))
    if not paid:
        return facts
    return {
        certificate_id: replace(
            fact,
            other_subsidies=tuple(
                paid.get((fact.person_id, fact.sitting.occupation_id, fact.sitting.level), ())
            ),
        )
        for certificate_id, fact in facts.items()
    }


def claim_of(claim: Entitlement, sitting: Sitting) -> Claim:
    """Return what a grant or a hold claims, as the rules see it."""
    return Claim(
        certificate_id=claim.certificate_id,
        occupation_id=claim.certificate.occupation_id,
        level=claim.certificate.level,
        order=sitting.order,
        is_held=claim.decision == Decision.HELD,
        scope=claim.policy_version.first_pass_scope if claim.policy_version else None,
    )


def values_of(policy: PolicyVersion) -> PolicyValues:
    """Return what a policy version, approved or not, says to a decision."""
    return PolicyValues(
        version_id=policy.pk,
        first_pass_scope=policy.first_pass_scope,
        first_pass_rule=policy.first_pass_rule,
        eligible_categories=frozenset(policy.eligible_categories),
        graduation_year_rule=policy.graduation_year_rule,
        fee_share=policy.fee_share,
        ceilings={level: policy.ceiling_of(level) for level in Level.values},
        lifetime_cap=policy.lifetime_cap,
        yearly_cap=policy.yearly_cap,
        ladder_rule=policy.ladder_rule,
        stacking_rule=policy.stacking_rule,
        recording_window_days=policy.recording_window_days,
        competent_district_rule=policy.competent_district_rule,
        budget_by_district=policy.budget_by_district,
        notice_working_days=policy.notice_working_days,
    )


def _policy_in_force(on: date, values: Sequence[tuple[DateRange, PolicyValues]]) -> PolicyValues | None:
    return next((policy for in_force, policy in values if on in in_force), None)


def _by_kind(fees: Sequence[FeeSchedule]) -> dict[FeeKind, list[FeeSchedule]]:
    by_kind: dict[FeeKind, list[FeeSchedule]] = defaultdict(list)
    for fee in fees:
        by_kind[fee.institution_id, fee.occupation_id, fee.level].append(fee)
    return by_kind


def _fee_in_force(
    certificate: LevelCertificate, held_on: date, fees: Mapping[FeeKind, Sequence[FeeSchedule]]
) -> FeeSchedule | None:
    """Return the fee of the certificate's direction, or else the one published for the occupation as a whole."""
    kind = (certificate.institution_id, certificate.occupation_id, certificate.level)
    found = [
        fee
        for fee in fees.get(kind, ())
        if fee.direction in (certificate.direction, "") and held_on in fee.in_force
    ]
    return max(found, key=lambda fee: fee.direction, default=None)
