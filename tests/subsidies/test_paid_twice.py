"""What the bank paid twice: the second amount is asked back by two people, and the grant stands."""

from decimal import Decimal

import pytest

from chongqing_dte.foundation.errors import DomainError
from subsidies import queries
from subsidies.bank.channel import ReceivedFile
from subsidies.enums import BankAnswer, BatchStatus, PaymentStatus, RecoveryStatus, ResolutionOutcome
from subsidies.models import BankResultLine, Budget, Entitlement, Payment, PaymentBatch, Recovery
from subsidies.rules.reconciliation import compare
from subsidies.services.bank_results import receive_bank_result
from subsidies.services.line_resolutions import approve_resolution, propose_resolution
from tests.clock import NOW
from tests.factories.bank import paid_twice, resolve
from tests.factories.institutions import UserFactory
from tests.factories.recoveries import repayment, settle
from tests.factories.subsidies import answers_to, result_list, revoke
from tests.subsidies.books import PAID_OUT, balances, budget
from tests.subsidies.following import follow

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("promises_hold")]

PAID_AFTER_ALL = ResolutionOutcome.PAID_AFTER_ALL


def finance():
    return UserFactory(municipal_finance=True)


def propose(line, outcome):
    return propose_resolution(
        line_id=line.pk, proposer=finance(), outcome=outcome, reason="Told on the telephone.", now=NOW
    )


def approve(found):
    return approve_resolution(resolution_id=found.pk, decider=finance(), reason="", now=NOW)


def status_of(batch) -> str:
    return PaymentBatch.objects.get(pk=batch.pk).status


def agrees() -> bool:
    """Test whether the four books agree, in sum and payment by payment."""
    return compare(queries.book_figures()).agrees and compare(queries.book_figures_by_row()).agrees


def test_the_second_amount_of_what_was_paid_twice_is_asked_back():
    line = paid_twice()

    resolve(line, PAID_AFTER_ALL)

    recovery = Recovery.objects.get()
    assert (recovery.reason, recovery.amount, recovery.status) == (
        "paid_twice",
        Decimal("800.00"),
        RecoveryStatus.OPEN,
    )
    assert Payment.objects.get().status == PaymentStatus.PAID
    assert balances() == {
        "SUBSIDY_EXPENSE": Decimal("800.00"),
        "FUND_AT_BANK": Decimal("-1600.00"),
        "RECOVERIES_RECEIVABLE": Decimal("800.00"),
    }
    assert budget() == (Decimal("0.00"), Decimal("1600.00"))
    assert status_of(line.attempt.batch) == BatchStatus.SETTLED
    assert agrees()


def test_once_the_second_amount_came_back_it_was_paid_once():
    resolve(paid_twice(), PAID_AFTER_ALL)

    settle(Recovery.objects.get(), repayment("800.00"))

    assert (balances(), agrees()) == (PAID_OUT, True)
    assert Entitlement.objects.get().superseded_at is None


def test_what_was_paid_twice_is_asked_back_once():
    resolve(paid_twice(), PAID_AFTER_ALL)
    first = PaymentBatch.objects.earliest("pk")
    (said,) = answers_to(first, BankAnswer.PAID)
    content = result_list(first.reference, [{**said, "return_code": "AGAIN"}])
    receive_bank_result(received=ReceivedFile("AGAIN.csv", content, "AGAIN.csv"), now=NOW)
    again = BankResultLine.objects.latest("pk")

    with pytest.raises(DomainError) as refusal:
        propose(again, PAID_AFTER_ALL)

    assert refusal.value.code == "asked_back_already"


@pytest.mark.parametrize("second_came_back", [True, False])
def test_what_was_paid_twice_and_revoked_is_asked_back_twice(second_came_back):
    resolve(paid_twice(), PAID_AFTER_ALL)
    second = Recovery.objects.get()
    if second_came_back:
        settle(second, repayment("800.00"))

    revoke(second.payment.entitlement.certificate)
    follow()

    assert follow() == 0
    first = Recovery.objects.exclude(pk=second.pk).get()
    assert (first.reason, first.amount, first.status) == (
        "certificate_revoked",
        Decimal("800.00"),
        RecoveryStatus.OPEN,
    )
    assert balances()["RECOVERIES_RECEIVABLE"] == Decimal("800.00" if second_came_back else "1600.00")
    assert agrees()


def test_what_was_paid_twice_and_all_came_back_cost_nothing():
    resolve(paid_twice(), PAID_AFTER_ALL)
    second = Recovery.objects.get()
    revoke(second.payment.entitlement.certificate)
    follow()
    first = Recovery.objects.exclude(pk=second.pk).get()

    settle(first, repayment("800.00", "LINE-1"))
    settle(second, repayment("800.00", "LINE-2"))

    assert (balances(), agrees()) == ({}, True)
    assert Budget.objects.get().available == Budget.objects.get().allotted
    assert Entitlement.objects.get(superseded_at__isnull=True).reason == "certificate_is_valid"


def test_what_was_revoked_and_is_found_to_be_paid_twice_is_asked_back_twice():
    line = paid_twice()
    revoke(line.attempt.payment.entitlement.certificate)
    follow()

    resolve(line, PAID_AFTER_ALL)

    assert sorted(Recovery.objects.values_list("reason", flat=True)) == ["certificate_revoked", "paid_twice"]
    assert agrees()


def test_a_second_amount_that_the_budget_cannot_hold_waits_for_a_top_up():
    line = paid_twice()
    found = propose(line, PAID_AFTER_ALL)
    allotted = Budget.objects.get().allotted
    Budget.objects.update(allotted=Decimal("1599.99"))

    with pytest.raises(DomainError) as refusal:
        approve(found)

    assert (refusal.value.code, Recovery.objects.count()) == ("budget_has_no_room", 0)
    Budget.objects.update(allotted=allotted)
    approve(found)
    assert Recovery.objects.count() == 1
