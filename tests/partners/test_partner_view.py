import json

import pytest

from institutions.enums import Role
from tests.clock import NOW
from tests.partners import notes

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.partners.notes")]


@pytest.fixture
def caller(api_client_for):
    return api_client_for(Role.TRAINING_MANAGER)


def post(caller, body=notes.GIVEN, *, key="key-12345", path="/api/v1/notes", **headers):
    return caller.post(
        path, json.dumps(body), content_type="application/json", headers={"Idempotency-Key": key, **headers}
    )


def test_reading_costs_the_token_and_nothing_else_besides_the_log(caller, django_assert_max_num_queries):
    with django_assert_max_num_queries(2):
        answer = caller.get("/api/v1/notes/a")

    assert answer.status_code == 200


def test_answer_sets_no_cookie_and_is_for_its_caller_only(caller):
    answer = caller.get("/api/v1/notes/a")

    assert not answer.cookies
    assert answer["Cache-Control"] == "private, no-cache"
    assert {"Authorization", "API-Version"} <= set(answer["Vary"].split(", "))


def test_token_without_the_scope_is_refused(api_client_for):
    reader = api_client_for(Role.TRAINING_MANAGER, scopes=["classes:read"])

    assert reader.get("/api/v1/notes").status_code == 200
    assert post(reader).json()["code"] == "insufficient_scope"


def test_scope_of_another_resource_opens_nothing(api_client_for):
    stranger = api_client_for(Role.TRAINING_MANAGER, scopes=["rosters:read", "rosters:write"])

    assert stranger.get("/api/v1/notes").status_code == 403


def test_unchanged_answer_is_not_sent_again(caller):
    first = caller.get("/api/v1/notes")

    again = caller.get("/api/v1/notes", headers={"If-None-Match": f'"other", {first["ETag"]}'})

    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    assert again["API-Version"] == first["API-Version"]


def test_another_answer_has_another_tag(caller):
    whole, part = caller.get("/api/v1/notes"), caller.get("/api/v1/notes?fields=name")

    assert whole["ETag"] != part["ETag"]
    assert (
        caller.get("/api/v1/notes?fields=name", headers={"If-None-Match": whole["ETag"]}).status_code == 200
    )


def test_sparse_list_keeps_what_it_is_followed_by(caller):
    items = caller.get("/api/v1/notes?fields=pages").json()["items"]

    assert [set(item) for item in items] == [{"id", "changed_at", "pages"}] * 2


def test_unknown_field_is_refused_before_anything_is_read(caller):
    answer = caller.get("/api/v1/notes?fields=name,secret")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == "fields"
    assert "name, pages" in answer.json()["errors"][0]["texts"]["en"]


def test_parameter_that_is_not_known_is_refused(caller):
    answer = caller.get("/api/v1/notes?limt=3")

    assert [error["parameter"] for error in answer.json()["errors"]] == ["limt"]


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_method_that_is_not_there_is_refused(caller, method):
    answer = getattr(caller, method)("/api/v1/notes")

    assert answer.status_code == 405
    assert answer.json()["code"] == "method_not_allowed"
    assert answer["Allow"] == "GET, HEAD, POST"


def test_head_says_what_get_says(caller):
    answer = caller.head("/api/v1/notes")

    assert answer.status_code == 200
    assert answer["ETag"] == caller.get("/api/v1/notes")["ETag"]


def test_session_is_no_token(client_as):
    browser = client_as(Role.MUNICIPAL_ADMINISTRATOR)

    assert browser.get("/api/v1/notes").status_code == 401


def test_body_longer_than_a_form_may_be_is_read(caller):
    rows = [{"mobile": "13800000000"}] * 90_000

    assert post(caller, {"name": "Ada", "rows": rows}).status_code == 201


def test_body_longer_than_the_limit_is_refused(caller, settings):
    settings.ROSTER_MAX_BYTES = 1000

    answer = post(caller, {"name": "Ada", "rows": [{"mobile": "13800000000"}] * 100})

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_pinned_version_is_answered_where_none_is_named(partner_of_office, api_client_of):
    partner = partner_of_office(Role.TRAINING_MANAGER)
    partner.api_version = "2027-06-01"
    partner.save()

    assert api_client_of(partner).get("/api/v1/newer/a")["API-Version"] == "2027-06-01"


def test_clock_of_the_tests_lies_before_the_versions_end():
    assert notes.NEWER.ends_on(notes.NEWER.all[0]) > NOW.date()
