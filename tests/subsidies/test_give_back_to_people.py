"""What a person paid back, and whose pass stands again: given back by two, and asked back anew where it falls again."""

from decimal import Decimal

import pytest

from assessment.models import LevelCertificate
from chongqing_dte.foundation.errors import DomainError
from subsidies.enums import RecoveryStatus
from subsidies.models import Entitlement, Recovery
from subsidies.rules.recoveries import to_give_back
from subsidies.services.recoveries import refuse_settlement
from tests.clock import NOW
from tests.factories.assessment import LevelCertificateFactory
from tests.factories.notices import ObjectionFactory
from tests.factories.recoveries import (
    finance,
    given_back,
    propose,
    recovery_of_paid_money,
    repayment,
    settle,
    write_off,
)
from tests.factories.subsidies import revoke
from tests.subsidies import following
from tests.subsidies.books import assert_the_books_agree
from tests.subsidies.test_give_back import fresh, on_the_desk

pytestmark = pytest.mark.django_db


def test_what_a_person_paid_back_in_part_is_given_back_once_the_pass_stands_again():
    recovery = recovery_of_paid_money()
    settle(recovery, repayment("300"))
    LevelCertificateFactory(attempt=recovery.payment.grant.certificate.attempt)

    assert (following.follow(), following.follow()) == (1, 0)

    assert on_the_desk() == [recovery]
    settle(recovery, write_off("500"))
    settle(recovery, given_back("300"))
    assert (fresh(recovery).given_back, on_the_desk()) == (Decimal("300.00"), [])
    assert_the_books_agree()


def test_what_somebody_has_put_down_is_on_the_desk_until_it_is_refused():
    recovery = recovery_of_paid_money()
    proposed = propose(recovery, repayment("300"))
    LevelCertificateFactory(attempt=recovery.payment.grant.certificate.attempt)
    following.follow()
    assert on_the_desk() == [recovery]

    refuse_settlement(settlement_id=proposed.pk, decider=finance(), reason="Another payer.", now=NOW)
    following.follow()

    assert (fresh(recovery).status, on_the_desk()) == (RecoveryStatus.WITHDRAWN, [])


def test_what_a_person_paid_back_in_full_is_decided_anew_and_not_given_back():
    recovery = recovery_of_paid_money()
    settle(recovery, repayment("800"))
    LevelCertificateFactory(attempt=recovery.payment.grant.certificate.attempt)

    following.follow()

    assert (on_the_desk(), to_give_back(fresh(recovery))) == ([], Decimal("0.00"))


def test_a_pass_that_falls_again_leaves_the_desk():
    recovery = recovery_of_paid_money()
    settle(recovery, repayment("300"))
    again = LevelCertificateFactory(attempt=recovery.payment.grant.certificate.attempt)
    following.follow()
    revoke(again)

    following.follow()

    assert on_the_desk() == []


def given_back_to_a_person(amount: str) -> tuple[Recovery, LevelCertificate]:
    """Return a recovery of which 300 yuan came and so many were given back, and the certificate that stands again."""
    recovery = recovery_of_paid_money()
    settle(recovery, repayment("300"))
    again = LevelCertificateFactory(attempt=recovery.payment.grant.certificate.attempt)
    following.follow()
    settle(recovery, write_off("500"))
    settle(recovery, given_back(amount))
    return recovery, again


def test_what_was_given_back_to_a_person_is_asked_back_anew_when_the_pass_falls_again():
    recovery, again = given_back_to_a_person("300")
    revoke(again)

    assert (following.follow(), following.follow()) == (1, 0)

    anew = Recovery.objects.get(payment=recovery.payment, status=RecoveryStatus.OPEN)
    assert (anew.amount, on_the_desk()) == (Decimal("300.00"), [])
    assert_the_books_agree()
    settle(anew, repayment("300", "LINE-2"))
    # What was given up did not come back: the grant is used up.
    assert Entitlement.objects.get(pk=recovery.payment.entitlement_id).superseded_at is None
    assert_the_books_agree()
    LevelCertificateFactory(attempt=again.attempt)
    following.follow()
    assert on_the_desk() == [anew]
    settle(anew, given_back("300", "OUT-2"))
    assert on_the_desk() == []
    assert_the_books_agree()


def test_what_falls_again_in_the_middle_of_giving_back_is_owed_as_far_as_it_was_given_back():
    recovery, again = given_back_to_a_person("100")
    assert on_the_desk() == [recovery]
    revoke(again)
    following.follow()

    assert on_the_desk() == []
    with pytest.raises(DomainError) as refused:
        propose(recovery, given_back("1", "OUT-2"))
    assert refused.value.code == "more_than_came"
    anew = Recovery.objects.get(payment=recovery.payment, status=RecoveryStatus.OPEN)
    assert anew.amount == Decimal("100.00")
    LevelCertificateFactory(attempt=again.attempt)
    following.follow()
    assert (fresh(anew).status, on_the_desk()) == (RecoveryStatus.WITHDRAWN, [recovery])
    assert_the_books_agree()


def test_nothing_is_given_back_of_what_came_in_full_before_anybody_looked():
    recovery = recovery_of_paid_money()
    settle(recovery, repayment("300"))
    LevelCertificateFactory(attempt=recovery.payment.grant.certificate.attempt)
    following.follow()
    settle(recovery, repayment("500", "LINE-2"))

    with pytest.raises(DomainError) as refused:
        propose(recovery, given_back("1"))

    assert refused.value.code == "more_than_came"


def test_nothing_is_given_back_to_whom_an_objection_was_upheld_against():
    recovery = recovery_of_paid_money()
    settle(recovery, repayment("300"))
    LevelCertificateFactory(attempt=recovery.payment.grant.certificate.attempt)
    following.follow()
    assert on_the_desk() == [recovery]
    ObjectionFactory(entitlement=recovery.payment.entitlement, upheld=True)

    following.follow()

    assert on_the_desk() == []
