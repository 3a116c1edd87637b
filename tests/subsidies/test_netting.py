"""What an institution has to pay back is set off against what it is owed; the bank pays the rest."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from chongqing_dte.foundation.errors import DomainError
from institutions.models import Institution
from institutions.services.accounts import (
    AccountEntry,
    approve_institution_account,
    propose_institution_account,
)
from subsidies.enums import (
    BankAnswer,
    NettingStatus,
    NotificationKind,
    ObjectionKind,
    ObjectionStatus,
    PaymentStatus,
    RecoveryStatus,
    ResolutionOutcome,
)
from subsidies.messages import sentence
from subsidies.models import (
    BankResultLine,
    Budget,
    JournalLine,
    Netting,
    Notification,
    Payment,
    PaymentBatch,
    TrainingSubsidy,
)
from subsidies.queries import books_agree, payments_apart
from subsidies.services.batches import assemble_batches
from subsidies.services.book_comparisons import compare_books
from subsidies.services.line_resolutions import approve_resolution, propose_resolution
from subsidies.services.objections import decide_objection
from subsidies.services.recoveries import MoreThanIsLeft, approve_settlement
from subsidies.services.revocations import follow_ended_certificates
from tests.clock import NOW
from tests.factories.claim_payments import said_against_claim
from tests.factories.institutions import InstitutionAccountFactory, UserFactory
from tests.factories.nettings import answered_by_bank, assembled, next_payment, owed_back
from tests.factories.recoveries import finance, propose, repayment, settle, write_off
from tests.factories.subsidies import hear_from_bank
from tests.subsidies.books import assert_the_books_agree
from tests.subsidies.database import triggers_off

pytestmark = pytest.mark.django_db


def budget() -> tuple[Decimal, Decimal, Decimal]:
    return Budget.objects.values_list("reserved", "paid", "recovered").get()


def fresh(row):
    row.refresh_from_db()
    return row


# ── Held back ────────────────────────────────────────────────────────────────────────────────────────────
def test_what_is_owed_back_is_held_back_from_the_next_instruction():
    (recovery,) = owed_back("300.00")
    payment = next_payment(recovery.payment.institution)

    batch = assembled()

    attempt, netting = batch.attempts.get(), Netting.objects.get()
    assert (attempt.amount, batch.total) == (Decimal("500.00"), Decimal("500.00"))
    assert (netting.recovery, netting.payment, netting.attempt) == (recovery, payment, attempt)
    assert (netting.amount, netting.status) == (Decimal("300.00"), NettingStatus.HELD)
    assert b",500.00," in bytes(batch.content)
    assert_the_books_agree()


def test_the_oldest_is_held_back_first_and_no_more_than_is_left():
    first, second = owed_back("500.00", "400.00")
    next_payment(first.payment.institution)

    # Nothing is left for the bank: 500 of the first, and 300 of the second.
    assert assemble_batches(now=NOW) == []
    assert list(Netting.objects.order_by("recovery").values_list("recovery", "amount")) == [
        (first.pk, Decimal("500.00")),
        (second.pk, Decimal("300.00")),
    ]
    assert_the_books_agree()


def test_what_is_not_set_off_waits_for_the_next_payment():
    first, second = owed_back("500.00", "400.00")
    next_payment(first.payment.institution)
    assemble_batches(now=NOW)
    next_payment(first.payment.institution)

    assert assembled().attempts.get().amount == Decimal("700.00")
    assert (fresh(first).status, fresh(second).recovered) == (RecoveryStatus.SETTLED, Decimal("300.00"))
    assert_the_books_agree()


def test_nothing_is_held_back_for_another_institution():
    owed_back("300.00")
    payment = next_payment(InstitutionAccountFactory(approved=True).institution)

    assert assembled().attempts.get().amount == payment.amount
    assert not Netting.objects.exists()


def test_what_somebody_has_put_down_as_paid_back_is_not_held_back():
    (recovery,) = owed_back("300.00")
    propose(recovery, repayment("200"))
    next_payment(recovery.payment.institution)

    assert assembled().attempts.get().amount == Decimal("700.00")


def test_what_is_held_back_is_not_left_for_a_settlement():
    (recovery,) = owed_back("300.00")
    next_payment(recovery.payment.institution)
    assembled()

    with pytest.raises(MoreThanIsLeft):
        propose(recovery, write_off("0.01"))


def test_a_settlement_put_down_before_counts_beside_what_is_held_back():
    (recovery,) = owed_back("300.00")
    proposed = propose(recovery, repayment("200"))
    next_payment(recovery.payment.institution)
    answered_by_bank(assembled())

    approve_settlement(settlement_id=proposed.pk, decider=finance(), reason="", now=NOW)

    assert (fresh(recovery).recovered, recovery.status) == (Decimal("300.00"), RecoveryStatus.SETTLED)
    assert_the_books_agree()


# ── Set off ──────────────────────────────────────────────────────────────────────────────────────────────
def test_what_is_held_back_is_set_off_when_the_rest_is_paid():
    (recovery,) = owed_back("300.00")
    payment = next_payment(recovery.payment.institution)

    answered_by_bank(assembled())

    netting = Netting.objects.get()
    assert (netting.status, netting.ended_at) == (NettingStatus.SET_OFF, NOW)
    assert (fresh(payment).status, fresh(recovery).status) == (PaymentStatus.PAID, RecoveryStatus.SETTLED)
    assert recovery.recovered == Decimal("300.00")
    assert_the_books_agree()


def test_budget_and_journal_have_it_in_full_both_ways():
    (recovery,) = owed_back("300.00")
    payment = next_payment(recovery.payment.institution)

    answered_by_bank(assembled())

    # 1,600 and 800 yuan were paid, of which 300 came back.
    assert budget() == (Decimal("0.00"), Decimal("2400.00"), Decimal("300.00"))
    netting = Netting.objects.get()
    lines = JournalLine.objects.filter(fact__in=[f"set_off:{netting.pk}", f"netted:{netting.pk}"])
    assert set(lines.values_list("payment", "account", "amount")) == {
        (payment.pk, "SUBSIDIES_PAYABLE", Decimal("300.00")),
        (payment.pk, "FUND_AT_BANK", Decimal("-300.00")),
        (recovery.payment_id, "FUND_AT_BANK", Decimal("300.00")),
        (recovery.payment_id, "RECOVERIES_RECEIVABLE", Decimal("-300.00")),
    }


def test_where_nothing_is_left_the_payment_is_paid_without_the_bank():
    (recovery,) = owed_back("800.00")
    payment = next_payment(recovery.payment.institution)

    assert assemble_batches(now=NOW) == []

    assert (fresh(payment).status, payment.paid_at, payment.attempts.count()) == (PaymentStatus.PAID, NOW, 0)
    netting = Netting.objects.get()
    assert (netting.attempt, netting.status) == (None, NettingStatus.SET_OFF)
    assert budget() == (Decimal("0.00"), Decimal("2400.00"), Decimal("800.00"))
    assert_the_books_agree()


def test_one_payment_goes_to_the_bank_beside_one_that_does_not():
    (recovery,) = owed_back("800.00")
    next_payment(recovery.payment.institution)
    next_payment(recovery.payment.institution)

    assert assembled().attempts.get().amount == Decimal("800.00")
    assert Payment.objects.filter(status=PaymentStatus.PAID).count() == 2
    assert_the_books_agree()


def test_the_institution_hears_how_much_was_set_off():
    (recovery,) = owed_back("300.00")
    payment = next_payment(recovery.payment.institution)
    answered_by_bank(assembled())

    told = Notification.objects.filter(kind=NotificationKind.CLAIM_SET_OFF)
    assert {message.claim for message in told} == {payment.claim}
    assert "300.00" in sentence(told[0])


def test_what_all_came_back_of_a_person_may_be_subsidized_again():
    first, _second = owed_back("800.00", "300.00")
    next_payment(first.payment.institution, 2)
    answered_by_bank(assembled())

    subsidies = TrainingSubsidy.objects.filter(claim=first.payment.claim_id).order_by("pk")
    assert [subsidy.voided_at for subsidy in subsidies] == [NOW, None]
    assert_the_books_agree()


# ── Owed again ───────────────────────────────────────────────────────────────────────────────────────────
def test_what_was_held_back_from_a_returned_instruction_is_owed_again():
    (recovery,) = owed_back("300.00")
    payment = next_payment(recovery.payment.institution)

    answered_by_bank(assembled(), BankAnswer.RETURNED)

    assert Netting.objects.get().status == NettingStatus.RELEASED
    assert (fresh(payment).status, fresh(recovery).recovered) == (PaymentStatus.RETURNED, Decimal("0.00"))
    assert_the_books_agree()


def test_what_is_unknown_stays_held_back():
    (recovery,) = owed_back("300.00")
    next_payment(recovery.payment.institution)

    answered_by_bank(assembled(), BankAnswer.UNKNOWN)

    assert Netting.objects.get().status == NettingStatus.HELD
    with pytest.raises(MoreThanIsLeft):
        propose(recovery, repayment("300"))
    assert_the_books_agree()


def test_what_was_held_back_from_a_withdrawn_batch_is_held_back_from_the_next():
    (recovery,) = owed_back("300.00")
    payment = next_payment(recovery.payment.institution)
    assembled()
    objection = said_against_claim(payment, ObjectionKind.OFFICE)
    follow_ended_certificates(now=NOW)

    assert list(Netting.objects.values_list("status", flat=True)) == [NettingStatus.RELEASED]
    assert_the_books_agree()
    dismissed(objection)
    assert assembled().attempts.get().amount == Decimal("500.00")
    assert_the_books_agree()


def dismissed(objection) -> None:
    reviewer = UserFactory(district_reviewer=True, district=objection.claim.district)
    decide_objection(
        objection_id=objection.pk,
        decider=reviewer,
        outcome=ObjectionStatus.DISMISSED,
        reason="Everybody came.",
        now=NOW,
    )


def test_what_the_bank_takes_back_leaves_what_was_set_off():
    (recovery,) = owed_back("300.00")
    payment = next_payment(recovery.payment.institution)
    batch = answered_by_bank(assembled())

    settled_by_two(batch, BankAnswer.RETURNED, ResolutionOutcome.TAKEN_BACK)

    assert (fresh(payment).status, fresh(recovery).status) == (
        PaymentStatus.RETURNED,
        RecoveryStatus.SETTLED,
    )
    # Of its 800 yuan 500 are owed again.
    assert budget() == (Decimal("500.00"), Decimal("1900.00"), Decimal("300.00"))
    assert_the_books_agree()


def test_the_rest_of_what_the_bank_took_back_is_instructed_again():
    (recovery,) = owed_back("300.00")
    payment = next_payment(recovery.payment.institution)
    batch = answered_by_bank(assembled())
    settled_by_two(batch, BankAnswer.RETURNED, ResolutionOutcome.TAKEN_BACK)
    another_account(payment.institution)

    again = assembled()

    assert again.attempts.get().amount == Decimal("500.00")
    answered_by_bank(again)
    assert fresh(payment).status == PaymentStatus.PAID
    assert_the_books_agree()


def test_what_was_paid_after_all_is_set_off_after_all():
    (recovery,) = owed_back("300.00")
    payment = next_payment(recovery.payment.institution)
    batch = answered_by_bank(assembled(), BankAnswer.RETURNED)

    settled_by_two(batch, BankAnswer.PAID, ResolutionOutcome.PAID_AFTER_ALL)

    assert (fresh(payment).status, fresh(recovery).status) == (PaymentStatus.PAID, RecoveryStatus.SETTLED)
    assert list(Netting.objects.order_by("pk").values_list("status", flat=True)) == [
        NettingStatus.RELEASED,
        NettingStatus.SET_OFF,
    ]
    assert_the_books_agree()


def test_what_came_back_otherwise_meanwhile_is_not_set_off_after_all():
    (recovery,) = owed_back("300.00")
    next_payment(recovery.payment.institution)
    batch = answered_by_bank(assembled(), BankAnswer.RETURNED)
    settle(recovery, repayment("300"))

    with pytest.raises(DomainError) as refused:
        settled_by_two(batch, BankAnswer.PAID, ResolutionOutcome.PAID_AFTER_ALL)

    assert refused.value.code == "set_off_gone"
    assert Netting.objects.get().status == NettingStatus.RELEASED


def settled_by_two(
    batch: PaymentBatch, answer: str, outcome: ResolutionOutcome, name: str = "LATER.csv"
) -> None:
    """Let the bank say something else later, and two people agree on what it means."""
    hear_from_bank(batch, answer, name=name)
    line = BankResultLine.objects.exclude(problem="").get(resolved_at=None)
    finding = propose_resolution(
        line_id=line.pk, outcome=outcome, reason="The statement says so.", proposer=finance(), now=NOW
    )
    approve_resolution(resolution_id=finding.pk, decider=finance(), reason="", now=NOW)
    connection.check_constraints()


def another_account(institution: Institution) -> None:
    manager = UserFactory(training_manager=True, institution=institution)
    entry = AccountEntry("示范培训学校", "31050161364000002241", "示范银行", "105653000016")
    account = propose_institution_account(
        institution_id=institution.pk, entry=entry, reason="Returned.", proposer=manager, now=NOW
    )
    approve_institution_account(account_id=account.pk, decider=finance(), reason="", now=NOW)


# ── What agreed before is not looked at again ────────────────────────────────────────────────────────────
def test_a_set_off_after_the_last_look_at_all_the_books_agrees_and_a_cent_too_much_does_not():
    (recovery,) = owed_back("300.00")
    payment = next_payment(recovery.payment.institution)
    batch = assembled()
    compare_books(now=NOW - timedelta(minutes=20))
    compare_books(now=NOW)

    answered_by_bank(batch)

    asked = [payment.pk, recovery.payment_id]
    assert books_agree(now=NOW, payments=asked)
    with triggers_off():
        Netting.objects.update(amount=Decimal("300.01"))
    assert not books_agree(now=NOW, payments=[payment.pk])
    assert not books_agree(now=NOW, payments=[recovery.payment_id])


def test_the_reconciliation_names_the_claims_whose_set_off_differs():
    (recovery,) = owed_back("300.00")
    payment = next_payment(recovery.payment.institution)
    answered_by_bank(assembled())
    connection.check_constraints()
    with triggers_off():
        Netting.objects.update(amount=Decimal("300.01"))

    assert {(each.number, each.measure, each.bank) for each in payments_apart(10)} == {
        (payment.claim.reference, "PAID", Decimal("800.01")),
        (recovery.payment.claim.reference, "RECOVERED", Decimal("300.01")),
    }
