"""Money that is to come back, and what became of it."""

from datetime import date
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from chongqing_dte.foundation.proposals import RequestStatus
from institutions.models import User
from subsidies.enums import SettlementKind
from subsidies.models import Recovery, RecoverySettlement
from subsidies.services.recoveries import Settlement, approve_settlement, propose_settlement
from tests.clock import NOW
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import RecoveryFactory, revoke, settled_batch
from tests.subsidies.following import certificate_of, follow


class RecoverySettlementFactory(DjangoModelFactory):
    """A repayment of a part that somebody put down; write_off=True gives it up, refused=True counts for nothing."""

    class Meta:
        model = RecoverySettlement

    class Params:
        write_off = factory.Trait(kind=SettlementKind.WRITE_OFF, received_on=None, bank_reference="")
        refused = factory.Trait(
            status=RequestStatus.REFUSED,
            decided_by=factory.SubFactory(UserFactory, municipal_finance=True),
            decided_at=NOW,
            decision_reason="Another person paid this.",
        )

    recovery = factory.SubFactory(RecoveryFactory)
    kind = SettlementKind.REPAYMENT
    amount = Decimal("300.00")
    received_on = date(2026, 10, 20)
    bank_reference = factory.Sequence(lambda n: f"STATEMENT-{n}")
    reason = "Paid over the counter."
    proposed_by = factory.SubFactory(UserFactory, municipal_finance=True)
    proposed_at = NOW


def recovery_of_paid_money() -> Recovery:
    """Return the recovery of a subsidy of 800 yuan that was paid before its certificate was revoked."""
    certificate = certificate_of(settled_batch())
    revoke(certificate)
    follow()
    return Recovery.objects.get(payment__entitlement__certificate=certificate)


def repayment(amount: object, bank_reference: str = "LINE-1", **changes: object) -> Settlement:
    """Return a repayment of so many yuan on a line of the bank's statement."""
    stated = {"reason": "Paid by transfer.", "received_on": NOW.date(), **changes}
    return Settlement(SettlementKind.REPAYMENT, Decimal(str(amount)), bank_reference=bank_reference, **stated)


def write_off(amount: str) -> Settlement:
    """Return so many yuan given up."""
    return Settlement(SettlementKind.WRITE_OFF, Decimal(amount), "Nobody can be found.")


def given_back(amount: object, bank_reference: str = "OUT-1", **changes: object) -> Settlement:
    """Return so many yuan given back, on a line of the bank's statement."""
    stated = {"reason": "The result stands again.", "received_on": NOW.date(), **changes}
    return Settlement(
        SettlementKind.GIVEN_BACK, Decimal(str(amount)), bank_reference=bank_reference, **stated
    )


def finance() -> User:
    """Return one of the people who answer for money."""
    return UserFactory(municipal_finance=True)


def propose(recovery: Recovery, settlement: Settlement) -> RecoverySettlement:
    """Return a settlement that somebody put down and nobody has decided."""
    return propose_settlement(recovery_id=recovery.pk, settlement=settlement, proposer=finance(), now=NOW)


def settle(recovery: Recovery, settlement: Settlement) -> RecoverySettlement:
    """Return a settlement that two people answered for."""
    proposed = propose(recovery, settlement)
    return approve_settlement(settlement_id=proposed.pk, decider=finance(), reason="", now=NOW)
