"""A claim is looked at for ever after it was paid: more rarely once a month is over, and at once if it is told of."""

from datetime import timedelta

import pytest

from assessment.models import LevelCertificate
from subsidies.services.claim_recoveries import follow_changed_claims as follow_claims
from tests.clock import NOW
from tests.factories.claim_reviews import fresh
from tests.factories.nettings import real_paid_claim
from tests.factories.subsidies import revoke
from tests.subsidies.books import assert_the_books_agree
from tests.subsidies.database import triggers_off
from tests.subsidies.test_claim_recoveries import first_certificate

pytestmark = pytest.mark.django_db


def follow(now) -> int:
    return follow_claims(now=now)


def test_a_change_that_nobody_told_of_is_followed_more_than_a_year_after_the_payment():
    claim = real_paid_claim()
    follow(NOW + timedelta(days=31))
    # Revoked long before anybody looks: no sweep of the day has seen it.
    revoke(first_certificate(claim))

    assert follow(NOW + timedelta(days=32)) == 0
    assert follow(NOW + timedelta(days=400)) == 1
    assert_the_books_agree()


def test_what_was_paid_long_ago_is_looked_at_once_a_month():
    claim = real_paid_claim()
    follow(NOW + timedelta(days=29))
    assert fresh(claim).reckoning_due_at == NOW + timedelta(days=30)

    follow(NOW + timedelta(days=31))

    assert fresh(claim).reckoning_due_at == NOW + timedelta(days=61)


def test_a_change_that_is_told_of_long_after_the_payment_is_followed_at_once():
    claim = real_paid_claim()
    follow(NOW + timedelta(days=31))
    certificate = first_certificate(claim)
    revoke(certificate)
    with triggers_off():
        LevelCertificate.objects.filter(pk=certificate.pk).update(ended_at=NOW + timedelta(days=40))

    assert follow(NOW + timedelta(days=40, hours=1)) == 1
