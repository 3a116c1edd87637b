"""Webhooks on their way: at least once, in order, with pauses, and nobody waits for another."""

from datetime import timedelta
from threading import Event
from uuid import uuid4

import pytest
from django.core import mail
from django.db import connection
from standardwebhooks import Webhook

from chongqing_dte.foundation.clock import database_now
from partners.enums import DeliveryProblem, DeliveryStatus, EndpointReason, EndpointStatus
from partners.gateways.interface import Answer, answer_of
from partners.models import WebhookDelivery
from partners.rules.webhooks import DEAD_AFTER, PAUSES, TEST_KIND
from partners.services.webhook_notices import tell_of_stopped_webhooks
from partners.services.webhook_sending import LEASE, SLOTS_OF_ONE, send_due_webhooks
from partners.tasks import send_webhooks_task
from tests.clock import NOW
from tests.factories.webhooks import (
    SECRET,
    WebhookDeliveryFactory,
    WebhookEndpointFactory,
    WebhookSecretFactory,
)
from tests.fakes.webhook_receiver import FakeSender

pytestmark = pytest.mark.django_db(transaction=True)


class Killed(BaseException):
    """The worker's process is gone."""


def send(sender, *, now=NOW):
    return send_due_webhooks(sender=sender, clock=lambda: now, turn=timedelta(seconds=20))


def failing(url, status=500, **more):
    return FakeSender({url: lambda: Answer(status, DeliveryProblem.SERVER_FAILED, **more)})


def test_delivery_arrives_signed():
    now = database_now()
    delivery = WebhookDeliveryFactory(next_attempt_at=now)
    sender = FakeSender()

    assert send(sender, now=now) == 1

    delivery.refresh_from_db()
    [(url, headers, body)] = sender.sent
    assert url == delivery.endpoint.url
    assert headers["webhook-id"] == delivery.event_id
    assert Webhook(SECRET).verify(body, headers)["data"]["id"] == str(delivery.subject)
    assert (delivery.status, delivery.attempts, delivery.last_status) == (DeliveryStatus.DELIVERED, 1, 204)


def test_both_secrets_sign_while_they_overlap_and_the_former_no_longer():
    endpoint = WebhookEndpointFactory()
    endpoint.secrets.update(ends_at=NOW + timedelta(hours=1))
    WebhookSecretFactory(endpoint=endpoint, secret="whsec_bmV3ZXIgc2VjcmV0IG9mIDI0IGJ5dGVz")
    WebhookDeliveryFactory(endpoint=endpoint)
    WebhookDeliveryFactory(endpoint=endpoint, next_attempt_at=NOW + timedelta(hours=1))
    sender = FakeSender()

    send(sender)
    send(sender, now=NOW + timedelta(hours=1))

    assert [len(headers["webhook-signature"].split()) for _url, headers, _body in sender.sent] == [2, 1]


def test_try_that_failed_rests_longer_and_longer_and_is_given_up_within_five_days():
    delivery = WebhookDeliveryFactory()
    sender, now, pauses = failing(delivery.endpoint.url), NOW, []

    while delivery.status != DeliveryStatus.FAILED:
        # Only this delivery is looked at: what rests or dies with its endpoint has tests of its own.
        type(delivery.endpoint).objects.update(
            failures=0, failing_since=None, rests_until=None, status="ACTIVE", reason=""
        )
        send(sender, now=now)
        delivery.refresh_from_db()
        if delivery.status == DeliveryStatus.WAITING:
            pauses.append(delivery.next_attempt_at - now)
            now = delivery.next_attempt_at

    assert pauses == list(PAUSES)
    assert now - NOW < timedelta(days=5)
    assert {headers["webhook-id"] for _url, headers, _body in sender.sent} == {delivery.event_id}
    assert len({body for _url, _headers, body in sender.sent}) == 1


def test_what_the_receiver_asks_to_wait_is_waited():
    delivery = WebhookDeliveryFactory()

    send(failing(delivery.endpoint.url, retry_after="600"))

    delivery.refresh_from_db()
    assert delivery.next_attempt_at == NOW + timedelta(minutes=10)


