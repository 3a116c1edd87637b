"""Decisions that other decisions, other programmes, objections and districts bound, through the services."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from assessment.models import LevelCertificate
from subsidies.enums import Decision, PaymentStatus
from subsidies.invariants import find_violations
from subsidies.models import Budget, Payment
from subsidies.services.decisions import decide_due_certificates
from subsidies.services.revocations import follow_ended_certificates
from tests.clock import NOW
from tests.factories.assessment import LevelCertificateFactory
from tests.factories.decisions import OtherSubsidyFactory, allot
from tests.factories.enrollment import BankAccountFactory, TraineeFactory
from tests.factories.institutions import FeeScheduleFactory
from tests.factories.subsidies import (
    BudgetFactory,
    PolicyVersionFactory,
    decision_on,
    due_certificate,
    granted_certificate,
    open_programme,
    payment_of,
    reissue,
)
from tests.subsidies.histories import merge, revoke

pytestmark = pytest.mark.django_db

MAY, SEPTEMBER = date(2026, 5, 9), date(2026, 9, 12)
BY_LEVEL = {"first_pass_scope": "OCCUPATION_AND_LEVEL"}


def decide() -> int:
    return decide_due_certificates(now=NOW)


def result_of(certificate: LevelCertificate) -> tuple[str, str]:
    decision = decision_on(certificate)
    return decision.decision, decision.reason


def another(former: LevelCertificate, held_on: date = SEPTEMBER, **attributes: object) -> LevelCertificate:
    """Return another pass of the same person, in another occupation unless one is named."""
    return due_certificate(
        attempt__enrollment__trainee=former.trainee, attempt__session__held_on=held_on, **attributes
    )


def junior_after(senior: LevelCertificate) -> LevelCertificate:
    return another(senior, attempt__session__occupation=senior.occupation, attempt__session__level="JUNIOR")


# ── Caps ─────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("cap", ["lifetime_cap", "yearly_cap"])
def test_a_second_certificate_in_the_same_set_sees_the_first_one_s_grant(cap):
    open_programme(**BY_LEVEL, **{cap: 1})
    first = due_certificate()
    second = another(first)

    decide()

    assert result_of(first) == (Decision.GRANTED, "")
    assert result_of(second) == (Decision.REFUSED, f"within_{cap}")
    assert Payment.objects.count() == 1
    assert find_violations() == []


def test_a_later_certificate_sees_what_was_granted_before():
    open_programme(**BY_LEVEL, lifetime_cap=2)
    first = granted_certificate()
    second = another(first)
    decide()
    third = another(first, MAY)

    decide()

    assert [result_of(each)[0] for each in (first, second, third)] == ["GRANTED", "GRANTED", "REFUSED"]
    assert [decision_on(each).lifetime_slot for each in (first, second, third)] == [1, 2, None]


def test_the_year_is_that_of_the_first_certificate():
    open_programme(**BY_LEVEL, yearly_cap=1)
    PolicyVersionFactory(
        approved=True, in_force=DateRange(date(2025, 1, 1), date(2026, 1, 1)), yearly_cap=1, **BY_LEVEL
    )
    last_year = LevelCertificateFactory(
        issued_on=date(2025, 12, 30),
        attempt__session__held_on=date(2025, 12, 20),
        attempt__enrollment__employee=True,
        attempt__enrollment__trainee__with_account=True,
    )
    FeeScheduleFactory(
        institution=last_year.institution,
        occupation=last_year.occupation,
        level=last_year.level,
        in_force=DateRange(date(2025, 1, 1), None),
    )
    decide()
    this_year = another(last_year, attempt__enrollment__employee=True)

    decide()

    assert [decision_on(each).slot_year for each in (last_year, this_year)] == [2025, 2026]
    assert find_violations() == []


def test_a_voided_grant_frees_its_place_for_who_was_refused_for_it():
    open_programme(**BY_LEVEL, lifetime_cap=1)
    first = granted_certificate()
    second = another(first)
    decide()
    revoke(first)
    follow_ended_certificates(now=NOW)

    decide()

    assert result_of(second) == (Decision.GRANTED, "")
    assert decision_on(second).lifetime_slot == 1
    assert decision_on(second).supersedes.reason == "within_lifetime_cap"
    assert find_violations() == []


def test_a_merged_person_counts_as_one_against_a_cap():
    open_programme(**BY_LEVEL, lifetime_cap=1)
    first = granted_certificate()
    kept = TraineeFactory(with_account=True)
    merge(kept, first.trainee)
    second = due_certificate(attempt__enrollment__trainee=kept)

    decide()

    assert result_of(second) == (Decision.REFUSED, "within_lifetime_cap")


def test_a_decision_that_comes_back_to_the_queue_takes_no_place_from_the_next():
    open_programme(**BY_LEVEL, lifetime_cap=2)
    first = granted_certificate()
    LevelCertificate.objects.filter(pk=first.pk).update(decision_due=True)
    second = another(first)

    decide()

    assert result_of(second) == (Decision.GRANTED, "")
    assert Payment.objects.count() == 2


# ── Levels in order ──────────────────────────────────────────────────────────────────────────────────────
def test_a_lower_level_after_a_higher_one_is_refused_where_the_policy_says_so():
    open_programme(**BY_LEVEL, ladder_rule="SAME_OCCUPATION")
    senior = due_certificate(attempt__session__level="SENIOR")
    decide()
    junior = junior_after(senior)

    decide()

    assert result_of(senior) == (Decision.GRANTED, "")
    assert result_of(junior) == (Decision.REFUSED, "ladder_is_kept")


def test_a_voided_higher_grant_lets_the_lower_one_through():
    open_programme(**BY_LEVEL, ladder_rule="ANY_OCCUPATION")
    senior = due_certificate(attempt__session__level="SENIOR")
    decide()
    junior = junior_after(senior)
    decide()
    revoke(senior)
    follow_ended_certificates(now=NOW)

    decide()

    assert result_of(junior) == (Decision.GRANTED, "")


# ── The recording window ─────────────────────────────────────────────────────────────────────────────────
def test_a_certificate_that_was_recorded_late_is_refused():
    open_programme(recording_window_days=10)
    late = due_certificate(issued_on=date(2026, 7, 20), recorded_at=NOW)

    decide()

    assert result_of(late) == (Decision.REFUSED, "recorded_in_time")


def test_the_day_of_record_is_the_day_in_chongqing():
    open_programme(recording_window_days=0)
    # Late in the evening of the day before, where the sun has not risen yet.
    at_night = NOW.replace(hour=0, minute=30)
    certificate = due_certificate(issued_on=at_night.date(), recorded_at=at_night)

    decide()

    assert result_of(certificate) == (Decision.GRANTED, "")


def test_a_certificate_that_is_issued_again_counts_from_its_first_record():
    open_programme(recording_window_days=100)
    first = due_certificate(
        issued_on=date(2026, 7, 20),
        recorded_at=NOW - timedelta(days=60),
        attempt__enrollment__trainee=TraineeFactory(),
    )
    decide()
    second = reissue(first)
    BankAccountFactory(trainee=first.trainee)

    decide()

    assert result_of(second) == (Decision.GRANTED, "")


# ── Other programmes ─────────────────────────────────────────────────────────────────────────────────────
def paid_elsewhere(certificate: LevelCertificate, amount: str = "300.00", **attributes: object) -> None:
    OtherSubsidyFactory(
        trainee=certificate.trainee,
        occupation=certificate.occupation,
        level=certificate.level,
        amount=Decimal(amount),
        **attributes,
    )


@pytest.mark.parametrize(
    ("rule", "decision", "amount"),
    [
        ("ALLOWED", Decision.GRANTED, "800.00"),
        ("REFUSED", Decision.REFUSED, "0.00"),
        ("DIFFERENCE", Decision.GRANTED, "500.00"),
    ],
)
def test_what_another_programme_paid_means_what_the_policy_says(rule, decision, amount):
    open_programme(stacking_rule=rule)
    certificate = due_certificate()
    paid_elsewhere(certificate)

    decide()

    found = decision_on(certificate)
    assert (found.decision, found.amount) == (decision, Decimal(amount))


def test_what_was_taken_back_or_paid_for_something_else_counts_for_nothing():
    open_programme(stacking_rule="REFUSED")
    certificate = due_certificate()
    paid_elsewhere(certificate, withdrawn=True)
    OtherSubsidyFactory(trainee=certificate.trainee, occupation=certificate.occupation, level="SENIOR")
    OtherSubsidyFactory(trainee=certificate.trainee, level=certificate.level)

    decide()

    assert result_of(certificate) == (Decision.GRANTED, "")


# ── District, notice and budgets ─────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("rule", ["TRAINING", "EVALUATION"])
def test_a_decision_belongs_to_the_district_that_the_policy_names(rule):
    open_programme(competent_district_rule=rule)

    certificate = granted_certificate()

    training = certificate.attempt.enrollment.training_class.district
    assert training != certificate.institution.district
    expected = {"TRAINING": training, "EVALUATION": certificate.institution.district}
    assert decision_on(certificate).district == expected[rule]


def test_who_trained_elsewhere_belongs_to_the_district_of_the_evaluation():
    open_programme()
    outside = due_certificate(attempt__enrollment=None, attempt__trainee=TraineeFactory())

    decide()

    assert decision_on(outside).district == outside.institution.district


@pytest.mark.parametrize(("days", "status"), [(0, PaymentStatus.READY), (5, PaymentStatus.TO_NOTICE)])
def test_a_payment_waits_for_a_notice_where_the_policy_asks_for_one(days, status):
    open_programme(notice_working_days=days)

    assert payment_of(granted_certificate()).status == status


def test_each_district_has_its_own_money_and_its_own_queue():
    PolicyVersionFactory(approved=True, budget_by_district=True)
    city = BudgetFactory(allotted=Decimal("800.00"))
    rich, poor, of_the_city = due_certificate(), due_certificate(), due_certificate()
    rich_budget, poor_budget = (
        BudgetFactory(district=each.attempt.enrollment.training_class.district, allotted=Decimal(allotted))
        for each, allotted in ((rich, "1000.00"), (poor, "100.00"))
    )

    decide()

    assert [result_of(each) for each in (rich, poor, of_the_city)] == [
        (Decision.GRANTED, ""),
        (Decision.HELD, "budget_has_room"),
        (Decision.GRANTED, ""),
    ]
    assert (decision_on(rich).budget, decision_on(of_the_city).budget) == (rich_budget, city)

    allot(poor_budget, "800.00")
    decide()

    assert decision_on(poor).budget == poor_budget
    assert list(Budget.objects.order_by("pk").values_list("reserved", flat=True)) == [Decimal("800.00")] * 3
    assert find_violations() == []
