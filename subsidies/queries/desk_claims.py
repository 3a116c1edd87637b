"""Claims that are stuck, each with the moment `since` which it waits, and classes for which none can open."""

from typing import Any

from django.db.models import DateTimeField, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast, Coalesce

from subsidies.enums import ClaimStatus
from subsidies.models import ClaimStep, SubsidyClaim, TrainingPolicyVersion
from subsidies.policies import can_see_decisions
from subsidies.queries.claim_reviews import WAITING_FOR_A_BUREAU, is_late
from subsidies.queries.claims import claims_visible_to, classes_without_training_policy
from subsidies.queries.desk_view import Desk

Rows = QuerySet[Any]


def classes_without_a_policy(desk: Desk) -> Rows:
    """Return the completed classes for whose last day no training policy is approved.

    Before the first one is, nobody is reimbursed, and nobody waits.
    """
    classes = classes_without_training_policy(desk.user) if can_see_decisions(desk.user) else None
    if classes is None:
        return SubsidyClaim.objects.none().annotate(since=F("opened_at"))
    first = TrainingPolicyVersion.objects.filter(approved_at__isnull=False)
    return classes.filter(Exists(first)).annotate(
        since=Coalesce("completed_at", Cast("ends_on", DateTimeField()))
    )


def without_a_last_day(desk: Desk) -> Rows:
    """Return the claims with a bureau that has no last day, because the calendar does not reach so far."""
    return _with_a_bureau(desk, Q(due_on__isnull=True)).annotate(
        since=Coalesce("recommended_at", "submitted_at")
    )


def back_with_the_district(desk: Desk) -> Rows:
    """Return the claims that were signed before and came back to their district, each with its reason."""
    moves = ClaimStep.objects.filter(claim=OuterRef("pk"), to_status=ClaimStatus.SUBMITTED).order_by("-pk")
    back = _with_a_bureau(desk, ~Q(status_reason="")).filter(status=ClaimStatus.SUBMITTED)
    came_at = moves.exclude(from_status=F("to_status")).values("at")[:1]
    return back.annotate(since=Coalesce(Subquery(came_at), "submitted_at"))


def late_with_the_district(desk: Desk) -> Rows:
    """Return the claims whose district is late with its review."""
    return _late(desk, ClaimStatus.SUBMITTED)


def late_with_the_city(desk: Desk) -> Rows:
    """Return the claims whose municipal confirmation is late."""
    return _late(desk, ClaimStatus.RECOMMENDED)


def _late(desk: Desk, status: ClaimStatus) -> Rows:
    late = _with_a_bureau(desk, is_late(desk.today)).filter(status=status)
    return late.annotate(since=Cast("due_on", DateTimeField()))


def _with_a_bureau(desk: Desk, which: Q) -> QuerySet[SubsidyClaim]:
    claims = claims_visible_to(desk.user) if can_see_decisions(desk.user) else SubsidyClaim.objects.none()
    return claims.filter(which, status__in=WAITING_FOR_A_BUREAU)
