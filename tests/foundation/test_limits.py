import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
import structlog
from django.test import RequestFactory
from structlog.testing import capture_logs

from chongqing_dte.foundation import limits
from chongqing_dte.foundation.limits import client_address, seconds_to_wait

ADDRESS = "203.0.113.7"
MINUTE = (3, 60)


@pytest.fixture
def counters(settings):
    """Return the real Redis, in which nothing has been counted yet."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    former = client.keys("limit:*")
    if former:
        client.delete(*former)
    yield client
    client.close()


def tries(number, *who, within=(MINUTE,)):
    """Return how long each of so many tries has to wait."""
    return [seconds_to_wait("test", *who, limits=within) for _ in range(number)]


def test_as_many_tries_as_the_limit_go_on(counters):
    waits = tries(4, ADDRESS)

    assert waits[:3] == [0, 0, 0]
    assert 0 < waits[3] <= 60


def test_limit_is_exact_however_many_try_at_once(counters):
    with ThreadPoolExecutor(16) as pool:
        waits = list(pool.map(lambda _n: seconds_to_wait("test", ADDRESS, limits=[(40, 60)]), range(200)))

    assert waits.count(0) == 40


def test_another_address_is_counted_by_itself(counters):
    tries(4, ADDRESS)

    assert tries(1, "203.0.113.8") == [0]


def test_another_purpose_is_counted_by_itself(counters):
    tries(4, ADDRESS)

    assert seconds_to_wait("other", ADDRESS, limits=[MINUTE]) == 0


def test_longer_window_stops_who_keeps_to_the_shorter_one(counters):
    waits = tries(3, ADDRESS, within=[(5, 60), (2, 3600)])

    assert waits[:2] == [0, 0]
    assert waits[2] > 60


def test_refused_try_uses_up_nothing_of_the_longer_window(counters):
    tries(10, ADDRESS, within=[(1, 60), (5, 3600)])

    (hourly,) = counters.keys("limit:test:3600:*")
    assert counters.get(hourly) == b"1"


def test_every_count_ends_with_its_window(counters):
    tries(2, ADDRESS, within=[(5, 60), (5, 3600)])

    ends = sorted(counters.ttl(key) for key in counters.keys("limit:*"))
    assert 0 < ends[0] <= 60 < ends[1] <= 3600


def test_window_begins_with_the_first_try_and_is_not_prolonged(counters):
    tries(1, ADDRESS)
    (key,) = counters.keys("limit:*")
    counters.expire(key, 5)

    tries(5, ADDRESS)

    assert counters.ttl(key) <= 5


def test_count_that_ended_is_forgotten(counters):
    tries(4, ADDRESS)
    counters.delete(*counters.keys("limit:*"))

    assert tries(1, ADDRESS) == [0]


def test_redis_is_told_nobody_s_address(counters):
    tries(1, ADDRESS, "zhang.san")

    (key,) = counters.keys("limit:*")
    assert ADDRESS not in key.decode()
    assert "zhang" not in key.decode()


def test_no_limits_ask_nobody(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    assert tries(1, ADDRESS, within=()) == [0]


def test_everybody_goes_on_when_redis_is_down_and_the_log_says_so(settings, monkeypatch):
    # A logger that was used before keeps what it wrote through then.
    monkeypatch.setattr(limits, "log", structlog.get_logger())
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    with capture_logs() as logs:
        waits = tries(5, ADDRESS)

    assert waits == [0] * 5
    assert {(line["event"], line["log_level"]) for line in logs} == {("try_not_counted", "warning")}
    counted = [line["uncounted"] for line in logs]
    assert counted == list(range(counted[0], counted[0] + 5))
    assert ADDRESS not in json.dumps(logs)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        pytest.param(0, "", "198.51.100.1", id="nobody between"),
        pytest.param(0, "203.0.113.7", "198.51.100.1", id="forged, nobody between"),
        pytest.param(1, "203.0.113.7", "203.0.113.7", id="one proxy"),
        pytest.param(1, "10.0.0.1, 203.0.113.7", "203.0.113.7", id="forged before the one proxy"),
        pytest.param(2, "203.0.113.7, 192.0.2.5", "203.0.113.7", id="two proxies"),
        pytest.param(2, "10.0.0.1,203.0.113.7 ,192.0.2.5", "203.0.113.7", id="forged before both"),
        pytest.param(2, "203.0.113.7", "198.51.100.1", id="came past one of two"),
        pytest.param(1, "", "198.51.100.1", id="came past the one"),
        pytest.param(1, "unknown", "198.51.100.1", id="no address"),
        pytest.param(1, "::ffff:203.0.113.7", "203.0.113.7", id="IPv4 inside IPv6"),
        pytest.param(1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", id="IPv6 is its network"),
    ],
)
def test_address_is_what_our_own_proxies_say(settings, proxies, forwarded, expected):
    settings.TRUSTED_PROXY_COUNT = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}

    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR="198.51.100.1")

    assert client_address(request) == expected


def test_two_addresses_of_one_subscriber_are_counted_together(settings):
    near, far = (
        client_address(RequestFactory().get("/", REMOTE_ADDR=address))
        for address in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9")
    )

    assert near == far


def test_request_without_an_address_is_counted_too():
    assert client_address(RequestFactory().get("/", REMOTE_ADDR="")) == ""


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "words"),
    [("zh-hans", "2 分钟"), ("en", "Try again in 2 minutes.")],
)
def test_who_has_to_wait_reads_how_long(client, language, words, settings, counters):
    settings.SIGN_IN_LIMITS = [(1, 90)]
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    client.post("/login/", {"username": "x", "password": "y"})

    answer = client.post("/login/", {"username": "x", "password": "y"})

    assert answer.status_code == 429
    assert 60 < int(answer["Retry-After"]) <= 90
    assert words in answer.content.decode()
