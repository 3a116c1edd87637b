"""Money of claims that two workers or people move at one moment: it is asked back once, and set off or repaid once."""

from datetime import timedelta
from decimal import Decimal

import pytest

from assessment.models import LevelCertificate
from chongqing_dte.foundation.errors import DomainError
from subsidies.enums import NettingStatus, PaymentStatus
from subsidies.models import Netting, Payment, Recovery
from subsidies.services import batches, claim_recoveries
from subsidies.services.batches import assemble_batches
from subsidies.services.claim_recoveries import follow_changed_claims
from subsidies.services.recoveries import approve_settlement
from tests.clock import NOW
from tests.factories.nettings import next_payment, owed_back, real_claim, real_paid_claim
from tests.factories.recoveries import finance, propose, repayment
from tests.subsidies import histories
from tests.subsidies.interleaving import PATIENCE, is_kept_waiting, paused, rivals

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

LATER = NOW + timedelta(days=2)


def follow() -> int:
    return follow_changed_claims(now=LATER)


def test_two_sweeps_at_once_ask_back_once(monkeypatch):
    real_paid_claim(line_rule="PASSED")
    histories.revoke(LevelCertificate.objects.order_by("pk")[0])

    with rivals() as others:
        with paused(monkeypatch, claim_recoveries, "open_part_recoveries") as reached:
            first = others.start(follow)
            assert reached.wait(PATIENCE)
            # What somebody else holds is left to them.
            assert others.run(follow) == 0
        assert first.result(PATIENCE) == 1

    amounts = Recovery.objects.order_by("pk").values_list("amount", flat=True)
    assert list(amounts) == [Decimal("800.00"), Decimal("400.00")]
    assert follow() == 0


def test_what_is_just_being_set_off_is_not_repaid_too(monkeypatch):
    (recovery,) = owed_back("300.00")
    institution = recovery.payment.institution
    payment = next_payment(institution)
    proposed = propose(recovery, repayment("300.00"))
    decider = finance()

    def repay() -> str:
        try:
            approve_settlement(settlement_id=proposed.pk, decider=decider, reason="", now=NOW)
        except DomainError as refusal:
            return refusal.code
        return "repaid"

    with rivals() as others:
        with paused(monkeypatch, batches, "batch_of") as reached:
            first = others.start(lambda: assemble_batches(now=NOW))
            assert reached.wait(PATIENCE)
            second = others.start(repay)
            assert is_kept_waiting(second)
        (batch,) = first.result(PATIENCE)
        end = second.result(PATIENCE)

    held = sum(Netting.objects.filter(status=NettingStatus.HELD).values_list("amount", flat=True))
    recovery.refresh_from_db()
    assert batch.attempts.get().payment == payment
    # Whoever proposed the repayment had spoken for it before the batch: nothing of it is set off.
    assert (held, recovery.recovered, end) == (0, Decimal("300.00"), "repaid")


def test_a_result_that_falls_while_a_batch_is_assembled_waits_and_is_seen_before_release(monkeypatch):
    claim = real_claim(line_rule="PASSED")
    certificate = LevelCertificate.objects.order_by("pk")[0]

    with rivals() as others:
        with paused(monkeypatch, batches, "batch_of") as reached:
            first = others.start(lambda: assemble_batches(now=NOW))
            assert reached.wait(PATIENCE)
            second = others.start(lambda: histories.revoke(certificate))
            assert is_kept_waiting(second)
        (batch,) = first.result(PATIENCE)
        second.result(PATIENCE)

    with pytest.raises(DomainError):
        batches.release_batch(batch_id=batch.pk, releaser=finance(), sha256=batch.sha256, now=NOW)
    assert Payment.objects.get(claim=claim).status == PaymentStatus.INSTRUCTED
    # What stands in a file waits until the file is withdrawn.
    assert follow() == 0
