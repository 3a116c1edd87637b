"""Money that came back or was given up counts once two people say so, to the cent, everywhere."""

from datetime import timedelta
from decimal import Decimal

import pytest

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from chongqing_dte.foundation.proposals import RequestStatus
from institutions.enums import Role
from subsidies.enums import NotificationKind, RecoveryStatus
from subsidies.models import Budget, JournalLine, Notification, Recovery, RecoverySettlement
from subsidies.services.recoveries import (
    approve_settlement,
    ask_back,
    propose_settlement,
    refuse_settlement,
)
from tests.clock import NOW
from tests.factories.institutions import UserFactory
from tests.factories.recoveries import (
    finance,
    propose,
    recovery_of_paid_money,
    repayment,
    settle,
    write_off,
)
from tests.subsidies.books import balances

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("promises_hold")]

TODAY = NOW.date()


@pytest.fixture(scope="module")
def paid_in_error(made_once) -> int:
    return recovery_of_paid_money().pk


@pytest.fixture
def recovery(paid_in_error) -> Recovery:
    return Recovery.objects.get(pk=paid_in_error)


def parts(recovery: Recovery) -> tuple[str, str, str]:
    recovery.refresh_from_db()
    return recovery.status, str(recovery.recovered), str(recovery.written_off)


# ── Asking ───────────────────────────────────────────────────────────────────────────────────────────────
def test_the_person_is_asked_with_a_day_and_told(recovery):
    ask_back(recovery_id=recovery.pk, due_on=TODAY + timedelta(days=30), asker=finance(), now=NOW)

    recovery.refresh_from_db()
    assert (recovery.due_on, recovery.asked_at) == (TODAY + timedelta(days=30), NOW)
    message = Notification.objects.get(kind=NotificationKind.RECOVERY)
    assert message.person == recovery.payment.payee
    assert message.facts == {"recovery": recovery.pk, "amount": "800.00", "due_on": "2026-11-19"}
    assert AuditEvent.objects.filter(name="recovery.asked_for").count() == 1


def test_who_was_asked_is_asked_again_for_a_later_day_only(recovery):
    asker = finance()
    ask_back(recovery_id=recovery.pk, due_on=TODAY + timedelta(days=30), asker=asker, now=NOW)

    with pytest.raises(DomainError) as refused:
        ask_back(recovery_id=recovery.pk, due_on=TODAY + timedelta(days=30), asker=asker, now=NOW)
    ask_back(recovery_id=recovery.pk, due_on=TODAY + timedelta(days=31), asker=asker, now=NOW)

    assert refused.value.code == "due_day_not_later"
    assert Notification.objects.filter(kind=NotificationKind.RECOVERY).count() == 2


def test_nobody_is_asked_to_have_paid_by_today(recovery):
    with pytest.raises(DomainError) as refused:
        ask_back(recovery_id=recovery.pk, due_on=TODAY, asker=finance(), now=NOW)

    assert refused.value.code == "due_day_past"


# ── Proposing ────────────────────────────────────────────────────────────────────────────────────────────
def test_what_one_person_puts_down_changes_nothing_yet(recovery):
    before = balances()

    proposed = propose(recovery, repayment("300"))

    assert proposed.status == RequestStatus.PROPOSED
    assert parts(recovery) == (RecoveryStatus.OPEN, "0.00", "0.00")
    assert balances() == before
    assert AuditEvent.objects.filter(name="settlement.proposed").count() == 1


def test_what_waits_for_approval_counts_against_what_is_left(recovery):
    propose(recovery, repayment("500"))

    with pytest.raises(DomainError) as refused:
        propose(recovery, write_off("300.01"))

    assert refused.value.code == "more_than_is_left"
    assert "300.00" in str(refused.value)
    assert propose(recovery, write_off("300.00")).pk


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"bank_reference": " "}, "statement_line_missing", id="no line of the statement"),
        pytest.param({"received_on": None}, "statement_line_missing", id="no day"),
        pytest.param(
            {"received_on": TODAY + timedelta(days=1)}, "received_day_impossible", id="a day to come"
        ),
        pytest.param(
            {"received_on": TODAY - timedelta(days=1)}, "received_day_impossible", id="before it was paid"
        ),
        pytest.param({"reason": " \u200b"}, "reason_missing", id="no reason"),
        pytest.param({"amount": Decimal("0.00")}, "amount_not_positive", id="nothing"),
        pytest.param({"amount": Decimal("800.01")}, "more_than_is_left", id="a cent too much"),
    ],
)
def test_a_settlement_that_cannot_be_is_refused_and_changes_nothing(recovery, changes, code):
    with pytest.raises(DomainError) as refused:
        propose(recovery, repayment(**{"amount": "100", "bank_reference": "LINE", **changes}))

    assert refused.value.code == code
    assert not RecoverySettlement.objects.exists()


