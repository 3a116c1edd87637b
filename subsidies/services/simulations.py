"""A policy version tried on the certificates of a past period. Nothing is written, and nothing could be."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from assessment.enums import CertificateStatus
from assessment.models import LevelCertificate
from chongqing_dte.foundation.days import check_span
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.read_only import refuse_writes
from enrollment.queries import rows_of_persons
from institutions.models import User
from subsidies import policies, queries
from subsidies.enums import Decision
from subsidies.models import PolicyVersion
from subsidies.rules.comparison import Comparison, RealDecision, side_of, why_reality_differs
from subsidies.rules.eligibility import CertificateFacts, Grant, PolicyValues
from subsidies.rules.facts import Claim
from subsidies.rules.sequence import Decided, decide_in_order
from subsidies.rules.tallies import Tables
from subsidies.services.evidence import chains_of, claim_of, gather_facts, grant_of, values_of

# More would keep whoever asks waiting longer than a page may take.
MOST_CERTIFICATES: Final = 10_000
CHUNK: Final = 1_000


class TooManyCertificates(DomainError):
    """A period with more certificates than are simulated at once."""

    code = "last_day"

    def __init__(self) -> None:
        super().__init__(
            _(
                "More than %(most)s certificates were issued in this period, and no more are simulated at once. "
                "Choose fewer days."
            )
            % {"most": f"{MOST_CERTIFICATES:,}"}
        )


@dataclass
class Simulation:
    """What a version would change over a period, and how far the same rules come to the decisions that stand."""

    version: PolicyVersion
    first_day: date
    last_day: date
    in_force: list[PolicyVersion]
    certificate_count: int = 0
    tables: Tables = field(default_factory=Tables)
    changes: list[Comparison] = field(default_factory=list)
    # How many certificates are decided in reality as they are simulated (""), and why the others are not.
    reality: Counter[str] = field(default_factory=Counter)


@dataclass
class Past:
    """What one policy has granted and held so far, by person."""

    grants: dict[int, list[Grant]] = field(default_factory=lambda: defaultdict(list))
    claims: dict[int, list[Claim]] = field(default_factory=lambda: defaultdict(list))

    def decide(self, facts: CertificateFacts) -> Decided:
        """Decide a certificate after everything that came before it, and remember what it claims."""
        person_id = facts.person_id
        [decided] = decide_in_order(
            [
                replace(
                    facts,
                    grants=tuple(self.grants[person_id]),
                    claims=tuple(self.claims[person_id]),
                )
            ]
        )
        if decided.grant is not None:
            self.grants[person_id].append(decided.grant)
        if decided.claim is not None:
            self.claims[person_id].append(decided.claim)
        return decided


@transaction.atomic(durable=True)
def simulate_policy(*, version_id: int, first_day: date, last_day: date, viewer: User) -> Simulation:
    """Try a version on every certificate of these days, beside the versions in force, and write nothing.

    Both sides are decided in the order of issue, from the facts as they are now and from the decisions that stand on
    certificates before the first day. What either side grants counts for its later certificates. No budget is asked.
    Raises NotPermitted, and DomainError for days that cannot be and for too many certificates.
    """
    refuse_writes()
    policies.check_can_simulate_policies(viewer)
    check_span(first_day, last_day)
    if last_day < first_day:
        raise DomainError(_("The last day comes before the first."), code="last_day")
    issued = queries.first_certificates_issued(first_day, last_day)
    ids = list(issued.values_list("pk", flat=True)[: MOST_CERTIFICATES + 1])
    if len(ids) > MOST_CERTIFICATES:
        raise TooManyCertificates
    version = queries.policy_versions_visible_to(viewer).get(pk=version_id)
    simulation = Simulation(
        version, first_day, last_day, queries.approved_policies_over(first_day, last_day), len(ids)
    )
    engine = _Engine(values_of(version), simulation)
    for start in range(0, len(ids), CHUNK):
        engine.take(queries.certificates_in_order(ids[start : start + CHUNK]))
    simulation.changes.sort(key=lambda change: (-abs(change.difference), change.certificate_id))
    return simulation


class _Engine:
    """Decides chunk by chunk under both policies, and remembers what each has granted by then."""

    def __init__(self, tried: PolicyValues, simulation: Simulation) -> None:
        self.tried, self.simulation = tried, simulation
        self.in_force_past, self.tried_past = Past(), Past()
        self.known: set[int] = set()

    def take(self, certificates: Sequence[LevelCertificate]) -> None:
        """Decide these certificates, which come after all that were taken before."""
        facts = gather_facts(certificates, with_claims=False)
        self._remember_before({each.person_id for each in facts.values()})
        chains = queries.issued_again(certificates)
        real = queries.real_decisions_on(certificates, chains)
        for certificate in certificates:
            last = chains.get(certificate.pk, [certificate])[-1]
            is_valid = last.status == CertificateStatus.VALID
            one = replace(facts[certificate.pk], is_valid=is_valid)
            self._compare(one, real.get(certificate.pk))

    def _compare(self, facts: CertificateFacts, real: RealDecision | None) -> None:
        now = self.in_force_past.decide(facts)
        then = self.tried_past.decide(replace(facts, policy=self.tried))
        comparison = Comparison(
            facts.certificate_id,
            facts.issued_on,
            side_of(now.facts, now.ruling),
            side_of(then.facts, then.ruling),
        )
        self.simulation.tables.add(comparison)
        if comparison.is_change:
            self.simulation.changes.append(comparison)
        self.simulation.reality[why_reality_differs(now.facts, now.ruling, real)] += 1

    def _remember_before(self, person_ids: Collection[int]) -> None:
        """Take in what stands of these people for certificates before the first day: it is the past of both sides."""
        new = set(person_ids) - self.known
        self.known |= new
        persons = rows_of_persons(new)
        before = queries.claims_before(persons.keys(), self.simulation.first_day)
        if not before:
            return
        rows = {claim.certificate.trainee_id for claim in before}
        chains = chains_of(
            {row: person for row, person in persons.items() if person in _people(rows, persons)}
        )
        for claim in before:
            attempt = claim.certificate.attempt
            sitting = chains.by_key[attempt.session_id, attempt.trainee_id]
            person_id = persons[claim.certificate.trainee_id]
            for past in (self.in_force_past, self.tried_past):
                past.claims[person_id].append(claim_of(claim, sitting))
                if claim.decision == Decision.GRANTED:
                    past.grants[person_id].append(grant_of(claim))


def _people(rows: Collection[int], persons: Mapping[int, int]) -> set[int]:
    return {persons[row] for row in rows}
