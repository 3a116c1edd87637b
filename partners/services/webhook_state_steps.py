"""An endpoint's changes of state, in the transaction of whoever holds its lock."""

from datetime import datetime

from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.transitions import check_transition
from partners.enums import DeliveryStatus, EndpointReason, EndpointStatus
from partners.models import WebhookDelivery, WebhookEndpoint
from partners.transitions import ENDPOINT_TRANSITIONS

STATE_FIELDS = ("status", "since", "reason", "note", "told_at")


def stop(
    endpoint: WebhookEndpoint,
    target: EndpointStatus,
    reason: EndpointReason,
    *,
    now: datetime,
    note: str = "",
) -> None:
    """Send nothing more, for this reason. Whoever it is whose endpoint it is will be told."""
    _become(endpoint, target, now)
    endpoint.reason, endpoint.note, endpoint.told_at = reason, note, None
    endpoint.save(update_fields=STATE_FIELDS)
    nudge_after_commit("webhook_stopped")


def activate(endpoint: WebhookEndpoint, *, now: datetime) -> None:
    """Send what waits and what comes, as if nothing had failed before: from where it stopped."""
    target = EndpointStatus.ACTIVE
    endpoint.verified_at = endpoint.verified_at or now
    _become(endpoint, target, now)
    endpoint.reason, endpoint.note, endpoint.told_at = "", "", None
    endpoint.failures, endpoint.failing_since, endpoint.rests_until = 0, None, None
    endpoint.save(update_fields=[*STATE_FIELDS, "verified_at", "failures", "failing_since", "rests_until"])
    WebhookDelivery.objects.filter(endpoint=endpoint, status=DeliveryStatus.WAITING).update(
        attempts=0, next_attempt_at=now
    )
    nudge_after_commit("webhooks_queued")


def wait_for_test(endpoint: WebhookEndpoint, *, now: datetime) -> None:
    """Have an endpoint that never answered wait for its first test again."""
    _become(endpoint, EndpointStatus.UNVERIFIED, now)
    endpoint.reason, endpoint.note, endpoint.told_at = "", "", None
    endpoint.save(update_fields=STATE_FIELDS)


def drop_waiting(endpoint: WebhookEndpoint, *, now: datetime) -> None:
    """Give up what waits for an endpoint that is closed. What is on its way ends by itself."""
    WebhookDelivery.objects.filter(endpoint=endpoint, status=DeliveryStatus.WAITING).update(
        status=DeliveryStatus.DROPPED, ended_at=now
    )


def _become(endpoint: WebhookEndpoint, target: EndpointStatus, now: datetime) -> None:
    check_transition(ENDPOINT_TRANSITIONS, current=EndpointStatus(endpoint.status), target=target)
    endpoint.status, endpoint.since = target, now
