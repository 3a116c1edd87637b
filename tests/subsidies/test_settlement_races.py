"""Two people and a sweep at one recovery at one moment: money counts once, and is never left behind."""

from datetime import date

import pytest

from chongqing_dte.foundation.errors import DomainError
from subsidies.enums import Decision, RecoveryStatus
from subsidies.invariants import find_violations
from subsidies.models import Recovery, RecoverySettlement
from subsidies.services import notifications, recoveries, revocations
from subsidies.services.decisions import decide_due_certificates
from subsidies.services.notifications import announce_decisions
from subsidies.services.recoveries import approve_settlement, propose_settlement
from tests.assessment.corrections import CERTIFICATE, FAIL, PASS, corrected
from tests.clock import NOW
from tests.factories.recoveries import finance, propose, recovery_of_paid_money, repayment, settle, write_off
from tests.factories.subsidies import decision_on, due_certificate, granted_certificate, settled_batch
from tests.subsidies.following import certificate_of, follow
from tests.subsidies.interleaving import PATIENCE, is_kept_waiting, paused, rivals

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def approving(settlement: RecoverySettlement):
    decider = finance()

    def approve() -> str:
        try:
            return approve_settlement(settlement_id=settlement.pk, decider=decider, reason="", now=NOW).status
        except DomainError as refusal:
            return refusal.code

    return approve


def proposing(recovery: Recovery, settlement):
    proposer = finance()

    def put_down() -> str:
        try:
            return propose_settlement(
                recovery_id=recovery.pk, settlement=settlement, proposer=proposer, now=NOW
            ).status
        except DomainError as refusal:
            return refusal.code

    return put_down


def test_of_two_approvals_at_one_moment_one_counts(monkeypatch):
    settlement = propose(recovery_of_paid_money(), repayment("300"))
    first, second = approving(settlement), approving(settlement)

    with rivals() as others:
        with paused(monkeypatch, recoveries, "count_settlement") as reached:
            approved = others.start(first)
            assert reached.wait(PATIENCE)
            late = others.start(second)
            assert is_kept_waiting(late)
        assert (approved.result(PATIENCE), late.result(PATIENCE)) == ("APPROVED", "invalid_transition")

    assert Recovery.objects.get().recovered == 300
    assert find_violations() == []


def test_two_people_never_put_down_more_than_is_left(monkeypatch):
    recovery = recovery_of_paid_money()
    first, second = proposing(recovery, write_off("500")), proposing(recovery, write_off("301"))

    with rivals() as others:
        with paused(monkeypatch, recoveries, "record_event") as reached:
            put_down = others.start(first)
            assert reached.wait(PATIENCE)
            late = others.start(second)
            assert is_kept_waiting(late)
        assert (put_down.result(PATIENCE), late.result(PATIENCE)) == ("PROPOSED", "more_than_is_left")


def test_one_line_of_the_statement_is_put_down_once_for_two_recoveries(monkeypatch):
    one, other = recovery_of_paid_money(), recovery_of_paid_money()
    first, second = proposing(one, repayment("1", "LINE")), proposing(other, repayment("1", "LINE"))

    with rivals() as others:
        with paused(monkeypatch, recoveries, "record_event") as reached:
            put_down = others.start(first)
            assert reached.wait(PATIENCE)
            late = others.start(second)
            assert is_kept_waiting(late)
        assert (put_down.result(PATIENCE), late.result(PATIENCE)) == ("PROPOSED", "statement_line_used")


def test_a_recovery_is_not_withdrawn_while_somebody_puts_money_down(monkeypatch):
    former = certificate_of(settled_batch())
    failed = corrected(former.attempt, FAIL)
    decide_due_certificates(now=NOW)
    follow()
    corrected(failed, PASS, **CERTIFICATE)
    decide_due_certificates(now=NOW)
    put_down = proposing(Recovery.objects.get(), repayment("300"))

    with rivals() as others:
        with paused(monkeypatch, recoveries, "record_event") as reached:
            proposed = others.start(put_down)
            assert reached.wait(PATIENCE)
            assert others.run(follow) == 0
        assert proposed.result(PATIENCE) == "PROPOSED"
        # Money may have come: it is put on a desk, and not withdrawn.
        assert others.run(follow) == 1

    assert Recovery.objects.get().status == RecoveryStatus.OPEN
    assert revocations._withdraw_one_set([Recovery.objects.get().pk], now=NOW) == 0


def test_who_is_being_refused_for_a_grant_that_is_being_repaid_is_decided_anew(monkeypatch):
    recovery = recovery_of_paid_money()
    settle(recovery, repayment("300"))
    last = propose(recovery, repayment("500", "LINE-2"))
    approve = approving(last)

    with rivals() as others:
        with paused(monkeypatch, recoveries, "release_first_pass") as reached:
            approved = others.start(approve)
            assert reached.wait(PATIENCE)
            barred = others.run(
                lambda: due_certificate(
                    attempt__enrollment__trainee_id=recovery.payment.payee_id,
                    attempt__session__held_on=date(2026, 6, 1),
                )
            )
            others.run(lambda: decide_due_certificates(now=NOW))
            assert decision_on(barred).decision == Decision.REFUSED
        assert approved.result(PATIENCE) == "APPROVED"

    decide_due_certificates(now=NOW)
    assert decision_on(barred).decision == Decision.GRANTED
    assert find_violations() == []


def test_two_sweeps_announce_one_decision_once(monkeypatch):
    granted_certificate()

    with rivals() as others:
        with paused(monkeypatch, notifications, "say_once") as reached:
            first = others.start(lambda: announce_decisions(now=NOW))
            assert reached.wait(PATIENCE)
            assert others.run(lambda: announce_decisions(now=NOW)) == 0
        assert first.result(PATIENCE) == 1

    assert find_violations() == []
