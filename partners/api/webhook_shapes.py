"""How webhooks and their log read to the partner whose they are, and how they are asked for."""

from datetime import UTC
from typing import Any, Final

from rest_framework import serializers

from chongqing_dte.foundation.sentences import gettext_lazy as _
from partners.enums import DeliveryProblem, DeliveryStatus, EndpointReason, EndpointStatus
from partners.rest.bulk import Input
from partners.rules.addresses import LONGEST
from partners.rules.webhooks import SCOPE_OF_KIND

EXAMPLE: Final = {
    "id": "4c2f8d2b-3a0e-4c53-9d0f-6d6a6a2b7c10",
    "url": "https://hooks.partner.example.com/chongqing",
    "kinds": ["classes", "certificates"],
    "contact": "operations@partner.example.com",
    "status": "ACTIVE",
    "reason": "",
    "note": "",
    "since": "2026-12-03T01:12:45.120331Z",
    "failures": 0,
    "failing_since": None,
}
WITH_SECRET: Final = {**EXAMPLE, "secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"}
DELIVERY_EXAMPLE: Final = {
    "id": "0c1f2a7e-5b21-4b7e-8d7b-0a1b2c3d4e5f",
    "endpoint": EXAMPLE["id"],
    "event_id": "msg_5f0d4a3b2c1e9f8a7b6c5d4e3f2a1b0c",
    "kind": "certificates",
    "subject": "8d8ac610-566d-4ef0-9c22-186b2a5ed793",
    "changed_at": "2026-12-03T01:12:45.120331Z",
    "is_gone": False,
    "status": "DELIVERED",
    "attempts": 1,
    "next_attempt_at": "2026-12-03T01:12:45.120331Z",
    "last_attempt_at": "2026-12-03T01:12:46.021120Z",
    "last_status": 204,
    "problem": "",
    "ended_at": "2026-12-03T01:12:46.204510Z",
    "replays": 0,
}


class EndpointOutput(serializers.Serializer[Any]):
    """One address that is told of changes."""

    id = serializers.UUIDField(source="public_id")
    url = serializers.CharField()
    kinds = serializers.ListField(child=serializers.ChoiceField(choices=sorted(SCOPE_OF_KIND)))
    contact = serializers.EmailField(help_text=_("Who is told when nothing is sent any more."))
    status = serializers.ChoiceField(choices=EndpointStatus.choices)
    reason = serializers.ChoiceField(choices=EndpointReason.choices, allow_blank=True)
    note = serializers.CharField(help_text=_("What the bureau says of it."))
    since = serializers.DateTimeField(default_timezone=UTC)
    failures = serializers.IntegerField(help_text=_("Tries in a row that did not arrive."))
    failing_since = serializers.DateTimeField(allow_null=True, default_timezone=UTC)


class EndpointsOutput(serializers.Serializer[Any]):
    """All endpoints of a system."""

    items = EndpointOutput(many=True)


class EndpointWithSecretOutput(EndpointOutput):
    """An endpoint with the secret that it is signed with from now on. It is shown once."""

    secret = serializers.CharField()


class WebhookDeliveryOutput(serializers.Serializer[Any]):
    """One event for one endpoint, and what became of it."""

    id = serializers.UUIDField(source="public_id")
    endpoint = serializers.UUIDField(source="endpoint.public_id")
    event_id = serializers.CharField(help_text=_("The webhook-id of the message."))
    kind = serializers.CharField()
    subject = serializers.UUIDField(help_text=_("The id of the row that changed."))
    changed_at = serializers.DateTimeField(default_timezone=UTC)
    is_gone = serializers.BooleanField()
    status = serializers.ChoiceField(choices=DeliveryStatus.choices)
    attempts = serializers.IntegerField()
    next_attempt_at = serializers.DateTimeField(default_timezone=UTC)
    last_attempt_at = serializers.DateTimeField(allow_null=True, default_timezone=UTC)
    last_status = serializers.IntegerField(allow_null=True)
    problem = serializers.ChoiceField(choices=DeliveryProblem.choices, allow_blank=True)
    ended_at = serializers.DateTimeField(allow_null=True, default_timezone=UTC)
    replays = serializers.IntegerField(help_text=_("How often it was asked for again."))


class DeliveriesOutput(serializers.Serializer[Any]):
    """A page of the log."""

    items = WebhookDeliveryOutput(many=True)
    next_cursor = serializers.CharField()
    has_more = serializers.BooleanField()


class ReplayedOutput(serializers.Serializer[Any]):
    """How many events are sent again."""

    replayed = serializers.IntegerField()


def kinds_field(**more: Any) -> serializers.Field[Any, Any, Any, Any]:
    """Return the field for what an endpoint is told of."""
    known = serializers.ChoiceField(choices=sorted(SCOPE_OF_KIND))
    return serializers.ListField(child=known, min_length=1, max_length=len(SCOPE_OF_KIND), **more)


class EndpointInput(Input):
    """A new endpoint."""

    url = serializers.CharField(max_length=LONGEST)
    kinds = kinds_field()
    contact = serializers.EmailField(max_length=254)


class EndpointChangeInput(Input):
    """What changes of an endpoint. Another address is another endpoint."""

    kinds = kinds_field(required=False)
    contact = serializers.EmailField(max_length=254, required=False)


class RotationInput(Input):
    """For how long the former secret signs, too."""

    overlap_hours = serializers.IntegerField(min_value=0, max_value=72, default=24)


class DeliveryParameters(serializers.Serializer[Any]):
    endpoint = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(choices=DeliveryStatus.choices, required=False)
    cursor = serializers.UUIDField(required=False, help_text=_("The next_cursor of the page before."))
    limit = serializers.IntegerField(min_value=1, max_value=500, default=100)


class ReplayInput(Input):
    """A span of changes, of a week at most."""

    endpoint = serializers.UUIDField()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
