from datetime import date
from decimal import Decimal

import pytest

from assessment.enums import Outcome
from assessment.models import LevelCertificate, MarkReview
from subsidies import queries
from subsidies.enums import Decision
from subsidies.invariants import find_violations
from subsidies.models import Budget, Entitlement, Payment
from subsidies.services import decisions
from subsidies.services.decisions import decide_due_certificates
from tests.clock import NOW
from tests.factories.assessment import AttemptFactory, LevelCertificateFactory
from tests.factories.decisions import allot
from tests.factories.enrollment import BankAccountFactory, TraineeFactory
from tests.factories.subsidies import (
    BudgetFactory,
    PolicyVersionFactory,
    decision_on,
    due_certificate,
    open_programme,
    publish_fee,
)
from tests.subsidies.database import everything
from tests.subsidies.histories import appeal, correct, merge, question, uphold

pytestmark = pytest.mark.django_db


def decide() -> int:
    return decide_due_certificates(now=NOW)


def result_of(certificate: LevelCertificate) -> tuple[str, str]:
    decision = decision_on(certificate)
    return decision.decision, decision.reason


# ── Held, and taken up again ─────────────────────────────────────────────────────────────────────────────
def without_an_account() -> LevelCertificate:
    open_programme()
    return due_certificate(attempt__enrollment__trainee=TraineeFactory())


def without_a_fee() -> LevelCertificate:
    open_programme()
    return LevelCertificateFactory(attempt__enrollment__trainee__with_account=True)


def without_a_policy() -> LevelCertificate:
    BudgetFactory()
    PolicyVersionFactory()
    return due_certificate()


def without_a_budget() -> LevelCertificate:
    PolicyVersionFactory(approved=True)
    return due_certificate()


def without_room() -> LevelCertificate:
    open_programme(allotted="799.99")
    return due_certificate()


def under_review() -> LevelCertificate:
    open_programme()
    certificate = due_certificate()
    appeal(certificate.attempt)
    return certificate


def under_review_on_a_merged_row() -> LevelCertificate:
    open_programme()
    certificate = due_certificate()
    other = AttemptFactory(failed=True, session__held_on=date(2026, 5, 9))
    merge(certificate.trainee, other.trainee)
    appeal(other)
    return certificate


def let_it_stand(_certificate: LevelCertificate) -> None:
    uphold(MarkReview.objects.get())


MISSING = [
    pytest.param(
        without_an_account,
        "account_is_known",
        lambda certificate: BankAccountFactory(trainee=certificate.trainee),
        id="no account",
    ),
    pytest.param(without_a_fee, "fee_is_published", publish_fee, id="no fee"),
    pytest.param(
        without_a_policy,
        "policy_is_in_force",
        lambda _: PolicyVersionFactory(
            approved=True, name="Approved at last", drafted_by__username="somebody"
        ),
        id="no approved policy",
    ),
    pytest.param(without_a_budget, "budget_has_room", lambda _: BudgetFactory(), id="no budget"),
    pytest.param(under_review, "nothing_is_under_review", let_it_stand, id="an open review"),
    pytest.param(
        under_review_on_a_merged_row, "nothing_is_under_review", let_it_stand, id="a merged row's review"
    ),
    pytest.param(
        without_room, "budget_has_room", lambda _: allot(Budget.objects.get(), "800.00"), id="a cent short"
    ),
]


@pytest.mark.parametrize(("make", "reason", "_supply"), MISSING)
def test_a_certificate_is_held_for_what_is_missing(make, reason, _supply):
    certificate = make()

    decide()

    assert result_of(certificate) == (Decision.HELD, reason)
    assert not Payment.objects.exists()


@pytest.mark.parametrize(("make", "_reason", "supply"), MISSING)
def test_a_held_certificate_is_granted_when_the_missing_fact_arrives(make, _reason, supply):
    certificate = make()
    decide()
    held = decision_on(certificate)
    supply(certificate)

    decide()

    granted = decision_on(certificate)
    assert (granted.decision, granted.supersedes) == (Decision.GRANTED, held)
    assert find_violations() == []


@pytest.mark.parametrize(("make", "_reason", "_supply"), MISSING)
def test_a_held_certificate_waits_without_being_decided_again(make, _reason, _supply):
    make()
    decide()
    before = everything()

    decide()

    assert everything() == before


def test_however_many_are_held_they_are_all_taken_up_in_one_sweep(monkeypatch):
    monkeypatch.setattr(decisions, "BATCH_SIZE", 2)
    PolicyVersionFactory(approved=True)
    waiting = [due_certificate() for _ in range(5)]
    decide()
    BudgetFactory()

    decide()

    assert decisions_on(*waiting) == [Decision.GRANTED] * 5


