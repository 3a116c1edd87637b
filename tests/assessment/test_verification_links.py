import base64
import uuid

import pytest
from django.urls import reverse

from assessment.verification import certificate_of_token, verification_link, verification_token
from tests.assessment.public_checks import link

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_token_leads_to_its_certificate_and_says_nothing_that_was_drawn():
    public_id = uuid.uuid4()

    assert certificate_of_token(verification_token(public_id)) == public_id
    assert verification_token(public_id) == verification_token(public_id)
    assert len(verification_token(public_id)) == 43


def test_link_stands_on_the_portal_s_public_address(certificate):
    assert verification_link(certificate.public_id) == "https://portal.example" + link(certificate)


def test_token_of_another_key_is_none(settings):
    token = verification_token(uuid.uuid4())

    settings.HASH_KEY = "55" * 32

    assert certificate_of_token(token) is None


def test_seal_is_of_128_bits_and_of_this_certificate():
    one, other = (base64.urlsafe_b64decode(verification_token(uuid.uuid4()) + "=") for _ in range(2))

    moved = base64.urlsafe_b64encode(one[:16] + other[16:]).decode().rstrip("=")

    assert len(one) == 32
    assert certificate_of_token(moved) is None


@pytest.mark.parametrize("place", range(43))
def test_token_with_one_other_character_is_none(place):
    token = verification_token(uuid.UUID(int=7))
    other = "B" if token[place] == "A" else "A"

    assert certificate_of_token(token[:place] + other + token[place + 1 :]) is None


@pytest.mark.parametrize(
    "tampered",
    [
        pytest.param(lambda token: token[:-1], id="cut"),
        pytest.param(lambda token: token + "A", id="longer"),
        pytest.param(lambda token: token + "=", id="padded"),
        pytest.param(lambda token: token.swapcase(), id="case"),
        pytest.param(lambda token: "é" + token[1:], id="not ASCII"),
        pytest.param(lambda token: "!" + token[1:], id="not of the alphabet"),
        pytest.param(lambda _token: "A" * 43, id="guessed"),
        pytest.param(lambda _token: str(uuid.UUID(int=7)), id="public number alone"),
    ],
)
def test_tampered_link_is_not_found_and_shows_the_form(visitor, certificate, tampered):
    token = tampered(verification_token(certificate.public_id))

    answer = visitor.get(reverse("verify-link", args=[token]))

    assert answer.status_code == 404
    assert "This link leads to no certificate" in answer.content.decode()
    assert certificate.number not in answer.content.decode()


def test_last_character_has_one_spelling_only():
    token = verification_token(uuid.UUID(int=7))
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

    accepted = [last for last in alphabet if certificate_of_token(token[:-1] + last)]

    assert accepted == [token[-1]]


def test_link_of_a_certificate_that_is_not_there_is_not_found(visitor):
    assert visitor.get(reverse("verify-link", args=[verification_token(uuid.uuid4())])).status_code == 404
