"""What must not happen twice although the bank, the policy or an account says something unexpected."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange

from chongqing_dte.foundation.errors import DomainError
from enrollment.models import BankAccount
from enrollment.services.accounts import AccountDetails
from institutions.models import FeeSchedule
from subsidies import queries
from subsidies.enums import PaymentStatus
from subsidies.invariants import find_violations
from subsidies.models import Entitlement, Payment, PaymentAttempt, PaymentBatch
from subsidies.rules import sequence
from subsidies.services import decisions
from subsidies.services.decisions import decide_due_certificates
from subsidies.services.deliveries import deliver_released_batches
from subsidies.services.revocations import follow_ended_certificates
from subsidies.tasks import assemble_batches_task
from tests.clock import NOW
from tests.factories.assessment import AttemptFactory
from tests.factories.subsidies import (
    BudgetFactory,
    PolicyVersionFactory,
    assembled_batch,
    correct_account,
    decision_on,
    delivered_batch,
    due_certificate,
    granted_certificate,
    hear_from_bank,
    next_batch,
    open_programme,
    sign_twice,
)
from tests.fakes.bank import FakeBank
from tests.subsidies.database import triggers_off

pytestmark = pytest.mark.django_db


DAMAGE_ACCOUNT = "UPDATE enrollment_bankaccount SET number = '\\x01'::bytea || number WHERE id = %s"
DAMAGE_BATCH = "UPDATE subsidies_paymentbatch SET content = '\\x01'::bytea || content WHERE id = %s"


def damage(statement: str, row_id: int) -> None:
    """Make an encrypted value unreadable, as a bad disk or a lost key would."""
    with triggers_off(), connection.cursor() as cursor:
        cursor.execute(statement, [row_id])


def test_money_that_the_bank_paid_after_all_is_not_instructed_again():
    batch = delivered_batch()
    hear_from_bank(batch, "RETURNED", name="RESULT-1.csv")
    hear_from_bank(batch, "PAID", name="RESULT-2.csv")

    correct_account(Payment.objects.get().payee_id)

    assert next_batch() is None
    assert Payment.objects.get().status == PaymentStatus.RETURNED


def test_what_was_ready_again_when_the_bank_called_it_paid_goes_into_no_batch():
    first = delivered_batch()
    hear_from_bank(first, "RETURNED", name="RESULT-1.csv")
    correct_account(Payment.objects.get().payee_id)
    next_batch()
    hear_from_bank(first, "PAID", name="RESULT-2.csv")
    follow_ended_certificates(now=NOW)
    assert Payment.objects.get().status == PaymentStatus.READY

    assert next_batch() is None


def test_a_batch_is_not_released_once_the_bank_says_that_it_paid_before():
    first = delivered_batch()
    hear_from_bank(first, "RETURNED", name="RESULT-1.csv")
    correct_account(Payment.objects.get().payee_id)
    second = next_batch()
    hear_from_bank(first, "PAID", name="RESULT-2.csv")

    with pytest.raises(DomainError) as refusal:
        sign_twice(second)

    assert refusal.value.code == "bank_contradicts"


def test_a_released_batch_stays_here_once_the_bank_says_that_it_paid_before():
    first = delivered_batch()
    hear_from_bank(first, "RETURNED", name="RESULT-1.csv")
    correct_account(Payment.objects.get().payee_id)
    second, bank = sign_twice(next_batch()), FakeBank()
    hear_from_bank(first, "PAID", name="RESULT-2.csv")

    deliver_released_batches(channel=bank, now=NOW)

    second.refresh_from_db()
    assert (bank.files, second.status) == ({}, "WITHDRAWN")
    assert next_batch() is None


def test_two_instructions_of_one_payment_that_the_bank_paid_both_are_reported():
    first = delivered_batch()
    hear_from_bank(first, "RETURNED", name="RESULT-1.csv")
    correct_account(Payment.objects.get().payee_id)
    second = sign_twice(next_batch())
    deliver_released_batches(channel=FakeBank(), now=NOW)
    hear_from_bank(second, "PAID", name="RESULT-2.csv")

    hear_from_bank(first, "PAID", name="RESULT-3.csv")

    broken = [violation.invariant.name for violation in find_violations()]
    assert broken == ["bank_paid_one_instruction_of_a_payment"]


def test_an_older_unknown_changes_nothing_and_keeps_nothing_open():
    batch = delivered_batch()
    hear_from_bank(batch, "PAID", name="RESULT-2.csv")

    hear_from_bank(batch, "UNKNOWN", name="RESULT-1.csv")

    batch.refresh_from_db()
    assert batch.status == "SETTLED"


def test_the_same_account_is_paid_once_its_card_is_activated():
    batch = delivered_batch()
    hear_from_bank(batch, "RETURNED")
    account = BankAccount.objects.get()

    correct_account(account.trainee_id, AccountDetails(account.number, account.bank_name, account.cnaps))

    again = next_batch()
    attempt = PaymentAttempt.objects.get(batch=again)
    assert (attempt.number, attempt.bank_account.number_hash) == (2, account.number_hash)


def test_an_account_that_cannot_be_read_holds_up_nobody_else():
    damaged, sound = granted_certificate(), granted_certificate()
    damage(DAMAGE_ACCOUNT, BankAccount.objects.get(trainee=damaged.trainee).pk)

    next_batch()

    assert PaymentAttempt.objects.get().payment.payee_id == sound.trainee_id
    assert Payment.objects.get(payee_id=damaged.trainee_id).status == PaymentStatus.READY


def test_a_certificate_that_cannot_be_decided_holds_up_nobody_else(monkeypatch):
    poison, sound = due_certificate(), due_certificate()
    open_programme()
    rule = sequence.decide

    def fail_on_the_poison(facts):
        if facts.certificate_id == poison.pk:
            raise ValueError
        return rule(facts)

    monkeypatch.setattr(sequence, "decide", fail_on_the_poison)

    decide_due_certificates(now=NOW)

    assert list(Entitlement.objects.values_list("certificate_id", flat=True)) == [sound.pk]
    poison.refresh_from_db()
    assert poison.decision_due


def throw_out() -> None:
    """Fail as whoever the database chose to end a ring of transactions that wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'a ring' USING ERRCODE = 'deadlock_detected'; END $$")


