import json

import pytest

from chongqing_dte.foundation.models import AuditEvent
from institutions.enums import Role
from tests.partners.test_partner_view import post

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.partners.notes")]


@pytest.fixture
def caller(api_client_for):
    return api_client_for(Role.TRAINING_MANAGER)


def post_items(caller, *items, **more):
    return post(caller, {"items": list(items)}, path="/api/v1/notes/bulk", **more)


def test_each_item_has_its_result_and_a_bad_one_stops_nobody(caller):
    answer = post_items(
        caller,
        {"request_id": "one", "name": "taken"},
        {"request_id": "two", "name": "Ada", "rows": [{"mobile": "1"}]},
        {"request_id": "three", "name": "Bob"},
    )

    assert answer.status_code == 207
    one, two, three = answer.json()["results"]
    assert (one["request_id"], one["status"], one["problem"]["code"]) == ("one", 409, "name_taken")
    assert (two["request_id"], two["status"]) == ("two", 400)
    assert two["problem"]["errors"][0]["pointer"] == "/rows/0/mobile"
    assert three == {"request_id": "three", "status": 201, "id": "a"}
    assert AuditEvent.objects.filter(name="note.written").count() == 1


def test_item_that_breaks_the_portal_stops_nobody_and_tells_nothing(caller):
    answer = post_items(caller, {"request_id": "one", "name": "broken"}, {"request_id": "two", "name": "Bob"})

    one, two = answer.json()["results"]
    assert (one["status"], one["problem"]["code"], two["status"]) == (500, "internal_error", 201)
    assert b"12345678901" not in answer.content


@pytest.mark.parametrize(
    ("items", "pointer", "code"),
    [
        ([], "/items", "empty"),
        ([{"request_id": str(n), "name": "Bob"} for n in range(4)], "/items", "invalid"),
        (
            [{"request_id": "1", "name": "Bob"}, {"request_id": "1", "name": "Ada"}],
            "/items",
            "request_id_repeated",
        ),
        ([{"name": "Bob"}], "/items/0/request_id", "required"),
        ([{"request_id": "x" * 65, "name": "Bob"}], "/items/0/request_id", "max_length"),
        (["Bob"], "/items/0", "invalid"),
    ],
    ids=["none", "too many", "one name for two", "no name", "long name", "no object"],
)
def test_set_that_cannot_be_answered_item_by_item_is_refused_as_a_whole(caller, items, pointer, code):
    answer = post_items(caller, *items)

    assert answer.status_code == 400
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]
    assert not AuditEvent.objects.filter(name="note.written").exists()


def test_field_beside_the_items_is_refused(caller):
    answer = post(
        caller, {"items": [{"request_id": "1", "name": "Bob"}], "all": True}, path="/api/v1/notes/bulk"
    )

    assert answer.json()["errors"][0]["pointer"] == "/all"


def test_whole_set_is_done_once_under_its_key(caller):
    first, again = (post_items(caller, {"request_id": "1", "name": "Bob"}) for _ in range(2))

    assert json.loads(first.content) == json.loads(again.content)
    assert again["Idempotency-Replayed"] == "true"
    assert AuditEvent.objects.filter(name="note.written").count() == 1
