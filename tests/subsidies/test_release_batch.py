from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from institutions.enums import Role
from institutions.models import User
from subsidies.enums import BatchStatus
from subsidies.invariants import find_violations
from subsidies.models import JournalEntry, JournalLine, PaymentBatch
from subsidies.services.batches import release_batch
from tests.clock import NOW
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import assembled_batch, delivered_batch

pytestmark = pytest.mark.django_db


def sign(batch: PaymentBatch, signer: User, sha256: str | None = None) -> PaymentBatch:
    return release_batch(batch_id=batch.pk, releaser=signer, sha256=sha256 or batch.sha256, now=NOW)


def finance() -> User:
    return UserFactory(municipal_finance=True)


def assert_unsigned(batch: PaymentBatch) -> None:
    batch.refresh_from_db()
    assert (batch.status, batch.first_released_by) == (BatchStatus.ASSEMBLED, None)
    assert not AuditEvent.objects.filter(name__startswith="batch.release").exists()


def test_one_signature_releases_nothing():
    batch, signer = assembled_batch(), finance()

    signed = sign(batch, signer)

    assert (signed.status, signed.first_released_by) == (BatchStatus.ASSEMBLED, signer)
    assert not JournalEntry.objects.filter(kind="RELEASE").exists()


def test_two_people_release_a_batch():
    batch, first, second = assembled_batch(), finance(), finance()

    sign(batch, first)
    released = sign(batch, second)

    assert released.status == BatchStatus.RELEASED
    assert (released.first_released_by, released.second_released_by) == (first, second)


def test_a_release_puts_the_money_in_transit():
    batch = assembled_batch(2)
    sign(batch, finance())

    sign(batch, finance())

    lines = JournalLine.objects.filter(entry__key=f"release:{batch.public_id}")
    assert sorted(lines.values_list("account", "amount", "fact")) == [
        ("PAYMENTS_IN_TRANSIT", Decimal("-800.00"), "released:1"),
        ("PAYMENTS_IN_TRANSIT", Decimal("-800.00"), "released:1"),
        ("SUBSIDIES_PAYABLE", Decimal("800.00"), "released:1"),
        ("SUBSIDIES_PAYABLE", Decimal("800.00"), "released:1"),
    ]
    assert find_violations() == []


def test_both_signatures_leave_events():
    batch, first, second = assembled_batch(), finance(), finance()

    sign(batch, first)
    sign(batch, second)

    events = AuditEvent.objects.filter(name__startswith="batch.release").order_by("pk")
    assert list(events.values_list("name", "actor_id")) == [
        ("batch.release_started", first.pk),
        ("batch.released", second.pk),
    ]


def test_the_policy_refuses_one_persons_second_signature():
    batch, signer = assembled_batch(), finance()
    sign(batch, signer)

    with pytest.raises(NotPermitted):
        sign(batch, signer)

    batch.refresh_from_db()
    assert (batch.status, batch.second_released_by) == (BatchStatus.ASSEMBLED, None)


def test_the_database_refuses_one_persons_second_signature():
    batch, signer = assembled_batch(), finance()
    sign(batch, signer)

    with pytest.raises(IntegrityError, match='"batch_released_by_two_people"'), transaction.atomic():
        PaymentBatch.objects.filter(pk=batch.pk).update(second_released_by=signer, second_released_at=NOW)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.MUNICIPAL_FINANCE])
def test_nobody_else_signs(role):
    batch = assembled_batch()

    with pytest.raises(NotPermitted):
        sign(batch, UserFactory(**{role.lower(): True}))

    assert_unsigned(batch)


def test_whoever_saw_another_file_signs_nothing():
    batch = assembled_batch()

    with pytest.raises(DomainError) as refusal:
        sign(batch, finance(), sha256="0" * 64)

    assert refusal.value.code == "other_file"
    assert_unsigned(batch)


def test_a_released_batch_is_not_signed_again():
    batch = assembled_batch()
    sign(batch, finance())
    sign(batch, finance())

    with pytest.raises(InvalidTransition):
        sign(batch, finance())


def test_a_batch_at_the_bank_is_not_signed_again():
    batch = delivered_batch()

    with pytest.raises(InvalidTransition):
        sign(batch, finance())
