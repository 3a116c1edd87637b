"""Institutions that have to pay something back, and what is set off against what they are owed."""

from collections.abc import Sequence
from decimal import Decimal

from django.db import connection, transaction

from institutions.models import Institution
from subsidies.enums import BankAnswer, SubsidyKind
from subsidies.models import (
    Payment,
    PaymentBatch,
    Recovery,
    SubsidyClaim,
    TrainingPolicyVersion,
    TrainingSubsidy,
)
from subsidies.services.claim_payments import open_claim_payments
from subsidies.services.deliveries import deliver_released_batches
from subsidies.services.recovery_steps import open_part_recoveries
from tests.clock import NOW
from tests.factories.claim_payments import (
    confirmed_claim,
    opened_payment,
    payment_of_claim,
)
from tests.factories.claim_reviews import confirmed, recommended_claim
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.subsidies import BudgetFactory, hear_from_bank, next_batch, sign_twice
from tests.fakes.bank import FakeBank


def answered_by_bank(batch: PaymentBatch, *answers: str) -> PaymentBatch:
    """Return a batch after two people have released it and the bank has answered."""
    sign_twice(batch)
    deliver_released_batches(channel=FakeBank(), now=NOW)
    hear_from_bank(batch, *(answers or (BankAnswer.PAID,)), name=f"RESULT-{batch.pk}.csv")
    batch.refresh_from_db()
    return batch


def paid_payment(people: int = 2, **values: object) -> Payment:
    """Return the payment of a claim that the bank has paid."""
    payment = opened_payment(people, **values)
    answered_by_bank(assembled())
    payment.refresh_from_db()
    return payment


def assembled() -> PaymentBatch:
    """Return the batch of what waits."""
    batch = next_batch()
    if batch is None:
        raise AssertionError("Nothing waited for a batch.")
    connection.check_constraints()
    return batch


def owed_back(*amounts: str, people: int = 2) -> list[Recovery]:
    """Return what an institution has to pay back of a paid claim, so much for each of its people."""
    return ask_back_of(paid_payment(people), *amounts)


def ask_back_of(payment: Payment, *amounts: str) -> list[Recovery]:
    """Return what is asked back of a payment of a claim, so much for each of its people."""
    subsidies = TrainingSubsidy.objects.filter(claim=payment.claim_id).order_by("pk")
    asked = [
        Recovery(
            payment=payment,
            subsidy=subsidy,
            amount=Decimal(amount),
            reason="claim_result_fell",
            opened_at=NOW,
        )
        for subsidy, amount in zip(subsidies, amounts, strict=False)
    ]
    with transaction.atomic():
        open_part_recoveries(asked, NOW)
    connection.check_constraints()
    return list(Recovery.objects.filter(payment=payment).order_by("pk"))


def next_payment(institution: Institution, people: int = 1) -> Payment:
    """Return the opened payment of another claim of an institution that has an account."""
    training_class = TrainingClassFactory(completed=True, locked_count=people, institution=institution)
    claim = confirmed_claim(people, training_class=training_class)
    open_claim_payments(now=NOW)
    connection.check_constraints()
    return payment_of_claim(claim)


def real_claim(passes: Sequence[bool] = (True, True), **policy: object) -> SubsidyClaim:
    """Return a claim that went through both bureaus and whose payment is opened, with its people's results."""
    if not TrainingPolicyVersion.objects.exists():
        BudgetFactory(kind=SubsidyKind.TRAINING, allotted=Decimal("100000.00"))
    claim = confirmed(recommended_claim(passes, **policy))
    open_claim_payments(now=NOW)
    connection.check_constraints()
    return claim


def real_paid_claim(passes: Sequence[bool] = (True, True), **policy: object) -> SubsidyClaim:
    """Return such a claim after the bank has paid it."""
    claim = real_claim(passes, **policy)
    answered_by_bank(assembled())
    return claim
