"""Policies, budgets and single rows; and, through the services, certificates on their way to the bank."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

import factory
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from factory.django import DjangoModelFactory

from assessment.enums import CertificateStatus
from assessment.models import LevelCertificate
from assessment.services.certificate_steps import end_certificate
from demo.identifiers import make_card_number, make_cnaps
from enrollment.enums import ParticipantCategory
from enrollment.models import BankAccount
from enrollment.services.accounts import AccountDetails, correct_bank_account
from institutions.models import District, FeeSchedule
from subsidies.bank.channel import ReceivedFile
from subsidies.enums import (
    AttemptStatus,
    BankAnswer,
    BatchStatus,
    Decision,
    FirstPassRule,
    FirstPassScope,
    GraduationYearRule,
    PaymentStatus,
    ResultFileStatus,
    SubsidyKind,
)
from subsidies.models import (
    BankResultFile,
    BankResultLine,
    Budget,
    Entitlement,
    Payment,
    PaymentAttempt,
    PaymentBatch,
    PolicyVersion,
    Recovery,
)
from subsidies.services.bank_results import receive_bank_result
from subsidies.services.batches import assemble_batches, release_batch
from subsidies.services.decisions import decide_due_certificates
from subsidies.services.deliveries import deliver_released_batches
from tests.clock import NOW
from tests.factories.assessment import LevelCertificateFactory
from tests.factories.enrollment import BankAccountFactory
from tests.factories.institutions import FeeScheduleFactory, UserFactory
from tests.fakes.bank import FakeBank

FEE = Decimal("800.00")


# ── Single rows ──────────────────────────────────────────────────────────────────────────────────────────
class PolicyVersionFactory(DjangoModelFactory):
    """A draft over 2026; approved=True decides."""

    class Meta:
        model = PolicyVersion

    class Params:
        approved = factory.Trait(
            approved_by=factory.SubFactory(UserFactory, municipal_reviewer=True),
            approved_at=NOW - timedelta(days=280),
        )

    name = factory.Sequence(lambda n: f"Policy {n}")
    in_force = DateRange(date(2026, 1, 1), date(2027, 1, 1))
    first_pass_scope = FirstPassScope.PERSON
    first_pass_rule = FirstPassRule.FIRST_CERTIFICATE
    eligible_categories = factory.LazyFunction(
        lambda: [ParticipantCategory.GRADUATING_STUDENT, ParticipantCategory.ENTERPRISE_EMPLOYEE]
    )
    graduation_year_rule = GraduationYearRule.CALENDAR
    fee_share = Decimal("1.0000")
    ceiling_junior = Decimal("2000.00")
    ceiling_intermediate = Decimal("2000.00")
    ceiling_senior = Decimal("2000.00")
    batch_line_limit = 500
    automatic_release_limit = Decimal("0.00")
    source = "An example for the tests."
    drafted_by = factory.SubFactory(UserFactory, municipal_administrator=True)
    drafted_at = NOW - timedelta(days=290)


class BudgetFactory(DjangoModelFactory):
    class Meta:
        model = Budget

    year = 2026
    kind = SubsidyKind.ASSESSMENT
    allotted = Decimal("100000.00")
    opening = factory.SelfAttribute("allotted")
    source = "An example for the tests."


def district_of(certificate: LevelCertificate) -> District:
    """Return whose certificate it is: of the training class, or else of the evaluation institution."""
    enrollment = certificate.attempt.enrollment
    return enrollment.training_class.district if enrollment else certificate.institution.district


class EntitlementFactory(DjangoModelFactory):
    """A refusal; held=True, or granted=True, which is not whole before its payment stands."""

    class Meta:
        model = Entitlement

    class Params:
        held = factory.Trait(decision=Decision.HELD, reason="account_is_known", amount=FEE, held_since=NOW)
        granted = factory.Trait(
            decision=Decision.GRANTED,
            reason="",
            amount=FEE,
            policy_version=factory.SubFactory(PolicyVersionFactory),
            fee_schedule=factory.SubFactory(FeeScheduleFactory),
            budget=factory.LazyFunction(lambda: Budget.objects.first() or BudgetFactory()),
            bank_account=factory.SubFactory(
                BankAccountFactory, trainee=factory.SelfAttribute("..certificate.trainee")
            ),
            lifetime_slot=1,
            yearly_slot=1,
            slot_year=2026,
        )

    certificate = factory.SubFactory(LevelCertificateFactory)
    person = factory.SelfAttribute("certificate.trainee")
    district = factory.LazyAttribute(lambda entitlement: district_of(entitlement.certificate))
    decision = Decision.REFUSED
    reason = "category_is_eligible"
    first_pass_key = factory.LazyAttribute(lambda entitlement: f"person:{entitlement.certificate.trainee_id}")
    amount = Decimal("0.00")
    checks = factory.LazyFunction(list)
    decided_at = NOW


class PaymentFactory(DjangoModelFactory):
    """A payment that waits for a batch; paid=True and cancelled=True are its two ends."""

    class Meta:
        model = Payment

    class Params:
        paid = factory.Trait(status=PaymentStatus.PAID, paid_at=NOW)
        cancelled = factory.Trait(status=PaymentStatus.CANCELLED, cancelled_at=NOW)

    entitlement = factory.SubFactory(EntitlementFactory, granted=True)
    payee = factory.SelfAttribute("entitlement.person")
    district = factory.SelfAttribute("entitlement.district")
    budget = factory.SelfAttribute("entitlement.budget")
    notice_working_days = factory.LazyAttribute(
        lambda payment: payment.entitlement.policy_version.notice_working_days
    )
    amount = factory.SelfAttribute("entitlement.amount")
    opened_at = NOW


class RecoveryFactory(DjangoModelFactory):
    class Meta:
        model = Recovery

    payment = factory.SubFactory(PaymentFactory, paid=True)
    amount = factory.SelfAttribute("payment.amount")
    reason = "certificate_revoked"
    facts = factory.LazyFunction(lambda: {"certificate": 1, "ended_on": "2026-10-19"})
    opened_at = NOW


class PaymentBatchFactory(DjangoModelFactory):
    """A batch that waits for two signatures; released=True has them, delivered=True is with the bank."""

    class Meta:
        model = PaymentBatch

    class Params:
        released = factory.Trait(
            status=BatchStatus.RELEASED,
            first_released_by=factory.SubFactory(UserFactory, municipal_finance=True),
            first_released_at=NOW,
            second_released_by=factory.SubFactory(UserFactory, municipal_finance=True),
            second_released_at=NOW,
        )
        delivered = factory.Trait(released=True, status=BatchStatus.DELIVERED, delivered_at=NOW)
        withdrawn = factory.Trait(status=BatchStatus.WITHDRAWN, withdrawn_at=NOW)

    reference = factory.Sequence(lambda n: f"20261020-{n:010d}")
    line_count = 1
    total = FEE
    file_name = factory.LazyAttribute(lambda batch: f"PAY-{batch.reference}.csv")
    content = factory.Sequence(lambda n: f"batch {n}".encode())
    sha256 = factory.LazyAttribute(lambda batch: hashlib.sha256(batch.content).hexdigest())
    assembled_at = NOW


class PaymentAttemptFactory(DjangoModelFactory):
    class Meta:
        model = PaymentAttempt

    payment = factory.SubFactory(PaymentFactory)
    batch = factory.SubFactory(PaymentBatchFactory)
    number = factory.Sequence(lambda n: n + 1)
    reference = factory.Sequence(lambda n: f"REFERENCE{n:017d}")
    line_number = factory.Sequence(lambda n: n + 1)
    bank_account = factory.SelfAttribute("payment.entitlement.bank_account")
    amount = factory.SelfAttribute("payment.amount")
    status = AttemptStatus.OPEN


class BankResultFileFactory(DjangoModelFactory):
    """A file that was applied; set_aside=True was not."""

    class Meta:
        model = BankResultFile

    class Params:
        set_aside = factory.Trait(status=ResultFileStatus.QUARANTINED, batch=None, problem="header_wrong")
        by_hand = factory.Trait(received_by=factory.SubFactory(UserFactory, municipal_finance=True))

    file_name = "RESULT-1.csv"
    content = factory.Sequence(lambda n: f"result {n}".encode())
    sha256 = factory.LazyAttribute(lambda received: hashlib.sha256(received.content).hexdigest())
    batch = factory.SubFactory(PaymentBatchFactory, delivered=True)
    status = ResultFileStatus.APPLIED
    received_at = NOW


class BankResultLineFactory(DjangoModelFactory):
    """A line that names no instruction of ours."""

    class Meta:
        model = BankResultLine

    result_file = factory.SubFactory(BankResultFileFactory)
    line_number = factory.Sequence(lambda n: n + 1001)
    reference = "UNHEARD-OF"
    amount = FEE
    answer = BankAnswer.PAID
    problem = "UNMATCHED"


# ── The way of the money, through the services ───────────────────────────────────────────────────────────
def open_programme(*, allotted: str = "100000.00", **policy: object) -> PolicyVersion:
    """Put an approved policy in force and allot money, so that certificates of 2026 can be granted."""
    BudgetFactory(allotted=Decimal(allotted))
    return PolicyVersionFactory(approved=True, **policy)


def publish_fee(certificate: LevelCertificate, **fee: object) -> FeeSchedule:
    """Publish the fee of a certificate's assessment, once for all certificates of its kind."""
    kind = {
        "institution": certificate.institution,
        "occupation": certificate.occupation,
        "level": certificate.level,
    }
    return FeeSchedule.objects.filter(**kind).first() or FeeScheduleFactory(**kind, **fee)


