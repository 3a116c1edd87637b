"""What people read of what was set off, and of what is to be given back."""

import pytest
from django.urls import reverse

from institutions.enums import Role
from subsidies.models import RecoverySettlement
from tests.factories.assessment import LevelCertificateFactory
from tests.factories.nettings import answered_by_bank, assembled, next_payment, owed_back
from tests.factories.recoveries import recovery_of_paid_money, repayment, settle, write_off
from tests.factories.subsidies import settled_batch
from tests.subsidies.following import follow

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client_as):
    client = client_as(Role.MUNICIPAL_FINANCE)
    client.cookies["django_language"] = "en"
    return client


def test_the_reconciliation_says_what_was_set_off_beside_the_banks_word(desk):
    (recovery,) = owed_back("300.00")
    next_payment(recovery.payment.institution)
    answered_by_bank(assembled())

    text = desk.get(reverse("reconciliation")).content.decode()

    assert "Bank (with set-offs)" in text
    assert "¥300.00 was set off and never went through the bank." in text


def test_the_reconciliation_says_nothing_of_set_offs_where_there_are_none(desk):
    settled_batch()

    text = desk.get(reverse("reconciliation")).content.decode()

    assert "never went through the bank" not in text


def test_the_page_of_a_recovery_that_is_not_owed_offers_to_give_back(desk):
    recovery = recovery_of_paid_money()
    settle(recovery, repayment("300"))
    settle(recovery, write_off("500"))
    LevelCertificateFactory(attempt=recovery.payment.grant.certificate.attempt)
    follow()

    shown = desk.get(reverse("recovery-detail", args=[recovery.public_id]))
    form = {
        "kind": "GIVEN_BACK",
        "amount": "300",
        "reason": "Paid back to her.",
        "received_on": "2026-10-20",
        "bank_reference": "OUT-1",
    }
    desk.post(reverse("settlement-propose", args=[recovery.public_id]), form)

    assert "then give back what came" in shown.content.decode()
    assert shown.context["settlement_form"].initial["kind"] == "GIVEN_BACK"
    assert RecoverySettlement.objects.filter(kind="GIVEN_BACK", recovery=recovery).exists()


def test_the_page_of_what_was_settled_offers_nothing(desk):
    recovery = recovery_of_paid_money()
    settle(recovery, write_off("800"))

    text = desk.get(reverse("recovery-detail", args=[recovery.public_id])).content.decode()

    assert "what was given back" not in text
