"""Whoever dies at whatever statement: everybody is paid once, and the books agree to the cent."""

import json
import random
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest

from assessment.models import AssessmentSession, LevelCertificate
from demo.bank import Book, serve_once
from enrollment.models import TrainingClass
from subsidies.bank.channel import FolderChannel
from subsidies.enums import PaymentStatus
from subsidies.invariants import find_violations
from subsidies.models import Budget, JournalLine, Payment
from subsidies.services.bank_results import collect_bank_results
from subsidies.services.batches import assemble_batches
from subsidies.services.decisions import decide_due_certificates
from subsidies.services.deliveries import deliver_released_batches
from subsidies.services.notifications import announce_decisions
from subsidies.services.revocations import follow_ended_certificates
from tests.chaos.statements import MOMENTS, Kill, run_and_kill, statements_in
from tests.clock import NOW
from tests.factories.assessment import AssessmentSessionFactory
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.subsidies import due_certificate, open_programme

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

# A killed process's server side may still hold its locks for a moment, and its rows are left out until then.
TRIES = 40
# So many workers go at once, and die. What they leave is found by the next ones, and now and then all is finished.
AT_ONCE = 2
FINISHED_EVERY = 10


class Road:
    """The whole road of the money of one certificate, over a bank with a book of its own."""

    def __init__(self, folder: Path) -> None:
        self.payments, self.results = folder / "payments", folder / "results"
        for place in (self.payments, self.results):
            place.mkdir()
        self.book = folder / "book.json"
        self.session: AssessmentSession = AssessmentSessionFactory(recorded=True)
        self.training_class: TrainingClass = TrainingClassFactory(
            completed=True, occupation=self.session.occupation
        )

    def record_certificate(self) -> LevelCertificate:
        return due_certificate(
            attempt__session=self.session, attempt__enrollment__training_class=self.training_class
        )

    def work(self) -> None:
        """Do what the workers do, one after the other, as far as it goes."""
        channel = FolderChannel(outbox=self.payments, inbox=self.results)
        follow_ended_certificates(now=NOW)
        decide_due_certificates(now=NOW)
        assemble_batches(now=NOW)
        deliver_released_batches(channel=channel, now=NOW)
        collect_bank_results(channel=channel, now=NOW)
        announce_decisions(now=NOW)

    def answer(self) -> None:
        """Do what the bank does, which is one, and somebody else's."""
        serve_once(self.payments, self.results, Book(self.book), not_activated=frozenset())

    def go_to_the_end(self) -> None:
        """Go until everybody is paid, as the next sweeps would."""
        for _ in range(TRIES):
            self.work()
            self.answer()
            if not LevelCertificate.objects.filter(decision_due=True).exists() and not (
                Payment.objects.exclude(status=PaymentStatus.PAID).exists()
            ):
                return
        raise AssertionError("Somebody is not paid.")


@pytest.fixture
def road(tmp_path) -> Road:
    open_programme(allotted="100000000.00", automatic_release_limit=Decimal("1000000.00"))
    return Road(tmp_path)


def kill_points(statement_count: int, chance: random.Random) -> Iterator[Kill]:
    """Yield every statement with every moment, in a random order, and then random ones for ever."""
    points = [(number, moment) for number in range(1, statement_count + 1) for moment in MOMENTS]
    chance.shuffle(points)
    for number, moment in points:
        yield Kill(number, moment, chance.getrandbits(32))
    while True:
        yield Kill(chance.randint(1, statement_count), chance.choice(MOMENTS), chance.getrandbits(32))


def assert_the_books_agree(road: Road) -> None:
    book = json.loads(road.book.read_text())
    paid = Payment.objects.filter(status=PaymentStatus.PAID)
    assert paid.count() == LevelCertificate.objects.count() == Payment.objects.count() == len(book)
    total = sum(payment.amount for payment in paid)
    assert total == sum(Decimal(line["amount"]) for line in book.values()) == Budget.objects.get().paid
    lines = JournalLine.objects.filter(account="FUND_AT_BANK")
    assert {line.payment_id: -line.amount for line in lines} == {each.pk: each.amount for each in paid}
    assert find_violations() == []


def test_everybody_is_paid_once_whatever_statement_is_the_last(road, chaos_seed, statement_kills):
    chance = random.Random(chaos_seed)
    road.record_certificate()
    points = kill_points(statements_in(road.work), chance)
    kills = 0

    for round_number in range(1, statement_kills // AT_ONCE + 1):
        for _ in range(AT_ONCE):
            road.record_certificate()
        kills += run_and_kill(road.work, *islice(points, AT_ONCE))
        road.answer()
        if round_number % FINISHED_EVERY == 0:
            road.go_to_the_end()
            assert_the_books_agree(road)

    road.go_to_the_end()
    assert_the_books_agree(road)
    # A statement that only a longer road has is sometimes not reached.
    assert kills > statement_kills * 0.6
