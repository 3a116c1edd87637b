"""Messages to people and offices."""

import factory
from factory.django import DjangoModelFactory

from institutions.enums import Role
from subsidies.enums import NotificationChannel, NotificationKind, NotificationStatus
from subsidies.models import Notification
from tests.clock import NOW
from tests.factories.subsidies import EntitlementFactory


class NotificationFactory(DjangoModelFactory):
    """A text message that waits; shown=True stands in the inbox of the municipal finance, mailed=True goes there."""

    class Meta:
        model = Notification

    class Params:
        to_office = factory.Trait(
            person=None, role=Role.MUNICIPAL_FINANCE, kind=NotificationKind.BUDGET_SHORT, entitlement=None
        )
        shown = factory.Trait(
            to_office=True,
            channel=NotificationChannel.IN_APP,
            status=NotificationStatus.SENT,
            sent_at=NOW,
        )
        mailed = factory.Trait(to_office=True, channel=NotificationChannel.EMAIL)

    key = factory.Sequence(lambda n: f"granted:{n}")
    kind = NotificationKind.GRANTED
    channel = NotificationChannel.SMS
    entitlement = factory.SubFactory(EntitlementFactory)
    person = factory.SelfAttribute("entitlement.person")
    facts = factory.LazyFunction(lambda: {"amount": "800.00", "year": 2026, "waiting": 3})
    created_at = NOW
    next_try_at = NOW
