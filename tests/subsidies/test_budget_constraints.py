"""Rows of budgets that cannot exist, each refused by name."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import InternalError

from chongqing_dte.foundation.proposals import RequestStatus
from subsidies.enums import BudgetChangeKind
from subsidies.models import Budget
from tests.clock import NOW
from tests.factories.budgets import BudgetChangeFactory
from tests.factories.institutions import DistrictFactory, UserFactory
from tests.factories.subsidies import BudgetFactory

pytestmark = pytest.mark.django_db


def end_of_transaction() -> None:
    """Look now at what is looked at when a transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@transaction.atomic
def allot_by_hand(budget: Budget, amount: Decimal) -> None:
    Budget.objects.filter(pk=budget.pk).update(allotted=amount)
    end_of_transaction()


@transaction.atomic
def open_with_more_than_it_says() -> None:
    BudgetFactory(opening=Decimal("0.00"), allotted=Decimal("100.00"))
    end_of_transaction()


@transaction.atomic
def take_without_an_approved_amount(giving: Budget) -> None:
    BudgetChangeFactory(kind=BudgetChangeKind.TRANSFER, from_budget=giving, decided=True)
    allot_by_hand(giving, giving.allotted - 1)


@pytest.mark.parametrize("has_district", [False, True], ids=["city", "district"])
def test_a_year_has_one_budget_for_a_subsidy_and_an_office(has_district):
    district = DistrictFactory() if has_district else None
    BudgetFactory(district=district)

    with pytest.raises(IntegrityError, match="budget_one_per_year_kind_and_district"):
        BudgetFactory(district=district)


def test_a_budget_is_for_a_known_subsidy():
    with pytest.raises(IntegrityError, match="budget_kind_known"):
        BudgetFactory(kind="TRAVEL")


def test_a_budget_is_never_overspent():
    budget = BudgetFactory(allotted=Decimal("100.00"))

    with pytest.raises(IntegrityError, match="budget_never_overspent"):
        Budget.objects.filter(pk=budget.pk).update(reserved=Decimal("60.00"), paid=Decimal("40.01"))


def test_what_came_back_can_be_reserved_again():
    budget = BudgetFactory(allotted=Decimal("100.00"))

    Budget.objects.filter(pk=budget.pk).update(
        reserved=Decimal("10.00"), paid=Decimal("100.00"), recovered=Decimal("10.00")
    )

    assert Budget.objects.get().available == 0


@pytest.mark.parametrize("part", ["opening", "allotted", "reserved", "paid", "recovered"])
def test_no_part_of_a_budget_is_negative(part):
    with pytest.raises(IntegrityError, match=r"budget_parts_not_negative|budget_never_overspent"):
        BudgetFactory(**{"allotted": Decimal("0.00"), "opening": Decimal("0.00"), part: Decimal("-0.01")})


def test_nobody_writes_an_allotment_into_a_budget():
    budget = BudgetFactory(allotted=Decimal("100.00"))

    with pytest.raises(IntegrityError, match="budget_allotted_by_two_people"):
        allot_by_hand(budget, Decimal("100.01"))


def test_nobody_opens_a_budget_with_more_than_it_says():
    with pytest.raises(IntegrityError, match="budget_allotted_by_two_people"):
        open_with_more_than_it_says()


def test_a_proposal_alone_allots_nothing():
    change = BudgetChangeFactory()

    with pytest.raises(IntegrityError, match="budget_allotted_by_two_people"):
        allot_by_hand(change.budget, change.budget.allotted + change.amount)


@pytest.mark.parametrize(
    ("kind", "gain"),
    [(BudgetChangeKind.TOP_UP, "1000.00"), (BudgetChangeKind.REDUCTION, "-1000.00")],
    ids=["top-up", "reduction"],
)
def test_an_approved_change_is_what_is_allotted(kind, gain):
    change = BudgetChangeFactory(kind=kind, decided=True)

    allot_by_hand(change.budget, change.budget.allotted + Decimal(gain))

    assert Budget.objects.get().allotted == change.budget.allotted + Decimal(gain)


def test_a_transfer_takes_what_was_approved():
    giving = BudgetFactory(district=DistrictFactory())

    with pytest.raises(IntegrityError, match="budget_allotted_by_two_people"):
        take_without_an_approved_amount(giving)


def test_the_opening_of_a_budget_stays():
    budget = BudgetFactory()

    with pytest.raises(InternalError, match="Cannot update rows"):
        Budget.objects.filter(pk=budget.pk).update(opening=1)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        pytest.param({"kind": "GIFT"}, "budget_change_kind_known", id="a known kind"),
        pytest.param({"amount": Decimal("0.00")}, "budget_change_amount_positive", id="more than nothing"),
        pytest.param({"reason": ""}, "budget_change_has_reason", id="a reason"),
        pytest.param(
            {"kind": BudgetChangeKind.TRANSFER},
            "budget_change_transfers_from_somewhere",
            id="a transfer from a budget",
        ),
        pytest.param({"decided_at": NOW}, "budget_change_decision_complete", id="decided by a person"),
        pytest.param(
            {"status": RequestStatus.APPROVED}, "budget_change_decided_by_somebody", id="approved by somebody"
        ),
    ],
)
def test_a_change_has(values, name):
    with pytest.raises(IntegrityError, match=name):
        BudgetChangeFactory(**values)


def test_a_change_has_a_known_status():
    with pytest.raises(IntegrityError, match="budget_change_status_known"):
        BudgetChangeFactory(decided=True, status="FORGOTTEN")


def test_only_a_transfer_is_taken_from_a_budget():
    with pytest.raises(IntegrityError, match="budget_change_transfers_from_somewhere"):
        BudgetChangeFactory(from_budget=BudgetFactory(district=DistrictFactory()))


def test_a_transfer_is_between_two_budgets():
    budget = BudgetFactory()

    with pytest.raises(IntegrityError, match="budget_change_between_two_budgets"):
        BudgetChangeFactory(kind=BudgetChangeKind.TRANSFER, budget=budget, from_budget=budget)


def test_nobody_decides_what_they_proposed():
    person = UserFactory(municipal_reviewer=True)

    with pytest.raises(IntegrityError, match="budget_change_decided_by_someone_else"):
        BudgetChangeFactory(decided=True, proposed_by=person, decided_by=person)


def test_a_budget_is_allotted_once():
    first = BudgetChangeFactory(kind=BudgetChangeKind.ALLOTMENT)

    with pytest.raises(IntegrityError, match="budget_change_one_allotment"):
        BudgetChangeFactory(kind=BudgetChangeKind.ALLOTMENT, budget=first.budget)


def test_a_refused_allotment_makes_room_for_another():
    refused = BudgetChangeFactory(kind=BudgetChangeKind.ALLOTMENT, decided=True, status=RequestStatus.REFUSED)

    assert BudgetChangeFactory(kind=BudgetChangeKind.ALLOTMENT, budget=refused.budget).pk


@pytest.mark.parametrize("field", ["amount", "kind", "reason", "proposed_at"])
def test_a_proposal_keeps_what_it_said(field):
    change = BudgetChangeFactory()
    values = {"amount": 1, "kind": "REDUCTION", "reason": "Another.", "proposed_at": NOW.replace(hour=1)}

    with pytest.raises(InternalError, match="Cannot update rows"):
        type(change).objects.filter(pk=change.pk).update(**{field: values[field]})


def test_a_decision_stays():
    change = BudgetChangeFactory(decided=True)

    with pytest.raises(InternalError, match="budget_change_stays_decided"):
        type(change).objects.filter(pk=change.pk).update(status=RequestStatus.REFUSED)
