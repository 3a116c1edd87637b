"""What a person reads of their own decision."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from demo.identifiers import make_card_number, make_cnaps
from enrollment.queries import current_account_of
from subsidies.services.revocations import follow_ended_certificates
from tests.clock import NOW
from tests.factories.assessment import LevelCertificateFactory
from tests.factories.enrollment import TraineeFactory
from tests.factories.self_checks import opened_page
from tests.factories.subsidies import (
    decision_on,
    delivered_batch,
    granted_certificate,
    hear_from_bank,
    payment_of,
    revoke,
)

pytestmark = pytest.mark.django_db
ASK, CODE, OWN = reverse("self-check"), reverse("self-check-code"), reverse("self-check-own")
ACCOUNT, CONFIRM = reverse("own-account"), reverse("own-account-confirmation")
OBJECT = reverse("own-objection")
NUMBER, CNAPS = make_card_number(987), make_cnaps(7)
ACCOUNT_FORM = {"number": NUMBER, "number_again": NUMBER, "bank_name": "重庆银行", "cnaps": CNAPS}
# Session and form numbers differ from one browser to the next.
OF_THE_BROWSER = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"')


@pytest.fixture
def browser():
    client = Client()
    client.cookies["django_language"] = "en"
    return client


def page(client, url=OWN):
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


# ── What it says ─────────────────────────────────────────────────────────────────────────────────────────
def test_page_of_what_is_not_decided_says_so(browser):
    opened_page(LevelCertificateFactory(), browser)

    shown = page(browser)
    assert "Your certificate is not decided yet." in shown
    assert "There is no decision yet that one could object to." in shown


def test_page_of_a_grant_says_how_much_and_where_to(browser):
    certificate = granted_certificate()
    opened_page(certificate, browser)

    shown = page(browser)
    account = current_account_of(certificate.trainee_id)
    assert f"¥{decision_on(certificate).amount:,.2f}" in shown
    assert f"Account ending in {account.last_four}" in shown
    assert "You passed for the first time." in shown


def test_page_of_what_is_held_says_what_is_missing(browser):
    granted_certificate()
    held = granted_certificate(attempt__enrollment__trainee=TraineeFactory())
    opened_page(held, browser)

    shown = page(browser)
    assert "We do not know your bank account." in shown
    assert "Give another account" in shown


def paid(*answers):
    batch = delivered_batch()
    hear_from_bank(batch, *answers)
    return batch.attempts.get().payment.entitlement.certificate


def test_page_of_a_payment_says_when_it_was_made(browser):
    certificate = paid()
    opened_page(certificate, browser)

    shown = page(browser)
    assert f"Paid on {timezone.localdate(payment_of(certificate).paid_at).isoformat()}." in shown
    assert "Give another account" not in shown


def test_page_of_returned_money_gives_the_banks_reason(browser):
    certificate = paid("RETURNED")
    opened_page(certificate, browser)

    assert "the bank wrote: The account is closed." in page(browser)


def test_page_after_a_revocation_says_what_is_to_come_back(browser):
    certificate = revoke(paid())
    follow_ended_certificates(now=NOW)
    opened_page(certificate, browser)

    assert "To be paid back" in page(browser)


def test_page_takes_the_same_queries_whatever_has_happened(browser, django_assert_max_num_queries):
    certificate = paid("RETURNED")
    opened_page(certificate, browser)

    with django_assert_max_num_queries(24):
        page(browser)
