"""The ways to a bank, what keeps files from leaving, and what people found out about bank lines."""

from datetime import timedelta
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from subsidies.bank.channel import ReceivedFile
from subsidies.enums import BankAnswer, BankSide, DeliveryWay, PaymentFormat, ResolutionOutcome, StopKind
from subsidies.models import (
    BankFormat,
    BankResultLine,
    BatchDownload,
    LineResolution,
    Payment,
    PaymentBatch,
    SendingStop,
)
from subsidies.services.bank_results import receive_bank_result
from subsidies.services.deliveries import deliver_released_batches
from subsidies.services.line_resolutions import approve_resolution, propose_resolution
from tests.clock import NOW
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import (
    BankResultLineFactory,
    PaymentBatchFactory,
    answers_to,
    assembled_batch,
    correct_account,
    delivered_batch,
    hear_from_bank,
    next_batch,
    result_list,
    sign_twice,
)
from tests.fakes.bank import FakeBank


class DownloadFormatFactory(DjangoModelFactory):
    """The plain list, for one bank to which a person carries it."""

    class Meta:
        model = BankFormat

    name = "Agent bank, by hand"
    payment_format = PaymentFormat.AGENT_LIST
    side = BankSide.ANY
    delivery = DeliveryWay.DOWNLOAD
    drafted_by = factory.SubFactory(UserFactory, municipal_administrator=True)
    drafted_at = NOW - timedelta(days=2)
    approved_by = factory.SubFactory(UserFactory, municipal_reviewer=True)
    approved_at = NOW - timedelta(days=1)


class BatchDownloadFactory(DjangoModelFactory):
    class Meta:
        model = BatchDownload

    batch = factory.SubFactory(PaymentBatchFactory)
    requested_by = factory.SubFactory(UserFactory, municipal_finance=True)
    requested_at = NOW
    expires_at = NOW + timedelta(minutes=30)
    password = "word"


class SendingStopFactory(DjangoModelFactory):
    """A stop that holds; lifted=True does not any more."""

    class Meta:
        model = SendingStop

    class Params:
        proposed = factory.Trait(
            lift_proposed_by=factory.SubFactory(UserFactory, municipal_finance=True),
            lift_proposed_at=NOW,
            lift_reason="Every reference was compared.",
        )
        lifted = factory.Trait(
            proposed=True,
            lifted_by=factory.SubFactory(UserFactory, municipal_finance=True),
            lifted_at=NOW,
        )

    kind = StopKind.MANUAL
    reason = "The bank reports a break-in."
    stopped_by = factory.SubFactory(UserFactory, municipal_operator=True)
    stopped_at = NOW


class LineResolutionFactory(DjangoModelFactory):
    """A finding that waits; approved=True was confirmed."""

    class Meta:
        model = LineResolution

    class Params:
        approved = factory.Trait(
            status="APPROVED",
            decided_by=factory.SubFactory(UserFactory, municipal_finance=True),
            decided_at=NOW,
        )

    line = factory.SubFactory(BankResultLineFactory)
    outcome = ResolutionOutcome.NO_EFFECT
    reason = "The bank's desk confirmed on the telephone that the line is a mistake."
    proposed_by = factory.SubFactory(UserFactory, municipal_finance=True)
    proposed_at = NOW


def batch_by_hand() -> PaymentBatch:
    """Return a released batch that a person carries to the bank."""
    DownloadFormatFactory()
    return sign_twice(assembled_batch())


def exception_in(batch: PaymentBatch, answer: str, *, amount: str | None = None) -> BankResultLine:
    """Return the line that waits after the bank has said this of the batch's first payment."""
    (line, *_rest) = answers_to(batch, answer)
    if amount is not None:
        line["amount"] = Decimal(amount)
    content = result_list(batch.reference, [line])
    receive_bank_result(received=ReceivedFile("LATER.csv", content, "LATER.csv"), now=NOW)
    return BankResultLine.objects.exclude(problem="").latest("pk")


def taken_back(batch: PaymentBatch) -> BankResultLine:
    """Return the line in which the bank says RETURNED of what it has paid."""
    return exception_in(batch, BankAnswer.RETURNED)


def paid_twice() -> BankResultLine:
    """Return the line in which the bank says PAID of the first of two instructions, once it said so of the second."""
    first = delivered_batch()
    hear_from_bank(first, BankAnswer.RETURNED)
    correct_account(Payment.objects.get().payee_id)
    second = sign_twice(next_batch())
    deliver_released_batches(channel=FakeBank(), now=NOW)
    hear_from_bank(second)
    return exception_in(first, BankAnswer.PAID)


def resolve(line: BankResultLine, outcome: ResolutionOutcome) -> None:
    """Settle a line by a finding of two people."""
    one, other = UserFactory.create_batch(2, municipal_finance=True)
    found = propose_resolution(
        line_id=line.pk,
        proposer=one,
        outcome=outcome,
        reason="Told on the telephone.",
        bank_reference="STATEMENT-7",
        now=NOW,
    )
    approve_resolution(resolution_id=found.pk, decider=other, reason="", now=NOW)