def due_certificate(**attributes: object) -> LevelCertificate:
    """Return a certificate that waits for a decision, and whose every fact speaks for a grant."""
    if not {"attempt", "attempt__enrollment", "attempt__enrollment__trainee"} & attributes.keys():
        attributes.setdefault("attempt__enrollment__trainee__with_account", True)
    certificate = LevelCertificateFactory(**attributes)
    publish_fee(certificate)
    return certificate


def granted_certificate(**attributes: object) -> LevelCertificate:
    """Return a certificate that was decided and granted, in a programme that is opened if there is none."""
    if not PolicyVersion.objects.exists():
        open_programme()
    certificate = due_certificate(**attributes)
    decide_due_certificates(now=NOW)
    certificate.refresh_from_db()
    return certificate


def decision_on(certificate: LevelCertificate) -> Entitlement:
    """Return the live decision on a certificate."""
    return Entitlement.objects.get(certificate=certificate, superseded_at__isnull=True)


def payment_of(certificate: LevelCertificate) -> Payment:
    """Return the payment of a granted certificate."""
    return Payment.objects.get(entitlement__certificate=certificate)


def revoke(certificate: LevelCertificate) -> LevelCertificate:
    """Return the certificate after it was revoked, as an approved proposal ends it."""
    return _end(certificate, CertificateStatus.REVOKED, "Somebody else sat the examination.")


