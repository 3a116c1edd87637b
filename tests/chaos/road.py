"""The whole road of the money of some people, station by station, over a bank with a book of its own."""

import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path

from assessment.enums import ResultsStatus
from assessment.models import CertificateRevocation, LevelCertificate, ResultsUpload
from assessment.services.results import record_results
from assessment.services.revocations import approve_revocation, propose_revocation
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.proposals import RequestStatus
from demo.bank import Book, serve_once
from demo.identifiers import make_card_number, make_cnaps
from enrollment.models import BankAccount, Enrollment
from enrollment.services.accounts import AccountDetails, correct_bank_account
from subsidies.bank.channel import FolderChannel
from subsidies.enums import (
    BatchStatus,
    ObjectionKind,
    ObjectionStatus,
    PaymentStatus,
    RecoveryStatus,
    SettlementKind,
)
from subsidies.invariants import find_violations
from subsidies.models import (
    Budget,
    JournalLine,
    NoticeLine,
    Objection,
    Payment,
    PaymentAttempt,
    PaymentBatch,
    Recovery,
    RecoverySettlement,
)
from subsidies.services.bank_results import collect_bank_results
from subsidies.services.batches import assemble_batches, release_batch
from subsidies.services.decisions import decide_due_certificates
from subsidies.services.deliveries import deliver_released_batches
from subsidies.services.notices import close_notices, publish_notices
from subsidies.services.notifications import announce_decisions
from subsidies.services.objections import (
    ObjectionEntry,
    decide_objection,
    follow_upheld_objections,
    raise_objection,
)
from subsidies.services.recoveries import Settlement, approve_settlement, ask_back, propose_settlement
from subsidies.services.revocations import follow_ended_certificates
from tests.assessment.result_lists import candidate, check, list_of, passed
from tests.clock import NOW
from tests.factories.assessment import AssessmentSessionFactory
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.institutions import (
    DistrictFactory,
    FeeScheduleFactory,
    InstitutionFactory,
    OccupationFactory,
    UserFactory,
)
from tests.factories.notices import AFTERWARDS, open_programme_with_notice
from tests.factories.subsidies import FEE

Act = Callable[[], object]
# A service, and what looks at what waits for it.
Station = tuple[str, Callable[[], list[Act]]]
# What becomes of the people of one turn. The second account of whoever has two is far from those of the factories.
PAID, PAID_AT_THE_SECOND_ATTEMPT, PAID_AND_REVOKED, OBJECTED_TO, REVOKED_IN_TIME = range(5)
PEOPLE = 5
FIRST_OTHER_ACCOUNT = 500_000
WHY = "Somebody else sat the examination."


