import pytest
import redis
from django.urls import reverse
from structlog.testing import capture_logs

from assessment.verification import verification_token
from tests.assessment.public_checks import checked, link

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def _two_checks(settings):
    settings.VERIFICATION_LIMITS = [(2, 60)]
    client = redis.Redis.from_url(settings.REDIS_URL)
    for key in client.keys("limit:verification:*"):
        client.delete(key)
    client.close()


@pytest.mark.usefixtures("_two_checks")
def test_forms_and_links_are_counted_together(visitor, certificate):
    statuses = [
        visitor.get(link(certificate)).status_code,
        checked(visitor, "X", "Y").status_code,
        checked(visitor, certificate.number, "欧阳·娜").status_code,
        visitor.get(link(certificate)).status_code,
    ]

    assert statuses == [200, 200, 429, 429]


@pytest.mark.usefixtures("_two_checks")
def test_who_has_to_wait_is_told_for_how_long_and_nothing_else(visitor, certificate):
    for _ in range(2):
        checked(visitor, "X", "Y")

    answer = checked(visitor, certificate.number, "欧阳·娜")

    assert 0 < int(answer["Retry-After"]) <= 60
    assert "Try again in 1 minute." in answer.content.decode()
    assert certificate.number not in answer.content.decode()


@pytest.mark.usefixtures("_two_checks")
def test_looking_at_the_empty_form_costs_nothing(visitor, certificate):
    for _ in range(5):
        visitor.get(reverse("verify"))

    assert checked(visitor, certificate.number, "欧阳·娜").status_code == 200


@pytest.mark.usefixtures("_two_checks")
def test_forged_header_does_not_get_past_the_limit(visitor):
    statuses = [
        visitor.post(
            reverse("verify"), {"number": "X", "name": "Y"}, headers={"X-Forwarded-For": f"203.0.113.{place}"}
        ).status_code
        for place in range(3)
    ]

    assert statuses == [200, 200, 429]


@pytest.mark.usefixtures("_two_checks")
def test_somebody_else_behind_our_proxy_is_counted_by_themselves(visitor, settings):
    settings.TRUSTED_PROXY_COUNT = 1

    statuses = [
        visitor.post(
            reverse("verify"), {"number": "X", "name": "Y"}, headers={"X-Forwarded-For": f"203.0.113.{place}"}
        ).status_code
        for place in range(3)
    ]

    assert statuses == [200, 200, 200]


@pytest.mark.usefixtures("_two_checks")
def test_page_answers_without_redis(visitor, certificate, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    answers = [checked(visitor, certificate.number, "欧阳·娜") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200] * 4


@pytest.mark.usefixtures("_two_checks")
def test_log_names_neither_person_nor_number_nor_link(visitor, certificate, settings, printed):
    token = verification_token(certificate.public_id)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    checked(visitor, certificate.number, "欧阳·娜")
    visitor.get(link(certificate))
    visitor.get(link(certificate)[:-2] + "/")

    lines = str(printed())

    assert "verify/<str:token>/" in lines
    assert "try_not_counted" in lines
    for canary in (certificate.number, "欧阳", token[:12], str(certificate.public_id), "127.0.0.1"):
        assert canary not in lines


def test_log_of_a_refused_link_holds_no_link(visitor, certificate, settings, printed):
    settings.VERIFICATION_LIMITS = [(0, 60)]

    answer = visitor.get(link(certificate))

    assert answer.status_code == 429
    assert verification_token(certificate.public_id) not in str(printed())


def test_check_leaves_no_line_about_what_was_entered(visitor, certificate):
    with capture_logs() as logs:
        checked(visitor, certificate.number, "欧阳·娜")

    (line,) = logs
    assert line["route"] == "verify/"
    assert certificate.number not in str(line)
