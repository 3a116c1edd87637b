from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from django.db.models import DateField, DateTimeField, Exists, Func, OuterRef, Q, QuerySet

from assessment.enums import CertificateStatus
from assessment.models import LevelCertificate
from assessment.queries import freezes_person
from chongqing_dte.foundation.lookups import Among
from enrollment.queries import account_id_of, person_of
from institutions.models import FeeSchedule
from subsidies.enums import Decision, ObjectionKind, ObjectionStatus
from subsidies.models import Budget, Entitlement, Objection, PolicyVersion
from subsidies.queries.budget_queue import certificates_with_room
from subsidies.queries.objection_holds import speaks_against_paying


class FirstIssuedOn(Func):
    """The day of the first of the certificates that were issued in one another's place, from one of them."""

    template = """(
        WITH RECURSIVE former AS (
            SELECT its.id, its.supersedes_id, its.issued_on, its.recorded_at
            FROM assessment_levelcertificate its WHERE its.id = %(expressions)s
            UNION ALL
            SELECT certificate.id, certificate.supersedes_id, certificate.issued_on, certificate.recorded_at
            FROM assessment_levelcertificate certificate JOIN former ON certificate.id = former.supersedes_id)
        SELECT %(said)s FROM former WHERE supersedes_id IS NULL)"""
    said = "issued_on"
    output_field = DateField()

    def __init__(self, certificate: Any) -> None:
        super().__init__(certificate, said=self.said)


class FirstRecordedAt(FirstIssuedOn):
    """When the first of these certificates was recorded."""

    said = "recorded_at"
    output_field = DateTimeField()


def first_issues(certificate_ids: Collection[int]) -> dict[int, tuple[date, datetime]]:
    """Return for each of these certificates when the first in its chain was issued and recorded, in one query."""
    found = LevelCertificate.objects.filter(pk__in=certificate_ids).annotate(
        first_issued_on=FirstIssuedOn("pk"), first_recorded_at=FirstRecordedAt("pk")
    )
    rows = found.values_list("pk", "first_issued_on", "first_recorded_at")
    return {certificate_id: (issued_on, recorded_at) for certificate_id, issued_on, recorded_at in rows}


def objections_upheld_against(trainee_ids: Collection[int]) -> dict[tuple[int, int], int]:
    """Return the first objection upheld against paying for each sitting of these rows, by session and candidate.

    What a person says against not being paid speaks for a payment, and not against one; so does an objection of
    theirs that was upheld against the refusal which hung on another.
    """
    attempt = "entitlement__certificate__attempt"
    upheld = Objection.objects.filter(
        speaks_against_paying(),
        status=ObjectionStatus.UPHELD,
    ).filter(Among("entitlement__certificate__trainee_id", trainee_ids))
    rows = upheld.order_by("-pk").values_list(f"{attempt}__session_id", f"{attempt}__trainee_id", "pk")
    return {(session_id, trainee_id): objection_id for session_id, trainee_id, objection_id in rows}


def live_entitlements_of(certificate_ids: Collection[int]) -> dict[int, Entitlement]:
    """Return the live decision of each of these certificates that has one, by certificate; not its checks."""
    found = Entitlement.objects.filter(Among("certificate_id", certificate_ids), superseded_at__isnull=True)
    return {entitlement.certificate_id: entitlement for entitlement in found.defer("checks")}


def reopened_by_objections(certificate_ids: Collection[int]) -> set[int]:
    """Return those of these certificates against whose live decision the person's own objection was upheld."""
    upheld = Objection.objects.filter(
        entitlement__certificate_id__in=certificate_ids,
        entitlement__superseded_at__isnull=True,
        kind=ObjectionKind.PERSON,
        status=ObjectionStatus.UPHELD,
    )
    return set(upheld.values_list("entitlement__certificate_id", flat=True))


def claims_of(trainee_ids: Collection[int]) -> list[Entitlement]:
    """Return the live grants and holds that claim a first pass of these rows of people.

    A hold claims nothing for a certificate that has ended, nor where another pass stands before it. Each comes
    with its certificate, the attempt that this was issued for, and the policy version.
    """
    live = Entitlement.objects.filter(
        Among("certificate__trainee_id", trainee_ids), superseded_at__isnull=True
    )
    holds = Q(
        ("first_pass_key__startswith", "person:"),
        decision=Decision.HELD,
        certificate__status=CertificateStatus.VALID,
    )
    claims = live.filter(Q(decision=Decision.GRANTED) | holds)
    found = claims.select_related("certificate__attempt", "policy_version").defer("checks")
    return list(found.order_by("id"))


