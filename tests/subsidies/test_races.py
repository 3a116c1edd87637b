"""One winner, whatever the order: the second starts in the middle of the first."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction

from chongqing_dte.foundation.errors import NotPermitted
from institutions.models import User
from subsidies import policies
from subsidies.bank.channel import ReceivedFile
from subsidies.enums import BatchStatus, Decision
from subsidies.invariants import find_violations
from subsidies.models import BankResultFile, Budget, Entitlement, Payment, PaymentBatch
from subsidies.services import bank_results, batches, decisions, result_file_steps, settlement_steps
from subsidies.services.bank_results import collect_bank_results, receive_bank_result
from subsidies.services.batches import release_batch
from subsidies.services.decisions import decide_due_certificates
from subsidies.services.deliveries import deliver_released_batches
from tests.clock import NOW
from tests.factories.assessment import LevelCertificateFactory
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import (
    EntitlementFactory,
    answers_to,
    assembled_batch,
    decision_on,
    delivered_batch,
    due_certificate,
    granted_certificate,
    next_batch,
    open_programme,
    result_list,
    sign_twice,
)
from tests.fakes.bank import FakeBank
from tests.subsidies.interleaving import PATIENCE, is_kept_waiting, paused, rivals

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def decide() -> int:
    return decide_due_certificates(now=NOW)


# ── Two workers decide ───────────────────────────────────────────────────────────────────────────────────
def test_a_second_worker_leaves_alone_what_the_first_decides(monkeypatch):
    open_programme()
    for _ in range(3):
        due_certificate()

    with rivals() as others:
        with paused(monkeypatch, decisions, "gather_facts") as reached:
            first = others.start(decide)
            assert reached.wait(PATIENCE)
            second_count = others.run(decide)
        first_count = first.result(PATIENCE)

    assert (first_count, second_count) == (3, 0)
    assert Payment.objects.count() == 3
    assert find_violations() == []


def test_a_second_worker_decides_what_the_first_has_not_taken(monkeypatch):
    monkeypatch.setattr(decisions, "BATCH_SIZE", 2)
    open_programme()
    for _ in range(4):
        due_certificate()

    with rivals() as others:
        with paused(monkeypatch, decisions, "gather_facts") as reached:
            first = others.start(decide)
            assert reached.wait(PATIENCE)
            second_count = others.run(decide)
        first_count = first.result(PATIENCE)

    assert (first_count, second_count) == (2, 2)
    assert Budget.objects.get().reserved == Decimal("3200.00")
    assert find_violations() == []


def test_two_workers_do_not_spend_the_last_money_twice(monkeypatch):
    monkeypatch.setattr(decisions, "BATCH_SIZE", 1)
    open_programme(allotted="800.00")
    due_certificate()
    due_certificate()

    with rivals() as others:
        with paused(monkeypatch, decisions, "decide_in_order") as reached:
            first = others.start(decide)
            assert reached.wait(PATIENCE)
            second = others.start(decide)
            assert is_kept_waiting(second)
        first.result(PATIENCE)
        second.result(PATIENCE)

    assert sorted(Entitlement.objects.values_list("decision", flat=True)) == [Decision.GRANTED, Decision.HELD]
    assert find_violations() == []


def test_one_first_pass_is_paid_once_though_two_workers_see_no_claim_on_it(monkeypatch):
    open_programme()
    later = due_certificate()

    with rivals() as others:
        with paused(monkeypatch, decisions, "write_entitlements") as reached:
            first = others.start(decide)
            assert reached.wait(PATIENCE)
            # Recorded while the other is being decided, and of an earlier day: each looks like the first pass.
            earlier = due_certificate(
                attempt__enrollment__trainee=later.trainee, attempt__session__held_on=date(2026, 5, 9)
            )
            second = others.start(decide)
            assert is_kept_waiting(second)
        first.result(PATIENCE)
        second.result(PATIENCE)
        others.run(decide)

    assert decision_on(later).decision == Decision.GRANTED
    assert (decision_on(earlier).decision, decision_on(earlier).reason) == (
        Decision.REFUSED,
        "is_not_claimed_already",
    )
    assert Payment.objects.count() == 1
    assert find_violations() == []


def test_a_claim_that_was_committed_in_between_is_not_written_over(monkeypatch):
    open_programme()
    later = due_certificate()

    with rivals() as others:
        with paused(monkeypatch, decisions.queries, "lock_budgets_of_year") as reached:
            first = others.start(decide)
            assert reached.wait(PATIENCE)
            # Past every lock: only what the database itself refuses stands in the way of a second claim.
            with transaction.atomic():
                earlier = LevelCertificateFactory(decision_due=False)
                claim = EntitlementFactory(
                    held=True, certificate=earlier, first_pass_key=f"person:{later.trainee_id}"
                )
        first.result(PATIENCE)

    later.refresh_from_db()
    assert later.decision_due
    assert list(Entitlement.objects.all()) == [claim]
    assert find_violations() == []


def test_what_could_not_be_written_counts_for_no_other_certificate_of_the_person(monkeypatch):
    open_programme(first_pass_scope="OCCUPATION_AND_LEVEL", lifetime_cap=1)
    left_out = due_certificate()
    other = due_certificate(
        attempt__enrollment__trainee=left_out.trainee, attempt__session__held_on=date(2026, 9, 12)
    )
    key = f"person:{left_out.trainee_id}/occupation:{left_out.occupation_id}/level:{left_out.level}"

    with rivals() as others:
        with paused(monkeypatch, decisions.queries, "lock_budgets_of_year") as reached:
            deciding = others.start(decide)
            assert reached.wait(PATIENCE)
            # Past every lock: only what the database itself refuses stands in the way.
            with transaction.atomic():
                earlier = LevelCertificateFactory(decision_due=False)
                EntitlementFactory(held=True, certificate=earlier, first_pass_key=key)
        deciding.result(PATIENCE)

    assert decision_on(other).decision == Decision.GRANTED
    assert not Entitlement.objects.filter(certificate=left_out).exists()
    assert find_violations() == []


# ── Two workers assemble ─────────────────────────────────────────────────────────────────────────────────
def test_a_payment_goes_into_one_batch(monkeypatch):
    granted_certificate()

    with rivals() as others:
        with paused(monkeypatch, batches, "batch_of") as reached:
            first = others.start(next_batch)
            assert reached.wait(PATIENCE)
            assert others.run(next_batch) is None
        assert first.result(PATIENCE).line_count == 1

    assert PaymentBatch.objects.count() == 1
    assert find_violations() == []


def test_two_workers_make_two_batches_of_different_payments(monkeypatch):
    open_programme(batch_line_limit=2)
    for _ in range(3):
        granted_certificate()

    with rivals() as others:
        with paused(monkeypatch, batches, "batch_of") as reached:
            first = others.start(next_batch)
            assert reached.wait(PATIENCE)
            second = others.run(next_batch)
        counts = (first.result(PATIENCE).line_count, second.line_count)

    assert counts == (2, 1)
    assert find_violations() == []


# ── Two people sign ──────────────────────────────────────────────────────────────────────────────────────
def sign(batch: PaymentBatch, signer: User) -> str:
    try:
        return release_batch(batch_id=batch.pk, releaser=signer, sha256=batch.sha256, now=NOW).status
    except NotPermitted:
        return "refused"


def test_the_second_signature_waits_for_the_first(monkeypatch):
    batch = assembled_batch()
    first_signer, second_signer = UserFactory.create_batch(2, municipal_finance=True)

    with rivals() as others:
        with paused(monkeypatch, policies, "check_can_release") as reached:
            first = others.start(lambda: sign(batch, first_signer))
            assert reached.wait(PATIENCE)
            second = others.start(lambda: sign(batch, second_signer))
            assert is_kept_waiting(second)
        outcomes = [first.result(PATIENCE), second.result(PATIENCE)]

    batch.refresh_from_db()
    assert outcomes == [BatchStatus.ASSEMBLED, BatchStatus.RELEASED]
    assert (batch.first_released_by, batch.second_released_by) == (first_signer, second_signer)
    assert find_violations() == []


def test_one_person_who_signs_twice_at_once_signs_once(monkeypatch):
    batch, signer = assembled_batch(), UserFactory(municipal_finance=True)

    with rivals() as others:
        with paused(monkeypatch, policies, "check_can_release") as reached:
            first = others.start(lambda: sign(batch, signer))
            assert reached.wait(PATIENCE)
            second = others.start(lambda: sign(batch, signer))
            assert is_kept_waiting(second)
        outcomes = [first.result(PATIENCE), second.result(PATIENCE)]

    assert outcomes == [BatchStatus.ASSEMBLED, "refused"]


# ── Two workers deliver ──────────────────────────────────────────────────────────────────────────────────
def test_a_batch_is_delivered_once_by_two_workers(monkeypatch):
    batch, bank = sign_twice(assembled_batch()), FakeBank()

    with rivals() as others:
        with paused(monkeypatch, bank, "deliver") as reached:
            first = others.start(lambda: deliver_released_batches(channel=bank, now=NOW))
            assert reached.wait(PATIENCE)
            second_count = others.run(lambda: deliver_released_batches(channel=bank, now=NOW))
        first_count = first.result(PATIENCE)

    assert (first_count, second_count) == (1, 0)
    assert bank.deliveries == [batch.file_name]


# ── One result file twice ────────────────────────────────────────────────────────────────────────────────
def receive(content: bytes, name: str) -> bool:
    return receive_bank_result(received=ReceivedFile(name, content, name), now=NOW)


def test_one_result_file_that_comes_twice_at_once_is_applied_once(monkeypatch):
    batch = delivered_batch()
    content = result_list(batch.reference, answers_to(batch, "PAID"))

    with rivals() as others:
        with paused(monkeypatch, result_file_steps, "apply_answers") as reached:
            first = others.start(lambda: receive(content, "RESULT-1.csv"))
            assert reached.wait(PATIENCE)
            second = others.start(lambda: receive(content, "RESULT-2.csv"))
            assert is_kept_waiting(second)
        outcomes = [first.result(PATIENCE), second.result(PATIENCE)]

    assert outcomes == [True, False]
    assert Budget.objects.get().paid == Decimal("800.00")
    assert find_violations() == []


def test_one_bad_file_that_comes_twice_at_once_is_set_aside_once(monkeypatch):
    with rivals() as others:
        with paused(monkeypatch, result_file_steps, "record_event") as reached:
            first = others.start(lambda: receive(b"not a list", "RESULT-1.csv"))
            assert reached.wait(PATIENCE)
            second = others.start(lambda: receive(b"not a list", "RESULT-2.csv"))
            assert is_kept_waiting(second)
        outcomes = [first.result(PATIENCE), second.result(PATIENCE)]

    assert outcomes == [True, False]
    assert BankResultFile.objects.count() == 1


def test_two_different_answers_to_one_batch_are_applied_one_after_the_other(monkeypatch):
    batch = delivered_batch()
    paid = result_list(batch.reference, answers_to(batch, "PAID"))
    returned = result_list(batch.reference, answers_to(batch, "RETURNED"))

    with rivals() as others:
        with paused(monkeypatch, settlement_steps, "_settle") as reached:
            first = others.start(lambda: receive(paid, "RESULT-1.csv"))
            assert reached.wait(PATIENCE)
            second = others.start(lambda: receive(returned, "RESULT-2.csv"))
            assert is_kept_waiting(second)
        first.result(PATIENCE)
        second.result(PATIENCE)

    assert Payment.objects.get().status == "PAID"
    assert find_violations() == []


def test_two_batches_that_are_paid_at_once_both_count_against_the_budget(monkeypatch):
    lists = [
        result_list(batch.reference, answers_to(batch, "PAID"))
        for batch in (delivered_batch(), delivered_batch())
    ]

    with rivals() as others:
        with paused(monkeypatch, settlement_steps, "_record_settlement") as reached:
            first = others.start(lambda: receive(lists[0], "RESULT-1.csv"))
            assert reached.wait(PATIENCE)
            second = others.start(lambda: receive(lists[1], "RESULT-2.csv"))
            assert is_kept_waiting(second)
        first.result(PATIENCE)
        second.result(PATIENCE)

    assert Budget.objects.get().paid == Decimal("1600.00")
    assert find_violations() == []


def test_two_workers_do_not_read_the_inbox_at_once(monkeypatch):
    batch, bank = delivered_batch(), FakeBank()
    bank.inbox = {"RESULT-1.csv": result_list(batch.reference, answers_to(batch, "PAID"))}

    with rivals() as others:
        with paused(monkeypatch, bank_results, "receive_bank_result") as reached:
            first = others.start(lambda: collect_bank_results(channel=bank, now=NOW))
            assert reached.wait(PATIENCE)
            second_count = others.run(lambda: collect_bank_results(channel=bank, now=NOW))
        first_count = first.result(PATIENCE)

    assert (first_count, second_count) == (1, 0)
