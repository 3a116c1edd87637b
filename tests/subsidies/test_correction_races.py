"""A correction and a decision about the same person's money at one moment: one waits, and neither is lost."""

from datetime import date

import pytest

from assessment.enums import Outcome
from subsidies.enums import Decision
from subsidies.invariants import find_violations
from subsidies.services import decisions
from subsidies.services.decisions import decide_due_certificates
from tests.clock import NOW
from tests.factories.subsidies import decision_on, due_certificate, open_programme
from tests.subsidies.histories import correct
from tests.subsidies.interleaving import PATIENCE, is_kept_waiting, paused, rivals

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def test_a_correction_waits_for_the_decision_on_the_persons_other_certificate(monkeypatch):
    open_programme()
    first = due_certificate(
        attempt__session__held_on=date(2026, 5, 9),
        attempt__enrollment__trainee__with_account=True,
        attempt__enrollment__earlier_graduate=True,
    )
    decide_due_certificates(now=NOW)
    second = due_certificate(
        attempt__session__held_on=date(2026, 7, 11), attempt__enrollment__trainee=first.trainee
    )

    with rivals() as others:
        with paused(monkeypatch, decisions, "lock_trainees") as reached:
            # It holds the second certificate by now, and asks for the person next.
            decision = others.start(lambda: decide_due_certificates(now=NOW))
            assert reached.wait(PATIENCE)
            correction = others.start(lambda: correct(first.attempt, Outcome.FAILED))
            assert is_kept_waiting(correction)
        assert decision.result(PATIENCE) == 1
        correction.result(PATIENCE)
    decide_due_certificates(now=NOW)

    assert decision_on(second).decision == Decision.GRANTED
    assert find_violations() == []
