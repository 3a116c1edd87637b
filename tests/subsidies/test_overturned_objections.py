"""An objection that was upheld wrongly: the person's own objection to what followed from it has the last word."""

import pytest

from assessment.models import LevelCertificate
from subsidies.enums import Decision, ObjectionKind, ObjectionStatus, PaymentStatus
from subsidies.models import Entitlement, Objection, Payment, Recovery
from subsidies.services.decisions import decide_due_certificates
from subsidies.services.deliveries import deliver_released_batches
from subsidies.services.objections import ObjectionEntry, follow_upheld_objections, raise_objection
from tests.clock import NOW
from tests.factories.enrollment import BankAccountFactory, TraineeFactory
from tests.factories.institutions import UserFactory
from tests.factories.notices import decided, payment_on_notice, said_against
from tests.factories.recoveries import repayment, settle
from tests.factories.subsidies import (
    decision_on,
    due_certificate,
    granted_certificate,
    hear_from_bank,
    next_batch,
    open_programme,
    payment_of,
    reissue,
    settled_batch,
    sign_twice,
)
from tests.fakes.bank import FakeBank
from tests.subsidies.books import payment_statuses
from tests.subsidies.following import batch_payments, follow

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("promises_hold")]

WRONG = "no_objection_was_upheld"


def sweep() -> None:
    """Let everything follow that follows by itself, more than once."""
    for _ in range(3):
        follow_upheld_objections(now=NOW)
        follow()
        decide_due_certificates(now=NOW)


def refused_for_an_objection() -> LevelCertificate:
    """Return a certificate whose grant was voided, as an office's objection was upheld."""
    certificate = granted_certificate()
    uphold(said_against(payment_of(certificate), ObjectionKind.OFFICE))
    assert result_of(certificate) == (Decision.REFUSED, WRONG)
    return certificate


def uphold(objection: Objection) -> Objection:
    decided(objection, ObjectionStatus.UPHELD)
    sweep()
    return objection


def said_by_the_person(certificate: LevelCertificate) -> Objection:
    return object_to(certificate, ObjectionEntry(ObjectionKind.PERSON, "I was there every day."))


def said_by_an_office(certificate: LevelCertificate) -> Objection:
    return object_to(certificate, ObjectionEntry(ObjectionKind.OFFICE, "She never came."))


def object_to(certificate: LevelCertificate, entry: ObjectionEntry) -> Objection:
    is_office = entry.kind == ObjectionKind.OFFICE
    return raise_objection(
        entitlement_id=decision_on(certificate).pk,
        entry=entry,
        raised_by=UserFactory(municipal_operator=True) if is_office else None,
        now=NOW,
    )


def result_of(certificate: LevelCertificate) -> tuple[str, str]:
    decision = decision_on(certificate)
    return decision.decision, decision.reason


def cited_on(certificate: LevelCertificate) -> int:
    (check,) = [check for check in decision_on(certificate).checks if check["name"] == WRONG]
    return check["facts"]["objection"]


def live_payment(certificate: LevelCertificate) -> Payment:
    return Payment.objects.get(entitlement=decision_on(certificate))


# ── Turned round ─────────────────────────────────────────────────────────────────────────────────────────
def test_what_was_voided_wrongly_is_granted_again_and_paid_once():
    certificate = refused_for_an_objection()

    uphold(said_by_the_person(certificate))

    assert result_of(certificate) == (Decision.GRANTED, "")
    assert decision_on(certificate).supersedes.reason == WRONG
    assert Entitlement.objects.filter(certificate=certificate).count() == 3
    assert batch_payments(next_batch()) == [live_payment(certificate)]


def test_what_fell_on_a_notice_is_put_on_one_again():
    payment = payment_on_notice()
    certificate = payment.entitlement.certificate
    uphold(said_against(payment))

    uphold(said_by_the_person(certificate))

    assert live_payment(certificate).status == PaymentStatus.TO_NOTICE


def test_what_was_held_goes_on_being_held():
    open_programme()
    held = due_certificate(attempt__enrollment__trainee=TraineeFactory())
    decide_due_certificates(now=NOW)
    decided(said_by_an_office(held), ObjectionStatus.UPHELD)
    BankAccountFactory(trainee=held.trainee)
    sweep()
    assert result_of(held) == (Decision.REFUSED, WRONG)

    uphold(said_by_the_person(held))

    assert result_of(held) == (Decision.GRANTED, "")


def test_the_certificate_in_its_place_is_not_barred_any_more():
    certificate = refused_for_an_objection()
    again = reissue(certificate)
    sweep()
    assert result_of(again) == (Decision.REFUSED, WRONG)

    uphold(said_by_the_person(again))

    assert result_of(again) == (Decision.GRANTED, "")


def test_money_that_came_back_for_nothing_is_paid_again():
    (payment,) = batch_payments(settled_batch())
    certificate = payment.entitlement.certificate
    uphold(said_against(payment, ObjectionKind.OFFICE))
    settle(Recovery.objects.get(), repayment("800", "LINE-1"))
    assert result_of(certificate) == (Decision.REFUSED, WRONG)

    uphold(said_by_the_person(certificate))

    batch = next_batch()
    assert batch_payments(batch) == [live_payment(certificate)]
    sign_twice(batch)
    deliver_released_batches(channel=FakeBank(), now=NOW)
    hear_from_bank(batch)
    sweep()
    assert payment_statuses() == [PaymentStatus.PAID] * 2
    assert Recovery.objects.count() == 1


# ── And not turned round ─────────────────────────────────────────────────────────────────────────────────
def test_a_dismissed_objection_of_the_person_leaves_it_refused():
    certificate = refused_for_an_objection()

    decided(said_by_the_person(certificate), ObjectionStatus.DISMISSED)
    LevelCertificate.objects.update(decision_due=True)
    sweep()

    assert result_of(certificate) == (Decision.REFUSED, WRONG)


def test_another_objection_that_was_upheld_stands_until_it_is_turned_round_too():
    certificate = granted_certificate()
    both = [said_against(payment_of(certificate), ObjectionKind.OFFICE) for _ in range(2)]
    for objection in both:
        decided(objection, ObjectionStatus.UPHELD)
    sweep()

    uphold(said_by_the_person(certificate))
    assert result_of(certificate) == (Decision.REFUSED, WRONG)
    assert cited_on(certificate) == both[1].pk

    uphold(said_by_the_person(certificate))
    assert result_of(certificate) == (Decision.GRANTED, "")


def test_an_objection_that_is_still_open_holds_what_is_granted_again():
    certificate = granted_certificate()
    first, second = (said_against(payment_of(certificate), ObjectionKind.OFFICE) for _ in range(2))
    uphold(first)

    uphold(said_by_the_person(certificate))
    assert next_batch() is None

    uphold(second)
    assert result_of(certificate) == (Decision.REFUSED, WRONG)


def test_an_objection_to_what_is_granted_again_is_another_one():
    certificate = refused_for_an_objection()
    uphold(said_by_the_person(certificate))

    uphold(said_by_an_office(certificate))

    assert result_of(certificate) == (Decision.REFUSED, WRONG)


def test_the_objection_of_somebody_else_is_not_turned_round():
    certificate, other = refused_for_an_objection(), refused_for_an_objection()

    uphold(said_by_the_person(other))
    LevelCertificate.objects.update(decision_due=True)
    sweep()

    assert result_of(certificate) == (Decision.REFUSED, WRONG)
