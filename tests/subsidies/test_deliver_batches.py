import pytest

from chongqing_dte.foundation.models import AuditEvent
from subsidies import queries
from subsidies.bank.channel import BankUnavailable
from subsidies.enums import BatchStatus
from subsidies.invariants import find_violations
from subsidies.models import PaymentBatch
from subsidies.services.deliveries import deliver_released_batches
from tests.clock import NOW
from tests.factories.subsidies import assembled_batch, delivered_batch, hear_from_bank, sign_twice
from tests.fakes.bank import FakeBank

pytestmark = pytest.mark.django_db


class QuickBank(FakeBank):
    """A bank whose answer is there before we have noted that it has the file."""

    def deliver(self, name: str, content: bytes) -> None:
        super().deliver(name, content)
        hear_from_bank(PaymentBatch.objects.get(file_name=name))


def deliver(bank: FakeBank) -> int:
    return deliver_released_batches(channel=bank, now=NOW)


def status_of(batch: PaymentBatch) -> str:
    batch.refresh_from_db()
    return batch.status


def test_the_bank_gets_the_bytes_that_were_released():
    batch, bank = sign_twice(assembled_batch()), FakeBank()

    assert deliver(bank) == 1

    assert bank.files == {batch.file_name: bytes(batch.content)}
    assert status_of(batch) == BatchStatus.DELIVERED
    assert AuditEvent.objects.get(name="batch.delivered").subject_id == batch.pk


def test_a_batch_without_its_signatures_stays_here():
    assembled_batch()
    bank = FakeBank()

    assert deliver(bank) == 0

    assert bank.files == {}


def test_a_delivered_batch_is_not_delivered_again():
    sign_twice(assembled_batch())
    bank = FakeBank()
    deliver(bank)

    assert deliver(bank) == 0

    assert len(bank.deliveries) == 1


def test_a_batch_that_somebody_delivered_in_between_is_left_alone(monkeypatch):
    batch, bank = delivered_batch(), FakeBank()
    monkeypatch.setattr(queries, "batch_ids_to_deliver", lambda _way: [batch.pk])

    assert deliver(bank) == 0

    assert bank.deliveries == []


def test_while_the_bank_is_away_a_batch_stays_as_it_is():
    batch = sign_twice(assembled_batch())

    with pytest.raises(BankUnavailable):
        deliver(FakeBank(is_away=True))

    assert status_of(batch) == BatchStatus.SENDING
    assert batch.delivered_at is None


def test_a_batch_that_did_not_arrive_is_sent_once_the_bank_is_back():
    batch, bank = sign_twice(assembled_batch()), FakeBank(is_away=True)
    with pytest.raises(BankUnavailable):
        deliver(bank)
    bank.is_away = False

    deliver(bank)

    assert bank.deliveries == [batch.file_name]
    assert status_of(batch) == BatchStatus.DELIVERED


def test_after_a_lost_answer_the_bank_is_asked_before_anything_is_sent_again():
    batch, bank = sign_twice(assembled_batch()), FakeBank(silent_calls=1)
    with pytest.raises(BankUnavailable):
        deliver(bank)

    deliver(bank)

    assert bank.questions == [batch.file_name] * 2
    assert bank.deliveries == [batch.file_name]
    assert status_of(batch) == BatchStatus.DELIVERED


def test_that_a_batch_is_being_sent_is_noted_before_a_byte_leaves(monkeypatch):
    batch, bank, seen = sign_twice(assembled_batch()), FakeBank(), []
    monkeypatch.setattr(bank, "knows", lambda _name: seen.append(status_of(batch)))

    deliver(bank)

    assert seen == [BatchStatus.SENDING]


def test_an_answer_that_comes_before_our_own_note_settles_the_batch():
    batch = sign_twice(assembled_batch())

    deliver(QuickBank())

    assert status_of(batch) == BatchStatus.SETTLED
    assert find_violations() == []


def test_two_batches_go_in_the_order_in_which_they_were_assembled():
    first, second = sign_twice(assembled_batch()), sign_twice(assembled_batch())
    bank = FakeBank()

    assert deliver(bank) == 2

    assert bank.deliveries == [first.file_name, second.file_name]
