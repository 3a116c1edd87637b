"""For every promise, a world in which exactly this one is broken, made behind the back of what guards it."""

from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.utils.functional import Promise
from django.utils.translation import override

from assessment.models import Attempt, LevelCertificate
from subsidies.enums import BatchStatus, Decision, JournalAccount, JournalKind, PaymentStatus
from subsidies.invariants import CHECKED, INVARIANTS, find_violations
from subsidies.models import (
    BankResultLine,
    Budget,
    Entitlement,
    JournalEntry,
    Payment,
    PaymentAttempt,
    PaymentBatch,
)
from subsidies.services.decisions import decide_due_certificates
from subsidies.services.deliveries import deliver_released_batches
from subsidies.services.journal import Posting, record_entry
from subsidies.services.revocations import follow_ended_certificates
from tests.clock import NOW
from tests.factories.assessment import MarkReviewFactory
from tests.factories.enrollment import BankAccountFactory
from tests.factories.subsidies import (
    BankResultFileFactory,
    BankResultLineFactory,
    BudgetFactory,
    EntitlementFactory,
    PaymentFactory,
    RecoveryFactory,
    assembled_batch,
    correct_account,
    delivered_batch,
    due_certificate,
    granted_certificate,
    hear_from_bank,
    next_batch,
    open_programme,
    payment_of,
    settled_batch,
    sign_twice,
)
from tests.fakes.bank import FakeBank
from tests.subsidies.breaking_bank import BANK_BREAKS
from tests.subsidies.breaking_budgets import BUDGET_BREAKS
from tests.subsidies.breaking_claims import CLAIM_BREAKS
from tests.subsidies.breaking_decisions import DECISION_BREAKS
from tests.subsidies.breaking_notices import NOTICE_BREAKS
from tests.subsidies.breaking_recoveries import RECOVERY_ALSO_BROKEN, RECOVERY_BREAKS
from tests.subsidies.database import check_commit, triggers_off

pytestmark = pytest.mark.django_db


def leave_a_certificate_undecided() -> None:
    certificate = due_certificate()
    with triggers_off():
        LevelCertificate.objects.filter(pk=certificate.pk).update(decision_due=False)


def grant_without_a_payment() -> None:
    with triggers_off():
        EntitlementFactory(granted=True)


def pay_what_was_refused() -> None:
    payment = PaymentFactory(
        entitlement=EntitlementFactory(),
        budget=BudgetFactory(reserved=Decimal("800.00")),
        notice_working_days=0,
        amount=Decimal("800.00"),
    )
    posting = Posting(payment, JournalAccount.SUBSIDY_EXPENSE, JournalAccount.SUBSIDIES_PAYABLE, "granted")
    record_entry(key="grant:test", kind=JournalKind.GRANT, postings=[posting], now=NOW)


def pay_one_certificate_twice() -> None:
    settled_batch()
    with triggers_off():
        Entitlement.objects.update(superseded_at=NOW)
    LevelCertificate.objects.update(decision_due=True)
    decide_due_certificates(now=NOW)
    second = sign_twice(next_batch())
    deliver_released_batches(channel=FakeBank(), now=NOW)
    hear_from_bank(second)


def grant_one_person_twice() -> None:
    certificates = [granted_certificate(), granted_certificate()]
    check_commit()
    with triggers_off():
        LevelCertificate.objects.filter(pk=certificates[1].pk).update(trainee=certificates[0].trainee)
        Payment.objects.filter(entitlement__certificate=certificates[1]).update(payee=certificates[0].trainee)


def hear_of_two_payments() -> None:
    first = delivered_batch()
    hear_from_bank(first, "RETURNED", name="RESULT-1.csv")
    correct_account(Payment.objects.get().payee_id)
    second = sign_twice(next_batch())
    deliver_released_batches(channel=FakeBank(), now=NOW)
    hear_from_bank(second, "PAID", name="RESULT-2.csv")
    hear_from_bank(first, "PAID", name="RESULT-3.csv")


def forget_an_instruction() -> None:
    assembled_batch()
    Payment.objects.update(status=PaymentStatus.READY)


def supersede_a_grant_that_is_owed() -> None:
    granted_certificate()
    with triggers_off():
        Entitlement.objects.update(superseded_at=NOW)
    LevelCertificate.objects.update(decision_due=True)


def ask_back_what_was_not_paid() -> None:
    payment = payment_of(granted_certificate())
    RecoveryFactory(payment=payment)
    posting = Posting(
        payment, JournalAccount.RECOVERIES_RECEIVABLE, JournalAccount.SUBSIDY_EXPENSE, "recovery"
    )
    record_entry(key="recovery:test", kind=JournalKind.RECOVERY, postings=[posting], now=NOW)


def withdraw_a_batch_without_its_instructions() -> None:
    assembled_batch()
    PaymentBatch.objects.update(status=BatchStatus.WITHDRAWN, withdrawn_at=NOW)


def hear_from_the_bank_of_a_withdrawn_batch() -> None:
    batch = assembled_batch()
    MarkReviewFactory(attempt=Attempt.objects.get())
    follow_ended_certificates(now=NOW)
    BankResultFileFactory(batch=batch)


def instruct_another_amount() -> None:
    assembled_batch()
    check_commit()
    with triggers_off():
        PaymentAttempt.objects.update(amount=F("amount") + 1)
        PaymentBatch.objects.update(total=F("total") + 1)


def instruct_to_a_strangers_account() -> None:
    assembled_batch()
    with triggers_off():
        PaymentAttempt.objects.update(bank_account=BankAccountFactory())


