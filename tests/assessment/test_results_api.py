"""The contract of the endpoint that takes a session's results."""

import pytest
from django.urls import reverse
from django.utils import timezone

from assessment.models import Attempt, LevelCertificate, ResultsUpload
from institutions.enums import Role
from tests.assessment.result_lists import absent, list_of, passed, record, session_with
from tests.clock import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def post(client, session, results):
    return client.post(
        reverse("api-session-results", args=[session.public_id]),
        {"results": results},
        content_type="application/json",
    )


def test_results_are_recorded_whole(client_of):
    session, (first, second) = session_with(2)
    numeric = passed(first, 1, theory_score=80, practice_score=75.5)

    response = post(client_of(session.filed_by), session, [numeric, absent(second, theory_score=None)])

    upload = ResultsUpload.objects.get()
    assert (response.status_code, response.json()) == (
        201,
        {
            "upload": str(upload.public_id),
            "results": 2,
            "passed": 1,
            "failed": 0,
            "absent": 1,
            "misconduct": 0,
            "certificates": 1,
        },
    )
    assert (upload.source, upload.status) == ("API", "RECORDED")
    assert (Attempt.objects.count(), LevelCertificate.objects.count()) == (2, 1)


def test_same_results_again_are_answered_in_the_same_way(client_of):
    session, (person,) = session_with(1)
    client, line = client_of(session.filed_by), passed(person, 1)
    first = post(client, session, [line])

    again = post(client, session, [dict(reversed(line.items()))])

    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert (ResultsUpload.objects.count(), Attempt.objects.count()) == (1, 1)


def test_other_results_of_a_recorded_session_are_a_conflict(client_of):
    session, (person,) = session_with(1)
    record(session, list_of(passed(person, 1)))

    response = post(client_of(session.filed_by), session, [absent(person)])

    assert (response.status_code, response.json()["code"]) == (409, "invalid_transition")
    assert Attempt.objects.get().outcome == "PASSED"


def test_every_problem_is_named_and_nothing_is_recorded(client_of):
    session, (first, _second) = session_with(2)
    missing = session.candidates.last().admission_number

    client = client_of(session.filed_by)
    client.cookies["django_language"] = "en"

    response = post(client, session, [passed(first, 1, theory_score="101")])

    body = response.json()
    assert (response.status_code, body["code"]) == (422, "results_refused")
    assert body["problems"] == [
        {
            "row": None,
            "field": "admission_number",
            "code": "candidates_missing",
            "severity": "error",
            "detail": f"Admitted candidates are missing in the list, 1 in all: {missing}.",
        },
        {
            "row": 1,
            "field": "theory_score",
            "code": "score_format",
            "severity": "error",
            "detail": "A score is 0 to 100 with at most one decimal.",
        },
    ]
    assert not Attempt.objects.exists()


def test_refused_results_may_come_again(client_of):
    session, (person,) = session_with(1)
    client = client_of(session.filed_by)
    codes = [post(client, session, [passed(person, 1, name="王五")]).status_code for _ in range(2)]

    assert (codes, post(client, session, [passed(person, 1)]).status_code) == ([422, 422], 201)


@pytest.mark.parametrize(
    "results",
    [[], "all passed", [{"theory": "80"}], [{"name": ["李一"]}], ["李一"], [{"name": "李" * 201}]],
    ids=["none", "no list", "unknown key", "list in a cell", "no object", "long text"],
)
def test_body_of_another_form_is_refused(client_of, results):
    session, _people = session_with(1)

    assert post(client_of(session.filed_by), session, results).status_code == 400
    assert not ResultsUpload.objects.exists()


def sent(client, session, body, content_type="application/json"):
    return client.post(
        reverse("api-session-results", args=[session.public_id]), body, content_type=content_type
    )


def test_body_above_the_limit_of_forms_is_read(client_of, settings):
    session, (person,) = session_with(1)
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10

    assert post(client_of(session.filed_by), session, [passed(person, 1)]).status_code == 201


@pytest.mark.parametrize(("language", "word"), [("en", "larger"), ("zh-hans", "MB")])
def test_body_above_the_limit_of_files_is_refused_in_words(client_of, settings, language, word):
    session, (person,) = session_with(1)
    settings.ROSTER_MAX_BYTES = 100
    client = client_of(session.filed_by)
    client.cookies["django_language"] = language

    response = post(client, session, [passed(person, 1)])

    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
    assert word in response.json()["detail"]
    assert not ResultsUpload.objects.exists()


def test_form_above_the_limit_is_answered_in_json(client_of, settings):
    session, _people = session_with(1)
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    client = client_of(session.filed_by)
    client.handler.enforce_csrf_checks = True
    client.cookies["csrftoken"] = "x" * 32

    response = sent(client, session, "results=" + "x" * 20, "application/x-www-form-urlencoded")

    assert (response.status_code, response["Content-Type"]) == (415, "application/json")


@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000,
        '{"results": [{"name": "甲", "name": "乙"}]}',
        '{"results": [{"name": "\\ud800"}]}',
        '{"results": [{"\\ud800": "x"}]}',
        '{"results": NaN}',
        '{"results": ' + "1" * 5000 + "}",
        b'{"results": "\xff"}',
        "{",
    ],
    ids=[
        "nested",
        "twice",
        "half a character",
        "half a character as key",
        "NaN",
        "digits",
        "no UTF-8",
        "cut",
    ],
)
def test_what_no_reader_agrees_on_is_a_parse_error(client_of, body):
    session, _people = session_with(1)

    response = sent(client_of(session.filed_by), session, body)

    assert (response.status_code, response.json()["code"]) == (400, "parse_error")


def test_unknown_field_is_not_repeated(client_of):
    session, _people = session_with(1)

    response = post(client_of(session.filed_by), session, [{"王五": "80"}])

    assert response.status_code == 400
    assert "王五" not in str(response.json())
    assert "admission_number" in str(response.json())


def test_list_that_is_too_long_is_refused_once(client_of):
    session, _people = session_with(1)

    response = post(client_of(session.filed_by), session, [1] * 20_001)

    assert response.status_code == 400
    assert len(response.json()["results"]) == 1


def test_address_that_leads_nowhere_is_answered_in_json(client):
    response = client.get("/api/sessions/1/results/")

    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert client.get("/nowhere/")["Content-Type"].startswith("text/html")


def test_bureau_reports_nothing_and_another_institution_finds_no_session(client_as):
    session, (person,) = session_with(1)
    codes = [
        post(client_as(role), session, [passed(person, 1)]).status_code
        for role in (Role.MUNICIPAL_OPERATOR, Role.EVALUATION_OPERATOR)
    ]

    assert codes == [403, 404]
    assert not ResultsUpload.objects.exists()


def test_results_as_they_were_reported_are_shown(client_of):
    session, (person,) = session_with(1)
    client = client_of(session.filed_by)
    post(client, session, [passed(person, 1, name="王五")])

    page = client.get(reverse("results-detail", args=[ResultsUpload.objects.get().public_id]))

    assert (page.status_code, person.trainee.id_number in page.content.decode()) == (200, False)
