"""Confirmed claims on their way to a payment: what waits for which budget, and for whom money is asked."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Case, F, IntegerField, Max, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from chongqing_dte.foundation.lookups import Among
from subsidies.enums import PaymentStatus
from subsidies.models import ClaimLine, Payment, SubsidyClaim, TrainingSubsidy


def claims_waiting_for_payment(own_districts: Collection[int]) -> QuerySet[Any]:
    """Return the confirmed claims that have no payment yet, each with when it was `confirmed_at`.

    `purse` is the district whose budget pays it, None for the city's; `own_districts` have a budget of their own.
    """
    has_own = When(
        reckoning__policy_version__budget_by_district=True,
        district_id__in=own_districts,
        then=F("district_id"),
    )
    return SubsidyClaim.objects.filter(payment_due=True).annotate(
        confirmed_at=Coalesce("second_confirmed_at", "first_confirmed_at"),
        purse=Case(has_own, default=Value(None), output_field=IntegerField(null=True)),
    )


def claim_ids_to_pay() -> list[int]:
    """Return the confirmed claims that have no payment yet, in the order in which they were confirmed."""
    waiting = claims_waiting_for_payment(())
    return list(waiting.order_by("confirmed_at", "pk").values_list("pk", flat=True))


def lock_claims_to_pay(claim_ids: Collection[int]) -> list[SubsidyClaim]:
    """Return those of these claims that still have no payment, locked, in the order in which they were confirmed.

    Whoever sends one back comes before this or after it.
    """
    locked = (
        SubsidyClaim.objects.select_for_update(of=("self",), no_key=True)
        .select_related("reckoning__policy_version")
        .filter(pk__in=claim_ids, payment_due=True)
        .order_by("pk")
    )
    by_id = {claim.pk: claim for claim in locked}
    return [by_id[claim_id] for claim_id in claim_ids if claim_id in by_id]


def has_live_payment(claim: SubsidyClaim) -> bool:
    """Test whether a claim has a payment that was not cancelled."""
    return Payment.objects.filter(claim=claim).exclude(status=PaymentStatus.CANCELLED).exists()


def last_payment_opened_at(claim: SubsidyClaim) -> datetime | None:
    """Return when the last payment of a claim was opened; None if none ever was."""
    return Payment.objects.filter(claim=claim).aggregate(last=Max("opened_at"))["last"]


def claims_by_id(claim_ids: Collection[int]) -> dict[int, SubsidyClaim]:
    """Return these claims, by id."""
    return SubsidyClaim.objects.in_bulk(list(claim_ids))


def lines_to_pay(claims: Sequence[SubsidyClaim]) -> dict[int, list[ClaimLine]]:
    """Return the lines that money is asked for, by claim, in their order."""
    reckonings = {claim.reckoning_id: claim.pk for claim in claims}
    found: dict[int, list[ClaimLine]] = {claim.pk: [] for claim in claims}
    lines = ClaimLine.objects.filter(reckoning__in=reckonings, counts=True)
    for line in lines.order_by("reckoning_id", "line_number"):
        found[reckonings[line.reckoning_id]].append(line)
    return found


def subsidized_already(*, enrollments: Collection[int], keys: Collection[str]) -> tuple[set[int], set[str]]:
    """Return which of these enrollments, and which of these keys, a training subsidy that stands was granted over."""
    taken = TrainingSubsidy.objects.filter(
        Q(Among("enrollment_id", enrollments)) | Q(subsidy_key__in=keys), voided_at__isnull=True
    ).values_list("enrollment_id", "subsidy_key")
    rows = list(taken)
    return {enrollment_id for enrollment_id, _key in rows}, {key for _enrollment_id, key in rows}
