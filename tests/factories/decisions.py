"""What decisions hang on beside the certificates: money allotted later, and what other programmes paid."""

from datetime import date
from decimal import Decimal

import factory
from django.db import transaction
from factory.django import DjangoModelFactory

from chongqing_dte.foundation.proposals import RequestStatus
from subsidies.enums import BudgetChangeKind
from subsidies.models import Budget, BudgetChange, OtherSubsidy
from tests.clock import NOW
from tests.factories.enrollment import TraineeFactory
from tests.factories.institutions import OccupationFactory, UserFactory


class OtherSubsidyFactory(DjangoModelFactory):
    """What a programme paid; withdrawn=True was recorded by mistake."""

    class Meta:
        model = OtherSubsidy

    class Params:
        withdrawn = factory.Trait(
            withdrawn_by=factory.SubFactory(UserFactory, municipal_reviewer=True),
            withdrawn_at=NOW,
            withdrawal_reason="Another person of the same name.",
        )

    trainee = factory.SubFactory(TraineeFactory)
    occupation = factory.SubFactory(OccupationFactory)
    level = "JUNIOR"
    programme = factory.Sequence(lambda n: f"Programme {n}")
    amount = Decimal("300.00")
    paid_on = date(2026, 3, 1)
    source = "Letter 7 of another office."
    recorded_by = factory.SubFactory(UserFactory, municipal_operator=True)
    recorded_at = NOW


def allot(budget: Budget, amount: str) -> None:
    """Top a budget up to this sum, as two people do."""
    with transaction.atomic():
        budget.refresh_from_db()
        BudgetChange.objects.create(
            kind=BudgetChangeKind.TOP_UP,
            budget=budget,
            amount=Decimal(amount) - budget.allotted,
            reason="The year was better than planned.",
            status=RequestStatus.APPROVED,
            proposed_by=UserFactory(municipal_administrator=True),
            proposed_at=NOW,
            decided_by=UserFactory(municipal_reviewer=True),
            decided_at=NOW,
        )
        budget.allotted = Decimal(amount)
        budget.save(update_fields=["allotted"])
