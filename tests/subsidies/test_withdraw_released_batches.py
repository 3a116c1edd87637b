"""What is found out between the release and the first byte keeps the whole file here."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.models import AuditEvent
from institutions.enums import Role
from subsidies.bank.channel import BankUnavailable
from subsidies.enums import AttemptStatus, BatchStatus, NotificationKind, PaymentStatus
from subsidies.models import BatchDownload, Budget, JournalEntry, Notification, PaymentAttempt, PaymentBatch
from subsidies.services.decisions import decide_due_certificates
from subsidies.services.deliveries import deliver_released_batches
from subsidies.services.downloads import fetch_download, offer_download
from tests.clock import NOW
from tests.factories.bank import SendingStopFactory, batch_by_hand
from tests.factories.institutions import UserFactory
from tests.factories.notices import ObjectionFactory
from tests.factories.subsidies import (
    assembled_batch,
    hear_from_bank,
    next_batch,
    open_programme,
    revoke,
    sign_twice,
)
from tests.fakes.bank import FakeBank
from tests.subsidies.books import IN_TRANSIT, OWED, PAID_OUT, balances, budget, payment_statuses
from tests.subsidies.database import triggers_off
from tests.subsidies.following import batch_payments, certificate_of, close, follow, review_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("promises_hold")]


def released_batch(lines: int = 1) -> PaymentBatch:
    return sign_twice(assembled_batch(lines))


def deliver(bank: FakeBank) -> int:
    return deliver_released_batches(channel=bank, now=NOW)


def status_of(batch: PaymentBatch) -> str:
    batch.refresh_from_db()
    return batch.status


def revoke_the_first(batch: PaymentBatch) -> None:
    revoke(certificate_of(batch))


def question_the_first(batch: PaymentBatch) -> None:
    review_of(certificate_of(batch))


def object_to_the_first(batch: PaymentBatch) -> None:
    ObjectionFactory(entitlement=batch_payments(batch)[0].entitlement, office=True)


def replace_the_first_account(batch: PaymentBatch) -> None:
    account = PaymentAttempt.objects.filter(batch=batch).earliest("pk").bank_account
    type(account).objects.filter(pk=account.pk).update(replaced_at=NOW)


HELD_UP = pytest.mark.parametrize(
    "happening",
    [revoke_the_first, question_the_first, object_to_the_first, replace_the_first_account],
    ids=["revoked", "in question", "objected to", "another account"],
)


# ── Sent by a machine ────────────────────────────────────────────────────────────────────────────────────
@HELD_UP
def test_what_is_found_out_after_the_release_keeps_the_file_here(happening: Callable[[PaymentBatch], None]):
    batch, bank = released_batch(2), FakeBank()
    happening(batch)

    assert deliver(bank) == 0

    assert bank.files == {}
    assert (status_of(batch), batch.withdrawn_at) == (BatchStatus.WITHDRAWN, NOW)
    assert set(PaymentAttempt.objects.values_list("status", flat=True)) == {AttemptStatus.WITHDRAWN}
    assert payment_statuses() == [PaymentStatus.READY] * 2


def test_the_signatures_stay_on_record():
    batch = released_batch()
    revoke_the_first(batch)

    deliver(FakeBank())

    assert status_of(batch) == BatchStatus.WITHDRAWN
    assert None not in (batch.first_released_by, batch.second_released_by, batch.second_released_at)
    assert AuditEvent.objects.get(name="batch.withdrawn").facts["revoked"] == 1


def test_finance_is_told_of_it_and_the_money_is_owed_again_and_not_under_way():
    batch = released_batch()
    question_the_first(batch)
    assert balances() == IN_TRANSIT

    deliver(FakeBank())

    told = Notification.objects.get(kind=NotificationKind.BATCH_WITHDRAWN)
    assert (told.role, told.facts["reference"]) == (Role.MUNICIPAL_FINANCE, batch.reference)
    assert (budget(), balances()) == ((Decimal("800.00"), 0), OWED)


def test_the_others_are_paid_with_another_batch_and_the_one_is_cancelled():
    first, bank = released_batch(2), FakeBank()
    revoke_the_first(first)
    deliver(bank)
    follow()
    decide_due_certificates(now=NOW)

    second = sign_twice(next_batch())
    assert deliver(bank) == 1
    hear_from_bank(second)

    assert bank.deliveries == [second.file_name]
    assert payment_statuses() == [PaymentStatus.CANCELLED, PaymentStatus.PAID]
    assert (budget(), balances()) == ((0, Decimal("800.00")), PAID_OUT)


def test_what_is_released_again_after_it_bears_the_same_number_and_reference():
    batch, bank = released_batch(), FakeBank()
    review = review_of(certificate_of(batch))
    deliver(bank)
    close(review)

    again = sign_twice(next_batch())
    deliver(bank)
    hear_from_bank(again)

    assert (again.reference, bank.deliveries) == (batch.reference, [again.file_name])
    assert len(set(PaymentAttempt.objects.values_list("reference", "number"))) == 1
    assert (payment_statuses(), balances()) == ([PaymentStatus.PAID], PAID_OUT)


def test_what_is_withdrawn_twice_can_be_paid_all_the_same():
    bank = FakeBank()
    for batch in (released_batch(), None):
        batch = batch or sign_twice(next_batch())
        review = review_of(certificate_of(batch))
        deliver(bank)
        close(review)

    paid = sign_twice(next_batch())
    deliver(bank)
    hear_from_bank(paid)

    assert JournalEntry.objects.filter(kind="WITHDRAWAL").count() == 2
    assert (payment_statuses(), balances()) == ([PaymentStatus.PAID], PAID_OUT)


def test_a_batch_that_was_released_by_itself_is_withdrawn_too():
    open_programme(automatic_release_limit=Decimal("800.00"))
    batch, bank = assembled_batch(), FakeBank()
    assert batch.released_automatically
    question_the_first(batch)

    deliver(bank)

    assert (bank.files, status_of(batch)) == ({}, BatchStatus.WITHDRAWN)


def test_what_the_bank_has_is_not_withdrawn_whatever_we_know_of_it():
    batch, bank = released_batch(), FakeBank()
    bank.deliver(batch.file_name, bytes(batch.content))
    revoke_the_first(batch)

    assert deliver(bank) == 1

    assert (status_of(batch), len(bank.deliveries)) == (BatchStatus.DELIVERED, 1)


def test_while_the_bank_cannot_be_asked_nothing_is_withdrawn_and_nothing_sent():
    batch, bank = released_batch(), FakeBank(is_away=True)
    revoke_the_first(batch)

    with pytest.raises(BankUnavailable):
        deliver(bank)

    assert (status_of(batch), bank.files) == (BatchStatus.RELEASED, {})


def test_what_may_have_left_is_sent_on_whatever_is_found_out():
    batch, bank = released_batch(), FakeBank(is_away=True)
    with pytest.raises(BankUnavailable):
        deliver(bank)
    revoke_the_first(batch)
    bank.is_away = False

    assert deliver(bank) == 1

    assert status_of(batch) == BatchStatus.DELIVERED


def test_while_sending_is_stopped_a_released_batch_stays_as_it_is():
    batch = released_batch()
    revoke_the_first(batch)
    SendingStopFactory()

    assert deliver(FakeBank()) == 0
    assert status_of(batch) == BatchStatus.RELEASED


def test_while_the_books_differ_a_released_batch_stays_released():
    batch, bank = released_batch(), FakeBank()
    reserved = Budget.objects.get().reserved
    with triggers_off():
        Budget.objects.update(reserved=reserved + 1)

    assert deliver(bank) == 0
    assert (bank.files, status_of(batch)) == ({}, BatchStatus.RELEASED)

    with triggers_off():
        Budget.objects.update(reserved=reserved)
    assert deliver(bank) == 1


# ── Carried by a person ──────────────────────────────────────────────────────────────────────────────────
def offer(batch: PaymentBatch) -> BatchDownload:
    clerk = UserFactory(municipal_finance=True)
    return offer_download(batch_id=batch.pk, requester=clerk, reason="", now=NOW)


def fetch(download: BatchDownload) -> None:
    carrier = UserFactory(municipal_finance=True)
    fetch_download(download_id=download.pk, fetcher=carrier, now=NOW)


@HELD_UP
def test_no_link_is_given_to_a_batch_with_something_that_must_not_be_paid(
    happening: Callable[[PaymentBatch], None],
):
    batch = batch_by_hand()
    happening(batch)

    with pytest.raises(DomainError) as refusal:
        offer(batch)

    assert refusal.value.code == "batch_withdrawn"
    assert status_of(batch) == BatchStatus.WITHDRAWN
    assert not BatchDownload.objects.exists()
    assert payment_statuses() == [PaymentStatus.READY]


@HELD_UP
def test_what_is_found_out_after_the_link_was_given_keeps_the_file_here(
    happening: Callable[[PaymentBatch], None],
):
    batch = batch_by_hand()
    download = offer(batch)
    happening(batch)

    with pytest.raises(DomainError) as refusal:
        fetch(download)

    assert (refusal.value.code, status_of(batch)) == ("batch_withdrawn", BatchStatus.WITHDRAWN)
    with pytest.raises(InvalidTransition):
        fetch(download)
    assert not BatchDownload.objects.filter(fetch_count__gt=0).exists()


def test_while_the_books_differ_no_file_is_fetched():
    batch = batch_by_hand()
    download = offer(batch)
    reserved = Budget.objects.get().reserved
    with triggers_off():
        Budget.objects.update(reserved=reserved + 1)

    with pytest.raises(DomainError) as refusal:
        fetch(download)

    assert (refusal.value.code, status_of(batch)) == ("books_differ", BatchStatus.RELEASED)
    with triggers_off():
        Budget.objects.update(reserved=reserved)


def test_what_was_fetched_once_can_be_fetched_again_whatever_is_found_out():
    batch = batch_by_hand()
    download = offer(batch)
    fetch(download)
    revoke_the_first(batch)

    fetch(download)

    assert status_of(batch) == BatchStatus.SENDING
