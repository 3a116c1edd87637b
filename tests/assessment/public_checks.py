"""Somebody without a name here, who checks a certificate."""

import pytest
from django.urls import reverse

from assessment.verification import verification_token
from tests.factories.assessment import LevelCertificateFactory


@pytest.fixture
def certificate():
    return LevelCertificateFactory(number="CQ-AI-2026-000123", attempt__enrollment__trainee__name="欧阳·娜")


@pytest.fixture
def visitor(client, settings):
    """Return a browser of somebody who reads English and has no name here."""
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


def checked(visitor, number, name):
    return visitor.post(reverse("verify"), {"number": number, "name": name})


def link(certificate):
    return reverse("verify-link", args=[verification_token(certificate.public_id)])
