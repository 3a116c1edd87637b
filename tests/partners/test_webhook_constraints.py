"""Rows about webhooks that cannot be, whoever writes them."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, InternalError
from django.utils import timezone

from chongqing_dte.foundation.resources import REGISTRY
from partners.enums import DeliveryProblem, DeliveryStatus, EndpointReason, EndpointStatus
from partners.models import WebhookDelivery, WebhookEndpoint
from partners.models.webhook import KEPT_DAYS
from partners.rules.webhooks import SCOPE_OF_KIND
from tests.clock import NOW
from tests.factories.webhooks import WebhookDeliveryFactory, WebhookEndpointFactory, WebhookSecretFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"status": "ASLEEP"}, "webhook_status_known"),
        ({"paused": True, "reason": "MOOD"}, "webhook_reason_known"),
        ({"kinds": []}, "webhook_has_kinds"),
        ({"kinds": ["classes", "salaries"]}, "webhook_kinds_are_readable"),
        ({"url": "http://hooks.partner.example/"}, "webhook_address_is_https"),
        ({"url": "https://user@hooks.partner.example/"}, "webhook_address_is_https"),
        ({"url": "https://user:1@hooks.partner.example/"}, "webhook_address_is_https"),
        ({"paused": True, "reason": ""}, "webhook_stopped_for_a_reason"),
        ({"reason": EndpointReason.BUREAU}, "webhook_stopped_for_a_reason"),
        ({"verified_at": None}, "webhook_active_once_it_answered"),
        ({"failures": 1}, "webhook_failures_have_a_beginning"),
        ({"failing_since": NOW}, "webhook_failures_have_a_beginning"),
    ],
)
def test_endpoint_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        WebhookEndpointFactory(**fields)


def test_open_endpoint_is_one_of_its_address():
    closed = WebhookEndpointFactory(closed=True)
    WebhookEndpointFactory(client=closed.client, url=closed.url)

    with pytest.raises(IntegrityError, match="webhook_one_of_an_address"):
        WebhookEndpointFactory(client=closed.client, url=closed.url)


@pytest.mark.parametrize(
    "change",
    [
        {"url": "https://elsewhere.partner.example/"},
        {"public_id": uuid4()},
        {"made_at": NOW + timedelta(days=1)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_endpoint_keeps_its_facts(change):
    endpoint = WebhookEndpointFactory()

    with pytest.raises(InternalError, match="partners_webhookendpoint"):
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(**change)


def test_closed_endpoint_stays_closed():
    endpoint = WebhookEndpointFactory(closed=True)

    with pytest.raises(InternalError, match="webhook_stays_closed"):
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(status=EndpointStatus.ACTIVE, reason="")


def test_secret_ends_after_it_was_made():
    endpoint = WebhookEndpointFactory()

    with pytest.raises(IntegrityError, match="webhook_secret_ends_later"):
        WebhookSecretFactory(endpoint=endpoint, ends_at=NOW - timedelta(seconds=1))


def test_endpoint_has_one_newest_secret():
    endpoint = WebhookEndpointFactory()

    with pytest.raises(IntegrityError, match="webhook_secret_one_newest"):
        WebhookSecretFactory(endpoint=endpoint)


def test_secret_that_is_on_its_way_out_keeps_its_end():
    endpoint = WebhookEndpointFactory()
    endpoint.secrets.update(ends_at=NOW)

    with pytest.raises(InternalError, match="webhook_secret_ends_once"):
        endpoint.secrets.update(ends_at=NOW + timedelta(days=365))


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"status": "LOST"}, "webhook_delivery_status_known"),
        ({"problem": "RAIN"}, "webhook_delivery_problem_known"),
        ({"status": DeliveryStatus.SENDING}, "webhook_delivery_leased_while_sent"),
        ({"leased_until": NOW}, "webhook_delivery_leased_while_sent"),
        ({"failed": True, "ended_at": None}, "webhook_delivery_ended_at_some_time"),
        ({"ended_at": NOW}, "webhook_delivery_ended_at_some_time"),
        ({"delivered": True, "last_status": None}, "webhook_delivery_arrived_with_2xx"),
        ({"delivered": True, "last_status": 302}, "webhook_delivery_arrived_with_2xx"),
        (
            {"delivered": True, "problem": DeliveryProblem.SERVER_FAILED},
            "webhook_delivery_arrived_with_2xx",
        ),
    ],
)
def test_delivery_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        WebhookDeliveryFactory(**fields)


@pytest.mark.parametrize(
    ("first", "second", "constraint"),
    [
        ({}, {"changed_at": NOW + timedelta(seconds=1)}, "webhook_delivery_one_waiting"),
        (
            {"status": DeliveryStatus.SENDING, "leased_until": NOW},
            {
                "status": DeliveryStatus.SENDING,
                "leased_until": NOW,
                "changed_at": NOW + timedelta(seconds=1),
            },
            "webhook_delivery_one_being_sent",
        ),
        ({"delivered": True}, {"event_id": "msg_other"}, "webhook_delivery_one_of_a_change"),
    ],
)
def test_second_delivery_about_a_row_is_refused_by(first, second, constraint):
    delivery = WebhookDeliveryFactory(**first)

    with pytest.raises(IntegrityError, match=constraint):
        WebhookDeliveryFactory(endpoint=delivery.endpoint, subject=delivery.subject, **second)


def test_endpoint_has_an_event_once():
    delivery = WebhookDeliveryFactory()

    with pytest.raises(IntegrityError, match="webhook_delivery_one_of_an_event"):
        WebhookDeliveryFactory(endpoint=delivery.endpoint, event_id=delivery.event_id)


@pytest.mark.parametrize(
    "change",
    [
        {"event_id": "msg_other"},
        {"subject": uuid4()},
        {"kind": "enrollments"},
        {"is_gone": True},
        {"version": "2027-06-01"},
        {"changed_at": NOW + timedelta(seconds=1)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_delivery_says_the_same_at_every_try(change):
    delivery = WebhookDeliveryFactory()

    with pytest.raises(InternalError, match="partners_webhookdelivery"):
        WebhookDelivery.objects.filter(pk=delivery.pk).update(**change)


def test_log_is_kept_for_its_days():
    delivery = WebhookDeliveryFactory(delivered=True, changed_at=timezone.now())

    with pytest.raises(InternalError, match="webhook_delivery_kept"):
        delivery.delete()


def test_what_the_log_need_not_show_any_more_may_go():
    before = timezone.now() - timedelta(days=KEPT_DAYS, seconds=1)
    delivery = WebhookDeliveryFactory(delivered=True, changed_at=before)

    delivery.delete()

    assert not WebhookDelivery.objects.exists()


def test_partners_are_told_of_every_kind_that_can_be_followed():
    assert set(SCOPE_OF_KIND) == set(REGISTRY.scopes)
