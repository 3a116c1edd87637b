import pytest
import redis
from django.urls import reverse

from tests.factories.institutions import PASSWORD, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture(autouse=True)
def _two_tries(settings):
    settings.SIGN_IN_LIMITS = [(2, 300)]
    client = redis.Redis.from_url(settings.REDIS_URL)
    for key in client.keys("limit:sign-in:*"):
        client.delete(key)
    client.close()


def attempt(client, username, *, knows_password=False, address="203.0.113.7"):
    entry = {"username": username, "password": PASSWORD if knows_password else "wrong"}
    return client.post(reverse("login"), entry, REMOTE_ADDR=address).status_code


def test_who_guesses_has_to_wait_and_then_even_the_right_password_does_not_help(client):
    user = UserFactory()

    statuses = [attempt(client, user.username) for _ in range(2)]

    assert statuses == [200, 200]
    assert attempt(client, user.username, knows_password=True) == 429


def test_two_spellings_of_a_user_name_are_counted_as_one(client):
    statuses = [attempt(client, name) for name in ("zhang.san", " ZHANG.san", "zhang.SAN ")]

    assert statuses == [200, 200, 429]


def test_others_in_the_same_office_can_sign_in(client):
    user = UserFactory()
    for _ in range(3):
        attempt(client, "somebody.else")

    assert attempt(client, user.username, knows_password=True) == 302


def test_guessing_from_elsewhere_keeps_nobody_out(client):
    user = UserFactory()
    for _ in range(3):
        attempt(client, user.username, address="198.51.100.1")

    assert attempt(client, user.username, knows_password=True) == 302


def test_looking_at_the_page_costs_nothing(client):
    for _ in range(5):
        client.get(reverse("login"), REMOTE_ADDR="203.0.113.7")

    assert attempt(client, "zhang.san") == 200
