"""Money that was to come back stays with the person once the pass that was paid stands again."""

from decimal import Decimal

import pytest
from django.urls import reverse

from assessment.enums import CertificateStatus
from assessment.models import LevelCertificate
from chongqing_dte.foundation.models import AuditEvent
from institutions.enums import Role
from subsidies import queries
from subsidies.enums import Decision, PaymentStatus
from subsidies.invariants import find_violations
from subsidies.models import Recovery
from subsidies.services import revocations
from subsidies.services.decisions import decide_due_certificates
from tests.assessment.corrections import CERTIFICATE, FAIL, PASS, corrected
from tests.clock import NOW
from tests.factories.subsidies import (
    decision_on,
    delivered_batch,
    granted_certificate,
    hear_from_bank,
    revoke,
    settled_batch,
)
from tests.subsidies.books import PAID_OUT, balances, payment_statuses
from tests.subsidies.following import certificate_of, follow

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("promises_hold")]

OWED_BACK = {"RECOVERIES_RECEIVABLE": Decimal("800.00"), "FUND_AT_BANK": Decimal("-800.00")}


def certificate_in_place_of(former: LevelCertificate) -> LevelCertificate:
    """Return the certificate of a result that was corrected to a failure, and then to a pass again."""
    failed = corrected(former.attempt, FAIL)
    decide_due_certificates(now=NOW)
    follow()
    corrected(failed, PASS, **CERTIFICATE)
    decide_due_certificates(now=NOW)
    return LevelCertificate.objects.get(status=CertificateStatus.VALID)


def paid_and_passed_again() -> tuple[LevelCertificate, LevelCertificate]:
    former = certificate_of(settled_batch())
    return former, certificate_in_place_of(former)


def test_a_recovery_is_withdrawn_once_the_sitting_has_a_valid_certificate_again():
    _former, again = paid_and_passed_again()
    assert balances() == OWED_BACK

    assert follow() == 1

    recovery = Recovery.objects.get()
    assert (recovery.withdrawn_at, recovery.withdrawal_reason) == (NOW, "certificate_valid_again")
    assert recovery.withdrawal_facts == {"certificate": again.pk, "withdrawn_on": "2026-10-20"}
    assert (payment_statuses(), balances()) == ([PaymentStatus.PAID], PAID_OUT)
    assert AuditEvent.objects.filter(name="recovery.withdrawn").count() == 1


def test_the_grant_of_the_former_stands_and_the_new_certificate_is_not_paid_again():
    former, again = paid_and_passed_again()
    follow()
    decide_due_certificates(now=NOW)

    refused = decision_on(again)
    claimed = next(check for check in refused.checks if check["name"] == "is_not_claimed_already")
    assert decision_on(former).decision == Decision.GRANTED
    assert (refused.reason, claimed["facts"]) == ("is_not_claimed_already", {"certificate": former.pk})


def test_none_is_left_and_none_is_opened_again():
    paid_and_passed_again()
    assert len(queries.recovery_ids_to_withdraw(after=0, limit=10)) == 1

    follow()

    assert queries.recovery_ids_to_withdraw(after=0, limit=10) == []
    assert queries.payment_ids_to_take_back(after=0, limit=10) == []
    assert follow() == 0


def test_what_is_revoked_again_is_asked_back_again():
    _former, again = paid_and_passed_again()
    follow()
    revoke(again)

    assert follow() == 1

    first, second = Recovery.objects.order_by("pk")
    assert (first.withdrawn_at, second.withdrawn_at) == (NOW, None)
    assert first.payment == second.payment
    assert balances() == OWED_BACK
    assert follow() == 0


def test_a_recovery_whose_sitting_has_no_valid_certificate_stays():
    revoke(certificate_of(settled_batch()))
    follow()
    granted_certificate()

    assert follow() == 0
    assert Recovery.objects.get().withdrawn_at is None


def test_money_that_the_bank_pays_after_the_pass_stands_again_is_not_asked_back():
    batch = delivered_batch()
    certificate_in_place_of(certificate_of(batch))
    hear_from_bank(batch, "PAID")

    assert follow() == 0
    assert not Recovery.objects.exists()


def test_unpaid_money_goes_to_the_certificate_in_its_place():
    former = granted_certificate()
    again = certificate_in_place_of(former)

    assert (decision_on(former).decision, decision_on(again).decision) == (Decision.REFUSED, Decision.GRANTED)
    assert payment_statuses() == [PaymentStatus.CANCELLED, PaymentStatus.READY]


def test_a_recovery_that_was_withdrawn_meanwhile_is_not_withdrawn_again():
    paid_and_passed_again()
    found = queries.recovery_ids_to_withdraw(after=0, limit=10)

    assert revocations._withdraw_one_set(found, now=NOW) == 1
    assert revocations._withdraw_one_set(found, now=NOW) == 0


def test_a_certificate_that_is_revoked_meanwhile_keeps_its_recovery():
    _former, again = paid_and_passed_again()
    found = queries.recovery_ids_to_withdraw(after=0, limit=10)
    revoke(again)

    assert revocations._withdraw_one_set(found, now=NOW) == 0
    assert find_violations() == []


def test_the_withdrawal_is_shown_with_the_recovery_and_on_the_page_of_the_money(client_as):
    former, _again = paid_and_passed_again()
    follow()
    client = client_as(Role.MUNICIPAL_FINANCE)
    client.cookies["django_language"] = "en"

    for name, arguments in (("recovery-list", []), ("certificate-detail", [former.public_id])):
        text = client.get(reverse(name, args=arguments)).content.decode()
        assert "Withdrawn on 2026-10-20: the result stands as a pass again" in text
    assert "Recovery withdrawn" in text
