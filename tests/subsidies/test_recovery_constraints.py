from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, InternalError, connection, transaction

from subsidies.enums import PAID_TWICE, RecoveryStatus
from subsidies.models import Recovery, RecoverySettlement
from tests.clock import NOW
from tests.factories.institutions import UserFactory
from tests.factories.recoveries import RecoverySettlementFactory, recovery_of_paid_money, repayment, settle
from tests.factories.subsidies import RecoveryFactory
from tests.subsidies.database import committed

pytestmark = pytest.mark.django_db

SETTLED = {"status": RecoveryStatus.SETTLED, "settled_at": NOW}


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"amount": Decimal("0.00")}, "recovery_amount_positive"),
        ({"reason": ""}, "recovery_has_reason"),
        ({"status": RecoveryStatus.SETTLED, "recovered": Decimal("800.00")}, "recovery_status_is_its_facts"),
        ({"settled_at": NOW}, "recovery_status_is_its_facts"),
        ({"status": RecoveryStatus.WITHDRAWN, "withdrawn_at": NOW}, "recovery_withdrawn_for_a_reason"),
        ({"recovered": Decimal("-0.01")}, "recovery_never_more_than_its_amount"),
        (
            {**SETTLED, "recovered": Decimal("800.00"), "written_off": Decimal("0.01")},
            "recovery_never_more_than_its_amount",
        ),
        ({**SETTLED, "recovered": Decimal("799.99")}, "recovery_settled_to_the_cent"),
        ({"recovered": Decimal("800.00")}, "recovery_settled_to_the_cent"),
        (
            {
                "status": RecoveryStatus.WITHDRAWN,
                "withdrawn_at": NOW,
                "withdrawal_reason": "certificate_valid_again",
                "recovered": Decimal("0.01"),
            },
            "recovery_withdrawn_before_money_came",
        ),
        ({"not_owed": Decimal("1.00")}, "recovery_not_owed_since_some_time"),
        ({"not_owed": Decimal("800.01"), "not_owed_since": NOW}, "recovery_not_owed_since_some_time"),
        ({"given_back": Decimal("1.00")}, "recovery_gives_back_what_came_once_settled"),
    ],
)
def test_recovery_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        RecoveryFactory(**fields)


def test_a_recovery_is_in_a_status_that_is_known():
    # A status that nobody knows has no facts either, and that is looked at first.
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE subsidies_recovery DROP CONSTRAINT recovery_status_is_its_facts")

    with pytest.raises(IntegrityError, match='"recovery_status_known"'), transaction.atomic():
        RecoveryFactory(status="PAID_BACK")


def test_a_payment_is_asked_back_once_at_a_time():
    recovery = RecoveryFactory()

    with pytest.raises(IntegrityError, match='"recovery_one_live_per_payment"'), transaction.atomic():
        RecoveryFactory(payment=recovery.payment)


def test_a_second_amount_is_asked_back_once_at_a_time():
    recovery = RecoveryFactory(reason=PAID_TWICE)

    with pytest.raises(IntegrityError, match='"recovery_one_live_of_a_second_amount"'), transaction.atomic():
        RecoveryFactory(payment=recovery.payment, reason=PAID_TWICE)


def test_a_second_amount_is_asked_back_beside_the_first():
    recovery = RecoveryFactory()

    assert RecoveryFactory(payment=recovery.payment, reason=PAID_TWICE).pk


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"kind": "FORGOTTEN"}, "settlement_kind_known"),
        ({"refused": True, "status": "DONE"}, "settlement_status_known"),
        ({"amount": Decimal("0.00")}, "settlement_amount_positive"),
        ({"reason": ""}, "settlement_has_reason"),
        ({"received_on": None}, "settlement_repayment_stands_on_a_statement"),
        ({"bank_reference": ""}, "settlement_repayment_stands_on_a_statement"),
        (
            {"write_off": True, "received_on": date(2026, 10, 20)},
            "settlement_repayment_stands_on_a_statement",
        ),
        ({"decided_at": NOW}, "settlement_decision_complete"),
        (
            {"refused": True, "decided_by": None, "decided_at": None},
            "settlement_decided_by_somebody",
        ),
    ],
)
def test_settlement_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        RecoverySettlementFactory(**fields)


def test_a_settlement_is_decided_by_someone_else():
    person = UserFactory(municipal_finance=True)

    with pytest.raises(IntegrityError, match='"settlement_decided_by_someone_else"'), transaction.atomic():
        RecoverySettlementFactory(refused=True, proposed_by=person, decided_by=person)


def test_a_line_of_the_statement_is_money_once_unless_it_was_refused():
    RecoverySettlementFactory(refused=True, bank_reference="LINE")
    RecoverySettlementFactory(bank_reference="LINE")

    with pytest.raises(IntegrityError, match='"settlement_statement_line_once"'), transaction.atomic():
        RecoverySettlementFactory(bank_reference="LINE")


def test_what_was_approved_counts_in_its_recovery():
    settlement = RecoverySettlementFactory()

    with pytest.raises(IntegrityError, match="settlement_counts_in_its_recovery"), committed():
        RecoverySettlement.objects.filter(pk=settlement.pk).update(
            status="APPROVED", decided_by=UserFactory(municipal_finance=True), decided_at=NOW
        )


@pytest.mark.parametrize(
    ("changes", "trigger"),
    [
        ({"amount": Decimal("1.00")}, "Cannot update rows"),
        ({"status": "REFUSED"}, "settlement_stays_decided"),
    ],
)
def test_a_settlement_that_counts_stays_as_it_is(changes, trigger):
    settlement = settle(recovery_of_paid_money(), repayment("300"))

    with pytest.raises(InternalError, match=trigger), transaction.atomic():
        RecoverySettlement.objects.filter(pk=settlement.pk).update(**changes)


@pytest.mark.parametrize("changes", [{"recovered": 0}, {"status": RecoveryStatus.OPEN, "settled_at": None}])
def test_a_recovery_that_is_settled_stays_settled(changes):
    recovery = recovery_of_paid_money()
    settle(recovery, repayment("800"))

    with pytest.raises(InternalError, match="recovery_stays_ended"), transaction.atomic():
        Recovery.objects.filter(pk=recovery.pk).update(**changes)
