"""Webhooks: who is told of what, what is due, and all the locks. An endpoint's row is the lock of its deliveries."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet

from institutions.enums import Role
from institutions.models import User
from partners.enums import DeliveryStatus, EndpointReason, EndpointStatus
from partners.models import PartnerClient, WebhookDelivery, WebhookEndpoint, WebhookSecret
from partners.models.webhook import ENDED
from partners.policies import can_see_clients
from partners.rules.webhooks import TEST_KIND

# The endpoints that are told of what changes, also while nothing is sent to them.
LISTENING: Final = Q(verified_at__isnull=False) & ~Q(status=EndpointStatus.CLOSED)
OF_LIVE_CLIENTS: Final = Q(client__revoked_at__isnull=True, client__user__is_active=True)
# Of each endpoint as many as it has slots, in turns, so that no backlog keeps another endpoint waiting.
DUE: Final = """
    SELECT due.id
    FROM unnest(%(endpoints)s::bigint[], %(slots)s::int[], %(only_tests)s::bool[]) AS told (id, slots, only_tests)
    CROSS JOIN LATERAL (
        SELECT waiting.id, row_number() OVER (ORDER BY waiting.next_attempt_at, waiting.id) AS turn
        FROM partners_webhookdelivery AS waiting
        WHERE waiting.endpoint_id = told.id AND waiting.status = 'WAITING'
          AND waiting.next_attempt_at <= %(now)s
          AND (NOT told.only_tests OR waiting.kind = %(test)s)
          AND NOT EXISTS (
              SELECT FROM partners_webhookdelivery AS older
              WHERE older.endpoint_id = told.id AND older.kind = waiting.kind
                AND older.subject = waiting.subject AND older.status = 'SENDING')
        ORDER BY waiting.next_attempt_at, waiting.id
        LIMIT told.slots
    ) AS due
    ORDER BY due.turn, told.id
    LIMIT %(limit)s
"""


# ── The partner's own, and what the bureau sees ──────────────────────────────────────────────────────────────
def endpoints_of(client: PartnerClient) -> QuerySet[WebhookEndpoint]:
    """Return the endpoints of a partner's system, the oldest first."""
    return WebhookEndpoint.objects.filter(client=client).order_by("pk")


def deliveries_of(client: PartnerClient) -> QuerySet[WebhookDelivery]:
    """Return the log of a partner's system, newest first."""
    return WebhookDelivery.objects.filter(client=client).select_related("endpoint").order_by("-pk")


def page_of_deliveries(
    client: PartnerClient,
    *,
    limit: int,
    endpoint: UUID | None = None,
    status: str | None = None,
    cursor: UUID | None = None,
) -> list[WebhookDelivery]:
    """Return a page of a log and one row more, behind the delivery that the cursor names."""
    deliveries = deliveries_of(client)
    if endpoint is not None:
        deliveries = deliveries.filter(endpoint__public_id=endpoint)
    if status is not None:
        deliveries = deliveries.filter(status=status)
    if cursor is not None:
        last = deliveries_of(client).filter(public_id=cursor).values_list("pk", flat=True).first()
        deliveries = deliveries.filter(pk__lt=last or 0)
    return list(deliveries[: limit + 1])


def endpoints_visible_to(user: User) -> QuerySet[WebhookEndpoint]:
    """Return the endpoints of all partners for those who see their systems."""
    endpoints = WebhookEndpoint.objects.select_related("client")
    return endpoints if can_see_clients(user) else endpoints.none()


def waiting_of(endpoint_ids: Collection[int]) -> dict[int, tuple[int, datetime]]:
    """Return by endpoint how many deliveries wait or are on their way, and since when the oldest does."""
    unended = WebhookDelivery.objects.filter(
        endpoint__in=endpoint_ids, status__in=[DeliveryStatus.WAITING, DeliveryStatus.SENDING]
    )
    found = unended.order_by().values_list("endpoint").annotate(count=Count("pk"), oldest=Min("changed_at"))
    return {endpoint_id: (count, oldest) for endpoint_id, count, oldest in found}


# ── Locks ────────────────────────────────────────────────────────────────────────────────────────────────────
def lock_client_of_endpoints(client_id: int) -> PartnerClient:
    """Return a partner's system, of which nobody else makes an endpoint until this transaction ends."""
    return PartnerClient.objects.select_for_update(of=("self",), no_key=True).get(pk=client_id)


