from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, InternalError, connection, transaction

from subsidies.enums import NettingStatus
from subsidies.models import Netting
from tests.clock import NOW
from tests.factories.claim_rows import NettingFactory
from tests.factories.nettings import ask_back_of, assembled, next_payment, paid_payment
from tests.factories.subsidies import PaymentAttemptFactory, PaymentFactory, RecoveryFactory
from tests.subsidies.database import committed

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"amount": Decimal("0.00")}, "netting_amount_positive"),
        ({"ended_at": NOW}, "netting_ended_at_some_time"),
        ({"status": NettingStatus.SET_OFF}, "netting_ended_at_some_time"),
        ({"ended": True, "ended_at": None}, "netting_ended_at_some_time"),
    ],
)
def test_set_off_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        NettingFactory(**fields)


def test_a_set_off_is_in_a_status_that_is_known():
    # A status that nobody knows has no end either, and that is looked at first.
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE subsidies_netting DROP CONSTRAINT netting_ended_at_some_time")

    with pytest.raises(IntegrityError, match='"netting_status_known"'), transaction.atomic():
        NettingFactory(status="LOST")


def test_a_recovery_is_set_off_once_against_a_payment():
    netting = NettingFactory()

    with (
        pytest.raises(IntegrityError, match='"netting_one_live_per_recovery_and_payment"'),
        transaction.atomic(),
    ):
        NettingFactory(recovery=netting.recovery, payment=netting.payment)


def test_what_is_owed_again_leaves_room_for_another():
    netting = NettingFactory(ended=True)

    assert NettingFactory(recovery=netting.recovery, payment=netting.payment).pk


def test_a_set_off_that_has_ended_stays_so():
    netting = NettingFactory(ended=True)

    with pytest.raises(InternalError, match="netting_stays_ended"), transaction.atomic():
        Netting.objects.filter(pk=netting.pk).update(ended_at=NOW + timedelta(days=1))


def test_the_bank_is_not_told_to_pay_what_is_held_back():
    with pytest.raises(IntegrityError, match="attempt_is_what_is_not_set_off"), committed():
        PaymentAttemptFactory(amount=Decimal("799.99"))


def test_nothing_is_held_back_of_what_the_bank_was_told_to_pay():
    former = paid_payment()
    payment = next_payment(former.institution)
    attempt = assembled().attempts.get()
    (recovery,) = ask_back_of(former, "300.00")

    with pytest.raises(IntegrityError, match="netting_leaves_what_is_instructed"), committed():
        Netting.objects.create(
            recovery=recovery, payment=payment, attempt=attempt, amount=Decimal("100.00"), held_at=NOW
        )


def test_nobody_pays_with_what_is_owed_to_a_person():
    with pytest.raises(IntegrityError, match="netting_within_what_is_asked_back"), committed():
        Netting.objects.create(
            recovery=RecoveryFactory(), payment=PaymentFactory(), amount=Decimal("100.00"), held_at=NOW
        )
