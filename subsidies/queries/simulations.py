from collections import defaultdict
from collections.abc import Collection
from datetime import date

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Q, QuerySet

from assessment.enums import CertificateStatus
from assessment.models import LevelCertificate
from assessment.queries import certificates_visible_to as issued_certificates_visible_to
from chongqing_dte.foundation.lookups import Among
from enrollment.queries import person_of
from institutions.models import User
from subsidies.enums import Decision
from subsidies.models import Entitlement, PolicyVersion
from subsidies.policies import can_simulate_policies
from subsidies.queries.decisions import claims_of, first_issues
from subsidies.rules.comparison import RealDecision


def first_certificates_by_person(
    first_day: date, last_day: date, *, after: int = 0
) -> QuerySet[LevelCertificate, tuple[int, int]]:
    """Return the person and the id of each certificate of these days that was issued in the place of no other.

    Person by person, of those after this one. A certificate that was issued again is the same claim as the first, and
    counts on the first one's day.
    """
    issued = LevelCertificate.objects.filter(supersedes__isnull=True, issued_on__range=(first_day, last_day))
    by_person = issued.annotate(person=person_of("trainee")).filter(person__gt=after)
    return by_person.order_by("person", "pk").values_list("person", "pk")


def certificates_in_order(certificate_ids: Collection[int]) -> list[LevelCertificate]:
    """Return these certificates in the order of issue."""
    return list(LevelCertificate.objects.filter(Among("pk", certificate_ids)).order_by("issued_on", "pk"))


def issued_again(certificates: Collection[LevelCertificate]) -> dict[int, list[LevelCertificate]]:
    """Return by certificate those that were issued one after the other in its place, in their order."""
    first_of = {each.pk: each.pk for each in certificates if each.status == CertificateStatus.SUPERSEDED}
    chains: dict[int, list[LevelCertificate]] = defaultdict(list)
    latest = list(first_of)
    # One query for each time that any of them was issued again.
    while latest:
        followers = list(LevelCertificate.objects.filter(supersedes_id__in=latest))
        for follower in followers:
            first_of[follower.pk] = first_of[follower.supersedes_id or 0]
            chains[first_of[follower.pk]].append(follower)
        latest = [each.pk for each in followers if each.status == CertificateStatus.SUPERSEDED]
    return dict(chains)


def real_decisions_on(
    certificates: Collection[LevelCertificate], chains: dict[int, list[LevelCertificate]]
) -> dict[int, RealDecision]:
    """Return the decision that stands on each of these, on whichever of the chain it was made.

    A grant comes first: what was granted to the first certificate stays granted when another takes its place.
    """
    of_chain = {each.pk: [each.pk, *(later.pk for later in chains.get(each.pk, ()))] for each in certificates}
    live = _live_decisions_on({pk for chain in of_chain.values() for pk in chain})
    decisions = {}
    for certificate_id, chain in of_chain.items():
        found = [live[pk] for pk in reversed(chain) if pk in live]
        granted = (decision for decision in found if decision.decision == Decision.GRANTED)
        decision = next(granted, found[0] if found else None)
        if decision is not None:
            decisions[certificate_id] = decision
    return decisions


def _live_decisions_on(certificate_ids: Collection[int]) -> dict[int, RealDecision]:
    live = Entitlement.objects.filter(certificate_id__in=certificate_ids, superseded_at__isnull=True)
    rows = live.values_list(
        "certificate_id", "decision", "reason", "amount", "policy_version_id", "fee_schedule_id"
    )
    return {
        certificate_id: RealDecision(decision, reason, amount, policy_id, fee_id)
        for certificate_id, decision, reason, amount, policy_id, fee_id in rows
    }


def claims_before(trainee_ids: Collection[int], day: date) -> list[Entitlement]:
    """Return the grants and holds that claim a first pass of these rows of people, for certificates before a day."""
    may_be = Q(certificate__issued_on__lt=day) | Q(certificate__supersedes__isnull=False)
    with_any = Entitlement.objects.filter(
        may_be, certificate__trainee_id__in=trainee_ids, superseded_at__isnull=True
    ).exclude(decision=Decision.REFUSED)
    claims = claims_of(set(with_any.values_list("certificate__trainee_id", flat=True)))
    reissued = [each.certificate_id for each in claims if each.certificate.supersedes_id is not None]
    first = first_issues(reissued) if reissued else {}
    return [
        claim
        for claim in claims
        if first.get(claim.certificate_id, (claim.certificate.issued_on, None))[0] < day
    ]


def approved_policies_over(first_day: date, last_day: date) -> list[PolicyVersion]:
    """Return the versions that decide on certificates of these days, the earliest first."""
    days = DateRange(first_day, last_day, "[]")
    return list(
        PolicyVersion.objects.filter(approved_at__isnull=False, in_force__overlap=days).order_by("in_force")
    )


def policy_versions_by_id(version_ids: Collection[int]) -> list[PolicyVersion]:
    """Return these versions, the earliest first."""
    return list(PolicyVersion.objects.filter(pk__in=version_ids).order_by("in_force"))


def simulated_certificates(user: User, certificate_ids: Collection[int]) -> dict[int, LevelCertificate]:
    """Return those of these certificates that this person may see in a simulation, with what a list shows of each."""
    if not can_simulate_policies(user):
        return {}
    shown = issued_certificates_visible_to(user).select_related("trainee", "occupation")
    return shown.defer("trainee__id_number", "trainee__mobile").in_bulk(certificate_ids)
