from uuid import uuid4

import factory
from factory.django import DjangoModelFactory

from partners.enums import DeliveryProblem, DeliveryStatus, EndpointReason, EndpointStatus
from partners.models import WebhookDelivery, WebhookEndpoint, WebhookSecret
from partners.rules.webhooks import event_id
from tests.clock import NOW
from tests.factories.partners import PartnerClientFactory

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class WebhookEndpointFactory(DjangoModelFactory):
    """An endpoint that answered its test, with its secret: WebhookEndpointFactory(paused=True) is one that died."""

    class Meta:
        model = WebhookEndpoint
        skip_postgeneration_save = True

    class Params:
        unverified = factory.Trait(status=EndpointStatus.UNVERIFIED, verified_at=None)
        paused = factory.Trait(status=EndpointStatus.PAUSED, reason=EndpointReason.DEAD)
        closed = factory.Trait(status=EndpointStatus.CLOSED, reason=EndpointReason.PARTNER)

    client = factory.SubFactory(PartnerClientFactory)
    url = factory.Sequence(lambda n: f"https://hooks{n}.partner.example/in")
    kinds = ["classes"]
    contact = "operations@partner.example"
    status = EndpointStatus.ACTIVE
    since = made_at = verified_at = NOW

    @factory.post_generation
    def signed_by(self, create, extracted, **_):
        WebhookSecretFactory(endpoint=self)


class WebhookSecretFactory(DjangoModelFactory):
    """The newest secret of an endpoint."""

    class Meta:
        model = WebhookSecret

    endpoint = factory.SubFactory(WebhookEndpointFactory)
    secret = SECRET
    made_at = NOW


class WebhookDeliveryFactory(DjangoModelFactory):
    """A delivery that is due: WebhookDeliveryFactory(delivered=True) has arrived."""

    class Meta:
        model = WebhookDelivery

    class Params:
        delivered = factory.Trait(
            status=DeliveryStatus.DELIVERED, attempts=1, last_status=204, ended_at=NOW, last_attempt_at=NOW
        )
        failed = factory.Trait(
            status=DeliveryStatus.FAILED,
            attempts=11,
            last_status=500,
            problem=DeliveryProblem.SERVER_FAILED,
            ended_at=NOW,
        )

    endpoint = factory.SubFactory(WebhookEndpointFactory)
    client = factory.SelfAttribute("endpoint.client")
    kind = "classes"
    subject = factory.LazyFunction(uuid4)
    changed_at = NOW
    is_gone = False
    version = "2026-12-01"
    next_attempt_at = NOW
    event_id = factory.LazyAttribute(
        lambda one: event_id(
            kind=one.kind, subject=str(one.subject), changed_at=one.changed_at, is_gone=one.is_gone
        )
    )