def test_one_line_of_the_statement_is_money_once(recovery):
    propose(recovery, repayment("100", "line 7"))

    with pytest.raises(DomainError) as refused:
        propose(recovery, repayment("100", " line  ７"))

    assert refused.value.code == "statement_line_used"


def test_a_line_of_a_refused_settlement_can_be_put_down_again(recovery):
    first = propose(recovery, repayment("100", "LINE-7"))
    refuse_settlement(settlement_id=first.pk, decider=finance(), reason="Another amount.", now=NOW)

    assert propose(recovery, repayment("120", "LINE-7")).pk


# ── Approving ────────────────────────────────────────────────────────────────────────────────────────────
def test_a_part_that_came_back_counts_in_the_recovery_the_journal_and_the_budget(recovery):
    settlement = settle(recovery, repayment("300"))

    assert parts(recovery) == (RecoveryStatus.OPEN, "300.00", "0.00")
    assert balances() == {
        "RECOVERIES_RECEIVABLE": Decimal("500.00"),
        "FUND_AT_BANK": Decimal("-500.00"),
    }
    assert Budget.objects.get().recovered == Decimal("300.00")
    assert JournalLine.objects.filter(fact=f"repaid:{settlement.pk}").count() == 2
    assert AuditEvent.objects.filter(name="settlement.approved").count() == 1


def test_a_part_that_is_given_up_gives_the_budget_nothing(recovery):
    settle(recovery, write_off("300"))

    assert parts(recovery) == (RecoveryStatus.OPEN, "0.00", "300.00")
    assert balances() == {
        "RECOVERIES_RECEIVABLE": Decimal("500.00"),
        "RECOVERIES_WRITTEN_OFF": Decimal("300.00"),
        "FUND_AT_BANK": Decimal("-800.00"),
    }
    assert Budget.objects.get().recovered == Decimal("0.00")


def test_it_is_settled_by_itself_with_the_last_part(recovery):
    settle(recovery, repayment("300"))

    settle(recovery, write_off("500"))

    assert parts(recovery) == (RecoveryStatus.SETTLED, "300.00", "500.00")
    assert recovery.settled_at == NOW
    assert balances() == {
        "RECOVERIES_WRITTEN_OFF": Decimal("500.00"),
        "FUND_AT_BANK": Decimal("-500.00"),
    }
    assert AuditEvent.objects.filter(name="recovery.settled").count() == 1


def test_a_settled_one_takes_nothing_more(recovery):
    settle(recovery, write_off("800"))

    for act in (
        lambda: propose(recovery, repayment("1")),
        lambda: ask_back(recovery_id=recovery.pk, due_on=TODAY + timedelta(days=9), asker=finance(), now=NOW),
    ):
        with pytest.raises(InvalidTransition):
            act()


def test_nobody_approves_twice(recovery):
    settlement = settle(recovery, repayment("300"))

    with pytest.raises(InvalidTransition):
        approve_settlement(settlement_id=settlement.pk, decider=finance(), reason="", now=NOW)

    assert parts(recovery) == (RecoveryStatus.OPEN, "300.00", "0.00")


def test_nobody_approves_what_they_put_down(recovery):
    proposed = propose(recovery, repayment("300"))

    with pytest.raises(NotPermitted):
        approve_settlement(settlement_id=proposed.pk, decider=proposed.proposed_by, reason="", now=NOW)


def test_a_refusal_says_why_and_counts_nothing(recovery):
    proposed = propose(recovery, repayment("300"))

    with pytest.raises(DomainError) as refused:
        refuse_settlement(settlement_id=proposed.pk, decider=finance(), reason=" ", now=NOW)
    refuse_settlement(settlement_id=proposed.pk, decider=finance(), reason="Not ours.", now=NOW)

    assert refused.value.code == "reason_missing"
    assert parts(recovery) == (RecoveryStatus.OPEN, "0.00", "0.00")


@pytest.mark.parametrize("role", [role for role in Role if role != Role.MUNICIPAL_FINANCE])
def test_only_finance_answers_for_money_that_comes_back(recovery, role):
    proposed = propose(recovery, repayment("300"))
    other = UserFactory(**{role.lower(): True})

    for act in (
        lambda: ask_back(recovery_id=recovery.pk, due_on=TODAY + timedelta(days=9), asker=other, now=NOW),
        lambda: propose_settlement(
            recovery_id=recovery.pk, settlement=repayment("1"), proposer=other, now=NOW
        ),
        lambda: approve_settlement(settlement_id=proposed.pk, decider=other, reason="", now=NOW),
        lambda: refuse_settlement(settlement_id=proposed.pk, decider=other, reason="No.", now=NOW),
    ):
        with pytest.raises(NotPermitted):
            act()

    assert parts(recovery) == (RecoveryStatus.OPEN, "0.00", "0.00")
