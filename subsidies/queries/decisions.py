from collections.abc import Collection
from datetime import date

from django.db.models import DateField, Exists, Func, Min, OuterRef, Q

from assessment.enums import CertificateStatus
from assessment.models import LevelCertificate
from assessment.queries import freezes_person
from enrollment.queries import account_id_of, person_of
from institutions.models import FeeSchedule
from subsidies.enums import Decision, SubsidyKind
from subsidies.models import (
    Budget,
    Entitlement,
    PolicyVersion,
)


class FirstIssuedOn(Func):
    """The day of the first of the certificates that were issued in one another's place, from one of them."""

    template = """(
        WITH RECURSIVE former AS (
            SELECT its.id, its.supersedes_id, its.issued_on
            FROM assessment_levelcertificate its WHERE its.id = %(expressions)s
            UNION ALL
            SELECT certificate.id, certificate.supersedes_id, certificate.issued_on
            FROM assessment_levelcertificate certificate JOIN former ON certificate.id = former.supersedes_id)
        SELECT issued_on FROM former WHERE supersedes_id IS NULL)"""
    output_field = DateField()


def first_issued_on(certificate_ids: Collection[int]) -> dict[int, date]:
    """Return for each of these certificates when the first in its chain was issued, in one query."""
    found = LevelCertificate.objects.filter(pk__in=certificate_ids).annotate(first=FirstIssuedOn("pk"))
    return dict(found.values_list("pk", "first"))


def approved_policies() -> list[PolicyVersion]:
    """Return the policy versions that decide."""
    return list(PolicyVersion.objects.filter(approved_at__isnull=False))


def live_entitlements_of(certificate_ids: Collection[int]) -> dict[int, Entitlement]:
    """Return the live decision of each of these certificates that has one, by certificate."""
    found = Entitlement.objects.filter(certificate_id__in=certificate_ids, superseded_at__isnull=True)
    return {entitlement.certificate_id: entitlement for entitlement in found}


def claims_of(trainee_ids: Collection[int]) -> list[Entitlement]:
    """Return the live grants and holds that claim a first pass of these rows of people.

    A hold claims nothing for a certificate that has ended, nor where another pass stands before it. Each comes
    with its certificate, the attempt that this was issued for, and the policy version.
    """
    live = Entitlement.objects.filter(certificate__trainee_id__in=trainee_ids, superseded_at__isnull=True)
    holds = Q(
        ("first_pass_key__startswith", "person:"),
        decision=Decision.HELD,
        certificate__status=CertificateStatus.VALID,
    )
    claims = live.filter(Q(decision=Decision.GRANTED) | holds)
    return list(claims.select_related("certificate__attempt", "policy_version").order_by("id"))


def lock_holds_of(trainee_ids: Collection[int], *, except_certificates: Collection[int]) -> list[Entitlement]:
    """Return the live holds of these rows of people, locked with their certificates; others' are left out."""
    return list(
        Entitlement.objects.select_for_update(of=("self", "certificate"), skip_locked=True, no_key=True)
        .select_related("certificate")
        .filter(
            decision=Decision.HELD,
            superseded_at__isnull=True,
            certificate__trainee_id__in=trainee_ids,
            certificate__decision_due=False,
        )
        .exclude(certificate_id__in=except_certificates)
        .order_by("certificate_id")
    )


def lock_budget(*, year: int, kind: SubsidyKind) -> Budget | None:
    """Return the budget of one year and subsidy, locked: whoever reserves next waits until this one commits."""
    return Budget.objects.select_for_update(of=("self",), no_key=True).filter(year=year, kind=kind).first()


def lock_budgets(budget_ids: Collection[int]) -> dict[int, Budget]:
    """Return these budgets by id, locked in the order of their ids."""
    locked = (
        Budget.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=budget_ids).order_by("pk")
    )
    return {budget.pk: budget for budget in locked}


def lock_held_that_can_go_on(*, year: int, limit: int) -> list[Entitlement]:
    """Return held decisions whose missing fact has arrived, oldest first, locked; those of other workers left out."""
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
        .filter(decision=Decision.HELD, superseded_at__isnull=True, certificate__decision_due=False)
        .annotate(person=person_of("certificate__trainee"))
        .annotate(account=account_id_of("person"))
        .filter(
            Q(reason="account_is_known", account__isnull=False)
            | Q(reason="policy_is_in_force") & Exists(policy)
            | Q(reason="fee_is_published") & Exists(fee)
            | Q(reason="budget_has_room", certificate_id__in=_budget_queue(year))
            | Q(reason="nothing_is_under_review") & ~freezes_person("certificate__trainee")
        )
        .order_by("certificate_id")[:limit]
    )


def first_certificate_waiting_for_budget(except_these: Collection[int] = ()) -> int | None:
    """Return the first certificate that is held because the budget had no room, leaving these out."""
    waiting = Entitlement.objects.filter(
        decision=Decision.HELD, reason="budget_has_room", superseded_at__isnull=True
    ).exclude(certificate_id__in=except_these)
    return waiting.aggregate(first=Min("certificate_id"))["first"]


def _budget_queue(year: int) -> list[int]:
    """Return the certificates that wait for budget, if there is room now for the first of them, else none."""
    budget = Budget.objects.filter(year=year, kind=SubsidyKind.ASSESSMENT).first()
    queue = Entitlement.objects.filter(
        decision=Decision.HELD, reason="budget_has_room", superseded_at__isnull=True
    ).order_by("certificate_id")
    first = queue.first()
    if budget is None or first is None or first.amount > budget.available:
        return []
    return list(queue.values_list("certificate_id", flat=True)[:500])
