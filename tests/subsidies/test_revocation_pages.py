"""What people read of money that was taken back: why, since when, and where it is now."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from institutions.enums import MUNICIPAL_ROLES, Role
from subsidies.services.decisions import decide_due_certificates
from tests.clock import NOW
from tests.factories.subsidies import assembled_batch, granted_certificate, reissue, revoke, settled_batch
from tests.subsidies.following import batch_payments, certificate_of, follow

pytestmark = pytest.mark.django_db


def text_of(client: Client, name: str, *arguments: object) -> str:
    client.cookies["django_language"] = "en"
    response = client.get(reverse(name, args=arguments))
    assert response.status_code == 200
    return response.content.decode()


def test_page_of_a_voided_certificate_says_why_nothing_is_paid(client_as):
    certificate = granted_certificate()
    revoke(certificate)
    follow()

    text = text_of(client_as(Role.MUNICIPAL_REVIEWER), "certificate-detail", certificate.public_id)

    assert "The certificate was revoked on 2026-10-20, before the subsidy was paid" in text
    assert "Payment cancelled" in text
    assert "Somebody else sat the examination." in text
    assert "Grants cancelled before they were paid" in text


def test_page_of_a_paid_certificate_says_what_is_to_come_back(client_as):
    certificate = certificate_of(settled_batch())
    revoke(certificate)
    follow()

    text = text_of(client_as(Role.MUNICIPAL_FINANCE), "certificate-detail", certificate.public_id)

    assert "The certificate was revoked on 2026-10-20, after the subsidy was paid" in text
    assert "Recoveries receivable" in text


def test_page_of_a_certificate_that_was_issued_again_names_the_former(client_as):
    former = certificate_of(settled_batch())
    again = reissue(former)
    decide_due_certificates(now=NOW)

    text = text_of(client_as(Role.MUNICIPAL_FINANCE), "certificate-detail", again.public_id)

    assert "It was used up by certificate" in text
    assert reverse("certificate-detail", args=[former.public_id]) in text


def test_page_of_a_withdrawn_batch_says_so_and_asks_for_no_signature(client_as):
    batch = assembled_batch()
    revoke(certificate_of(batch))
    follow()

    text = text_of(client_as(Role.MUNICIPAL_FINANCE), "batch-detail", batch.public_id)

    assert "This batch was withdrawn before it was sent" in text
    assert "Sign for release" not in text


@pytest.mark.parametrize("role", Role)
def test_recoveries_are_listed_for_those_who_see_the_money(client_as, role):
    certificate = certificate_of(settled_batch())
    revoke(certificate)
    follow()

    text = text_of(client_as(role), "recovery-list")

    assert (certificate.number in text) == (role in MUNICIPAL_ROLES)


def test_the_list_of_recoveries_does_not_cost_more_with_more_of_them(client_as):
    client = client_as(Role.MUNICIPAL_FINANCE)
    revoke(certificate_of(settled_batch()))
    follow()
    with CaptureQueriesContext(connection) as few:
        text_of(client, "recovery-list")
    for payment in batch_payments(settled_batch(3)):
        revoke(payment.entitlement.certificate)
    follow()

    with CaptureQueriesContext(connection) as many:
        text_of(client, "recovery-list")

    assert len(many) == len(few)