def lock_endpoint(endpoint_id: int) -> WebhookEndpoint:
    """Return an endpoint whose deliveries nobody else changes until this transaction ends."""
    return (
        WebhookEndpoint.objects.select_for_update(of=("self",), no_key=True)
        .select_related("client")
        .get(pk=endpoint_id)
    )


def lock_listening_endpoints(kinds: Collection[str]) -> list[WebhookEndpoint]:
    """Return the endpoints that are told of changes of these kinds, locked, with their clients and machines."""
    return list(
        WebhookEndpoint.objects.select_for_update(of=("self",), no_key=True)
        .filter(LISTENING, OF_LIVE_CLIENTS, kinds__overlap=list(kinds))
        .select_related("client__user")
        .order_by("pk")
    )


def lock_endpoints_to_serve(*, now: datetime) -> list[WebhookEndpoint]:
    """Return the endpoints for which something is due or was left behind, locked; those of other workers left out."""
    own = WebhookDelivery.objects.filter(endpoint=OuterRef("pk"))
    due = own.filter(status=DeliveryStatus.WAITING, next_attempt_at__lte=now)
    left_behind = own.filter(status=DeliveryStatus.SENDING, leased_until__lte=now)
    is_asked = Q(Exists(due.filter(kind=TEST_KIND)))
    return list(
        WebhookEndpoint.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
        .filter(OF_LIVE_CLIENTS)
        .filter(Q(Exists(left_behind)) | is_asked | Q(Exists(due), status=EndpointStatus.ACTIVE))
        .exclude(status=EndpointStatus.CLOSED)
        .exclude(~is_asked & Q(rests_until__isnull=False, rests_until__gt=now))
        .order_by("pk")
    )


# ── Sending ──────────────────────────────────────────────────────────────────────────────────────────────────
def deliveries_left_behind(endpoint_ids: Collection[int], *, now: datetime) -> list[WebhookDelivery]:
    """Return what somebody began to send and never recorded, of endpoints that are locked."""
    left = WebhookDelivery.objects.filter(
        endpoint__in=endpoint_ids, status=DeliveryStatus.SENDING, leased_until__lte=now
    )
    return list(left.order_by("pk"))


def has_newer_waiting(delivery: WebhookDelivery) -> bool:
    """Test whether something newer about the same row waits for the same endpoint."""
    return WebhookDelivery.objects.filter(
        endpoint=delivery.endpoint_id,
        kind=delivery.kind,
        subject=delivery.subject,
        status=DeliveryStatus.WAITING,
    ).exists()


def being_sent(endpoint_ids: Collection[int]) -> dict[int, int]:
    """Return by endpoint how many deliveries are on their way."""
    sending = WebhookDelivery.objects.filter(endpoint__in=endpoint_ids, status=DeliveryStatus.SENDING)
    return dict(sending.order_by().values_list("endpoint").annotate(count=Count("pk")))