def test_worker_killed_while_it_sends_leaves_it_to_be_sent_again_under_the_same_number(monkeypatch):
    delivery = WebhookDeliveryFactory()
    sender = FakeSender()

    def die(*_):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("partners.services.webhook_sending._record", die)
        with pytest.raises(Killed):
            send(sender)
    assert send(sender) == 0
    assert send(sender, now=NOW + LEASE) == 1

    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts) == (DeliveryStatus.DELIVERED, 2)
    (_url, first, first_body), (_other, second, second_body) = sender.sent
    assert first["webhook-id"] == second["webhook-id"]
    assert first_body == second_body


def test_claim_is_committed_before_anything_leaves():
    delivery = WebhookDeliveryFactory()
    seen = []
    sender = FakeSender(meanwhile=lambda: seen.append(_status_as_others_see_it(delivery.pk)))

    send(sender)

    assert seen == ["SENDING"]


def _status_as_others_see_it(delivery_id):
    # In the sender's thread, which has a connection of its own.
    try:
        return WebhookDelivery.objects.values_list("status", flat=True).get(pk=delivery_id)
    finally:
        connection.close()


def test_nothing_newer_leaves_while_something_older_about_the_row_is_on_its_way():
    older = WebhookDeliveryFactory(
        status=DeliveryStatus.SENDING, attempts=1, leased_until=NOW + LEASE, last_attempt_at=NOW
    )
    newer = WebhookDeliveryFactory(
        endpoint=older.endpoint, subject=older.subject, changed_at=NOW + timedelta(seconds=1)
    )
    sender = FakeSender()

    assert send(sender) == 0

    assert sender.sent == []
    newer.refresh_from_db()
    assert newer.status == DeliveryStatus.WAITING


def test_what_was_left_behind_gives_way_to_what_is_newer():
    older = WebhookDeliveryFactory(
        status=DeliveryStatus.SENDING, attempts=1, leased_until=NOW, last_attempt_at=NOW - LEASE
    )
    newer = WebhookDeliveryFactory(
        endpoint=older.endpoint, subject=older.subject, changed_at=NOW + timedelta(seconds=1)
    )

    assert send(FakeSender()) == 1

    statuses = dict(WebhookDelivery.objects.values_list("pk", "status"))
    assert statuses == {older.pk: DeliveryStatus.SUPERSEDED, newer.pk: DeliveryStatus.DELIVERED}


def test_endpoint_that_is_slow_keeps_no_other_waiting():
    slow = WebhookEndpointFactory()
    WebhookDeliveryFactory.create_batch(40, endpoint=slow)
    quick = WebhookDeliveryFactory.create_batch(3)
    over, arrived = Event(), []

    class Sender:
        def send(self, url, _headers, _body):
            if url != slow.url:
                arrived.append(url)
                if len(arrived) == len(quick):
                    over.set()
                return answer_of(204)
            assert over.wait(20)
            return answer_of(204)

    assert send(Sender()) == 43


def test_no_more_than_its_slots_are_on_their_way_to_one_endpoint():
    endpoint = WebhookEndpointFactory()
    WebhookDeliveryFactory.create_batch(10, endpoint=endpoint)
    now_sent, most = [], []

    class Sender:
        def send(self, _url, _headers, _body):
            now_sent.append(1)
            most.append(len(now_sent))
            now_sent.pop()
            return answer_of(204)

    send(Sender())

    assert max(most) <= SLOTS_OF_ONE


def test_endpoint_that_fails_in_a_row_is_asked_seldom():
    endpoint = WebhookEndpointFactory()
    WebhookDeliveryFactory.create_batch(50, endpoint=endpoint)
    sender = failing(endpoint.url)

    send(sender)

    endpoint.refresh_from_db()
    assert len(sender.sent) < 10
    assert endpoint.rests_until > NOW


def test_dead_endpoint_is_paused_keeps_what_waits_and_tells():
    endpoint = WebhookEndpointFactory(failures=1, failing_since=NOW - DEAD_AFTER)
    delivery = WebhookDeliveryFactory(endpoint=endpoint)

    send(failing(endpoint.url))
    told = [tell_of_stopped_webhooks(now=NOW) for _sweep in range(2)]

    endpoint.refresh_from_db()
    delivery.refresh_from_db()
    assert (endpoint.status, endpoint.reason) == (EndpointStatus.PAUSED, EndpointReason.DEAD)
    assert delivery.status == DeliveryStatus.WAITING
    assert told == [1, 0]
    assert mail.outbox[0].to == [endpoint.contact]
    assert endpoint.url not in mail.outbox[0].body
    assert send(FakeSender(), now=NOW + timedelta(days=1)) == 0


