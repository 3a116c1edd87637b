"""What is allotted is proposed by one person and decided by another, and decisions that wait for it go on."""

from decimal import Decimal

import pytest

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from chongqing_dte.foundation.proposals import RequestStatus
from institutions.enums import Role
from subsidies import queries
from subsidies.enums import BudgetChangeKind, SubsidyKind
from subsidies.models import Budget, BudgetChange
from subsidies.services.budgets import (
    Allotment,
    Change,
    approve_budget_change,
    propose_allotment,
    propose_budget_change,
    refuse_budget_change,
)
from tests.clock import NOW
from tests.factories.budgets import (
    SOURCE,
    administrator,
    approved,
    proposed_allotment,
    proposed_change,
    reviewer,
)
from tests.factories.institutions import DistrictFactory, UserFactory
from tests.factories.subsidies import BudgetFactory

pytestmark = pytest.mark.django_db

ASSESSMENT = SubsidyKind.ASSESSMENT
TOP_UP, REDUCTION, TRANSFER = BudgetChangeKind.TOP_UP, BudgetChangeKind.REDUCTION, BudgetChangeKind.TRANSFER


def allotted(budget_id: int) -> Decimal:
    return Budget.objects.get(pk=budget_id).allotted


def test_a_proposed_allotment_is_no_money_yet():
    change = proposed_allotment("1000.00")

    assert (change.status, change.budget.allotted) == (RequestStatus.PROPOSED, 0)
    assert queries.budget_for(2026, ASSESSMENT, None) is None
    assert AuditEvent.objects.get(name="budget_change.proposed").actor == change.proposed_by


def test_an_approved_allotment_can_be_spent():
    change = approved(proposed_allotment("1000.00"))

    budget = queries.budget_for(2026, ASSESSMENT, None)
    assert budget is not None
    assert (budget.opening, budget.allotted, budget.available) == (0, Decimal("1000.00"), Decimal("1000.00"))
    assert AuditEvent.objects.get(name="budget_change.approved").actor == change.decided_by


def test_a_district_pays_from_its_own_budget_once_that_is_allotted():
    city = BudgetFactory()
    district = DistrictFactory()
    change = proposed_allotment(district_id=district.pk)

    before = queries.budget_for(2026, ASSESSMENT, district.pk)
    approved(change)
    after = queries.budget_for(2026, ASSESSMENT, district.pk)

    assert (before, after) == (city, change.budget)
    assert queries.budget_for(2026, ASSESSMENT, None) == city
    assert queries.budget_for(2026, ASSESSMENT, DistrictFactory().pk) == city


def test_a_refused_allotment_opens_nothing_and_can_be_proposed_again():
    change = proposed_allotment("1000.00")

    refuse_budget_change(change_id=change.pk, decider=reviewer(), reason="Another document.", now=NOW)
    again = approved(proposed_allotment("900.00"))

    assert again.budget_id == change.budget_id
    assert allotted(change.budget_id) == Decimal("900.00")


@pytest.mark.parametrize("first", ["proposed", "approved", "opened"])
def test_a_year_is_allotted_once(first):
    if first == "opened":
        BudgetFactory()
    elif first == "approved":
        approved(proposed_allotment())
    else:
        proposed_allotment()

    with pytest.raises(DomainError):
        proposed_allotment()

    assert Budget.objects.count() == 1


@pytest.mark.parametrize(
    ("kind", "amount", "left"),
    [(TOP_UP, "50.00", "150.00"), (REDUCTION, "30.00", "70.00"), (REDUCTION, "100.00", "0.00")],
)
def test_an_approved_change_moves_what_is_allotted(kind, amount, left):
    budget = BudgetFactory(allotted=Decimal("100.00"))

    approved(proposed_change(kind, budget.pk, amount))

    assert allotted(budget.pk) == Decimal(left)


def test_a_transfer_moves_between_two_budgets():
    city, own = BudgetFactory(allotted=Decimal("100.00")), BudgetFactory(district=DistrictFactory())
    had = own.allotted

    approved(proposed_change(TRANSFER, own.pk, "40.00", city.pk))

    assert (allotted(city.pk), allotted(own.pk)) == (Decimal("60.00"), had + 40)


def test_a_refused_change_moves_nothing():
    budget = BudgetFactory(allotted=Decimal("100.00"))
    change = proposed_change(TOP_UP, budget.pk, "50.00")

    refuse_budget_change(change_id=change.pk, decider=reviewer(), reason="Not in the document.", now=NOW)

    assert allotted(budget.pk) == Decimal("100.00")
    assert BudgetChange.objects.get().decision_reason == "Not in the document."
    assert AuditEvent.objects.get(name="budget_change.refused").reason == "Not in the document."


def test_a_refusal_has_its_reason():
    change = proposed_change(TOP_UP, BudgetFactory().pk, "50.00")

    with pytest.raises(DomainError) as refused:
        refuse_budget_change(change_id=change.pk, decider=reviewer(), reason=" \u200b", now=NOW)

    assert refused.value.code == "reason_missing"
    assert BudgetChange.objects.get().status == RequestStatus.PROPOSED


@pytest.mark.parametrize("end", [approve_budget_change, refuse_budget_change])
def test_a_decided_change_is_not_decided_again(end):
    budget = BudgetFactory(allotted=Decimal("100.00"))
    change = approved(proposed_change(TOP_UP, budget.pk, "50.00"))

    with pytest.raises(InvalidTransition):
        end(change_id=change.pk, decider=reviewer(), reason="Again.", now=NOW)

    assert allotted(budget.pk) == Decimal("150.00")