def reissue(certificate: LevelCertificate) -> LevelCertificate:
    """Return the certificate that is issued in the place of this one."""
    former = _end(certificate, CertificateStatus.SUPERSEDED, "The name was misspelt.")
    return LevelCertificateFactory(
        attempt=former.attempt, supersedes=former, issued_on=NOW.date(), recorded_at=NOW
    )


def _end(certificate: LevelCertificate, status: CertificateStatus, reason: str) -> LevelCertificate:
    with transaction.atomic():
        ending = LevelCertificate.objects.select_for_update(of=("self",)).get(pk=certificate.pk)
        actor = UserFactory(municipal_reviewer=True)
        end_certificate(certificate=ending, status=status, reason=reason, actor=actor, now=NOW)
    return ending


def assembled_batch(count: int = 1) -> PaymentBatch:
    """Return a batch of so many granted certificates that waits for its signatures."""
    for _ in range(count):
        granted_certificate()
    batch = next_batch()
    if batch is None:
        raise AssertionError("Nothing waited for a batch.")
    return batch


def next_batch(now: datetime = NOW) -> PaymentBatch | None:
    """Return the batch that is assembled of what waits, or None if nothing is; there is no second one."""
    batches = assemble_batches(now=now)
    if len(batches) > 1:
        raise AssertionError("There are several batches.")
    return batches[0] if batches else None


