"""Deliveries that a partner asks for again, and the end of the log."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.transitions import check_transition
from institutions.models import User
from partners import policies, webhook_queries
from partners.enums import DeliveryStatus, EndpointStatus
from partners.models import WebhookDelivery, WebhookEndpoint
from partners.models.webhook import KEPT_DAYS
from partners.transitions import DELIVERY_TRANSITIONS

LONGEST_SPAN: Final = timedelta(days=7)
MOST_AT_ONCE: Final = 5_000
SET_SIZE: Final = 2_000
AGAIN: Final = ("status", "attempts", "next_attempt_at", "ended_at", "problem", "last_status", "replays")


@transaction.atomic(durable=True)
def replay_delivery(*, asker: User, delivery_id: int, now: datetime) -> WebhookDelivery:
    """Send one event again, under its own number and with the same bytes.

    Raises NotPermitted, InvalidTransition unless it has ended, and DomainError if something newer about the same row
    waits: that one is on its way already.
    """
    endpoint = webhook_queries.lock_endpoint(webhook_queries.endpoint_id_of(delivery_id))
    delivery = webhook_queries.delivery_of_locked_endpoint(delivery_id)
    _check_may_ask(asker, endpoint)
    check_transition(
        DELIVERY_TRANSITIONS, current=DeliveryStatus(delivery.status), target=DeliveryStatus.WAITING
    )
    if delivery.is_test:
        raise DomainError(_("A test is asked for anew."), code="webhook_test_not_replayed")
    if webhook_queries.has_newer_waiting(delivery):
        raise DomainError(
            _("Something newer about the same row waits to be sent."), code="webhook_newer_waits"
        )
    _send_again([delivery], now)
    record_event("webhook.replayed", subject=endpoint, actor_id=asker.pk, at=now, facts={"count": 1})
    return delivery


@transaction.atomic(durable=True)
def replay_deliveries(
    *, asker: User, endpoint_id: int, since: datetime, until: datetime, now: datetime
) -> int:
    """Send the newest event about each row that changed in this span again, and return how many those are.

    Rows about which something is on its way are left out. Raises NotPermitted, InvalidTransition for a closed endpoint,
    and DomainError for a span of no time or more than a week, or with too many.
    """
    endpoint = webhook_queries.lock_endpoint(endpoint_id)
    _check_may_ask(asker, endpoint)
    if not timedelta(0) < until - since <= LONGEST_SPAN:
        raise DomainError(
            _("Ask for a span of at most %(days)s days.") % {"days": LONGEST_SPAN.days},
            code="webhook_span_too_long",
        )
    found = webhook_queries.deliveries_to_replay(
        endpoint.pk, since=since, until=until, limit=MOST_AT_ONCE + 1
    )
    if len(found) > MOST_AT_ONCE:
        raise DomainError(
            _("More than %(most)s events: ask for a shorter span.") % {"most": f"{MOST_AT_ONCE:,}"},
            code="webhook_too_many_events",
        )
    _send_again(found, now)
    record_event("webhook.replayed", subject=endpoint, actor_id=asker.pk, at=now, facts={"count": len(found)})
    return len(found)


def purge_webhook_deliveries(*, now: datetime) -> int:
    """Delete what the log need not show any more, and return how many rows that were. Safe to repeat."""
    before = now - timedelta(days=KEPT_DAYS)
    purged_count = 0
    while ids := webhook_queries.old_delivery_ids(before=before, limit=SET_SIZE):
        purged_count += _delete(ids)
    return purged_count


@transaction.atomic(durable=True)
def _delete(delivery_ids: list[int]) -> int:
    count, _by_model = WebhookDelivery.objects.filter(pk__in=delivery_ids).delete()
    return count


def _check_may_ask(asker: User, endpoint: WebhookEndpoint) -> None:
    policies.check_can_keep_webhooks(asker, endpoint.client)
    if endpoint.status == EndpointStatus.CLOSED:
        raise InvalidTransition(_("This endpoint is closed."))


def _send_again(deliveries: list[WebhookDelivery], now: datetime) -> None:
    for delivery in deliveries:
        delivery.status, delivery.attempts, delivery.next_attempt_at = DeliveryStatus.WAITING, 0, now
        delivery.ended_at, delivery.problem, delivery.last_status = None, "", None
        delivery.replays += 1
    WebhookDelivery.objects.bulk_update(deliveries, AGAIN, batch_size=SET_SIZE)
    nudge_after_commit("webhooks_queued")