def test_test_that_arrives_lets_a_dead_endpoint_go_on_from_where_it_stopped():
    endpoint = WebhookEndpointFactory(paused=True, failures=9, failing_since=NOW - DEAD_AFTER)
    waiting = WebhookDeliveryFactory(endpoint=endpoint, attempts=9, next_attempt_at=NOW + timedelta(days=1))
    WebhookDeliveryFactory(endpoint=endpoint, kind=TEST_KIND, subject=endpoint.public_id)
    sender = FakeSender()

    assert send(sender) == 2

    endpoint.refresh_from_db()
    waiting.refresh_from_db()
    assert (endpoint.status, endpoint.failures) == (EndpointStatus.ACTIVE, 0)
    assert waiting.status == DeliveryStatus.DELIVERED


def test_endpoint_is_active_only_after_its_test_arrived():
    endpoint = WebhookEndpointFactory(unverified=True)
    WebhookDeliveryFactory(endpoint=endpoint, kind=TEST_KIND, subject=endpoint.public_id)

    send(failing(endpoint.url))
    endpoint.refresh_from_db()
    assert endpoint.status == EndpointStatus.UNVERIFIED
    WebhookDeliveryFactory(endpoint=endpoint, kind=TEST_KIND, subject=uuid4())
    send(FakeSender())

    endpoint.refresh_from_db()
    assert endpoint.status == EndpointStatus.ACTIVE


def test_endpoint_that_says_it_is_gone_is_closed_and_what_waits_is_dropped():
    endpoint = WebhookEndpointFactory()
    first = WebhookDeliveryFactory(endpoint=endpoint)
    later = WebhookDeliveryFactory(endpoint=endpoint, next_attempt_at=NOW + timedelta(hours=1))

    send(FakeSender({endpoint.url: lambda: answer_of(410)}))

    endpoint.refresh_from_db()
    statuses = dict(WebhookDelivery.objects.values_list("pk", "status"))
    assert (endpoint.status, endpoint.reason) == (EndpointStatus.CLOSED, EndpointReason.GONE)
    assert statuses == {first.pk: DeliveryStatus.FAILED, later.pk: DeliveryStatus.DROPPED}


@pytest.mark.parametrize("changed", [{"client__revoked": True}, {"client__user__is_active": False}], ids=str)
def test_nothing_leaves_for_a_system_that_is_not_answered_any_more(changed):
    WebhookDeliveryFactory(endpoint=WebhookEndpointFactory(**changed))
    sender = FakeSender()

    send(sender)

    assert sender.sent == []


def test_secret_that_cannot_be_read_holds_up_its_own_endpoint(settings):
    settings.FIELD_KEYS = "2:" + "55" * 32
    damaged = WebhookDeliveryFactory()
    settings.FIELD_KEYS = "1:" + "11" * 32
    sound = WebhookDeliveryFactory()

    assert send(FakeSender()) == 1

    statuses = dict(WebhookDelivery.objects.values_list("pk", "problem"))
    assert statuses == {damaged.pk: DeliveryProblem.UNREADABLE, sound.pk: ""}


def test_what_failed_gives_way_to_what_is_newer():
    older = WebhookDeliveryFactory()

    def something_changes():
        WebhookDeliveryFactory(
            endpoint=older.endpoint, subject=older.subject, changed_at=NOW + timedelta(seconds=1)
        )
        connection.close()

    sender = failing(older.endpoint.url)
    sender.meanwhile = lambda: None if len(sender.sent) > 1 else something_changes()

    send(sender)

    older.refresh_from_db()
    newer = WebhookDelivery.objects.exclude(pk=older.pk).get()
    assert (older.status, newer.status) == (DeliveryStatus.SUPERSEDED, DeliveryStatus.WAITING)
    assert [headers["webhook-id"] for _url, headers, _body in sender.sent] == [older.event_id, newer.event_id]


def test_the_sweep_sends_what_nobody_rang_for(settings, monkeypatch):
    delivery = WebhookDeliveryFactory()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr("partners.tasks.sender_from_settings", FakeSender)

    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        if entry["task"] == "partners.tasks.send_webhooks_task":
            send_webhooks_task()

    delivery.refresh_from_db()
    assert delivery.status == DeliveryStatus.DELIVERED
