"""A revocation, a freeze and a signature at one moment: no money leaves for what was ended before the release."""

from collections.abc import Callable
from datetime import date

import pytest

from assessment.enums import ReviewKind
from assessment.models import LevelCertificate, MarkReview
from assessment.services.reviews import open_review
from chongqing_dte.foundation.errors import DomainError
from subsidies import queries
from subsidies.enums import BatchStatus, Decision, PaymentStatus
from subsidies.invariants import find_violations
from subsidies.models import PaymentBatch, Recovery
from subsidies.services import batches, decisions, deliveries, recovery_steps, revocations, void_steps
from subsidies.services.batches import release_batch
from subsidies.services.decisions import decide_due_certificates
from subsidies.services.deliveries import deliver_released_batches
from tests.clock import NOW
from tests.factories import subsidies as factories
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import (
    assembled_batch,
    decision_on,
    due_certificate,
    granted_certificate,
    next_batch,
    revoke,
    settled_batch,
    sign_twice,
)
from tests.fakes.bank import FakeBank
from tests.subsidies.books import payment_statuses
from tests.subsidies.following import certificate_of, follow, sign_once
from tests.subsidies.interleaving import PATIENCE, is_kept_waiting, paused, rivals

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def signing(batch: PaymentBatch) -> Callable[[], str]:
    signer = UserFactory(municipal_finance=True)

    def sign() -> str:
        try:
            return release_batch(batch_id=batch.pk, releaser=signer, sha256=batch.sha256, now=NOW).status
        except DomainError as refusal:
            return refusal.code

    return sign


def batch_signed_once() -> PaymentBatch:
    batch = assembled_batch()
    sign_once(batch)
    return batch


# ── The second signature ─────────────────────────────────────────────────────────────────────────────────
def test_a_revocation_waits_for_the_release_that_is_under_way(monkeypatch):
    batch = batch_signed_once()
    sign, certificate = signing(batch), certificate_of(batch)

    with rivals() as others:
        with paused(monkeypatch, batches, "_record_release") as reached:
            release = others.start(sign)
            assert reached.wait(PATIENCE)
            revocation = others.start(lambda: revoke(certificate))
            assert is_kept_waiting(revocation)
        assert release.result(PATIENCE) == BatchStatus.RELEASED
        revocation.result(PATIENCE)

    assert follow() == 0
    assert payment_statuses() == [PaymentStatus.INSTRUCTED]
    assert find_violations() == []


def test_no_signature_releases_a_batch_whose_certificate_is_being_revoked(monkeypatch):
    batch = batch_signed_once()
    sign, certificate = signing(batch), certificate_of(batch)

    with rivals() as others:
        with committing_late(monkeypatch) as reached:
            revocation = others.start(lambda: revoke(certificate))
            assert reached.wait(PATIENCE)
            release = others.start(sign)
            assert is_kept_waiting(release)
        revocation.result(PATIENCE)
        assert release.result(PATIENCE) == "certificate_revoked"

    follow()
    assert payment_statuses() == [PaymentStatus.CANCELLED]
    assert find_violations() == []


# ── The moment in which a released batch leaves ──────────────────────────────────────────────────────────
def sending(bank: FakeBank) -> Callable[[], int]:
    return lambda: deliver_released_batches(channel=bank, now=NOW)


def test_a_revocation_waits_for_the_sending_that_begins(monkeypatch):
    batch, bank = sign_twice(assembled_batch()), FakeBank()
    certificate = certificate_of(batch)

    with rivals() as others:
        with paused(monkeypatch, deliveries, "begin_sending") as reached:
            delivery = others.start(sending(bank))
            assert reached.wait(PATIENCE)
            revocation = others.start(lambda: revoke(certificate))
            assert is_kept_waiting(revocation)
        assert delivery.result(PATIENCE) == 1
        revocation.result(PATIENCE)

    assert follow() == 0
    assert payment_statuses() == [PaymentStatus.INSTRUCTED]
    assert find_violations() == []


def test_no_file_leaves_whose_certificate_is_being_revoked(monkeypatch):
    batch, bank = sign_twice(assembled_batch()), FakeBank()
    certificate = certificate_of(batch)

    with rivals() as others:
        with committing_late(monkeypatch) as reached:
            revocation = others.start(lambda: revoke(certificate))
            assert reached.wait(PATIENCE)
            delivery = others.start(sending(bank))
            assert is_kept_waiting(delivery)
        revocation.result(PATIENCE)
        assert delivery.result(PATIENCE) == 0

    follow()
    assert (bank.files, payment_statuses()) == ({}, [PaymentStatus.CANCELLED])
    assert find_violations() == []


def committing_late(monkeypatch: pytest.MonkeyPatch):
    """Stop a revocation after it has written and before it commits."""
    end = factories.end_certificate

    def end_and_pause(**arguments):
        end(**arguments)
        factories.before_the_commit()

    monkeypatch.setattr(factories, "before_the_commit", lambda: None, raising=False)
    monkeypatch.setattr(factories, "end_certificate", end_and_pause)
    return paused(monkeypatch, factories, "before_the_commit")


def test_a_review_waits_for_the_release_that_is_under_way(monkeypatch):
    batch = batch_signed_once()
    sign, attempt = signing(batch), certificate_of(batch).attempt
    opener = UserFactory(municipal_operator=True)

    def appeal() -> MarkReview:
        return open_review(
            attempt_id=attempt.pk, kind=ReviewKind.APPEAL, reason="A page is missing.", opener=opener, now=NOW
        )

    with rivals() as others:
        with paused(monkeypatch, batches, "_record_release") as reached:
            release = others.start(sign)
            assert reached.wait(PATIENCE)
            review = others.start(appeal)
            assert is_kept_waiting(review)
        assert release.result(PATIENCE) == BatchStatus.RELEASED
        review.result(PATIENCE)


