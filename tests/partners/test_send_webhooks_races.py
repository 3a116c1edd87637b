"""Two workers at once, and one that is killed: each message has one worker, and none is lost."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from django.db import connection

from partners import webhook_queries
from partners.enums import DeliveryStatus
from partners.gateways.interface import answer_of
from partners.models import WebhookDelivery
from partners.services.webhook_sending import LEASE, SLOTS, SLOTS_OF_ONE, send_due_webhooks
from tests.clock import NOW
from tests.factories.webhooks import WebhookDeliveryFactory, WebhookEndpointFactory
from tests.fakes.webhook_receiver import FakeSender

pytestmark = pytest.mark.django_db(transaction=True)


def send(sender, *, now=NOW):
    return send_due_webhooks(sender=sender, clock=lambda: now, turn=timedelta(seconds=20))


def send_and_close(sender):
    try:
        return send(sender)
    finally:
        connection.close()


def test_each_delivery_is_sent_by_one_of_two_workers():
    # More than one worker has on its way at once.
    for endpoint in WebhookEndpointFactory.create_batch(SLOTS // SLOTS_OF_ONE + 2):
        WebhookDeliveryFactory.create_batch(SLOTS_OF_ONE, endpoint=endpoint)
    started, other_is_done = Event(), Event()
    slow, quick = FakeSender(meanwhile=lambda: (started.set(), other_is_done.wait(20))), FakeSender()

    with ThreadPoolExecutor() as workers:
        first = workers.submit(send_and_close, slow)
        assert started.wait(20)
        second = workers.submit(send_and_close, quick).result()
        other_is_done.set()

    sent = [headers["webhook-id"] for sender in (slow, quick) for _url, headers, _body in sender.sent]
    assert (first.result(), second) == (SLOTS, 2 * SLOTS_OF_ONE)
    assert len(set(sent)) == len(sent) == SLOTS + 2 * SLOTS_OF_ONE
    assert set(WebhookDelivery.objects.values_list("status", "attempts")) == {(DeliveryStatus.DELIVERED, 1)}


def test_what_one_worker_is_taking_up_another_neither_takes_nor_waits_for(monkeypatch):
    delivery = WebhookDeliveryFactory()
    looked, other_is_done = Event(), Event()
    deliveries_due = webhook_queries.deliveries_due

    def slowly(*given, **more):
        found = deliveries_due(*given, **more)
        if not looked.is_set():
            looked.set()
            assert other_is_done.wait(20)
        return found

    monkeypatch.setattr(webhook_queries, "deliveries_due", slowly)
    slow, quick = FakeSender(), FakeSender()

    with ThreadPoolExecutor() as workers:
        first = workers.submit(send_and_close, slow)
        assert looked.wait(20)
        second = workers.submit(send_and_close, quick).result(timeout=10)
        other_is_done.set()

    assert (first.result(), second, quick.sent) == (1, 0, [])
    assert [headers["webhook-id"] for _url, headers, _body in slow.sent] == [delivery.event_id]


def test_second_worker_leaves_an_endpoint_alone_that_has_no_slot_free():
    endpoint = WebhookEndpointFactory()
    WebhookDeliveryFactory.create_batch(
        SLOTS_OF_ONE, endpoint=endpoint, status=DeliveryStatus.SENDING, attempts=1, leased_until=NOW + LEASE
    )
    WebhookDeliveryFactory(endpoint=endpoint)
    sender = FakeSender()

    assert send(sender) == 0
    assert sender.sent == []


def test_outcome_of_a_try_whose_lease_has_run_out_changes_nothing():
    delivery = WebhookDeliveryFactory()

    def is_overtaken():
        # Another worker took it up after the lease, and its try is on the way.
        WebhookDelivery.objects.filter(pk=delivery.pk).update(attempts=2)
        connection.close()

    send(FakeSender({delivery.endpoint.url: lambda: answer_of(500)}, meanwhile=is_overtaken))

    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts, delivery.problem) == (DeliveryStatus.SENDING, 2, "")


@pytest.mark.parametrize("when", ["before it leaves", "after it arrived"])
def test_process_killed_between_claim_and_outcome_leaves_it_to_be_sent_again(when, tmp_path):
    delivery = WebhookDeliveryFactory()
    arrived = tmp_path / "arrived"
    connection.close()

    child = os.fork()
    if child == 0:

        class Sender:
            def send(self, _url, headers, _body):
                if when == "after it arrived":
                    arrived.write_text(headers["webhook-id"], encoding="utf-8")
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            send(Sender())
        finally:
            os._exit(1)
    _pid, ended = os.waitpid(child, 0)

    assert os.WIFSIGNALED(ended)
    assert WebhookDelivery.objects.get().status == DeliveryStatus.SENDING
    too_early, sender = FakeSender(), FakeSender()
    assert (send(too_early), too_early.sent) == (0, [])
    assert send(sender, now=NOW + LEASE) == 1
    [(_url, headers, body)] = sender.sent
    assert (headers["webhook-id"], body) == (delivery.event_id, delivery.body)
    assert not arrived.exists() or arrived.read_text(encoding="utf-8") == delivery.event_id
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts) == (DeliveryStatus.DELIVERED, 2)
