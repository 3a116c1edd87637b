"""Workers die at any moment and the broker forgets everything, and still everybody is paid once."""

import json
import random
import time
from decimal import Decimal

import pytest
import redis
from django.conf import settings
from django.db import connections

from assessment.models import AssessmentSession, LevelCertificate
from chongqing_dte.foundation.jobs import nudge_after_commit
from enrollment.models import TrainingClass
from subsidies.enums import Decision, PaymentStatus
from subsidies.invariants import find_violations
from subsidies.models import Entitlement, Payment
from tests.chaos.workers import Crew, environment_of_workers
from tests.factories.assessment import AssessmentSessionFactory
from tests.factories.enrollment import BankAccountFactory, TraineeFactory, TrainingClassFactory
from tests.factories.subsidies import due_certificate, open_programme

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]

ROUNDS = 18
PEOPLE_A_ROUND = 6
# How long the rest of the work may take on a machine that is busy with other things.
PATIENCE_SECONDS = 120.0


def record_certificates(session: AssessmentSession, training_class: TrainingClass) -> None:
    """Record a round of first passes, one of an earlier graduate, and one of somebody without an account."""
    common = {"attempt__session": session, "attempt__enrollment__training_class": training_class}
    for _ in range(PEOPLE_A_ROUND):
        due_certificate(**common)
    due_certificate(**common, attempt__enrollment__earlier_graduate=True)
    due_certificate(**common, attempt__enrollment__trainee=TraineeFactory())
    nudge_after_commit("certificates_recorded")


def record_missing_accounts() -> None:
    for certificate in LevelCertificate.objects.filter(trainee__bank_accounts__isnull=True):
        BankAccountFactory(trainee=certificate.trainee)
    nudge_after_commit("bank_account_recorded")


def forget_every_message() -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as broker:
        broker.flushall()


def unfinished_work() -> dict[str, int]:
    counts = {
        "due": LevelCertificate.objects.filter(decision_due=True).count(),
        "held": Entitlement.objects.filter(decision=Decision.HELD, superseded_at__isnull=True).count(),
        "unpaid": Payment.objects.exclude(status=PaymentStatus.PAID).count(),
    }
    return {work: count for work, count in counts.items() if count}


def wait_until_all_is_done(crew: Crew) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while left := unfinished_work():
        assert time.monotonic() < deadline, f"left: {left}\nkilled: {crew.kills}\n{crew.logs()}"
        crew.start_the_dead()
        time.sleep(0.3)


@pytest.mark.parametrize("seed", [20261020])
def test_everybody_is_paid_once_whoever_is_killed(seed, tmp_path):
    chance = random.Random(seed)
    open_programme(allotted="1000000.00", automatic_release_limit=Decimal("1000000.00"), batch_line_limit=20)
    session = AssessmentSessionFactory(recorded=True)
    training_class = TrainingClassFactory(completed=True, occupation=session.occupation)

    with Crew(tmp_path, environment_of_workers(tmp_path)) as crew:
        for round_number in range(ROUNDS):
            crew.start_the_dead()
            record_certificates(session, training_class)
            crew.wait_for_children()
            time.sleep(chance.uniform(0.0, 1.5))
            chance.choice([crew.kill_a_child, crew.kill_a_child, crew.kill_a_parent])(chance)
            if round_number == ROUNDS // 2:
                forget_every_message()
        record_missing_accounts()
        wait_until_all_is_done(crew)
    connections.close_all()

    assert_everybody_was_paid_once(json.loads((tmp_path / "book.json").read_text()))
    assert len(crew.kills) > ROUNDS // 2


def assert_everybody_was_paid_once(book: dict[str, dict[str, str]]) -> None:
    people = ROUNDS * (PEOPLE_A_ROUND + 1)
    live = Entitlement.objects.filter(superseded_at__isnull=True)
    assert live.count() == LevelCertificate.objects.count() == people + ROUNDS
    assert live.filter(decision=Decision.GRANTED).count() == Payment.objects.count() == people
    # The bank keeps a book of its own, and it says the same.
    assert {answer["answer"] for answer in book.values()} == {"PAID"}
    assert sum(Decimal(answer["amount"]) for answer in book.values()) == people * Decimal("800.00")
    assert find_violations() == []