def test_a_batch_that_is_being_withdrawn_is_not_released(monkeypatch):
    batch = batch_signed_once()
    sign = signing(batch)
    revoke(certificate_of(batch))

    with rivals() as others:
        with paused(monkeypatch, revocations, "withdraw_batch") as reached:
            following = others.start(follow)
            assert reached.wait(PATIENCE)
            release = others.start(sign)
            assert is_kept_waiting(release)
        following.result(PATIENCE)
        assert release.result(PATIENCE) == "invalid_transition"


def test_a_batch_that_is_released_at_this_moment_is_not_withdrawn(monkeypatch):
    batch = batch_signed_once()
    sign, certificate = signing(batch), certificate_of(batch)

    with rivals() as others:
        with paused(monkeypatch, queries, "lock_batch") as reached:
            following = others.start(lambda: revocations._withdraw_one_batch(batch.pk, now=NOW))
            assert reached.wait(PATIENCE)
            assert others.run(sign) == BatchStatus.RELEASED
            others.run(lambda: revoke(certificate))
        assert following.result(PATIENCE) == 0

    assert payment_statuses() == [PaymentStatus.INSTRUCTED]


# ── A batch that is being assembled ──────────────────────────────────────────────────────────────────────
def test_a_revocation_waits_for_the_batch_that_is_being_assembled(monkeypatch):
    certificate = granted_certificate()

    with rivals() as others:
        with paused(monkeypatch, batches, "batch_of") as reached:
            assembling = others.start(lambda: next_batch())
            assert reached.wait(PATIENCE)
            revocation = others.start(lambda: revoke(certificate))
            assert is_kept_waiting(revocation)
        assembling.result(PATIENCE)
        revocation.result(PATIENCE)

    assert follow() == 2
    assert payment_statuses() == [PaymentStatus.CANCELLED]
    assert find_violations() == []


def test_what_is_revoked_while_a_batch_is_being_assembled_is_left_out(monkeypatch):
    certificate = granted_certificate()

    with rivals() as others:
        with paused(monkeypatch, queries, "lock_what_stands_behind") as reached:
            assembling = others.start(lambda: next_batch())
            assert reached.wait(PATIENCE)
            others.run(lambda: revoke(certificate))
        assert assembling.result(PATIENCE) is None

    assert payment_statuses() == [PaymentStatus.READY]


# ── Two workers follow ───────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("made", "status", "step"),
    [
        (granted_certificate, PaymentStatus.CANCELLED, void_steps),
        (lambda: certificate_of(settled_batch()), PaymentStatus.PAID, recovery_steps),
    ],
    ids=["voided", "recovered"],
)
def test_one_certificate_is_followed_by_one_worker(made, status, step, monkeypatch):
    certificate: LevelCertificate = made()
    revoke(certificate)

    with rivals() as others:
        with paused(monkeypatch, step, "record_entry") as reached:
            first = others.start(follow)
            assert reached.wait(PATIENCE)
            assert others.run(follow) == 0
        assert first.result(PATIENCE) == 1

    assert payment_statuses() == [status]
    assert find_violations() == []


def test_a_recovery_that_another_worker_opened_meanwhile_is_not_opened_again(monkeypatch):
    revoke(certificate_of(settled_batch()))
    found = queries.payment_ids_to_take_back(after=0, limit=10)

    with rivals() as others:
        with paused(monkeypatch, queries, "lock_payments_to_take_back") as reached:
            first = others.start(lambda: revocations._follow_one_set(found, now=NOW))
            assert reached.wait(PATIENCE)
            others.run(follow)
        assert first.result(PATIENCE) == 0

    assert Recovery.objects.count() == 1


# ── A decision beside it ─────────────────────────────────────────────────────────────────────────────────
def test_who_is_being_refused_for_a_grant_that_is_voided_is_decided_anew(monkeypatch):
    revoked = granted_certificate()
    earlier = due_certificate(
        attempt__enrollment__trainee=revoked.trainee,
        attempt__session__held_on=date(2026, 6, 1),
        attempt__session__occupation=revoked.occupation,
    )
    revoke(revoked)

    with rivals() as others:
        with paused(monkeypatch, decisions, "decide_in_order") as reached:
            deciding = others.start(lambda: decide_due_certificates(now=NOW))
            assert reached.wait(PATIENCE)
            following = others.start(follow)
            assert is_kept_waiting(following)
        deciding.result(PATIENCE)
        assert following.result(PATIENCE) == 1

    decide_due_certificates(now=NOW)
    assert decision_on(earlier).decision == Decision.GRANTED
    assert payment_statuses() == [PaymentStatus.CANCELLED, PaymentStatus.READY]
    assert find_violations() == []


def test_nobody_is_refused_for_a_grant_while_it_is_being_voided(monkeypatch):
    revoked = granted_certificate()
    revoke(revoked)

    with rivals() as others:
        with paused(monkeypatch, void_steps, "record_entry") as reached:
            following = others.start(follow)
            assert reached.wait(PATIENCE)
            # Recorded after the certificates of the person were locked.
            earlier = others.run(
                lambda: due_certificate(
                    attempt__enrollment__trainee_id=revoked.trainee_id,
                    attempt__session__held_on=date(2026, 6, 1),
                )
            )
            deciding = others.start(lambda: decide_due_certificates(now=NOW))
            assert is_kept_waiting(deciding)
        following.result(PATIENCE)
        deciding.result(PATIENCE)

    assert decision_on(earlier).decision == Decision.GRANTED
