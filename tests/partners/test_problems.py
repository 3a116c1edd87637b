import json
import uuid

import pytest
from rest_framework import serializers

from assessment.results.messages import message_for
from chongqing_dte import problem_codes
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.sentences import in_every_language
from institutions.enums import Role
from partners.rest import codes
from partners.rest.problems import InvalidInput, problem, validated
from tests.partners import notes

pytestmark = pytest.mark.urls("tests.partners.notes")
PROBLEM = "application/problem+json"


@pytest.fixture
def caller(api_client_for):
    return api_client_for(Role.TRAINING_MANAGER)


def post(caller, body, path="/api/v1/notes"):
    return caller.post(
        path, body, content_type="application/json", headers={"Idempotency-Key": str(uuid.uuid4())}
    )


def test_refusal_is_told_in_both_languages():
    shown = problem(DomainError(_("The name is too long."), code="name"))

    assert shown["texts"] == {"zh-Hans": "名称过长。", "en": "The name is too long."}
    assert shown["detail"] == shown["texts"]["zh-Hans"]
    assert (shown["status"], shown["code"]) == (422, "name")
    assert shown["type"] == "https://portal.example/api/v1/problems#name"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("ask", "status", "code"),
    [
        (lambda c: c.get("/api/v1/notes", headers={"Authorization": ""}), 401, "not_authenticated"),
        (lambda c: c.get("/api/v1/notes", headers={"Authorization": "Bearer wrong"}), 401, "invalid_token"),
        (lambda c: c.get("/api/v1/nowhere"), 404, "not_found"),
        (lambda c: c.post("/api/v1/nowhere"), 404, "not_found"),
        (lambda c: c.delete("/api/v1/notes"), 405, "method_not_allowed"),
        (lambda c: c.get("/api/v1/notes", headers={"Accept": "text/html"}), 406, "not_acceptable"),
        (lambda c: post(c, '{"name": "taken"}'), 409, "name_taken"),
        (lambda c: post(c, '{"name"'), 400, "parse_error"),
        (
            lambda c: c.post(
                "/api/v1/notes", "<a/>", content_type="text/xml", headers={"Idempotency-Key": "k" * 8}
            ),
            415,
            "unsupported_media_type",
        ),
        (
            lambda c: c.post("/api/v1/notes", "{}", content_type="application/json"),
            400,
            "idempotency_key_missing",
        ),
    ],
)
def test_every_refusal_is_a_problem(caller, ask, status, code):
    answer = ask(caller)

    assert (answer.status_code, answer["Content-Type"]) == (status, PROBLEM)
    shown = answer.json()
    assert (shown["status"], shown["code"]) == (status, code)
    assert set(shown["texts"]) == {"zh-Hans", "en"}
    assert shown["instance"] == answer["X-Request-ID"]


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["", "Bearer wrong"])
def test_who_is_not_known_is_told_what_to_show(caller, header):
    assert caller.get("/api/v1/notes", headers={"Authorization": header})["WWW-Authenticate"].startswith(
        "Bearer"
    )


@pytest.mark.django_db
def test_mistake_of_the_portal_is_a_problem_that_tells_nothing(caller):
    caller.raise_request_exception = False

    answer = caller.get("/api/v1/notes/broken")

    assert (answer.status_code, answer["Content-Type"]) == (500, PROBLEM)
    assert answer.json()["code"] == "internal_error"
    assert b"13800000000" not in answer.content


@pytest.mark.django_db
def test_mistake_of_the_portal_is_heard_by_whoever_listens(caller):
    with pytest.raises(ValueError, match="13800000000"):
        caller.get("/api/v1/notes/broken")


