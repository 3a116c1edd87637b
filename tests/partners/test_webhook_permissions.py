"""Who sets up what a partner's system is told of, and who may stop it."""

from datetime import timedelta

import pytest

from chongqing_dte.foundation.errors import NotPermitted
from institutions.enums import Role
from partners.enums import EndpointReason, EndpointStatus
from partners.models import WebhookDelivery, WebhookEndpoint
from partners.policies import can_keep_webhooks, check_can_keep_webhooks
from partners.services import webhook_replays, webhooks
from tests.clock import NOW
from tests.factories.institutions import UserFactory
from tests.factories.partners import PartnerClientFactory
from tests.factories.webhooks import WebhookDeliveryFactory, WebhookEndpointFactory

pytestmark = pytest.mark.django_db

BY_THE_PARTNER = {
    "make": lambda actor, delivery: webhooks.make_endpoint(
        maker=actor,
        client_id=delivery.client_id,
        url="https://second.partner.example.com/",
        kinds=["classes"],
        contact="ops@example.com",
        now=NOW,
    ),
    "change": lambda actor, delivery: webhooks.change_endpoint(
        changer=actor, endpoint_id=delivery.endpoint_id, kinds=["enrollments"], now=NOW
    ),
    "test": lambda actor, delivery: webhooks.ask_for_test(
        asker=actor, endpoint_id=delivery.endpoint_id, now=NOW
    ),
    "rotate": lambda actor, delivery: webhooks.rotate_webhook_secret(
        rotator=actor, endpoint_id=delivery.endpoint_id, overlap=timedelta(0), now=NOW
    ),
    "close": lambda actor, delivery: webhooks.close_endpoint(
        closer=actor, endpoint_id=delivery.endpoint_id, now=NOW
    ),
    "replay one": lambda actor, delivery: webhook_replays.replay_delivery(
        asker=actor, delivery_id=delivery.pk, now=NOW
    ),
    "replay a span": lambda actor, delivery: webhook_replays.replay_deliveries(
        asker=actor, endpoint_id=delivery.endpoint_id, since=NOW, until=NOW + timedelta(days=1), now=NOW
    ),
}


@pytest.fixture
def delivery():
    return WebhookDeliveryFactory(delivered=True)


def rows():
    return list(WebhookEndpoint.objects.values()), list(WebhookDelivery.objects.values())


@pytest.mark.parametrize("act", BY_THE_PARTNER.values(), ids=BY_THE_PARTNER)
def test_own_machine_sets_up_its_webhooks(act, delivery):
    act(delivery.client.user, delivery)


@pytest.mark.parametrize("act", BY_THE_PARTNER.values(), ids=BY_THE_PARTNER)
@pytest.mark.parametrize(
    "stranger",
    [
        lambda delivery: PartnerClientFactory(user__institution=delivery.client.user.institution).user,
        lambda delivery: UserFactory(training_manager=True, institution=delivery.client.user.institution),
        lambda _delivery: UserFactory(municipal_administrator=True),
    ],
    ids=["machine of another system", "person of the same office", "administrator"],
)
def test_nobody_else_does(act, stranger, delivery):
    before = rows()

    with pytest.raises(NotPermitted):
        act(stranger(delivery), delivery)

    assert rows() == before


@pytest.mark.parametrize("changed", [{"revoked": True}, {"user__is_active": False}], ids=str)
def test_machine_of_a_system_that_is_not_answered_any_more_may_not(changed):
    client = PartnerClientFactory(**changed)

    assert not can_keep_webhooks(client.user, client)
    with pytest.raises(NotPermitted):
        check_can_keep_webhooks(client.user, client)


@pytest.mark.parametrize("role", Role)
def test_only_administrators_pause_and_resume(role):
    endpoint = WebhookEndpointFactory()
    actor = UserFactory(**{role.lower(): True})
    acts = (
        lambda: webhooks.pause_endpoint(pauser=actor, endpoint_id=endpoint.pk, note="Too many.", now=NOW),
        lambda: webhooks.resume_endpoint(resumer=actor, endpoint_id=endpoint.pk, now=NOW),
    )

    if role == Role.MUNICIPAL_ADMINISTRATOR:
        assert [act().status for act in acts] == [EndpointStatus.PAUSED, EndpointStatus.ACTIVE]
        return
    for act in acts:
        with pytest.raises(NotPermitted):
            act()


def test_what_the_bureau_paused_before_it_ever_answered_waits_for_its_test():
    endpoint = WebhookEndpointFactory(
        status=EndpointStatus.PAUSED, reason=EndpointReason.BUREAU, verified_at=None
    )

    resumed = webhooks.resume_endpoint(
        resumer=UserFactory(municipal_administrator=True), endpoint_id=endpoint.pk, now=NOW
    )

    assert resumed.status == EndpointStatus.UNVERIFIED
