"""Rows that stand beside claims: steps, handovers and set-offs."""

from decimal import Decimal
from typing import Any

import factory
from factory.django import DjangoModelFactory

from subsidies.enums import ClaimStatus, NettingStatus
from subsidies.models import ClaimHandover, ClaimStep, Netting
from tests.clock import NOW
from tests.factories.claims import SubsidyClaimFactory
from tests.factories.institutions import DistrictFactory, UserFactory
from tests.factories.subsidies import PaymentFactory, RecoveryFactory
from tests.subsidies.database import triggers_off


class ClaimStepFactory(DjangoModelFactory):
    """The opening of a claim, by itself."""

    class Meta:
        model = ClaimStep

    claim = factory.SubFactory(SubsidyClaimFactory)
    to_status = ClaimStatus.OPEN
    at = factory.SelfAttribute("claim.opened_at")


class ClaimHandoverFactory(DjangoModelFactory):
    class Meta:
        model = ClaimHandover

    claim = factory.SubFactory(SubsidyClaimFactory)
    from_district = factory.SelfAttribute("claim.district")
    to_district = factory.SubFactory(DistrictFactory)
    reason = "The district was merged into another one."
    handed_over_by = factory.SubFactory(UserFactory, municipal_operator=True)
    handed_over_at = NOW


class NettingFactory(DjangoModelFactory):
    """A row as the database takes it before the commit; a whole one belongs to one institution."""

    class Meta:
        model = Netting

    class Params:
        ended = factory.Trait(status=NettingStatus.RELEASED, ended_at=NOW)

    recovery = factory.SubFactory(RecoveryFactory)
    payment = factory.SubFactory(PaymentFactory)
    amount = Decimal("100.00")
    held_at = NOW

    @classmethod
    def _create(cls, model_class: type[Netting], *args: object, **kwargs: Any) -> Netting:
        """Write the row without what is looked at at the commit: a whole one takes two payments of an institution."""
        with triggers_off():
            return super()._create(model_class, *args, **kwargs)