class Road:
    """What somebody does or a worker does at each station. Each turn of the road is walked by people of its own."""

    def __init__(self, folder: Path) -> None:
        self.payments, self.results = folder / "payments", folder / "results"
        for place in (self.payments, self.results):
            place.mkdir()
        self.book = folder / "book.json"
        # Whoever is paid at the second attempt is so without signatures.
        open_programme_with_notice(allotted="100000000.00", automatic_release_limit=FEE)
        self.occupation, self.institution = OccupationFactory(), InstitutionFactory()
        FeeScheduleFactory(institution=self.institution, occupation=self.occupation)
        self.evaluator = UserFactory(evaluation_operator=True, institution=self.institution)
        self.operator = UserFactory(municipal_operator=True)
        self.reviewer = UserFactory(municipal_reviewer=True)
        self.finance = UserFactory.create_batch(2, municipal_finance=True)
        self.channel = FolderChannel(outbox=self.payments, inbox=self.results)
        self.turns = 0
        self.people: list[Enrollment] = []
        self.upload: ResultsUpload
        self.now = NOW

    # ── One turn ─────────────────────────────────────────────────────────────────────────────────────────
    def begin_turn(self) -> None:
        """Let people come whose results wait to be recorded. They live in a district that has no notice today."""
        session = AssessmentSessionFactory(
            institution=self.institution, occupation=self.occupation, filed_by=self.evaluator
        )
        trained = TrainingClassFactory(completed=True, occupation=self.occupation, district=DistrictFactory())
        self.people = [
            candidate(session, training_class=trained, trainee__with_account=True) for _ in range(PEOPLE)
        ]
        first = self.turns * PEOPLE
        self.upload = check(
            session, list_of(*(passed(person, first + place) for place, person in enumerate(self.people)))
        )
        self.turns += 1
        self.now = NOW

    def stations(self) -> Iterator[Station]:
        """Yield what happens to the money in one turn, by service, one after the other, each once the former is done.

        What is to be done is asked again before each try, as a person would look.
        """
        yield "record_results", self.to_record
        yield from self.decided()
        yield "publish_notices", self.sweep(publish_notices)
        yield "raise_objection", self.to_object
        yield "decide_objection", self.to_uphold
        yield "follow_upheld_objections", self.sweep(follow_upheld_objections)
        self.now = AFTERWARDS
        yield "close_notices", self.sweep(close_notices)
        yield "assemble_batches", self.sweep(assemble_batches)
        yield from self.revoked(REVOKED_IN_TIME)
        yield "assemble_batches", self.sweep(assemble_batches)
        yield "release_batch", self.to_sign
        yield from self.paid()
        yield "correct_bank_account", self.to_correct
        yield "assemble_batches", self.sweep(assemble_batches)
        yield from self.paid()
        yield from self.revoked(PAID_AND_REVOKED)
        yield "ask_back", self.to_ask_back
        yield "propose_settlement", self.to_propose
        yield "approve_settlement", self.to_approve
        yield from self.decided()

    def decided(self) -> Iterator[Station]:
        yield "decide_due_certificates", self.sweep(decide_due_certificates)
        yield "announce_decisions", self.sweep(announce_decisions)

    def paid(self) -> Iterator[Station]:
        yield "deliver_released_batches", self.sweep(partial(deliver_released_batches, channel=self.channel))
        self.answer()
        yield "collect_bank_results", self.sweep(partial(collect_bank_results, channel=self.channel))
        yield "announce_decisions", self.sweep(announce_decisions)

    def revoked(self, place: int) -> Iterator[Station]:
        yield "propose_revocation", lambda: self.to_question(place)
        yield "approve_revocation", lambda: self.to_revoke(place)
        yield "follow_ended_certificates", self.sweep(follow_ended_certificates)

    def sweep(self, service: Callable[..., object]) -> Callable[[], list[Act]]:
        return lambda: [partial(service, now=self.now)]

    def answer(self) -> None:
        """Do what the bank does, which is one, and somebody else's."""
        person = self.people[PAID_AT_THE_SECOND_ATTEMPT].trainee
        first = BankAccount.objects.filter(trainee=person).earliest("pk")
        not_activated = frozenset({first.number})
        serve_once(self.payments, self.results, Book(self.book), not_activated=not_activated)

    # ── What waits for a person ──────────────────────────────────────────────────────────────────────────
    def certificate(self, place: int) -> LevelCertificate:
        return LevelCertificate.objects.get(trainee=self.people[place].trainee)

    def payment(self, place: int) -> Payment:
        return Payment.objects.get(entitlement__certificate=self.certificate(place))

    def to_record(self) -> list[Act]:
        self.upload.refresh_from_db()
        if self.upload.status == ResultsStatus.RECORDED:
            return []
        return [partial(record_results, upload_id=self.upload.pk, operator=self.evaluator, now=self.now)]

    def to_object(self) -> list[Act]:
        payment = self.payment(OBJECTED_TO)
        if Objection.objects.filter(entitlement=payment.entitlement).exists():
            return []
        entry = ObjectionEntry(
            ObjectionKind.PUBLIC, "She never came.", "李四", "13800000000", uuid.UUID(int=payment.pk)
        )
        return [
            partial(
                raise_objection,
                entitlement_id=payment.entitlement_id,
                entry=entry,
                notice_line_id=NoticeLine.objects.get(payment=payment).pk,
                now=self.now,
            )
        ]

    def to_uphold(self) -> list[Act]:
        return [
            partial(
                decide_objection,
                objection_id=objection.pk,
                decider=self.reviewer,
                outcome=ObjectionStatus.UPHELD,
                reason="We looked into the attendance sheets.",
                now=self.now,
            )
            for objection in Objection.objects.filter(status=ObjectionStatus.RAISED)
        ]

    def to_question(self, place: int) -> list[Act]:
        certificate = self.certificate(place)
        if CertificateRevocation.objects.filter(certificate=certificate).exists():
            return []
        return [
            partial(
                propose_revocation,
                certificate_id=certificate.pk,
                reason=WHY,
                proposer=self.operator,
                now=self.now,
            )
        ]

    def to_revoke(self, place: int) -> list[Act]:
        waiting = CertificateRevocation.objects.filter(
            certificate=self.certificate(place), status=RequestStatus.PROPOSED
        )
        return [
            partial(
                approve_revocation,
                revocation_id=revocation.pk,
                decider=self.reviewer,
                reason="Compared.",
                now=self.now,
            )
            for revocation in waiting
        ]

    def to_sign(self) -> list[Act]:
        return [
            partial(release_batch, batch_id=batch.pk, releaser=signer, sha256=batch.sha256, now=self.now)
            for batch in PaymentBatch.objects.filter(status=BatchStatus.ASSEMBLED)
            for signer in self.finance
            if signer.pk != batch.first_released_by_id
        ]

    def to_correct(self) -> list[Act]:
        person = self.people[PAID_AT_THE_SECOND_ATTEMPT].trainee
        if BankAccount.objects.filter(trainee=person).count() > 1:
            return []
        number = make_card_number(FIRST_OTHER_ACCOUNT + self.turns)
        return [
            partial(
                correct_bank_account,
                trainee_id=person.pk,
                operator=self.operator,
                account=AccountDetails(number, "示范银行", make_cnaps(1)),
                reason="The bank returned the money.",
                now=self.now,
            )
        ]

    def to_ask_back(self) -> list[Act]:
        return [
            partial(
                ask_back,
                recovery_id=recovery.pk,
                due_on=date(2026, 12, 1),
                asker=self.finance[0],
                now=self.now,
            )
            for recovery in Recovery.objects.filter(asked_at__isnull=True)
        ]

    def to_propose(self) -> list[Act]:
        return [
            partial(
                propose_settlement,
                recovery_id=recovery.pk,
                settlement=Settlement(
                    SettlementKind.REPAYMENT,
                    recovery.amount,
                    "Paid by transfer.",
                    self.now.date(),
                    f"LINE-{recovery.pk}",
                ),
                proposer=self.finance[0],
                now=self.now,
            )
            for recovery in Recovery.objects.filter(settlements__isnull=True)
        ]

    def to_approve(self) -> list[Act]:
        return [
            partial(
                approve_settlement,
                settlement_id=settlement.pk,
                decider=self.finance[1],
                reason="",
                now=self.now,
            )
            for settlement in RecoverySettlement.objects.filter(status=RequestStatus.PROPOSED)
        ]

    # ── The end ──────────────────────────────────────────────────────────────────────────────────────────
    def assert_everybody_was_paid_once(self) -> None:
        """Compare payments, the bank's book, budget, journal and recoveries, to the cent."""
        assert LevelCertificate.objects.count() == self.turns * PEOPLE
        assert not LevelCertificate.objects.filter(decision_due=True).exists()
        statuses = Counter(Payment.objects.values_list("status", flat=True))
        assert statuses == {PaymentStatus.PAID: 3 * self.turns, PaymentStatus.CANCELLED: 2 * self.turns}
        paid = {payment.pk: payment.amount for payment in Payment.objects.filter(status=PaymentStatus.PAID)}
        payees = Payment.objects.filter(pk__in=paid).values_list("payee_id", flat=True)
        assert len(set(payees)) == len(paid)
        self._assert_nothing_waits()
        self._assert_the_bank_says_the_same(paid)
        budget = Budget.objects.get()
        asked_back = {each.payment_id: -each.recovered for each in Recovery.objects.all()}
        assert (budget.reserved, budget.paid) == (0, sum(paid.values()))
        assert budget.recovered == -sum(asked_back.values()) == self.turns * FEE
        lines = JournalLine.objects.filter(account="FUND_AT_BANK")
        assert {each.payment_id: -each.amount for each in lines if each.amount < 0} == paid
        assert {each.payment_id: -each.amount for each in lines if each.amount > 0} == asked_back
        assert find_violations() == []

    def _assert_nothing_waits(self) -> None:
        assert set(PaymentBatch.objects.values_list("status", flat=True)) == {
            BatchStatus.SETTLED,
            BatchStatus.WITHDRAWN,
        }
        answered = PaymentAttempt.objects.filter(answered_at__isnull=False)
        assert (answered.count(), answered.filter(announced_at=None).count()) == (4 * self.turns, 0)
        settled = Recovery.objects.filter(status=RecoveryStatus.SETTLED, asked_at__isnull=False)
        assert settled.count() == Recovery.objects.count() == self.turns

    def _assert_the_bank_says_the_same(self, paid: dict[int, Decimal]) -> None:
        payments = dict(PaymentAttempt.objects.values_list("reference", "payment_id"))
        booked = {
            payments[reference]: Decimal(line["amount"])
            for reference, line in json.loads(self.book.read_text()).items()
            if line["answer"] == "PAID"
        }
        assert booked == paid


def do_each(acts: Sequence[Act]) -> None:
    for act in acts:
        act()


def do_what_is_left(acts: Sequence[Act]) -> None:
    """Do what waits. Somebody else, or whoever died, may have done it at this very moment."""
    for act in acts:
        with suppress(DomainError):
            act()