def test_nobody_decides_their_own_proposal_after_a_change_of_role():
    person = administrator()
    change = propose_budget_change(
        change=Change(TOP_UP, BudgetFactory().pk, Decimal("1.00"), SOURCE), proposer=person, now=NOW
    )
    person.role = Role.MUNICIPAL_REVIEWER
    person.save()

    with pytest.raises(NotPermitted):
        approve_budget_change(change_id=change.pk, decider=person, reason="", now=NOW)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.MUNICIPAL_ADMINISTRATOR])
def test_nobody_else_proposes(role):
    budget, person = BudgetFactory(), UserFactory(**{role.lower(): True})

    with pytest.raises(NotPermitted):
        propose_budget_change(
            change=Change(TOP_UP, budget.pk, Decimal("1.00"), SOURCE), proposer=person, now=NOW
        )
    with pytest.raises(NotPermitted):
        propose_allotment(
            allotment=Allotment(2027, ASSESSMENT, None, Decimal("1.00"), SOURCE), proposer=person, now=NOW
        )

    assert BudgetChange.objects.count() == 0


@pytest.mark.parametrize("role", [role for role in Role if role != Role.MUNICIPAL_REVIEWER])
def test_nobody_else_decides(role):
    change = proposed_change(TOP_UP, BudgetFactory().pk, "1.00")

    with pytest.raises(NotPermitted):
        approve_budget_change(
            change_id=change.pk, decider=UserFactory(**{role.lower(): True}), reason="", now=NOW
        )

    assert BudgetChange.objects.get().status == RequestStatus.PROPOSED


@pytest.mark.parametrize("kind", [REDUCTION, TRANSFER])
def test_what_is_reserved_or_paid_cannot_be_proposed_away(kind):
    giving = BudgetFactory(allotted=Decimal("100.00"), reserved=Decimal("50.00"), paid=Decimal("20.00"))
    other = BudgetFactory(district=DistrictFactory())
    ends = (other.pk, "30.01", giving.pk) if kind == TRANSFER else (giving.pk, "30.01")

    with pytest.raises(DomainError, match=r"30\.00") as refused:
        proposed_change(kind, *ends)

    assert refused.value.code == "budget_committed"


@pytest.mark.parametrize("kind", [REDUCTION, TRANSFER])
def test_what_was_reserved_since_the_proposal_is_not_taken_away(kind):
    giving, other = BudgetFactory(allotted=Decimal("100.00")), BudgetFactory(district=DistrictFactory())
    ends = (other.pk, "60.00", giving.pk) if kind == TRANSFER else (giving.pk, "60.00")
    change = proposed_change(kind, *ends)
    Budget.objects.filter(pk=giving.pk).update(reserved=Decimal("40.01"))

    with pytest.raises(DomainError, match=r"59\.99") as refused:
        approved(change)

    assert refused.value.code == "budget_committed"
    assert (allotted(giving.pk), allotted(other.pk)) == (Decimal("100.00"), other.allotted)
    assert BudgetChange.objects.get().status == RequestStatus.PROPOSED


@pytest.mark.parametrize(
    ("kind", "code"),
    [(TRANSFER, "from_budget_missing"), (TOP_UP, "budget_not_allotted")],
    ids=["a transfer from nowhere", "a budget that was never allotted"],
)
def test_a_change_that_names_the_wrong_budgets_is_refused(kind, code):
    unopened = proposed_allotment().budget

    with pytest.raises(DomainError) as refused:
        proposed_change(kind, unopened.pk, "1.00")

    assert refused.value.code == code


def test_only_a_transfer_names_a_second_budget():
    with pytest.raises(DomainError) as refused:
        proposed_change(TOP_UP, BudgetFactory().pk, "1.00", BudgetFactory(year=2027).pk)

    assert refused.value.code == "from_budget_missing"


def test_a_transfer_is_between_two_budgets_of_one_year():
    budget = BudgetFactory()

    with pytest.raises(DomainError) as same:
        proposed_change(TRANSFER, budget.pk, "1.00", budget.pk)
    with pytest.raises(DomainError) as later:
        proposed_change(TRANSFER, budget.pk, "1.00", BudgetFactory(year=2027).pk)

    assert (same.value.code, later.value.code) == ("same_budget", "other_year")


@pytest.mark.parametrize(("amount", "reason"), [("0.00", SOURCE), ("-1.00", SOURCE), ("1.00", " ")])
def test_a_change_has_an_amount_and_a_reason(amount, reason):
    change = Change(TOP_UP, BudgetFactory().pk, Decimal(amount), reason)

    with pytest.raises(DomainError) as refused:
        propose_budget_change(change=change, proposer=administrator(), now=NOW)

    assert refused.value.code in {"amount_not_positive", "reason_missing"}


def test_a_budget_grows_no_larger_than_can_be_written_down():
    budget = BudgetFactory(allotted="999999999999.00")

    with pytest.raises(DomainError) as refused:
        approved(proposed_change(TOP_UP, budget.pk, "1.00"))

    assert refused.value.code == "amount_too_large"
    assert allotted(budget.pk) == Decimal("999999999999.00")


@pytest.mark.parametrize(
    ("kind", "is_rung"),
    [(TOP_UP, True), (TRANSFER, True), (REDUCTION, False)],
    ids=["top-up", "transfer", "reduction"],
)
def test_more_money_rings_for_those_who_wait(kind, is_rung, django_capture_on_commit_callbacks):
    city, own = BudgetFactory(), BudgetFactory(district=DistrictFactory())
    change = proposed_change(kind, own.pk, "1.00", city.pk if kind == TRANSFER else None)

    with django_capture_on_commit_callbacks() as rung:
        approved(change)

    assert bool(rung) == is_rung