def test_a_fee_for_another_direction_takes_nothing_up():
    open_programme()
    certificate = LevelCertificateFactory(
        attempt__enrollment__trainee__with_account=True, attempt__session__direction="数字孪生"
    )
    decide()
    publish_fee(certificate, direction="工业互联网")

    assert queries.lock_held_that_can_go_on(year=NOW.year, limit=500) == []


def test_a_hold_can_follow_a_hold():
    BudgetFactory()
    certificate = due_certificate(attempt__enrollment__trainee=TraineeFactory())
    decide()
    PolicyVersionFactory(approved=True)

    decide()

    assert result_of(certificate) == (Decision.HELD, "account_is_known")
    assert Entitlement.objects.filter(certificate=certificate).count() == 2


# ── Under review ─────────────────────────────────────────────────────────────────────────────────────────
def test_who_would_be_refused_waits_for_the_review():
    open_programme()
    first = due_certificate(attempt__session__held_on=date(2026, 5, 9))
    decide()
    appeal(first.attempt)
    second = due_certificate(attempt__enrollment__trainee=first.trainee)

    decide()

    assert result_of(second) == (Decision.HELD, "nothing_is_under_review")
    assert decision_on(second).first_pass_key == f"certificate:{second.pk}"


def test_who_waited_for_a_review_that_changed_nothing_is_refused():
    open_programme()
    first = due_certificate(attempt__session__held_on=date(2026, 5, 9))
    decide()
    appeal(first.attempt)
    second = due_certificate(attempt__enrollment__trainee=first.trainee)
    decide()
    uphold(MarkReview.objects.get())

    decide()

    assert result_of(second) == (Decision.REFUSED, "passes_for_the_first_time")
    assert find_violations() == []


def test_what_a_review_turns_round_decides_who_passed_first():
    open_programme()
    first = due_certificate(attempt__session__held_on=date(2026, 5, 9))
    second = due_certificate(attempt__enrollment__trainee=first.trainee)
    appeal(first.attempt)
    decide()
    held = decisions_on(first, second)
    correct(first.attempt, Outcome.FAILED)

    decide()

    assert held == [Decision.HELD, Decision.HELD]
    assert result_of(first) == (Decision.REFUSED, "certificate_is_valid")
    assert result_of(second) == (Decision.GRANTED, "")
    assert find_violations() == []


def test_two_holds_of_one_person_do_not_refuse_each_other_when_the_review_ends():
    open_programme()
    first = due_certificate(attempt__session__held_on=date(2026, 5, 9))
    second = due_certificate(attempt__enrollment__trainee=first.trainee)
    appeal(second.attempt)
    decide()
    uphold(MarkReview.objects.get())

    decide()

    assert result_of(first) == (Decision.GRANTED, "")
    assert result_of(second) == (Decision.REFUSED, "passes_for_the_first_time")


def test_a_proposed_revocation_holds_the_decision():
    open_programme()
    certificate = due_certificate()
    question(certificate)

    decide()

    assert result_of(certificate) == (Decision.HELD, "nothing_is_under_review")


# ── The budget, in order ─────────────────────────────────────────────────────────────────────────────────
def of_a_fee(amount: str) -> LevelCertificate:
    certificate = LevelCertificateFactory(attempt__enrollment__trainee__with_account=True)
    publish_fee(certificate, theory_fee=Decimal("0.00"), practice_fee=Decimal(amount))
    return certificate


def decisions_on(*certificates: LevelCertificate) -> list[str]:
    return [decision_on(certificate).decision for certificate in certificates]


def test_who_comes_later_waits_behind_who_does_not_fit_even_if_there_is_room():
    open_programme(allotted="1000.00")
    waiting = [of_a_fee("800.00"), of_a_fee("800.00"), of_a_fee("100.00")]

    decide()

    assert decisions_on(*waiting) == [Decision.GRANTED, Decision.HELD, Decision.HELD]


def test_who_is_recorded_later_waits_behind_who_waits_already():
    open_programme(allotted="1000.00")
    first, second = of_a_fee("800.00"), of_a_fee("800.00")
    decide()
    cheap = of_a_fee("100.00")

    decide()

    assert decisions_on(first, second, cheap) == [Decision.GRANTED, Decision.HELD, Decision.HELD]


def test_new_money_serves_who_waited_longest():
    open_programme(allotted="1000.00")
    waiting = [of_a_fee("800.00"), of_a_fee("800.00"), of_a_fee("800.00")]
    decide()
    allot(Budget.objects.get(), "1600.00")

    decide()

    assert decisions_on(*waiting) == [Decision.GRANTED, Decision.GRANTED, Decision.HELD]
    assert find_violations() == []


def test_who_waited_for_something_else_keeps_their_place_in_the_queue():
    open_programme(allotted="800.00")
    first = due_certificate(attempt__enrollment__trainee=TraineeFactory())
    decide()
    BankAccountFactory(trainee=first.trainee)
    second = due_certificate()

    decide()

    assert decisions_on(first, second) == [Decision.GRANTED, Decision.HELD]
