"""Two people at one budget at one moment: one after the other, and never more than there is."""

from decimal import Decimal

import pytest

from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from subsidies.enums import BudgetChangeKind
from subsidies.invariants import find_violations
from subsidies.models import Budget, Entitlement
from subsidies.services import budgets, decision_steps
from subsidies.services.decisions import decide_due_certificates
from tests.clock import NOW
from tests.factories.budgets import approved, proposed_change
from tests.factories.institutions import DistrictFactory
from tests.factories.subsidies import BudgetFactory, due_certificate, open_programme
from tests.subsidies.interleaving import PATIENCE, is_kept_waiting, paused, rivals

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def test_one_change_is_approved_once_by_two_reviewers(monkeypatch):
    change = proposed_change(BudgetChangeKind.TOP_UP, BudgetFactory(allotted=Decimal("100.00")).pk, "50.00")

    with rivals() as others:
        with paused(monkeypatch, budgets, "decide_proposal") as reached:
            first = others.start(lambda: approved(change))
            assert reached.wait(PATIENCE)
            second = others.start(lambda: approved(change))
            assert is_kept_waiting(second)
        first.result(PATIENCE)
        with pytest.raises(InvalidTransition):
            second.result(PATIENCE)

    assert Budget.objects.get().allotted == Decimal("150.00")


def test_a_budget_is_not_reduced_below_what_is_reserved_at_this_moment(monkeypatch):
    open_programme(allotted="1000.00")
    reduction = proposed_change(BudgetChangeKind.REDUCTION, Budget.objects.get().pk, "1000.00")
    due_certificate()

    with rivals() as others:
        with paused(monkeypatch, decision_steps, "record_moves") as reached:
            deciding = others.start(lambda: decide_due_certificates(now=NOW))
            assert reached.wait(PATIENCE)
            reducing = others.start(lambda: approved(reduction))
            assert is_kept_waiting(reducing)
        deciding.result(PATIENCE)
        with pytest.raises(DomainError) as refused:
            reducing.result(PATIENCE)

    assert refused.value.code == "budget_committed"
    assert Entitlement.objects.get().decision == "GRANTED"
    assert find_violations() == []


def test_two_transfers_in_opposite_directions_do_not_wait_for_each_other_for_ever(monkeypatch):
    city, own = BudgetFactory(), BudgetFactory(district=DistrictFactory())
    there = proposed_change(BudgetChangeKind.TRANSFER, own.pk, "10.00", city.pk)
    back = proposed_change(BudgetChangeKind.TRANSFER, city.pk, "30.00", own.pk)

    with rivals() as others:
        with paused(monkeypatch, budgets, "_check_left") as reached:
            first = others.start(lambda: approved(there))
            assert reached.wait(PATIENCE)
            second = others.start(lambda: approved(back))
            assert is_kept_waiting(second)
        first.result(PATIENCE)
        second.result(PATIENCE)

    assert Budget.objects.get(pk=city.pk).allotted == city.allotted + 20
    assert Budget.objects.get(pk=own.pk).allotted == own.allotted - 20
    assert find_violations() == []
