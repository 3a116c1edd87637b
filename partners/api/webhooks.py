"""Webhooks: where a partner's system is told of changes, and the log of what it was told. Its own alone."""

from datetime import timedelta
from typing import Final

from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from chongqing_dte.foundation.clock import database_now
from chongqing_dte.foundation.errors import InvalidTransition
from chongqing_dte.foundation.sentences import gettext_lazy as _
from partners import webhook_queries
from partners.api.webhook_shapes import (
    DELIVERY_EXAMPLE,
    EXAMPLE,
    WITH_SECRET,
    DeliveriesOutput,
    DeliveryParameters,
    EndpointChangeInput,
    EndpointInput,
    EndpointOutput,
    EndpointsOutput,
    EndpointWithSecretOutput,
    ReplayedOutput,
    ReplayInput,
    RotationInput,
    WebhookDeliveryOutput,
)
from partners.models import WebhookDelivery, WebhookEndpoint
from partners.rest.authentication import partner_of
from partners.rest.bulk import NothingInput
from partners.rest.operations import Operation, Refusal
from partners.rest.views import PartnerView
from partners.services import webhook_replays, webhooks

REFUSED: Final = 422


class WebhookView(PartnerView):
    """What the endpoints of this module share."""

    resource = "webhooks"

    def own(self, public_id: object) -> WebhookEndpoint:
        """Return an endpoint of whoever asks. Raises Http404."""
        return get_object_or_404(webhook_queries.endpoints_of(partner_of(self.request)), public_id=public_id)


class EndpointList(WebhookView):
    """GET and POST /webhook-endpoints."""

    output = EndpointOutput
    operations = {
        "get": Operation(
            name="listWebhookEndpoints",
            summary=_("List the own webhook endpoints"),
            example={"items": [EXAMPLE]},
            answer=EndpointsOutput,
        ),
        "post": Operation(
            name="makeWebhookEndpoint",
            summary=_("Make a webhook endpoint"),
            description=_(
                "It waits for its first test. The secret is shown in this answer alone. Messages are signed by "
                "Standard Webhooks and say that something changed, never what it says now."
            ),
            status=201,
            request=EndpointInput,
            request_example={key: EXAMPLE[key] for key in ("url", "kinds", "contact")},
            example={**WITH_SECRET, "status": "UNVERIFIED"},
            answer=EndpointWithSecretOutput,
            refusals=[
                webhooks.AddressRefused,
                webhooks.KindNotReadable,
                Refusal(REFUSED, "webhook_too_many"),
                Refusal(REFUSED, "webhook_address_taken"),
            ],
        ),
    }

    def get(self, request: Request) -> Response:
        found = webhook_queries.endpoints_of(partner_of(request))
        return Response({"items": EndpointOutput(found, many=True).data})

    def post(self, request: Request) -> Response:
        endpoint, secret = webhooks.make_endpoint(
            maker=self.machine(),
            client_id=partner_of(request).pk,
            now=database_now(),
            **self.given(EndpointInput),
        )
        return Response({**EndpointOutput(endpoint).data, "secret": secret}, status=201)


class EndpointDetail(WebhookView):
    """GET and PATCH /webhook-endpoints/{id}."""

    output = EndpointOutput
    operations = {
        "get": Operation(name="getWebhookEndpoint", summary=_("Get a webhook endpoint"), example=EXAMPLE),
        "patch": Operation(
            name="changeWebhookEndpoint",
            summary=_("Change what a webhook endpoint is told of"),
            request=EndpointChangeInput,
            request_example={"kinds": ["classes"]},
            example={**EXAMPLE, "kinds": ["classes"]},
            refusals=[webhooks.KindNotReadable, InvalidTransition],
        ),
    }

    def get(self, request: Request, public_id: object) -> Response:
        return Response(EndpointOutput(self.own(public_id)).data)

    def patch(self, request: Request, public_id: object) -> Response:
        endpoint = webhooks.change_endpoint(
            changer=self.machine(),
            endpoint_id=self.own(public_id).pk,
            now=database_now(),
            **self.given(EndpointChangeInput),
        )
        return Response(EndpointOutput(endpoint).data)


class EndpointTest(WebhookView):
    """POST /webhook-endpoints/{id}/test."""

    output = WebhookDeliveryOutput
    operations = {
        "post": Operation(
            name="testWebhookEndpoint",
            summary=_("Have a test sent to a webhook endpoint"),
            description=_(
                "Once it is answered with 2xx, an endpoint that is new or was paused because it was dead is active, "
                "and everything that waits is sent."
            ),
            status=202,
            request=NothingInput,
            request_example={},
            example={**DELIVERY_EXAMPLE, "kind": "webhook.test", "status": "WAITING"},
            refusals=[InvalidTransition, Refusal(REFUSED, "webhook_paused_by_bureau")],
        )
    }

    def post(self, request: Request, public_id: object) -> Response:
        self.given(NothingInput)
        delivery = webhooks.ask_for_test(
            asker=self.machine(), endpoint_id=self.own(public_id).pk, now=database_now()
        )
        return Response(WebhookDeliveryOutput(delivery).data, status=202)


