"""Whatever happens to money that is to come back, in whatever order: the books say the same everywhere."""

from decimal import Decimal
from typing import Final

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.proposals import RequestStatus
from subsidies.enums import RecoveryStatus, SettlementKind
from subsidies.invariants import find_violations
from subsidies.models import Budget, Recovery, RecoverySettlement
from subsidies.services.decisions import decide_due_certificates
from subsidies.services.recoveries import (
    Settlement,
    approve_settlement,
    propose_settlement,
    refuse_settlement,
)
from tests.clock import NOW
from tests.factories.recoveries import finance, recovery_of_paid_money
from tests.subsidies.books import balances
from tests.subsidies.following import follow

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

AMOUNT: Final = Decimal("800.00")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["repay", "write off", "approve", "refuse", "sweep"]),
        st.integers(min_value=0, max_value=5),
        st.decimals(min_value=0, max_value=900, places=2) | st.just(AMOUNT),
    ),
    max_size=12,
)


class Story:
    """One recovery, and what a slow reader of the same steps expects of it."""

    def __init__(self) -> None:
        self.recovery = recovery_of_paid_money()
        self.people = [finance(), finance()]
        self.proposed: dict[int, tuple[str, Decimal]] = {}
        self.counted = {"repay": Decimal("0.00"), "write off": Decimal("0.00")}

    @property
    def left(self) -> Decimal:
        return AMOUNT - sum(self.counted.values())

    def put_down(self, kind: str, amount: Decimal) -> None:
        waiting = sum((amount for _kind, amount in self.proposed.values()), Decimal("0.00"))
        fits = self.left > 0 and 0 < amount <= self.left - waiting
        is_repayment = kind == "repay"
        settlement = Settlement(
            SettlementKind.REPAYMENT if is_repayment else SettlementKind.WRITE_OFF,
            amount,
            "As it was.",
            NOW.date() if is_repayment else None,
            f"LINE-{RecoverySettlement.objects.count()}" if is_repayment else "",
        )
        try:
            made = propose_settlement(
                recovery_id=self.recovery.pk, settlement=settlement, proposer=self.people[0], now=NOW
            )
        except DomainError:
            assert not fits
        else:
            assert fits
            self.proposed[made.pk] = (kind, amount)

    def decide(self, verb: str, number: int) -> None:
        if not self.proposed:
            return
        settlement_id = list(self.proposed)[number % len(self.proposed)]
        kind, amount = self.proposed.pop(settlement_id)
        act = approve_settlement if verb == "approve" else refuse_settlement
        act(settlement_id=settlement_id, decider=self.people[1], reason="Seen.", now=NOW)
        if verb == "approve":
            self.counted[kind] += amount

    def tell(self, verb: str, number: int, amount: Decimal) -> None:
        if verb == "sweep":
            follow()
            decide_due_certificates(now=NOW)
        elif verb in self.counted:
            self.put_down(verb, amount)
        else:
            self.decide(verb, number)

    def check(self) -> None:
        recovery = Recovery.objects.get()
        assert (recovery.recovered, recovery.written_off) == (
            self.counted["repay"],
            self.counted["write off"],
        )
        assert (recovery.status == RecoveryStatus.SETTLED) == (self.left == 0)
        assert Budget.objects.get().recovered == self.counted["repay"]
        expected = {
            "RECOVERIES_RECEIVABLE": self.left,
            "RECOVERIES_WRITTEN_OFF": self.counted["write off"],
            "FUND_AT_BANK": self.counted["repay"] - AMOUNT,
        }
        assert balances() == {account: amount for account, amount in expected.items() if amount}
        assert RecoverySettlement.objects.filter(status=RequestStatus.PROPOSED).count() == len(self.proposed)
        assert find_violations() == []


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_the_books_say_the_same_after_any_history(steps):
    before = transaction.savepoint()
    try:
        story = Story()
        for verb, number, amount in steps:
            story.tell(verb, number, amount)
            story.check()
    finally:
        transaction.savepoint_rollback(before)
