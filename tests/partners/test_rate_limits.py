import re

import pytest
import redis

from institutions.enums import Role

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.partners.notes")]


@pytest.fixture(autouse=True)
def _nothing_counted(settings):
    client = redis.Redis.from_url(settings.REDIS_URL)
    former = client.keys("limit:api:*")
    if former:
        client.delete(*former)
    client.close()


@pytest.fixture
def slow_partner(partner_of_office):
    partner = partner_of_office(Role.TRAINING_MANAGER)
    partner.requests_per_minute = 3
    partner.save()
    return partner


def test_as_many_requests_as_agreed_are_answered_and_no_more(slow_partner, api_client_of):
    caller = api_client_of(slow_partner)

    answers = [caller.get("/api/v1/notes/a") for _ in range(5)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert [re.search(r"r=(\d+)", answer["RateLimit"])[1] for answer in answers] == ["2", "1", "0", "0", "0"]
    assert {answer["RateLimit-Policy"] for answer in answers} == {'"minute";q=3;w=60'}


def test_who_is_refused_is_told_when_to_come_back(slow_partner, api_client_of):
    caller = api_client_of(slow_partner)
    refused = [caller.get("/api/v1/notes/a") for _ in range(4)][-1]

    assert refused.json()["code"] == "too_many_requests"
    assert 0 < int(refused["Retry-After"]) <= 60
    assert refused["RateLimit"] == f'"minute";r=0;t={refused["Retry-After"]}'


def test_token_more_is_no_request_more(slow_partner, api_client_of):
    first, second = api_client_of(slow_partner), api_client_of(slow_partner)

    answers = [caller.get("/api/v1/notes/a").status_code for caller in (first, second, first, second)]

    assert answers == [200, 200, 200, 429]


def test_other_client_is_counted_by_itself(slow_partner, api_client_of, api_client_for):
    caller, other = api_client_of(slow_partner), api_client_for(Role.TRAINING_MANAGER)
    for _ in range(4):
        caller.get("/api/v1/notes/a")

    assert other.get("/api/v1/notes/a").status_code == 200


def test_refused_request_counts_too(slow_partner, api_client_of):
    caller = api_client_of(slow_partner)

    answers = [caller.get("/api/v1/notes?fields=nothing").status_code for _ in range(4)]

    assert answers == [400, 400, 400, 429]


def test_everybody_is_counted_by_their_address(client, settings):
    settings.PUBLIC_API_PER_MINUTE = 2

    here = [client.get("/api/v1/versions").status_code for _ in range(3)]
    there = client.get("/api/v1/versions", REMOTE_ADDR="203.0.113.9").status_code

    assert (here, there) == ([200, 200, 429], 200)


def test_everybody_goes_on_when_redis_does_not_answer(slow_partner, api_client_of, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    caller = api_client_of(slow_partner)

    answers = [caller.get("/api/v1/notes/a") for _ in range(4)]

    assert {answer.status_code for answer in answers} == {200}
    assert "RateLimit" not in answers[0]
