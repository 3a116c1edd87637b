"""Two workers decide two certificates of one person at one moment: no cap is ever passed."""

from datetime import date

import pytest
from django.db import transaction

from enrollment.models import Trainee
from subsidies.enums import Decision
from subsidies.invariants import find_violations
from subsidies.models import Entitlement, Payment
from subsidies.services import decisions
from subsidies.services.decisions import decide_due_certificates
from tests.clock import NOW
from tests.factories.enrollment import TraineeFactory
from tests.factories.subsidies import (
    EntitlementFactory,
    PaymentFactory,
    PolicyVersionFactory,
    due_certificate,
    open_programme,
)
from tests.subsidies.interleaving import PATIENCE, is_kept_waiting, paused, rivals

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

BY_LEVEL = {"first_pass_scope": "OCCUPATION_AND_LEVEL"}


def decide() -> int:
    return decide_due_certificates(now=NOW)


def decisions_made() -> list[tuple[str, str]]:
    live = Entitlement.objects.filter(superseded_at__isnull=True)
    return sorted(live.values_list("decision", "reason"))


ONE_GRANTED = [(Decision.GRANTED, ""), (Decision.REFUSED, "within_lifetime_cap")]


def test_the_second_worker_waits_for_the_person_and_sees_the_first_one_s_grant(monkeypatch):
    monkeypatch.setattr(decisions, "BATCH_SIZE", 1)
    open_programme(**BY_LEVEL, lifetime_cap=1)
    first = due_certificate()

    with rivals() as others:
        with paused(monkeypatch, decisions, "write_entitlements") as reached:
            deciding = others.start(decide)
            assert reached.wait(PATIENCE)
            due_certificate(
                attempt__enrollment__trainee=first.trainee, attempt__session__held_on=date(2026, 9, 12)
            )
            rival = others.start(decide)
            assert is_kept_waiting(rival)
        deciding.result(PATIENCE)
        rival.result(PATIENCE)

    assert decisions_made() == ONE_GRANTED
    assert Payment.objects.count() == 1
    assert find_violations() == []


def test_the_second_worker_waits_though_it_knows_the_person_by_another_row(monkeypatch):
    open_programme(**BY_LEVEL, lifetime_cap=1)
    kept = TraineeFactory(with_account=True)
    merged = TraineeFactory(merged_into=kept)
    due_certificate(attempt__enrollment__trainee=kept)

    with rivals() as others:
        with paused(monkeypatch, decisions, "write_entitlements") as reached:
            deciding = others.start(decide)
            assert reached.wait(PATIENCE)
            due_certificate(attempt__enrollment__trainee=merged, attempt__session__held_on=date(2026, 9, 12))
            rival = others.start(decide)
            assert is_kept_waiting(rival)
        deciding.result(PATIENCE)
        rival.result(PATIENCE)

    assert decisions_made() == ONE_GRANTED
    assert find_violations() == []


def test_without_any_lock_the_place_is_given_once_and_the_other_is_decided_again(monkeypatch):
    open_programme(**BY_LEVEL, lifetime_cap=1)
    later = due_certificate()

    with rivals() as others:
        with paused(monkeypatch, decisions.queries, "lock_budgets_of_year") as reached:
            deciding = others.start(decide)
            assert reached.wait(PATIENCE)
            # Past every lock: only the database stands in the way of a second grant.
            with transaction.atomic():
                rival = EntitlementFactory(
                    granted=True,
                    person=Trainee.objects.get(pk=later.trainee_id),
                    certificate__decision_due=False,
                    policy_version=PolicyVersionFactory(),
                    first_pass_key="person:elsewhere",
                )
                PaymentFactory(entitlement=rival)
        deciding.result(PATIENCE)

    later.refresh_from_db()
    assert later.decision_due
    assert list(Entitlement.objects.all()) == [rival]