def deliveries_due(
    slots: Mapping[WebhookEndpoint, int], *, now: datetime, limit: int
) -> list[WebhookDelivery]:
    """Return up to `limit` deliveries whose turn it is, as many of each endpoint as it has slots.

    Nothing is sent about a row while something older about it is on its way.
    """
    asked: dict[str, Any] = {
        "endpoints": [endpoint.pk for endpoint in slots],
        "slots": list(slots.values()),
        "only_tests": [
            endpoint.status != EndpointStatus.ACTIVE or _rests(endpoint, now) for endpoint in slots
        ],
        "now": now,
        "test": TEST_KIND,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(DUE, asked)
        ids = [delivery_id for (delivery_id,) in cursor.fetchall()]
    return list(WebhookDelivery.objects.filter(pk__in=ids).order_by("pk"))


def delivery_being_sent(delivery_id: int, *, attempt: int) -> WebhookDelivery | None:
    """Return a delivery if this try of it is the one that is on its way, of an endpoint that is locked."""
    sending = WebhookDelivery.objects.filter(status=DeliveryStatus.SENDING, attempts=attempt)
    return sending.filter(pk=delivery_id).first()


def endpoint_id_of(delivery_id: int) -> int:
    """Return whose delivery it is."""
    return WebhookDelivery.objects.values_list("endpoint", flat=True).get(pk=delivery_id)


def delivery_of_locked_endpoint(delivery_id: int) -> WebhookDelivery:
    """Return a delivery whose endpoint is locked, and so it is as well."""
    return WebhookDelivery.objects.select_related("endpoint").get(pk=delivery_id)


def secrets_of(endpoint_ids: Collection[int], *, now: datetime) -> list[WebhookSecret]:
    """Return the secrets that sign now, the newest first, and unread: one that is damaged holds up its own endpoint."""
    holding = Q(ends_at__isnull=True) | Q(ends_at__gt=now)
    secrets = WebhookSecret.objects.filter(holding, endpoint__in=endpoint_ids)
    return list(secrets.defer("secret").order_by("endpoint", "-pk"))


def newest_secret(endpoint: WebhookEndpoint) -> WebhookSecret:
    """Return the secret that has no end yet, unread."""
    return WebhookSecret.objects.defer("secret").get(endpoint=endpoint, ends_at__isnull=True)


def endpoint_ids_to_tell_of() -> list[int]:
    """Return the endpoints whose contact does not know yet why nothing is sent."""
    stopped = WebhookEndpoint.objects.filter(told_at__isnull=True).exclude(
        reason__in=["", EndpointReason.PARTNER]
    )
    return list(stopped.order_by("pk").values_list("pk", flat=True))


def endpoint_to_tell_of(endpoint_id: int) -> WebhookEndpoint | None:
    """Return an endpoint if its contact still has to be told."""
    return (
        WebhookEndpoint.objects.select_related("client").filter(pk=endpoint_id, told_at__isnull=True).first()
    )


def count_of_open_endpoints(client: PartnerClient) -> int:
    """Return how many endpoints a partner's system has that are not closed."""
    return endpoints_of(client).exclude(status=EndpointStatus.CLOSED).count()


def open_endpoint_at(client: PartnerClient, url: str) -> bool:
    """Test whether a partner's system has an endpoint at this address that is not closed."""
    return endpoints_of(client).filter(url=url).exclude(status=EndpointStatus.CLOSED).exists()


def test_under_way(endpoint: WebhookEndpoint) -> WebhookDelivery | None:
    """Return the test of an endpoint that waits or is on its way."""
    tests = WebhookDelivery.objects.filter(endpoint=endpoint, kind=TEST_KIND)
    return tests.exclude(status__in=ENDED).first()


def old_delivery_ids(*, before: datetime, limit: int) -> list[int]:
    """Return deliveries of changes before this moment that nobody sends any more."""
    old = WebhookDelivery.objects.filter(changed_at__lt=before)
    unsent = Q(status=DeliveryStatus.WAITING) & ~Q(endpoint__status=EndpointStatus.ACTIVE)
    return list(
        old.filter(Q(status__in=ENDED) | unsent).order_by("changed_at").values_list("pk", flat=True)[:limit]
    )


def administrator_addresses() -> list[str]:
    """Return the e-mail addresses of those who keep the partners' systems."""
    people = User.objects.filter(role=Role.MUNICIPAL_ADMINISTRATOR, is_active=True, is_machine=False)
    return list(people.exclude(email="").order_by("pk").values_list("email", flat=True))


# ── Asked for again ──────────────────────────────────────────────────────────────────────────────────────────
def deliveries_to_replay(
    endpoint_id: int, *, since: datetime, until: datetime, limit: int
) -> list[WebhookDelivery]:
    """Return the newest ended delivery about each row in this span of changes, unless one about it is under way."""
    ended = WebhookDelivery.objects.filter(
        endpoint=endpoint_id, changed_at__gte=since, changed_at__lt=until, status__in=ENDED
    ).exclude(kind=TEST_KIND)
    under_way = WebhookDelivery.objects.filter(
        endpoint=OuterRef("endpoint"), kind=OuterRef("kind"), subject=OuterRef("subject")
    ).exclude(status__in=ENDED)
    newest = ended.order_by("kind", "subject", "-changed_at").distinct("kind", "subject")
    return list(newest.filter(~Exists(under_way))[:limit])


def _rests(endpoint: WebhookEndpoint, now: datetime) -> bool:
    return endpoint.rests_until is not None and endpoint.rests_until > now