def test_a_set_of_decisions_that_a_deadlock_threw_out_holds_up_no_other(monkeypatch):
    unlucky, lucky = due_certificate(), due_certificate()
    open_programme()
    monkeypatch.setattr(decisions, "BATCH_SIZE", 1)
    gather = decisions.gather_facts

    def throw_the_first_out(certificates):
        if unlucky in certificates:
            throw_out()
        return gather(certificates)

    monkeypatch.setattr(decisions, "gather_facts", throw_the_first_out)
    assert decide_due_certificates(now=NOW) == 1
    assert list(Entitlement.objects.values_list("certificate_id", flat=True)) == [lucky.pk]

    monkeypatch.undo()
    assert decide_due_certificates(now=NOW) == 1


def test_a_batch_that_a_deadlock_threw_out_is_assembled_by_the_next_sweep(monkeypatch):
    granted_certificate()
    with monkeypatch.context() as patch:
        patch.setattr(queries, "payments_owed", lambda _ids: throw_out())
        assemble_batches_task()
    assert not PaymentBatch.objects.exists()

    assemble_batches_task()
    assert PaymentBatch.objects.count() == 1


def test_a_batch_that_cannot_be_read_holds_up_no_other():
    open_programme(batch_line_limit=1)
    damaged, sound = sign_twice(assembled_batch()), sign_twice(assembled_batch())
    damage(DAMAGE_BATCH, damaged.pk)
    bank = FakeBank()

    deliver_released_batches(channel=bank, now=NOW)

    assert list(bank.files) == [sound.file_name]


def test_an_earlier_pass_that_is_recorded_late_is_not_paid_under_a_wider_scope():
    BudgetFactory()
    spring = DateRange(date(2026, 1, 1), date(2026, 5, 15))
    summer = DateRange(date(2026, 5, 15), date(2027, 1, 1))
    PolicyVersionFactory(approved=True, in_force=spring, first_pass_scope="PERSON")
    PolicyVersionFactory(approved=True, in_force=summer, first_pass_scope="OCCUPATION")
    later = due_certificate(attempt__session__held_on=date(2026, 6, 10), issued_on=date(2026, 6, 20))
    decide_due_certificates(now=NOW)

    earlier = due_certificate(
        attempt__enrollment__trainee=later.trainee,
        attempt__session__held_on=date(2026, 5, 9),
        attempt__session__occupation=later.occupation,
        issued_on=date(2026, 5, 12),
    )
    decide_due_certificates(now=NOW)

    assert decision_on(earlier).reason == "is_not_claimed_already"
    assert Payment.objects.count() == 1


def test_whoever_stayed_away_has_not_sat():
    open_programme(first_pass_rule="FIRST_SITTING")
    certificate = due_certificate()
    AttemptFactory(
        absent=True,
        trainee=certificate.trainee,
        enrollment=certificate.attempt.enrollment,
        session__held_on=date(2026, 1, 9),
        session__occupation=certificate.occupation,
        session__level=certificate.level,
    )

    decide_due_certificates(now=NOW)

    assert decision_on(certificate).decision == "GRANTED"


def test_less_than_a_cent_is_refused_and_holds_up_nobody():
    open_programme(fee_share=Decimal("0.0001"))
    certificate = due_certificate()
    with triggers_off():
        FeeSchedule.objects.update(theory_fee=10, practice_fee=0, review_fee=0, total=10)

    decide_due_certificates(now=NOW)

    assert decision_on(certificate).reason == "amount_is_positive"