def lock_holds_of(trainee_ids: Collection[int], *, except_certificates: Collection[int]) -> list[Entitlement]:
    """Return the live holds of these rows of people, locked with their certificates; others' are left out."""
    return list(
        Entitlement.objects.select_for_update(of=("self", "certificate"), skip_locked=True, no_key=True)
        .select_related("certificate")
        .filter(
            Among("certificate__trainee_id", trainee_ids),
            ~Among("certificate_id", except_certificates),
            decision=Decision.HELD,
            superseded_at__isnull=True,
            certificate__decision_due=False,
        )
        .exclude(Among("certificate_id", except_certificates))
        .order_by("certificate_id")
    )


def trainees_whose_holds_claim(certificate_ids: Collection[int]) -> set[int]:
    """Return whose live holds on these certificates claim a first pass."""
    holds = Entitlement.objects.filter(
        Among("certificate_id", certificate_ids),
        ("first_pass_key__startswith", "person:"),
        superseded_at__isnull=True,
        decision=Decision.HELD,
    )
    return set(holds.values_list("certificate__trainee_id", flat=True))


def lock_refused_for_claims(trainee_ids: Collection[int]) -> list[Entitlement]:
    """Return what these rows of people were refused because another certificate claims it, with its certificates.

    Locked; those of others are left out, as a decision never waits for a certificate while it has others locked.
    """
    return list(
        _refused_for_claims(trainee_ids)
        .select_for_update(of=("self", "certificate"), skip_locked=True, no_key=True)
        .select_related("certificate")
        .order_by("certificate_id")
    )


def trainees_refused_elsewhere(
    trainee_ids: Collection[int], *, except_certificates: Collection[int]
) -> set[int]:
    """Return which of these rows of people were refused so on other certificates than these."""
    others = _refused_for_claims(trainee_ids).exclude(Among("certificate_id", except_certificates))
    return set(others.values_list("certificate__trainee_id", flat=True))


def _refused_for_claims(trainee_ids: Collection[int]) -> QuerySet[Entitlement]:
    return Entitlement.objects.filter(
        Among("certificate__trainee_id", trainee_ids),
        decision=Decision.REFUSED,
        reason="is_not_claimed_already",
        superseded_at__isnull=True,
    )


def lock_budgets(budget_ids: Collection[int]) -> dict[int, Budget]:
    """Return these budgets by id, locked in the order of their ids."""
    locked = (
        Budget.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=budget_ids).order_by("pk")
    )
    return {budget.pk: budget for budget in locked}


def lock_held_that_can_go_on(*, year: int, limit: int, after: int = 0) -> list[Entitlement]:
    """Return up to `limit` held decisions whose missing fact has arrived, on certificates from behind this one on.

    Oldest first, locked; those of other workers are left out.
    """
    policy = PolicyVersion.objects.filter(
        approved_at__isnull=False, in_force__contains=FirstIssuedOn(OuterRef("certificate_id"))
    )
    fee = FeeSchedule.objects.filter(
        institution_id=OuterRef("certificate__institution_id"),
        occupation_id=OuterRef("certificate__occupation_id"),
        level=OuterRef("certificate__level"),
        direction__in=[OuterRef("certificate__direction"), ""],
        in_force__contains=OuterRef("certificate__attempt__session__held_on"),
    )
    return list(
        Entitlement.objects.select_for_update(of=("self", "certificate"), skip_locked=True, no_key=True)
        .select_related("certificate")
        .filter(
            decision=Decision.HELD,
            superseded_at__isnull=True,
            certificate__decision_due=False,
            certificate_id__gt=after,
        )
        .annotate(whose=person_of("certificate__trainee"))
        .annotate(account=account_id_of("whose"))
        .filter(
            Q(reason="account_is_known", account__isnull=False)
            | Q(reason="policy_is_in_force") & Exists(policy)
            | Q(reason="fee_is_published") & Exists(fee)
            | Q(reason="budget_has_room", certificate_id__in=certificates_with_room(year))
            | Q(reason="graduates_in_time", certificate__attempt__enrollment__graduated_on__isnull=False)
            | Q(reason="nothing_is_under_review") & ~freezes_person("certificate__trainee")
        )
        .order_by("certificate_id")[:limit]
    )
