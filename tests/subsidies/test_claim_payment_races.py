"""Two sweeps, two accounts, an objection in the middle: one winner, whatever the order."""

import pytest

from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from institutions import policies as institution_policies
from institutions.models import InstitutionAccount
from institutions.queries import current_institution_accounts
from institutions.services.accounts import approve_institution_account, refuse_institution_account
from subsidies.enums import ObjectionKind
from subsidies.models import Objection, Payment, TrainingSubsidy
from subsidies.services import batches, claim_payments
from subsidies.services.batches import assemble_batches
from subsidies.services.claim_payments import open_claim_payments
from tests.clock import NOW
from tests.factories.claim_payments import (
    confirmed_claim,
    opened_payment,
    paid_claim_budget,
    said_against_claim,
)
from tests.factories.institutions import InstitutionAccountFactory, UserFactory
from tests.subsidies.interleaving import PATIENCE, is_kept_waiting, paused, rivals

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def opened() -> int:
    return open_claim_payments(now=NOW)


def test_two_sweeps_at_once_open_one_payment(monkeypatch):
    claim = confirmed_claim()

    with rivals() as others:
        with paused(monkeypatch, claim_payments, "_taken") as reached:
            first = others.start(opened)
            assert reached.wait(PATIENCE)
            second = others.start(opened)
            assert is_kept_waiting(second)
        counts = first.result(PATIENCE), second.result(PATIENCE)

    assert counts == (1, 0)
    assert Payment.objects.filter(claim=claim).count() == 1
    assert TrainingSubsidy.objects.filter(claim=claim).count() == 2
    assert paid_claim_budget().reserved == Payment.objects.get(claim=claim).amount


def test_whoever_objects_while_a_batch_is_assembled_comes_before_or_after_it(monkeypatch):
    payment = opened_payment()

    def object_to_it() -> Objection:
        return said_against_claim(payment, ObjectionKind.OFFICE)

    with rivals() as others:
        with paused(monkeypatch, batches, "batch_of") as reached:
            first = others.start(lambda: assemble_batches(now=NOW))
            assert reached.wait(PATIENCE)
            second = others.start(object_to_it)
            assert is_kept_waiting(second)
        (batch,) = first.result(PATIENCE)
        second.result(PATIENCE)

    assert batch.attempts.get().payment == payment
    assert Objection.objects.get().claim == payment.claim


def test_two_who_decide_on_one_account_come_one_after_the_other(monkeypatch):
    account = InstitutionAccountFactory()
    one, other = UserFactory.create_batch(2, municipal_finance=True)

    def approve() -> InstitutionAccount:
        return approve_institution_account(account_id=account.pk, decider=one, reason="", now=NOW)

    def refuse() -> str:
        try:
            refuse_institution_account(account_id=account.pk, decider=other, reason="Not sealed.", now=NOW)
        except InvalidTransition as refusal:
            return refusal.code
        except DomainError:
            return "refused otherwise"
        return "refused"

    with rivals() as others:
        with paused(monkeypatch, institution_policies, "check_can_decide_account") as reached:
            first = others.start(approve)
            assert reached.wait(PATIENCE)
            second = others.start(refuse)
            assert is_kept_waiting(second)
        first.result(PATIENCE)
        assert second.result(PATIENCE) == "invalid_transition"

    assert list(current_institution_accounts()) == [account]
