from dataclasses import dataclass
from datetime import datetime

from django.db.models import Avg, Count, OuterRef, Q, QuerySet, Subquery
from oauth2_provider.models import AccessToken

from institutions.models import User
from partners.models import ApiAccess, IdempotentAnswer, PartnerClient
from partners.policies import can_see_clients


def client_by_client_id(client_id: str) -> PartnerClient | None:
    """Return the client that calls itself so, with its machine."""
    return (
        PartnerClient.objects.select_related("user").filter(client_id=client_id).first()
        if client_id
        else None
    )


def live_token(checksum: str, now: datetime) -> AccessToken | None:
    """Return the token with this checksum that has not ended, with its client and the machine, in one query."""
    return (
        AccessToken.objects.select_related("application__user")
        .filter(token_checksum=checksum, expires__gt=now, application__isnull=False)
        .first()
    )


def lock_idempotent_answer(client_id: int, key: str) -> IdempotentAnswer | None:
    """Return what a client's key was used for, which nobody else can change until this transaction ends."""
    known = IdempotentAnswer.objects.select_for_update(of=("self",))
    return known.filter(client_id=client_id, key=key).first()


def idempotent_answers_before(moment: datetime) -> QuerySet[IdempotentAnswer]:
    """Return the answers, and the claims that nobody came back to, from before this moment, oldest first."""
    old = Q(answered_at__lt=moment) | Q(status_code__isnull=True)
    return IdempotentAnswer.objects.filter(old, claimed_at__lt=moment).order_by("claimed_at")


def clients_visible_to(user: User) -> QuerySet[PartnerClient]:
    """Return every client with its office and `last_used_at`, for those who keep or audit them."""
    if not can_see_clients(user):
        return PartnerClient.objects.none()
    latest = ApiAccess.objects.filter(client=OuterRef("pk")).order_by("-at").values("at")[:1]
    return PartnerClient.objects.select_related(
        "user__district", "user__institution", "issued_by", "revoked_by"
    ).annotate(last_used_at=Subquery(latest))


def lock_client(client_id: int) -> PartnerClient:
    """Return one client that no other transaction can change until this one ends. Rows may still point at it."""
    clients = PartnerClient.objects.select_for_update(of=("self",), no_key=True)
    return clients.select_related("user").get(pk=client_id)


@dataclass(frozen=True)
class RouteUse:
    """How a client used one route over some days."""

    method: str
    route: str
    request_count: int
    refused_count: int
    milliseconds: int


def routes_used(client: PartnerClient, since: datetime) -> list[RouteUse]:
    """Return what a client asked for since then, the most frequent first, at most twenty routes."""
    used = (
        ApiAccess.objects.filter(client=client, at__gte=since)
        .values("method", "route")
        .annotate(
            request_count=Count("pk"),
            refused_count=Count("pk", filter=Q(status__gte=400)),
            average=Avg("milliseconds"),
        )
        .order_by("-request_count", "method", "route")[:20]
    )
    return [
        RouteUse(
            row["method"], row["route"], row["request_count"], row["refused_count"], round(row["average"])
        )
        for row in used
    ]


def last_accesses(client: PartnerClient, count: int) -> list[ApiAccess]:
    """Return the last requests of a client, the newest first."""
    return list(ApiAccess.objects.filter(client=client).order_by("-at", "-pk")[:count])


def oldest_accesses(*, before: datetime, count: int) -> list[int]:
    """Return the keys of some requests that were made before then."""
    return list(ApiAccess.objects.filter(at__lt=before).order_by("at").values_list("pk", flat=True)[:count])
