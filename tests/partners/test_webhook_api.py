"""What a partner does with its webhooks by the API, and never with another's."""

import json
from datetime import timedelta
from itertools import count

import pytest

from institutions.enums import Role
from partners.enums import DeliveryStatus, EndpointStatus
from partners.models import WebhookDelivery, WebhookEndpoint, WebhookSecret
from partners.services.webhooks import MOST_ENDPOINTS
from tests.clock import NOW
from tests.factories.institutions import InstitutionFactory
from tests.factories.webhooks import WebhookDeliveryFactory, WebhookEndpointFactory

pytestmark = pytest.mark.django_db
ENDPOINTS, DELIVERIES = "/api/v1/webhook-endpoints", "/api/v1/webhook-deliveries"
GIVEN = {"url": "https://hooks.partner.example.com/in", "kinds": ["classes"], "contact": "ops@example.com"}
_keys = count(1)


@pytest.fixture
def partner(partner_of_office):
    return partner_of_office(Role.TRAINING_MANAGER, institution=InstitutionFactory())


@pytest.fixture
def caller(partner, api_client_of):
    return api_client_of(partner)


def post(caller, address, body=None, *, method="post"):
    return getattr(caller, method)(
        address, body or {}, format="json", headers={"Idempotency-Key": f"test-key-{next(_keys)}"}
    )


def test_endpoint_is_made_unverified_with_a_secret_that_is_shown_once(caller):
    made = post(caller, ENDPOINTS, GIVEN)

    assert made.status_code == 201, made.content
    answer = json.loads(made.content)
    assert answer["status"] == "UNVERIFIED"
    assert WebhookSecret.objects.get().secret == answer["secret"]
    assert answer["secret"].startswith("whsec_")
    shown = caller.get(f"{ENDPOINTS}/{answer['id']}")
    assert "secret" not in json.loads(shown.content)
    assert answer["secret"] not in caller.get(ENDPOINTS).content.decode()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"url": "https://127.0.0.1/"}, "webhook_address_refused"),
        ({"url": "http://hooks.partner.example.com/"}, "webhook_address_refused"),
        ({"kinds": ["results"]}, "webhook_kind_not_readable"),
    ],
)
def test_endpoint_that_may_not_be_is_refused(caller, changed, code):
    refused = post(caller, ENDPOINTS, {**GIVEN, **changed})

    assert (refused.status_code, json.loads(refused.content)["code"]) == (422, code)
    assert not WebhookEndpoint.objects.exists()


def test_one_address_has_one_endpoint_and_a_system_a_few(caller, partner):
    post(caller, ENDPOINTS, GIVEN)
    assert json.loads(post(caller, ENDPOINTS, GIVEN).content)["code"] == "webhook_address_taken"
    WebhookEndpointFactory.create_batch(MOST_ENDPOINTS - 1, client=partner)

    refused = post(caller, ENDPOINTS, {**GIVEN, "url": "https://other.partner.example.com/"})

    assert json.loads(refused.content)["code"] == "webhook_too_many"


def test_endpoint_is_changed_tested_rotated_and_closed(caller, partner):
    endpoint = WebhookEndpointFactory(client=partner)
    own = f"{ENDPOINTS}/{endpoint.public_id}"

    assert post(caller, own, {"kinds": ["enrollments"]}, method="patch").status_code == 200
    first, second = (json.loads(post(caller, f"{own}/test").content) for _ask in range(2))
    rotated = json.loads(post(caller, f"{own}/secret-rotation", {"overlap_hours": 1}).content)
    closed = post(caller, f"{own}/closing")

    assert first["id"] == second["id"]
    assert first["kind"] == "webhook.test"
    assert endpoint.secrets.get(ends_at=None).secret == rotated["secret"]
    assert endpoint.secrets.count() == 2
    assert json.loads(closed.content)["status"] == "CLOSED"
    endpoint.refresh_from_db()
    assert endpoint.kinds == ["enrollments"]
    assert set(WebhookDelivery.objects.values_list("status", flat=True)) == {DeliveryStatus.DROPPED}
    assert post(caller, f"{own}/test").status_code == 409


def test_endpoint_that_the_bureau_paused_is_not_tested_awake(caller, partner):
    endpoint = WebhookEndpointFactory(client=partner, status=EndpointStatus.PAUSED, reason="BUREAU")

    refused = post(caller, f"{ENDPOINTS}/{endpoint.public_id}/test")

    assert json.loads(refused.content)["code"] == "webhook_paused_by_bureau"


