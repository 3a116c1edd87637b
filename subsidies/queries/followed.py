"""Decisions, claims and payments with all that their systems are told of them. No personal data is read."""

from django.db.models import F, Prefetch, QuerySet
from django.db.models.functions import Coalesce

from institutions.models import User
from subsidies.models import (
    ClaimLine,
    ClaimQuery,
    Entitlement,
    Payment,
    PaymentAttempt,
    Recovery,
    SubsidyClaim,
)
from subsidies.queries.claims import claims_visible_to
from subsidies.queries.visible import entitlements_visible_to, payments_visible_to


def entitlements_to_follow(user: User) -> QuerySet[Entitlement]:
    """Return the decisions that this person may see, each with its payment and the number of its `trainee`."""
    related = ("certificate", "district", "policy_version", "payment", "supersedes")
    return (
        entitlements_visible_to(user)
        .select_related(*related)
        .defer("supersedes__checks")
        # Of rows that stand for one person, the one that stays.
        .annotate(trainee_number=Coalesce("person__merged_into__public_id", "person__public_id"))
    )


def claims_to_follow(user: User) -> QuerySet[SubsidyClaim]:
    """Return the claims that this person may see, each with its lines and with what was asked about it."""
    lines = ClaimLine.objects.annotate(enrollment_number=F("enrollment__public_id"))
    questions = ClaimQuery.objects.annotate(enrollment_number=F("enrollment__public_id"))
    return (
        claims_visible_to(user)
        .select_related("reckoning__policy_version")
        .prefetch_related(
            Prefetch("reckoning__lines", queryset=lines.order_by("line_number")),
            Prefetch("queries", queryset=questions.order_by("pk")),
        )
    )


def payments_to_follow(user: User) -> QuerySet[Payment]:
    """Return the payments that this person may see, each with its attempts, latest first, and what is to come back."""
    attempts = PaymentAttempt.objects.only("payment", "number", "status", "answered_at")
    recoveries = Recovery.objects.annotate(enrollment_number=F("subsidy__enrollment__public_id"))
    return (
        payments_visible_to(user)
        .select_related("entitlement", "claim", "institution", "district", "budget")
        .defer("entitlement__checks")
        .prefetch_related(
            Prefetch("attempts", queryset=attempts.order_by("-pk")),
            Prefetch("recoveries", queryset=recoveries.order_by("pk")),
        )
    )