@pytest.mark.django_db
def test_each_field_is_named_with_its_place_and_in_both_languages(caller):
    body = {"name": "too long a name", "rows": [{"mobile": "13800000000"}, {"mobile": "1"}, {}], "extra/x": 1}

    shown = post(caller, json.dumps({**body, "rows": body["rows"]})).json()

    assert shown["code"] == "invalid_input"
    assert [error["pointer"] for error in shown["errors"]] == ["/extra~1x"]
    shown = post(caller, json.dumps({name: body[name] for name in ("name", "rows")})).json()
    found = {error["pointer"]: error["code"] for error in shown["errors"]}
    assert found == {"/name": "max_length", "/rows/1/mobile": "min_length", "/rows/2/mobile": "required"}
    texts = next(error["texts"] for error in shown["errors"] if error["code"] == "required")
    assert texts["en"] == "This field is required."
    assert texts["zh-Hans"] != texts["en"]


class Numbers(serializers.Serializer):
    numbers = serializers.ListField(child=serializers.IntegerField())

    def validate(self, attrs):
        if sum(attrs["numbers"]) > 9:
            raise serializers.ValidationError(_("The name is too long."), code="sum")
        return attrs


@pytest.mark.parametrize(
    ("given", "pointer"),
    [({"numbers": [1, "x"]}, "/numbers/1"), ({"numbers": 3}, "/numbers"), ({"numbers": [10]}, ""), ([], "")],
    ids=["in a list", "no list", "the whole", "no object"],
)
def test_pointer_leads_to_the_place(given, pointer):
    with pytest.raises(InvalidInput) as refused:
        validated(Numbers, given)

    assert [found.place for found in refused.value.problems] == [pointer]


def test_own_words_of_a_serializer_are_in_both_languages():
    with pytest.raises(InvalidInput) as refused:
        validated(Numbers, {"numbers": [10]})

    assert refused.value.problems[0].texts == {"zh-Hans": "名称过长。", "en": "The name is too long."}


def test_list_of_codes_is_what_the_code_of_the_apps_says():
    assert codes.KEPT.read_text(encoding="utf-8") == problem_codes.written()


def test_list_of_codes_has_every_class_of_refusals_that_python_knows():
    def below(kind):
        return {kind}.union(*(below(inner) for inner in kind.__subclasses__()))

    ours = {kind for kind in below(DomainError) if not kind.__module__.startswith("tests.")}
    assert {(kind.code, kind.status_code) for kind in ours} <= {
        (code.code, status) for code in codes.known_codes().values() for status in code.statuses
    }


def test_list_of_codes_finds_a_code_that_is_raised():
    assert 422 in codes.known_codes()["reason_missing"].statuses
    assert "roster" not in codes.known_codes()


@pytest.mark.django_db
def test_list_of_codes_is_shown_to_everybody_with_meanings_in_both_languages(api_client_of, client):
    answer = client.get("/api/v1/problems")

    shown = {code["code"]: code for code in answer.json()["codes"]}
    assert {"zh-Hans": "名称过长。", "en": "The name is too long."} in shown["holder_name"]["texts"]
    assert all(text["en"] for code in shown.values() for text in code["texts"])
    assert all(code["texts"] for code in shown.values())


def test_list_of_codes_example_has_the_shape_of_a_problem():
    shown = codes.example_problem("busy", 409, "/api/v1/problems")

    assert set(shown) == set(problem(notes.NameTaken("x")))


@pytest.mark.django_db
def test_request_that_reaches_no_endpoint_is_a_problem_too(client, settings):
    settings.ALLOWED_HOSTS = ["portal.example"]

    answer = client.get("/api/v1/versions", HTTP_HOST="elsewhere.example")

    assert (answer.status_code, answer["Content-Type"], answer.json()["code"]) == (
        400,
        PROBLEM,
        "bad_request",
    )


def test_problem_of_a_row_can_be_told_in_both_languages():
    told = in_every_language(message_for("admission_repeated", {"rows": "2, 3"}))

    assert told["en"] == "This admission number appears more than once: rows 2, 3."
    assert told["zh-Hans"] != told["en"]
    assert "2, 3" in told["zh-Hans"]
