"""Certificates are revoked while workers die, and their money is cancelled or asked back, to the cent."""

import json
import random
import time
from contextlib import suppress
from decimal import Decimal

import pytest
from django.db import connections
from django.utils import timezone

from assessment.enums import CertificateStatus
from assessment.models import AssessmentSession, LevelCertificate
from chongqing_dte.foundation.errors import DomainError
from enrollment.models import TrainingClass
from institutions.models import User
from subsidies.enums import BatchStatus, Decision, PaymentStatus
from subsidies.invariants import find_violations
from subsidies.models import Budget, Entitlement, Payment, PaymentBatch, Recovery
from subsidies.queries import payment_ids_to_take_back
from subsidies.services.batches import release_batch
from tests.chaos.workers import Crew, environment_of_workers
from tests.factories.assessment import AssessmentSessionFactory
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import due_certificate, open_programme, revoke

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]

ROUNDS = 14
PEOPLE_A_ROUND = 6
PATIENCE_SECONDS = 120.0


def record_certificates(session: AssessmentSession, training_class: TrainingClass) -> None:
    for _ in range(PEOPLE_A_ROUND):
        due_certificate(attempt__session=session, attempt__enrollment__training_class=training_class)


def revoke_some(chance: random.Random) -> None:
    """Revoke two certificates, wherever their money happens to be."""
    valid = list(LevelCertificate.objects.filter(status=CertificateStatus.VALID).order_by("pk"))
    for certificate in chance.sample(valid, 2):
        revoke(certificate)


def sign_what_waits(signers: list[User]) -> None:
    """Sign every batch that waits; one that is refused is withdrawn by the workers."""
    for batch in PaymentBatch.objects.filter(status=BatchStatus.ASSEMBLED).order_by("pk"):
        for signer in signers:
            with suppress(DomainError):
                release_batch(batch_id=batch.pk, releaser=signer, sha256=batch.sha256, now=timezone.now())


def unfinished_work() -> dict[str, int]:
    ended = [PaymentStatus.PAID, PaymentStatus.CANCELLED]
    counts = {
        "due": LevelCertificate.objects.filter(decision_due=True).count(),
        "under way": Payment.objects.exclude(status__in=ended).count(),
        "to take back": len(payment_ids_to_take_back(after=0, limit=500)),
    }
    return {work: count for work, count in counts.items() if count}


def wait_until_all_is_done(crew: Crew, signers: list[User]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while left := unfinished_work():
        assert time.monotonic() < deadline, f"left: {left}\nkilled: {crew.kills}\n{crew.logs()}"
        crew.start_the_dead()
        sign_what_waits(signers)
        time.sleep(0.3)


@pytest.mark.parametrize("seed", [20261020])
def test_every_revoked_certificate_takes_its_money_along_whoever_is_killed(seed, tmp_path):
    chance = random.Random(seed)
    # Small batches leave by themselves, larger ones wait for signatures.
    open_programme(allotted="1000000.00", automatic_release_limit=Decimal("3200.00"), batch_line_limit=20)
    session = AssessmentSessionFactory(recorded=True)
    training_class = TrainingClassFactory(completed=True, occupation=session.occupation)
    signers = UserFactory.create_batch(2, municipal_finance=True)

    with Crew(tmp_path, environment_of_workers(tmp_path)) as crew:
        for round_number in range(ROUNDS):
            crew.start_the_dead()
            record_certificates(session, training_class)
            crew.wait_for_children()
            time.sleep(chance.uniform(0.0, 1.5))
            revoke_some(chance)
            chance.choice([crew.kill_a_child, crew.kill_a_child, crew.kill_a_parent])(chance)
            if round_number % 2:
                sign_what_waits(signers)
        wait_until_all_is_done(crew, signers)
    connections.close_all()

    assert_the_money_followed(json.loads((tmp_path / "book.json").read_text()))
    assert len(crew.kills) > ROUNDS // 2


def assert_the_money_followed(book: dict[str, dict[str, str]]) -> None:
    revoked = LevelCertificate.objects.filter(status=CertificateStatus.REVOKED)
    granted = Entitlement.objects.filter(decision=Decision.GRANTED, superseded_at__isnull=True)
    of_revoked = granted.filter(certificate__in=revoked)
    paid = Payment.objects.filter(status=PaymentStatus.PAID)
    assert granted.exclude(certificate__in=revoked).count() == ROUNDS * (PEOPLE_A_ROUND - 2)
    # What a revoked certificate still holds was paid, and is asked back.
    assert set(of_revoked.values_list("payment__pk", flat=True)) == set(
        Recovery.objects.values_list("payment_id", flat=True)
    )
    assert sum(Decimal(line["amount"]) for line in book.values()) == paid.count() * Decimal("800.00")
    assert Budget.objects.get().paid == paid.count() * Decimal("800.00")
    assert Budget.objects.get().reserved == 0
    assert find_violations() == []
