"""Changes of budgets, and people who propose and decide them."""

from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from chongqing_dte.foundation.proposals import RequestStatus
from institutions.models import User
from subsidies.enums import BudgetChangeKind, SubsidyKind
from subsidies.models import BudgetChange
from subsidies.services.budgets import (
    Allotment,
    Change,
    approve_budget_change,
    propose_allotment,
    propose_budget_change,
)
from tests.clock import NOW
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import BudgetFactory

SOURCE = "An example for the tests."


class BudgetChangeFactory(DjangoModelFactory):
    """A proposed top-up; decided=True with another status is an end."""

    class Meta:
        model = BudgetChange

    class Params:
        decided = factory.Trait(
            status=RequestStatus.APPROVED,
            decided_by=factory.SubFactory(UserFactory, municipal_reviewer=True),
            decided_at=NOW,
        )

    kind = BudgetChangeKind.TOP_UP
    budget = factory.SubFactory(BudgetFactory)
    amount = Decimal("1000.00")
    reason = SOURCE
    proposed_by = factory.SubFactory(UserFactory, municipal_administrator=True)
    proposed_at = NOW


def administrator() -> User:
    """Return somebody who proposes what is allotted."""
    return UserFactory(municipal_administrator=True)


def reviewer() -> User:
    """Return somebody who decides what others proposed to allot."""
    return UserFactory(municipal_reviewer=True)


def proposed_allotment(
    amount: str = "1000.00", *, year: int = 2026, district_id: int | None = None
) -> BudgetChange:
    """Propose the first money of a year, through the service."""
    allotment = Allotment(year, SubsidyKind.ASSESSMENT, district_id, Decimal(amount), SOURCE)
    return propose_allotment(allotment=allotment, proposer=administrator(), now=NOW)


def proposed_change(
    kind: BudgetChangeKind, budget_id: int, amount: str, from_budget_id: int | None = None
) -> BudgetChange:
    """Propose a later change, through the service."""
    change = Change(kind, budget_id, Decimal(amount), SOURCE, from_budget_id)
    return propose_budget_change(change=change, proposer=administrator(), now=NOW)


def approved(change: BudgetChange) -> BudgetChange:
    """Let a change count, through the service."""
    return approve_budget_change(change_id=change.pk, decider=reviewer(), reason="", now=NOW)
