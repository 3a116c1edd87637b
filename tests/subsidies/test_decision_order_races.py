"""A decision beside somebody's act about the same person: whoever comes second waits, and nobody waits in a ring."""

from collections.abc import Callable
from datetime import date
from functools import partial

import pytest
from django.db import transaction

from assessment.models import LevelCertificate
from assessment.services.certificates import mark_decided
from enrollment.models import Trainee
from subsidies.enums import Decision
from subsidies.invariants import find_violations
from subsidies.models import OtherSubsidy
from subsidies.services import decisions
from subsidies.services.decisions import decide_due_certificates
from subsidies.services.other_subsidies import withdraw_other_subsidy
from tests.clock import NOW
from tests.factories.decisions import OtherSubsidyFactory
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import EntitlementFactory, decision_on, due_certificate, open_programme
from tests.subsidies.interleaving import PATIENCE, is_kept_waiting, paused, rivals

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def decide() -> int:
    return decide_due_certificates(now=NOW)


def refused_for_a_hold() -> tuple[LevelCertificate, LevelCertificate]:
    """Return a certificate that was refused for the hold on a later one, and that one, which is decided again."""
    open_programme()
    refused = due_certificate(attempt__session__held_on=date(2026, 5, 9))
    EntitlementFactory(certificate=refused, reason="is_not_claimed_already")
    mark_decided([refused.pk])
    held = due_certificate(
        attempt__enrollment__trainee=refused.trainee, attempt__session__held_on=date(2026, 7, 11)
    )
    EntitlementFactory(held=True, certificate=held)
    return refused, held


def withdrawing(trainee: Trainee) -> Callable[[], None]:
    """Return an act of somebody at a desk that needs every certificate of a person."""
    return partial(
        withdraw_other_subsidy,
        other_subsidy_id=OtherSubsidyFactory(trainee=trainee).pk,
        reason="Of another person.",
        withdrawer=UserFactory(municipal_reviewer=True),
        now=NOW,
    )


def results_of(*certificates: LevelCertificate) -> list[tuple[str, str]]:
    return [(decision_on(each).decision, decision_on(each).reason) for each in certificates]


IN_ORDER = [(Decision.GRANTED, ""), (Decision.REFUSED, "passes_for_the_first_time")]


def test_an_act_about_a_person_who_is_being_decided_waits_and_is_done(monkeypatch):
    refused, held = refused_for_a_hold()
    act = withdrawing(held.trainee)

    with rivals() as others:
        # The hold is locked, and what was refused for it, which has the lower id, is not.
        with paused(monkeypatch, decisions.queries, "trainees_whose_holds_claim") as reached:
            deciding = others.start(decide)
            assert reached.wait(PATIENCE)
            acting = others.start(act)
            assert is_kept_waiting(acting)
        deciding.result(PATIENCE)
        acting.result(PATIENCE)
    decide()

    assert OtherSubsidy.objects.get().withdrawn_at == NOW
    assert results_of(refused, held) == IN_ORDER
    assert find_violations() == []


def test_whoever_somebody_is_busy_with_is_left_for_the_next_sweep_and_nobody_else():
    refused, held = refused_for_a_hold()
    other = due_certificate()

    with rivals() as others, transaction.atomic():
        # Somebody has the first of the person's certificates and comes to the second one next.
        LevelCertificate.objects.select_for_update().get(pk=refused.pk)
        assert others.run(decide) == 1

    held.refresh_from_db()
    assert held.decision_due
    assert results_of(refused, other) == [
        (Decision.REFUSED, "is_not_claimed_already"),
        (Decision.GRANTED, ""),
    ]

    decide()
    assert results_of(refused, held) == IN_ORDER
    assert find_violations() == []
