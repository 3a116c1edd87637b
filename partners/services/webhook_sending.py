"""Webhooks on their way: taken up with a lease, sent with no transaction open, and recorded."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import transaction

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.crypto import DAMAGED
from chongqing_dte.foundation.sets import unless_deadlocked
from chongqing_dte.foundation.transitions import check_transition
from partners import webhook_queries
from partners.enums import DeliveryProblem, DeliveryStatus, EndpointReason, EndpointStatus
from partners.gateways import Answer, WebhookSender
from partners.models import WebhookDelivery, WebhookEndpoint
from partners.rules.webhooks import is_dead, pause_after, rest_after, retry_after, signatures
from partners.services.webhook_state_steps import activate, drop_waiting, stop
from partners.transitions import DELIVERY_TRANSITIONS

log = structlog.get_logger(__name__)

# How many messages are on their way at once, of all endpoints and of one. One that fails gets a single slot.
SLOTS: Final = 32
SLOTS_OF_ONE: Final = 4
# Longer than any try can last. Whoever took a message up and died leaves it to the next one after this.
LEASE: Final = timedelta(minutes=1)
LOOK_AGAIN: Final = timedelta(seconds=1)


@dataclass(frozen=True)
class Message:
    """One try of one delivery, ready to leave."""

    delivery_id: int
    endpoint_id: int
    attempt: int
    url: str
    body: bytes
    headers: Mapping[str, str] = field(repr=False)


def send_due_webhooks(*, sender: WebhookSender, clock: Callable[[], datetime], turn: timedelta) -> int:
    """Send what is due for as long as the turn lasts, and return how many messages arrived.

    Three steps and no transaction while a message leaves: each is taken up with a lease, sent, and recorded by itself.
    Whoever is killed in between leaves it to be sent again after the lease, under the same number and with the same
    bytes: it may arrive twice and is never lost. A receiver that is slow keeps nobody else waiting.
    """
    until = clock() + turn
    on_their_way: dict[Future[Answer], Message] = {}
    arrived_count = 0
    with ThreadPoolExecutor(max_workers=SLOTS, thread_name_prefix="webhooks") as threads:
        while True:
            now = clock()
            if now < until:
                for message in _take_up(now=now, limit=SLOTS - len(on_their_way)):
                    sending = threads.submit(sender.send, message.url, message.headers, message.body)
                    on_their_way[sending] = message
            if not on_their_way:
                return arrived_count
            done, _rest = wait(on_their_way, timeout=LOOK_AGAIN.total_seconds(), return_when=FIRST_COMPLETED)
            for sending in done:
                arrived_count += _recorded(on_their_way.pop(sending), _answer_of(sending), clock())


def _answer_of(sending: Future[Answer]) -> Answer:
    problem = sending.exception()
    if problem is None:
        return sending.result()
    # Only what kind of problem: its text may name the address.
    log.error("webhook_sender_failed", problem=type(problem).__name__)
    return Answer(problem=DeliveryProblem.CUT_OFF)


# ── Taking up ────────────────────────────────────────────────────────────────────────────────────────────────
def _take_up(*, now: datetime, limit: int) -> Sequence[Message]:
    if limit <= 0:
        return []
    taken = unless_deadlocked(lambda: _lease(now, limit), complaint="webhooks_cannot_be_taken_up")
    return list(_messages(taken or [], now))


@transaction.atomic(durable=True)
def _lease(now: datetime, limit: int) -> list[WebhookDelivery]:
    """Lease the deliveries that are sent next, and count the try before it is made."""
    endpoints = webhook_queries.lock_endpoints_to_serve(now=now)
    ids = [endpoint.pk for endpoint in endpoints]
    if not ids:
        return []
    _take_back(ids, now)
    under_way = webhook_queries.being_sent(ids)
    slots = {
        endpoint: max(0, (1 if endpoint.failures else SLOTS_OF_ONE) - under_way.get(endpoint.pk, 0))
        for endpoint in endpoints
    }
    taken = webhook_queries.deliveries_due(slots, now=now, limit=limit)
    by_id = {endpoint.pk: endpoint for endpoint in endpoints}
    for delivery in taken:
        delivery.endpoint = by_id[delivery.endpoint_id]
        delivery.status, delivery.leased_until = DeliveryStatus.SENDING, now + LEASE
        delivery.attempts += 1
        delivery.last_attempt_at = now
    WebhookDelivery.objects.bulk_update(taken, ["status", "leased_until", "attempts", "last_attempt_at"])
    return taken


def _take_back(endpoint_ids: Sequence[int], now: datetime) -> None:
    """Let what somebody left behind be sent again, unless something newer waits in its place."""
    left = webhook_queries.deliveries_left_behind(endpoint_ids, now=now)
    for delivery in left:
        delivery.leased_until = None
        delivery.problem = DeliveryProblem.CUT_OFF
        if webhook_queries.has_newer_waiting(delivery):
            delivery.status, delivery.ended_at = DeliveryStatus.SUPERSEDED, now
        else:
            delivery.status, delivery.next_attempt_at = DeliveryStatus.WAITING, now
    WebhookDelivery.objects.bulk_update(
        left, ["status", "leased_until", "problem", "ended_at", "next_attempt_at"]
    )


def _messages(taken: Sequence[WebhookDelivery], now: datetime) -> Iterator[Message]:
    secrets = _secrets_by_endpoint({delivery.endpoint_id for delivery in taken}, now)
    for delivery in taken:
        signing = secrets.get(delivery.endpoint_id)
        if not signing:
            _recorded(_message(delivery, {}), Answer(problem=DeliveryProblem.UNREADABLE), now)
            continue
        timestamp = int(now.timestamp())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "chongqing-dte-webhooks",
            "webhook-id": delivery.event_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signatures(
                secrets=signing, message_id=delivery.event_id, timestamp=timestamp, body=delivery.body
            ),
        }
        yield _message(delivery, headers)


def _message(delivery: WebhookDelivery, headers: Mapping[str, str]) -> Message:
    return Message(
        delivery.pk, delivery.endpoint_id, delivery.attempts, delivery.endpoint.url, delivery.body, headers
    )


def _secrets_by_endpoint(endpoint_ids: set[int], now: datetime) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for secret in webhook_queries.secrets_of(endpoint_ids, now=now):
        try:
            found.setdefault(secret.endpoint_id, []).append(secret.secret)
        except DAMAGED:
            log.exception("webhook_secret_unreadable", secret=secret.pk)
    return found


# ── Recording ────────────────────────────────────────────────────────────────────────────────────────────────
def _recorded(message: Message, answer: Answer, now: datetime) -> bool:
    """Record what came of a try, and return whether it arrived. What cannot be recorded is sent again."""
    unless_deadlocked(lambda: _record(message, answer, now), complaint="webhook_cannot_be_recorded")
    return answer.has_arrived


@transaction.atomic(durable=True)
def _record(message: Message, answer: Answer, now: datetime) -> None:
    endpoint = webhook_queries.lock_endpoint(message.endpoint_id)
    delivery = webhook_queries.delivery_being_sent(message.delivery_id, attempt=message.attempt)
    if delivery is None:
        # It took longer than the lease: another try of it is on its way, or has ended.
        return
    delivery.leased_until = None
    delivery.last_status = answer.status
    delivery.problem = answer.problem or ""
    target = (
        DeliveryStatus.DELIVERED if answer.has_arrived else _after_failure(delivery, endpoint, answer, now)
    )
    check_transition(
        DELIVERY_TRANSITIONS, current=DeliveryStatus(delivery.status), target=DeliveryStatus(target)
    )
    delivery.status = target
    delivery.ended_at = None if target == DeliveryStatus.WAITING else now
    delivery.save(
        update_fields=["status", "leased_until", "last_status", "problem", "next_attempt_at", "ended_at"]
    )
    _follow(endpoint, delivery, answer, now)


def _after_failure(
    delivery: WebhookDelivery, endpoint: WebhookEndpoint, answer: Answer, now: datetime
) -> DeliveryStatus:
    """Return what becomes of a delivery that did not arrive, and set when it is tried again."""
    pause = pause_after(delivery.attempts)
    if endpoint.status == EndpointStatus.CLOSED:
        return DeliveryStatus.DROPPED
    if delivery.is_test or pause is None or answer.problem == DeliveryProblem.GONE:
        return DeliveryStatus.FAILED
    if webhook_queries.has_newer_waiting(delivery):
        return DeliveryStatus.SUPERSEDED
    delivery.next_attempt_at = now + max(pause, retry_after(answer.retry_after, now=now))
    return DeliveryStatus.WAITING


def _follow(endpoint: WebhookEndpoint, delivery: WebhookDelivery, answer: Answer, now: datetime) -> None:
    """Let the endpoint follow: active after a test, resting after failures, paused when dead, closed when gone."""
    if endpoint.status == EndpointStatus.CLOSED:
        return
    if answer.problem == DeliveryProblem.GONE:
        stop(endpoint, EndpointStatus.CLOSED, EndpointReason.GONE, now=now)
        drop_waiting(endpoint, now=now)
        record_event("webhook.closed", subject=endpoint, at=now, facts={"reason": EndpointReason.GONE})
    elif answer.has_arrived:
        _follow_arrival(endpoint, delivery, now)
    elif not delivery.is_test:
        _follow_failure(endpoint, answer, now)


def _follow_arrival(endpoint: WebhookEndpoint, delivery: WebhookDelivery, now: datetime) -> None:
    # What the bureau has paused, the bureau lets go on.
    may_begin = endpoint.status == EndpointStatus.UNVERIFIED or endpoint.reason == EndpointReason.DEAD
    if delivery.is_test and may_begin:
        activate(endpoint, now=now)
        record_event("webhook.activated", subject=endpoint, at=now)
    elif endpoint.failures and endpoint.status == EndpointStatus.ACTIVE:
        endpoint.failures, endpoint.failing_since, endpoint.rests_until = 0, None, None
        endpoint.save(update_fields=["failures", "failing_since", "rests_until"])


def _follow_failure(endpoint: WebhookEndpoint, answer: Answer, now: datetime) -> None:
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    rest = max(rest_after(endpoint.failures), retry_after(answer.retry_after, now=now))
    endpoint.rests_until = now + rest if rest else None
    endpoint.save(update_fields=["failures", "failing_since", "rests_until"])
    if endpoint.status == EndpointStatus.ACTIVE and is_dead(failing_since=endpoint.failing_since, now=now):
        stop(endpoint, EndpointStatus.PAUSED, EndpointReason.DEAD, now=now)
        record_event("webhook.paused", subject=endpoint, at=now, facts={"reason": EndpointReason.DEAD})