def sign_twice(batch: PaymentBatch) -> PaymentBatch:
    """Return the batch after two people of finance have released it."""
    for signer in UserFactory.create_batch(2, municipal_finance=True):
        release_batch(batch_id=batch.pk, releaser=signer, sha256=batch.sha256, now=NOW)
    batch.refresh_from_db()
    return batch


def delivered_batch(count: int = 1) -> PaymentBatch:
    """Return a batch of so many granted certificates that lies with a bank."""
    batch = sign_twice(assembled_batch(count))
    deliver_released_batches(channel=FakeBank(), now=NOW)
    batch.refresh_from_db()
    return batch


def settled_batch(count: int = 1) -> PaymentBatch:
    """Return a batch of so many granted certificates that the bank has paid."""
    batch = delivered_batch(count)
    hear_from_bank(batch)
    batch.refresh_from_db()
    return batch


def correct_account(trainee_id: int, account: AccountDetails | None = None) -> BankAccount:
    """Return the account that a trainee is paid to from now on: another one, or the one given."""
    return correct_bank_account(
        trainee_id=trainee_id,
        operator=UserFactory(municipal_operator=True),
        account=account or AccountDetails(make_card_number(990), "示范银行", make_cnaps(1)),
        reason="The bank returned the money.",
        now=NOW,
    )


# ── The bank's word ──────────────────────────────────────────────────────────────────────────────────────
def result_list(batch_reference: str, lines: Sequence[Mapping[str, object]]) -> bytes:
    """Return a result list with the right count and total over these lines."""
    details = [
        f"D,{number},{line['reference']},{line['amount']},{line['answer']},{line.get('return_code', '')}"
        for number, line in enumerate(lines, start=1)
    ]
    paid = sum(
        (Decimal(str(line["amount"])) for line in lines if line["answer"] == BankAnswer.PAID), Decimal("0.00")
    )
    rows = [f"H,1,{batch_reference},{len(lines)}", *details, f"T,{len(lines)},{paid}"]
    return ("\r\n".join(rows) + "\r\n").encode()


def answers_to(batch: PaymentBatch, *answers: str) -> list[dict[str, object]]:
    """Return a line for each instruction of a batch, in order; the last answer holds for the rest."""
    attempts = list(PaymentAttempt.objects.filter(batch=batch).order_by("line_number"))
    given = [*answers, *[answers[-1]] * (len(attempts) - len(answers))]
    return [
        {
            "reference": attempt.reference,
            "amount": attempt.amount,
            "answer": answer,
            "return_code": "ACCOUNT_CLOSED" if answer == BankAnswer.RETURNED else "",
        }
        for attempt, answer in zip(attempts, given, strict=True)
    ]


def hear_from_bank(batch: PaymentBatch, *answers: str, name: str = "RESULT.csv") -> bool:
    """Take in the bank's answers to a batch: PAID to every instruction, or these in order."""
    content = result_list(batch.reference, answers_to(batch, *(answers or (BankAnswer.PAID,))))
    return receive_bank_result(received=ReceivedFile(name, content, name), now=NOW)
