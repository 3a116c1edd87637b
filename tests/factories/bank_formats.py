import factory
from factory.django import DjangoModelFactory

from subsidies.enums import BankSide, DeliveryWay, PaymentFormat
from subsidies.models import BankFormat
from tests.clock import NOW
from tests.factories.institutions import UserFactory


class BankFormatFactory(DjangoModelFactory):
    """A draft of the plain list for all banks; approved=True is in use, own=True and other=True keep banks apart."""

    class Meta:
        model = BankFormat

    class Params:
        approved = factory.Trait(
            approved_by=factory.SubFactory(UserFactory, municipal_finance=True), approved_at=NOW
        )
        own = factory.Trait(side=BankSide.OWN, own_bank_code="999653")
        other = factory.Trait(side=BankSide.OTHER, own_bank_code="999653")
        pain = factory.Trait(
            payment_format=PaymentFormat.PAIN_001,
            payer_name="重庆市人力资源和社会保障局",
            payer_account="50001234567890",
            payer_cnaps="999653000001",
        )

    name = factory.Sequence(lambda n: f"Bank format {n}")
    payment_format = PaymentFormat.AGENT_LIST
    side = BankSide.ANY
    delivery = DeliveryWay.FOLDER
    drafted_by = factory.SubFactory(UserFactory, municipal_administrator=True)
    drafted_at = NOW
