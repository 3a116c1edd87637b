"""What an institution has spent before anybody reimburses it, and how long it has been waiting."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.models import AuditEvent
from enrollment.models import TrainingClass
from subsidies.enums import AdvanceBasis
from subsidies.models import Advance
from subsidies.queries import advances_of_class, advances_visible_to, owed_by_class, total_outstanding
from subsidies.rules.claim_days import ageing
from subsidies.services import advances
from subsidies.services.advances import AdvanceEntry, record_advance, withdraw_advance
from subsidies.services.claims import submit_claim
from tests.clock import NOW
from tests.factories.claim_payments import confirmed_claim
from tests.factories.claims import (
    AdvanceFactory,
    SubsidyClaimFactory,
    class_with_results,
    institution_user,
    open_training,
    ready_to_submit,
)
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.institutions import UserFactory
from tests.subsidies.interleaving import PATIENCE, is_kept_waiting, paused, rivals

pytestmark = pytest.mark.django_db

TODAY = NOW.date()
OF_A_CLASS = AdvanceEntry(AdvanceBasis.PER_CLASS, Decimal("40000.00"), date(2026, 6, 26))
OF_A_TRAINEE = AdvanceEntry(AdvanceBasis.PER_TRAINEE, Decimal("1000.00"), date(2026, 6, 26), unit_count=2)


@pytest.fixture
def training_class() -> TrainingClass:
    open_training()
    return class_with_results(True, True)


def record(training_class: TrainingClass, entry: AdvanceEntry = OF_A_CLASS, **values: object) -> Advance:
    recorder = values.pop("recorder", None) or institution_user(training_class)
    return record_advance(class_id=training_class.pk, entry=entry, recorder=recorder, now=NOW)


def take_back(advance: Advance, **values: object) -> Advance:
    withdrawer = values.pop("withdrawer", None) or institution_user(advance.training_class)
    reason = values.pop("reason", "A receipt was counted twice.")
    return withdraw_advance(advance_id=advance.pk, withdrawer=withdrawer, reason=reason, now=NOW)


# ── Recording ────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("entry", "amount"),
    [(OF_A_CLASS, "40000.00"), (OF_A_TRAINEE, "2000.00")],
    ids=["per class", "per trainee"],
)
def test_an_advance_is_recorded(training_class, entry, amount):
    advance = record(training_class, replace(entry, note=" Rooms and trainers. "))

    advance.refresh_from_db()
    assert (advance.amount, advance.note) == (Decimal(amount), "Rooms and trainers.")
    assert AuditEvent.objects.get(name="advance.recorded").facts["amount"] == amount


def test_an_advance_counts_in_the_claim_at_once(training_class):
    claim = SubsidyClaimFactory(training_class=training_class)

    advance = record(training_class)
    claim.refresh_from_db()
    counted = claim.reckoning.advance_cap

    take_back(advance)
    claim.refresh_from_db()
    assert (counted, claim.reckoning.advance_cap) == (Decimal("40000.00"), Decimal("0.00"))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"basis": "PER_HOUR"}, "basis_missing"),
        ({"unit_cost": Decimal("0.00")}, "cost_impossible"),
        ({"unit_cost": Decimal("-1.00")}, "cost_impossible"),
        ({"unit_cost": Decimal("1.001")}, "cost_impossible"),
        ({"unit_cost": Decimal("10000000000.00")}, "cost_impossible"),
        ({"unit_cost": Decimal("9999999999.99")}, "cost_impossible"),
        ({"unit_count": 0}, "count_impossible"),
        ({"unit_count": 3}, "count_impossible"),
        ({"basis": AdvanceBasis.PER_CLASS}, "count_impossible"),
        ({"spent_on": TODAY + timedelta(days=1)}, "day_ahead"),
    ],
)
def test_what_cannot_have_been_spent_is_refused_with_a_sentence(training_class, changes, code):
    with pytest.raises(DomainError) as refused:
        record(training_class, replace(OF_A_TRAINEE, **changes))

    assert refused.value.code == code
    assert not Advance.objects.exists()


def test_a_class_that_has_not_begun_has_cost_nothing_yet():
    with pytest.raises(DomainError) as refused:
        record(TrainingClassFactory(confirmed=True))

    assert refused.value.code == "class_not_begun"


@pytest.mark.parametrize("status", ["submitted", "recommended", "confirmed"])
def test_an_advance_stays_while_a_bureau_has_the_claim(training_class, status):
    advance = AdvanceFactory(training_class=training_class)
    SubsidyClaimFactory(training_class=training_class, **{status: True})

    with pytest.raises(InvalidTransition):
        record(training_class)
    with pytest.raises(InvalidTransition):
        take_back(advance)


@pytest.mark.parametrize("who", ["training_manager", "district_reviewer", "municipal_finance"])
def test_nobody_else_says_what_a_class_has_cost(training_class, who):
    stranger = UserFactory(**{who: True})

    with pytest.raises(NotPermitted):
        record(training_class, recorder=stranger)
    with pytest.raises(NotPermitted):
        take_back(AdvanceFactory(training_class=training_class), withdrawer=stranger)


# ── Taking back ──────────────────────────────────────────────────────────────────────────────────────────
def test_an_advance_is_taken_back_and_kept(training_class):
    advance = take_back(record(training_class))

    assert advance.withdrawal_reason == "A receipt was counted twice."
    assert list(advances_of_class(training_class)) == [advance]
    assert owed_by_class(institution_user(training_class)) == []


def test_an_advance_is_taken_back_once_and_for_a_reason(training_class):
    advance = record(training_class)
    with pytest.raises(DomainError) as refused:
        take_back(advance, reason=" ")
    assert refused.value.code == "reason_missing"
    take_back(advance)

    with pytest.raises(InvalidTransition):
        take_back(advance)


# ── What is owed ─────────────────────────────────────────────────────────────────────────────────────────
def test_several_advances_of_a_class_add_up_from_the_last_day_on(training_class):
    record(training_class)
    record(training_class, replace(OF_A_TRAINEE, spent_on=date(2026, 7, 20)))

    owed = owed_by_class(institution_user(training_class))[0]

    assert (owed.advanced, owed.reimbursed, owed.outstanding) == (
        Decimal("42000.00"),
        Decimal("0.00"),
        Decimal("42000.00"),
    )
    assert (owed.spent_on, owed.days_since(TODAY), owed.age(TODAY)) == (date(2026, 7, 20), 92, "91-180")
    assert total_outstanding([owed]) == Decimal("42000.00")
    assert [age.count for age in ageing([owed.as_outstanding], TODAY)] == [0, 0, 1, 0]


@pytest.mark.parametrize("ended", ["refused", "withdrawn", "lapsed"])
def test_nobody_owes_what_a_claim_that_ended_did_not_bring(training_class, ended):
    record(training_class)
    SubsidyClaimFactory(training_class=training_class, **{ended: True})

    owed = owed_by_class(institution_user(training_class))[0]

    assert (owed.outstanding, owed.claim_status) == (Decimal("0.00"), ended.upper())


def test_after_another_claim_has_opened_it_is_owed_again(training_class):
    record(training_class)
    SubsidyClaimFactory(training_class=training_class, lapsed=True)
    SubsidyClaimFactory(training_class=training_class)

    assert owed_by_class(institution_user(training_class))[0].outstanding == Decimal("40000.00")


def test_both_sides_see_what_is_owed_and_nobody_else(training_class):
    advance = record(training_class)
    institution = institution_user(training_class)
    district = UserFactory(district_reviewer=True, district=training_class.district)
    city, stranger = UserFactory(municipal_finance=True), UserFactory(training_operator=True)

    for user in (institution, district, city):
        assert advances_visible_to(user).get() == advance
        assert len(owed_by_class(user)) == 1
    assert not advances_visible_to(stranger).exists()
    assert owed_by_class(stranger) == []
    assert owed_by_class(city, class_ids=[]) == []


# ── At one moment ────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_an_advance_is_not_taken_back_while_the_claim_is_handed_in(monkeypatch):
    open_training()
    claim = ready_to_submit()
    submitter, advance = institution_user(claim.training_class), Advance.objects.get()

    with rivals() as others:
        with paused(monkeypatch, advances, "reckon_claims") as reached:
            first = others.start(lambda: take_back(advance))
            assert reached.wait(PATIENCE)
            second = others.start(lambda: submit_claim(claim_id=claim.pk, submitter=submitter, now=NOW))
            assert is_kept_waiting(second)
        first.result(PATIENCE)
        with pytest.raises(DomainError) as refused:
            second.result(PATIENCE)

    assert refused.value.code == "advance_missing"


def test_of_a_claim_that_is_confirmed_at_nothing_nothing_is_owed(training_class):
    record(training_class)
    confirmed_claim(2, amount=Decimal("0.00"), training_class=training_class)

    (owed,) = owed_by_class(institution_user(training_class))

    assert (owed.advanced, owed.outstanding) == (Decimal("40000.00"), Decimal("0.00"))