def test_log_is_read_to_its_end_in_pages(caller, partner):
    endpoint = WebhookEndpointFactory(client=partner)
    deliveries = WebhookDeliveryFactory.create_batch(5, endpoint=endpoint)
    seen, cursor, has_more = [], None, True

    while has_more:
        page = json.loads(
            caller.get(DELIVERIES, {"limit": 2, **({"cursor": cursor} if cursor else {})}).content
        )
        seen += [item["id"] for item in page["items"]]
        cursor, has_more = page["next_cursor"], page["has_more"]

    assert seen == [str(delivery.public_id) for delivery in reversed(deliveries)]


def test_delivery_is_sent_again_under_its_own_number(caller, partner):
    delivery = WebhookDeliveryFactory(endpoint=WebhookEndpointFactory(client=partner), failed=True)

    answered = post(caller, f"{DELIVERIES}/{delivery.public_id}/replay")

    again = WebhookDelivery.objects.get()
    assert answered.status_code == 202
    assert (again.pk, again.event_id) == (delivery.pk, delivery.event_id)
    assert (again.status, again.attempts, again.replays) == (DeliveryStatus.WAITING, 0, 1)


def test_delivery_is_not_sent_again_while_something_newer_waits(caller, partner):
    older = WebhookDeliveryFactory(endpoint=WebhookEndpointFactory(client=partner), delivered=True)
    WebhookDeliveryFactory(
        endpoint=older.endpoint, subject=older.subject, changed_at=NOW + timedelta(seconds=1)
    )

    refused = post(caller, f"{DELIVERIES}/{older.public_id}/replay")

    assert json.loads(refused.content)["code"] == "webhook_newer_waits"


def test_of_a_span_the_newest_of_each_row_is_sent_again(caller, partner):
    endpoint = WebhookEndpointFactory(client=partner)
    older = WebhookDeliveryFactory(endpoint=endpoint, delivered=True)
    newer = WebhookDeliveryFactory(
        endpoint=endpoint, subject=older.subject, changed_at=NOW + timedelta(seconds=1), delivered=True
    )
    WebhookDeliveryFactory(endpoint=endpoint, changed_at=NOW + timedelta(days=2), delivered=True)
    span = {"endpoint": str(endpoint.public_id), "since": NOW, "until": NOW + timedelta(days=1)}

    answered = post(caller, f"{DELIVERIES}/replay", span)

    assert json.loads(answered.content) == {"replayed": 1}
    assert list(WebhookDelivery.objects.filter(status="WAITING")) == [newer]


def test_span_is_bounded(caller, partner):
    endpoint = WebhookEndpointFactory(client=partner)
    span = {"endpoint": str(endpoint.public_id), "since": NOW, "until": NOW + timedelta(days=8)}

    assert json.loads(post(caller, f"{DELIVERIES}/replay", span).content)["code"] == "webhook_span_too_long"


def test_what_is_anothers_is_not_there(caller):
    endpoint = WebhookEndpointFactory()
    delivery = WebhookDeliveryFactory(endpoint=endpoint, delivered=True)
    own = f"{ENDPOINTS}/{endpoint.public_id}"
    span = {"endpoint": str(endpoint.public_id), "since": NOW, "until": NOW + timedelta(days=1)}

    answers = [
        caller.get(own),
        post(caller, own, {"kinds": ["classes"]}, method="patch"),
        post(caller, f"{own}/test"),
        post(caller, f"{own}/secret-rotation"),
        post(caller, f"{own}/closing"),
        post(caller, f"{DELIVERIES}/{delivery.public_id}/replay"),
        post(caller, f"{DELIVERIES}/replay", span),
    ]

    assert [answer.status_code for answer in answers] == [404] * 7
    assert json.loads(caller.get(ENDPOINTS).content)["items"] == []
    assert json.loads(caller.get(DELIVERIES).content)["items"] == []


def test_whoever_may_only_read_changes_nothing(partner, api_client_of):
    reader = api_client_of(partner, scopes=["webhooks:read"])

    assert post(reader, ENDPOINTS, GIVEN).status_code == 403
    assert reader.get(ENDPOINTS).status_code == 200