def count_a_line_too_many() -> None:
    assembled_batch()
    with triggers_off():
        PaymentBatch.objects.update(line_count=2)


def settle_with_a_line_that_waits() -> None:
    batch = settled_batch()
    BankResultLineFactory(result_file=batch.result_files.get())


def enter_nothing_in_the_journal() -> None:
    with triggers_off():
        JournalEntry.objects.create(key="empty", kind=JournalKind.GRANT, recorded_at=NOW)


def journal_a_release_that_never_was() -> None:
    payment = payment_of(granted_certificate())
    posting = Posting(
        payment, JournalAccount.SUBSIDIES_PAYABLE, JournalAccount.PAYMENTS_IN_TRANSIT, "released:1"
    )
    record_entry(key="release:test", kind=JournalKind.RELEASE, postings=[posting], now=NOW)


def reserve_for_nobody() -> None:
    open_programme()
    Budget.objects.update(reserved=Decimal("0.01"))


def pay_without_the_banks_word() -> None:
    settled_batch()
    with triggers_off():
        BankResultLine.objects.all()._raw_delete("default")


BREAKS = {
    "certificate_is_due_or_decided": leave_a_certificate_undecided,
    "grant_has_one_payment_of_its_amount": grant_without_a_payment,
    "only_grants_are_paid": pay_what_was_refused,
    "certificate_is_paid_once": pay_one_certificate_twice,
    "person_is_granted_one_first_pass": grant_one_person_twice,
    "bank_paid_one_instruction_of_a_payment": hear_of_two_payments,
    "payment_status_is_its_attempts": forget_an_instruction,
    "voided_grant_is_a_cancelled_payment": supersede_a_grant_that_is_owed,
    "recovery_asks_for_what_was_paid": ask_back_what_was_not_paid,
    "withdrawn_batch_left_nothing": withdraw_a_batch_without_its_instructions,
    "attempt_amount_is_its_payment": instruct_another_amount,
    "attempt_pays_the_payees_account": instruct_to_a_strangers_account,
    "batch_is_the_sum_of_its_attempts": count_a_line_too_many,
    "settled_batch_has_no_open_end": settle_with_a_line_that_waits,
    "journal_balances": enter_nothing_in_the_journal,
    "journal_tells_each_payments_state": journal_a_release_that_never_was,
    "budget_is_the_sum_of_its_payments": reserve_for_nobody,
    "paid_attempt_has_the_banks_word": pay_without_the_banks_word,
    **BANK_BREAKS,
    **DECISION_BREAKS,
    **RECOVERY_BREAKS,
    **NOTICE_BREAKS,
    **BUDGET_BREAKS,
    **CLAIM_BREAKS,
}


# What cannot be broken without another one.
ALSO_BROKEN = {
    "certificate_is_paid_once": ["voided_grant_is_a_cancelled_payment"],
    "paid_attempt_has_the_banks_word": ["batch_paid_what_the_bank_says"],
    **RECOVERY_ALSO_BROKEN,
}


def test_every_invariant_is_broken_below():
    assert {invariant.name for invariant in INVARIANTS} == BREAKS.keys()


@pytest.mark.parametrize("name", BREAKS)
def test_exactly_the_broken_promise_is_reported(name):
    BREAKS[name]()

    assert [violation.invariant.name for violation in find_violations()] == [name, *ALSO_BROKEN.get(name, [])]


def test_an_answer_to_a_withdrawn_batch_is_reported():
    hear_from_the_bank_of_a_withdrawn_batch()

    assert [violation.invariant.name for violation in find_violations()] == ["withdrawn_batch_left_nothing"]


def test_a_cancelled_payment_with_an_open_instruction_is_reported():
    assembled_batch()
    Payment.objects.update(status=PaymentStatus.CANCELLED, cancelled_at=NOW)

    assert "payment_status_is_its_attempts" in [each.invariant.name for each in find_violations()]


def test_money_that_is_asked_back_without_a_journal_entry_is_reported():
    settled_batch()
    RecoveryFactory(payment=Payment.objects.get())

    assert [each.invariant.name for each in find_violations()] == ["journal_tells_each_payments_state"]


def test_a_violation_names_the_rows_that_show_it():
    leave_a_certificate_undecided()

    (violation,) = find_violations()

    assert violation.ids == (str(LevelCertificate.objects.get().pk),)


def test_a_world_that_went_its_way_breaks_no_promise():
    settled_batch(2)
    granted_certificate(attempt__enrollment__earlier_graduate=True)
    due_certificate()

    assert Entitlement.objects.filter(decision=Decision.REFUSED).exists()
    assert find_violations() == []


def test_every_promise_is_a_text_with_a_chinese_one_beside_it():
    with override("en"):
        english = {each.name: str(each.promise) for each in (*INVARIANTS, CHECKED)}
    with override("zh-hans"):
        chinese = {each.name: str(each.promise) for each in (*INVARIANTS, CHECKED)}

    assert [each.name for each in (*INVARIANTS, CHECKED) if not isinstance(each.promise, Promise)] == []
    assert [name for name in english if chinese[name] == english[name]] == []


def test_the_command_says_a_broken_promise_in_both_languages(capsys):
    reserve_for_nobody()

    with pytest.raises(CommandError):
        call_command("check_invariants")

    said = capsys.readouterr().err
    assert "budget_is_the_sum_of_its_payments: What a budget has reserved and paid is the sum" in said
    assert "预算的已预留数和已支付数" in said


def test_command_fails_when_a_promise_is_broken():
    reserve_for_nobody()

    with pytest.raises(CommandError, match=f"1 of {len(INVARIANTS)}"):
        call_command("check_invariants")
