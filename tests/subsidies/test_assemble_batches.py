import csv
import hashlib
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from chongqing_dte.foundation.models import AuditEvent
from subsidies.enums import BatchStatus, PaymentStatus
from subsidies.invariants import find_violations
from subsidies.models import JournalEntry, Payment, PaymentAttempt, PaymentBatch, PolicyVersion
from subsidies.services.batches import assemble_batches
from subsidies.services.decisions import decide_due_certificates
from tests.clock import NOW
from tests.factories.enrollment import BankAccountFactory
from tests.factories.subsidies import (
    assembled_batch,
    due_certificate,
    granted_certificate,
    next_batch,
    open_programme,
    payment_of,
)

pytestmark = pytest.mark.django_db


def lines_of(batch: PaymentBatch) -> list[list[str]]:
    return list(csv.reader(io.StringIO(bytes(batch.content).decode(), newline="")))


# ── What goes in ─────────────────────────────────────────────────────────────────────────────────────────
def test_every_payment_that_waits_is_instructed():
    batch = assembled_batch(3)

    assert (batch.line_count, batch.total) == (3, Decimal("2400.00"))
    assert set(Payment.objects.values_list("status", flat=True)) == {PaymentStatus.INSTRUCTED}
    assert PaymentAttempt.objects.filter(batch=batch).count() == 3


def test_a_batch_waits_for_its_signatures():
    batch = assembled_batch()

    assert batch.status == BatchStatus.ASSEMBLED
    assert not JournalEntry.objects.filter(kind="RELEASE").exists()


def test_the_file_names_payee_account_and_amount():
    certificate = granted_certificate()
    batch = next_batch()

    account, attempt = certificate.trainee.bank_accounts.get(), batch.attempts.get()
    assert lines_of(batch) == [
        ["H", "1", batch.reference, "2026-10-20", "1", "800.00", "CNY"],
        [
            "D",
            "1",
            attempt.reference,
            certificate.trainee.name,
            account.number,
            account.bank_name,
            account.cnaps,
            "800.00",
        ],
        ["T", "1", "800.00"],
    ]


def test_the_file_is_the_one_that_its_hash_names():
    batch = assembled_batch()

    assert batch.sha256 == hashlib.sha256(bytes(PaymentBatch.objects.get().content)).hexdigest()


def test_after_a_restore_the_same_payments_make_the_same_file():
    granted_certificate()
    before = transaction.savepoint()
    lost = next_batch()
    transaction.savepoint_rollback(before)

    again = next_batch(now=NOW + timedelta(hours=3))

    assert (again.reference, again.file_name, again.sha256) == (lost.reference, lost.file_name, lost.sha256)


def test_after_a_restore_of_the_decision_too_the_bank_would_know_the_reference():
    open_programme()
    due_certificate()
    before = transaction.savepoint()
    decide_due_certificates(now=NOW)
    lost = next_batch().attempts.get()
    transaction.savepoint_rollback(before)

    # What sequences and clocks have counted meanwhile does not come back.
    decide_due_certificates(now=NOW + timedelta(hours=3))
    again = next_batch(now=NOW + timedelta(hours=3)).attempts.get()

    assert (again.reference, again.batch.sha256) == (lost.reference, lost.batch.sha256)


def test_the_payee_is_paid_to_the_account_that_is_theirs_now():
    certificate = granted_certificate()
    certificate.trainee.bank_accounts.update(replaced_at=NOW)
    corrected = BankAccountFactory(trainee=certificate.trainee, corrected=True)

    assert next_batch().attempts.get().bank_account == corrected


def test_a_batch_leaves_an_event():
    batch = assembled_batch()

    assert AuditEvent.objects.get(name="batch.assembled").subject_id == batch.pk


# ── When ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_nothing_is_assembled_of_nothing():
    open_programme()

    assert next_batch() is None


def test_assembling_again_makes_no_second_batch():
    assembled_batch()

    assert next_batch() is None


def test_a_batch_waits_until_no_decision_is_under_way():
    granted_certificate()
    due_certificate()

    assert next_batch(now=NOW + timedelta(minutes=1)) is None


def test_one_certificate_that_stays_due_does_not_slow_the_money_of_the_others():
    granted_certificate()
    due_certificate()

    assert next_batch(now=NOW + timedelta(minutes=2)).line_count == 1


@pytest.mark.parametrize(("minutes", "line_count"), [(14, None), (15, 2)])
def test_a_steady_stream_of_decisions_does_not_slow_all_money(minutes, line_count):
    now = NOW + timedelta(minutes=minutes)
    granted_certificate()
    due_certificate()
    decide_due_certificates(now=now)
    due_certificate()

    batch = next_batch(now=now)

    assert (batch and batch.line_count) == line_count


def test_a_batch_holds_no_more_than_the_policy_allows():
    open_programme(batch_line_limit=2)
    for _ in range(3):
        granted_certificate()

    assert [batch.line_count for batch in assemble_batches(now=NOW)] == [2, 1]
    assert find_violations() == []


def test_payments_are_assembled_in_the_order_in_which_they_were_opened():
    first, second = granted_certificate(), granted_certificate()

    attempts = next_batch().attempts.order_by("line_number")

    assert [attempt.payment for attempt in attempts] == [payment_of(first), payment_of(second)]


# ── Small sums ───────────────────────────────────────────────────────────────────────────────────────────
def test_a_sum_within_the_limit_is_released_without_signatures():
    open_programme(automatic_release_limit=Decimal("800.00"))

    batch = assembled_batch()

    assert (batch.status, batch.released_automatically) == (BatchStatus.RELEASED, True)
    assert JournalEntry.objects.filter(kind="RELEASE").count() == 1
    assert find_violations() == []


def test_a_sum_over_the_limit_waits_for_signatures():
    open_programme(automatic_release_limit=Decimal("799.99"))

    batch = assembled_batch()

    assert (batch.status, batch.released_automatically) == (BatchStatus.ASSEMBLED, False)


def test_without_a_policy_for_today_nothing_is_released_automatically():
    open_programme(automatic_release_limit=Decimal("800.00"))
    granted_certificate()

    batch = next_batch(now=NOW + timedelta(days=365))

    assert PolicyVersion.objects.count() == 1
    assert batch.status == BatchStatus.ASSEMBLED