class EndpointRotation(WebhookView):
    """POST /webhook-endpoints/{id}/secret-rotation."""

    output = EndpointWithSecretOutput
    operations = {
        "post": Operation(
            name="rotateWebhookSecret",
            summary=_("Sign with a new secret, for a while with both"),
            request=RotationInput,
            request_example={"overlap_hours": 24},
            example=WITH_SECRET,
            refusals=[InvalidTransition],
        )
    }

    def post(self, request: Request, public_id: object) -> Response:
        endpoint = self.own(public_id)
        hours = self.given(RotationInput)["overlap_hours"]
        secret = webhooks.rotate_webhook_secret(
            rotator=self.machine(),
            endpoint_id=endpoint.pk,
            overlap=timedelta(hours=hours),
            now=database_now(),
        )
        return Response({**EndpointOutput(endpoint).data, "secret": secret})


class EndpointClosing(WebhookView):
    """POST /webhook-endpoints/{id}/closing."""

    output = EndpointOutput
    operations = {
        "post": Operation(
            name="closeWebhookEndpoint",
            summary=_("Close a webhook endpoint for good"),
            request=NothingInput,
            request_example={},
            example={**EXAMPLE, "status": "CLOSED", "reason": "PARTNER"},
            refusals=[InvalidTransition],
        )
    }

    def post(self, request: Request, public_id: object) -> Response:
        self.given(NothingInput)
        endpoint = webhooks.close_endpoint(
            closer=self.machine(), endpoint_id=self.own(public_id).pk, now=database_now()
        )
        return Response(EndpointOutput(endpoint).data)


class DeliveryList(WebhookView):
    """GET /webhook-deliveries: the log, newest first."""

    output = WebhookDeliveryOutput
    operations = {
        "get": Operation(
            name="listWebhookDeliveries",
            summary=_("List what the own webhook endpoints were told, newest first"),
            example={"items": [DELIVERY_EXAMPLE], "next_cursor": DELIVERY_EXAMPLE["id"], "has_more": False},
            parameters=DeliveryParameters,
            answer=DeliveriesOutput,
        )
    }

    def get(self, request: Request) -> Response:
        asked = self.asked(DeliveryParameters)
        found = webhook_queries.page_of_deliveries(partner_of(request), **asked)
        shown = found[: asked["limit"]]
        last = str(shown[-1].public_id) if shown else str(asked.get("cursor") or "")
        return Response(
            {
                "items": WebhookDeliveryOutput(shown, many=True).data,
                "next_cursor": last,
                "has_more": len(found) > len(shown),
            }
        )


class DeliveryReplay(WebhookView):
    """POST /webhook-deliveries/{id}/replay."""

    output = WebhookDeliveryOutput
    operations = {
        "post": Operation(
            name="replayWebhookDelivery",
            summary=_("Have one event sent again, under its own number"),
            status=202,
            request=NothingInput,
            request_example={},
            example={**DELIVERY_EXAMPLE, "status": "WAITING", "replays": 1},
            refusals=[
                InvalidTransition,
                Refusal(REFUSED, "webhook_newer_waits"),
                Refusal(REFUSED, "webhook_test_not_replayed"),
            ],
        )
    }

    def post(self, request: Request, public_id: object) -> Response:
        self.given(NothingInput)
        deliveries = webhook_queries.deliveries_of(partner_of(request))
        delivery: WebhookDelivery = get_object_or_404(deliveries, public_id=public_id)
        replayed = webhook_replays.replay_delivery(
            asker=self.machine(), delivery_id=delivery.pk, now=database_now()
        )
        return Response(WebhookDeliveryOutput(replayed).data, status=202)


class DeliveryReplays(WebhookView):
    """POST /webhook-deliveries/replay: the newest event about each row of a span of time."""

    output = ReplayedOutput
    operations = {
        "post": Operation(
            name="replayWebhookDeliveries",
            summary=_("Have the newest event about each row that changed in a span sent again"),
            status=202,
            request=ReplayInput,
            request_example={
                "endpoint": EXAMPLE["id"],
                "since": "2026-12-01T00:00:00Z",
                "until": "2026-12-02T00:00:00Z",
            },
            example={"replayed": 312},
            refusals=[
                InvalidTransition,
                Refusal(404, "not_found"),
                Refusal(REFUSED, "webhook_span_too_long"),
                Refusal(REFUSED, "webhook_too_many_events"),
            ],
        )
    }

    def post(self, request: Request) -> Response:
        given = self.given(ReplayInput)
        endpoint = self.own(given.pop("endpoint"))
        count = webhook_replays.replay_deliveries(
            asker=self.machine(), endpoint_id=endpoint.pk, now=database_now(), **given
        )
        return Response({"replayed": count}, status=202)
