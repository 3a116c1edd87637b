"""What is written down of a change, for whom: once, in order, and never for somebody who does not see it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction

from chongqing_dte.foundation.resources import REGISTRY, Stamped
from institutions.office_queries import institution_office
from partners.enums import DeliveryStatus
from partners.models import WebhookDelivery
from partners.services.webhook_steps import queue_webhooks
from tests.clock import NOW
from tests.factories.institutions import InstitutionFactory
from tests.factories.partners import PartnerClientFactory
from tests.factories.webhooks import WebhookEndpointFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def institution():
    return InstitutionFactory()


@pytest.fixture
def endpoint(institution):
    return WebhookEndpointFactory(client__user__institution=institution)


def change(*offices, kind="classes", subject_id=1, public_id=None, left=()):
    return Stamped(kind, subject_id, public_id or uuid4(), frozenset(offices), frozenset(left))


def queue(*changes, at=NOW):
    with transaction.atomic():
        queue_webhooks(list(changes), at=at)
    return list(WebhookDelivery.objects.order_by("pk"))


def test_the_stamper_calls_it():
    assert queue_webhooks in REGISTRY.hooks


def test_office_that_sees_the_row_is_told(endpoint, institution):
    seen = change(institution_office(institution.pk))

    [delivery] = queue(seen)

    assert (delivery.endpoint, delivery.client, delivery.subject) == (
        endpoint,
        endpoint.client,
        seen.public_id,
    )
    assert (delivery.status, delivery.attempts, delivery.is_gone) == (DeliveryStatus.WAITING, 0, False)
    assert delivery.version == endpoint.client.api_version


def test_office_that_sees_the_row_no_more_is_told_that_it_is_gone(endpoint, institution):
    [delivery] = queue(change("bureau", left=[institution_office(institution.pk)]))

    assert delivery.is_gone


def test_office_that_sees_it_in_one_way_and_not_in_another_is_told_once_and_still_sees_it(
    endpoint, institution
):
    seen = change(institution_office(institution.pk), "public", left=[f"trainer:{institution.pk}"])

    [delivery] = queue(seen)

    assert not delivery.is_gone


@pytest.mark.parametrize(
    "changed",
    [
        {"closed": True},
        {"unverified": True},
        {"kinds": ["enrollments"]},
        {"client__scopes": ["webhooks:read"]},
        {"client__user__is_active": False},
        {"client__revoked": True},
    ],
    ids=str,
)
def test_nobody_else_is_told(institution, changed):
    WebhookEndpointFactory(client__user__institution=institution, **changed)

    assert queue(change(institution_office(institution.pk))) == []


def test_another_office_is_not_told(endpoint):
    assert queue(change(institution_office(InstitutionFactory().pk))) == []


def test_change_that_nobody_follows_costs_one_query(django_assert_num_queries):
    changes = [change("bureau", subject_id=number) for number in range(100)]

    with django_assert_num_queries(1):
        queue_webhooks(changes, at=NOW)


def test_thousand_changes_cost_as_many_queries_as_one(endpoint, institution, django_assert_max_num_queries):
    changes = [change(institution_office(institution.pk), subject_id=number) for number in range(1000)]

    with django_assert_max_num_queries(5):
        queue_webhooks(changes, at=NOW)

    assert WebhookDelivery.objects.count() == 1000


def test_what_is_paused_is_told_later(institution):
    WebhookEndpointFactory(client__user__institution=institution, paused=True)

    assert len(queue(change(institution_office(institution.pk)))) == 1


def test_same_change_again_writes_nothing(endpoint, institution):
    seen = change(institution_office(institution.pk))
    [first] = queue(seen)

    assert queue(seen) == [first]


def test_same_change_after_a_restore_has_the_same_number(endpoint, institution):
    seen = change(institution_office(institution.pk))
    before = transaction.savepoint()
    [lost] = queue(seen)
    transaction.savepoint_rollback(before)

    [again] = queue(seen)

    assert again.public_id != lost.public_id
    assert again.event_id == lost.event_id


def test_what_is_newer_takes_the_place_of_what_waits(endpoint, institution):
    office, number = institution_office(institution.pk), uuid4()
    queue(change(office, public_id=number))

    older, newer = queue(change(office, public_id=number), at=NOW + timedelta(seconds=1))

    assert (older.status, newer.status) == (DeliveryStatus.SUPERSEDED, DeliveryStatus.WAITING)
    assert older.event_id != newer.event_id


def test_what_is_older_never_takes_the_place_of_what_is_newer(endpoint, institution):
    office, number = institution_office(institution.pk), uuid4()
    queue(change(office, public_id=number), at=NOW + timedelta(seconds=1))

    [newer] = queue(change(office, public_id=number), at=NOW)

    assert (newer.status, newer.changed_at) == (DeliveryStatus.WAITING, NOW + timedelta(seconds=1))


def test_two_systems_of_one_office_are_told_under_one_number(endpoint, institution):
    client = PartnerClientFactory(user__institution=institution)
    WebhookEndpointFactory(client=client)

    first, second = queue(change(institution_office(institution.pk)))

    assert first.event_id == second.event_id
