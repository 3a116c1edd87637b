from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test.utils import CaptureQueriesContext

from assessment.models import LevelCertificate
from chongqing_dte.foundation.models import AuditEvent
from subsidies.enums import Decision, PaymentStatus
from subsidies.invariants import find_violations
from subsidies.models import Budget, Payment
from subsidies.services import decisions
from subsidies.services.decisions import decide_due_certificates
from tests.clock import NOW
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
    publish_fee,
)
from tests.subsidies.database import everything
from tests.subsidies.histories import revoke

pytestmark = pytest.mark.django_db


def decide() -> int:
    return decide_due_certificates(now=NOW)


def result_of(certificate: LevelCertificate) -> tuple[str, str]:
    decision = decision_on(certificate)
    return decision.decision, decision.reason


def sat_on(day: date, **attributes: object) -> LevelCertificate:
    return due_certificate(attempt__session__held_on=day, **attributes)


def check_of(certificate: LevelCertificate, name: str) -> dict[str, object]:
    return next(check for check in decision_on(certificate).checks if check["name"] == name)


# ── Granted ──────────────────────────────────────────────────────────────────────────────────────────────
def test_a_first_pass_is_granted_on_complete_evidence():
    policy = open_programme()
    certificate = due_certificate()

    decide()

    decision = decision_on(certificate)
    assert (decision.decision, decision.amount) == (Decision.GRANTED, Decimal("800.00"))
    assert decision.policy_version == policy
    assert decision.fee_schedule == publish_fee(certificate)
    assert decision.bank_account == certificate.trainee.bank_accounts.get()
    assert {check["outcome"] for check in decision.checks} == {"PASSED"}


def test_a_grant_opens_a_payment_to_the_person():
    certificate = granted_certificate()

    payment = payment_of(certificate)
    assert (payment.payee, payment.amount, payment.status) == (
        certificate.trainee,
        Decimal("800.00"),
        PaymentStatus.READY,
    )


def test_a_grant_reserves_its_amount():
    granted_certificate()

    assert Budget.objects.get().reserved == Decimal("800.00")


def test_a_grant_is_entered_in_the_journal():
    payment = payment_of(granted_certificate())

    lines = set(payment.journal_lines.values_list("account", "amount", "fact"))

    assert lines == {
        ("SUBSIDY_EXPENSE", Decimal("800.00"), "granted"),
        ("SUBSIDIES_PAYABLE", Decimal("-800.00"), "granted"),
    }


def test_a_decision_leaves_an_event_and_ends_the_wait():
    certificate = granted_certificate()

    event = AuditEvent.objects.get(name="entitlement.granted")
    assert (event.subject_id, event.at) == (decision_on(certificate).pk, NOW)
    assert (decision_on(certificate).decided_at, payment_of(certificate).opened_at) == (NOW, NOW)
    assert not certificate.decision_due


@pytest.mark.parametrize(
    ("fee_share", "ceiling", "amount"),
    [("0.5000", "2000.00", "400.00"), ("1.0000", "500.00", "500.00")],
    ids=["a share", "the ceiling"],
)
def test_a_grant_is_of_the_amount_that_the_policy_sets(fee_share, ceiling, amount):
    open_programme(
        fee_share=Decimal(fee_share),
        **{f"ceiling_{level}": Decimal(ceiling) for level in ("junior", "intermediate", "senior")},
    )

    assert decision_on(granted_certificate()).amount == Decimal(amount)


def test_an_employee_is_granted():
    open_programme()
    certificate = due_certificate(attempt__enrollment__employee=True)

    decide()

    assert result_of(certificate) == (Decision.GRANTED, "")


def test_the_fee_of_the_direction_comes_before_the_general_one():
    open_programme()
    certificate = due_certificate(attempt__session__direction="数字孪生")
    own = FeeScheduleFactory(
        institution=certificate.institution,
        occupation=certificate.occupation,
        direction="数字孪生",
        practice_fee=Decimal("700.00"),
    )

    decide()

    assert decision_on(certificate).fee_schedule == own


# ── Refused ──────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"attempt__enrollment__earlier_graduate": True}, "category_is_eligible"),
        ({"attempt__enrollment__graduated_on": date(2025, 6, 30)}, "graduates_in_time"),
        ({"attempt__enrollment": None, "attempt__trainee": TraineeFactory}, "trained_in_the_programme"),
    ],
    ids=["category", "earlier year", "trained elsewhere"],
)
def test_a_certificate_is_refused_and_nothing_is_reserved(attributes, reason):
    open_programme()
    certificate = due_certificate(
        **{name: make() if callable(make) else make for name, make in attributes.items()}
    )

    decide()

    assert result_of(certificate) == (Decision.REFUSED, reason)
    assert not Payment.objects.exists()
    assert Budget.objects.get().reserved == 0


def test_a_revoked_certificate_is_refused():
    open_programme()
    certificate = due_certificate()
    revoke(certificate)

    decide()

    assert result_of(certificate) == (Decision.REFUSED, "certificate_is_valid")
    assert not Payment.objects.exists()


def test_a_second_pass_of_one_person_is_refused():
    open_programme()
    first = sat_on(date(2026, 5, 9))
    second = sat_on(date(2026, 7, 11), attempt__enrollment__trainee=first.trainee)

    decide()

    assert result_of(first) == (Decision.GRANTED, "")
    assert result_of(second) == (Decision.REFUSED, "passes_for_the_first_time")


def test_a_pass_in_another_occupation_is_a_first_one_where_the_policy_says_so():
    open_programme(first_pass_scope="OCCUPATION")
    first = sat_on(date(2026, 5, 9))
    second = sat_on(date(2026, 7, 11), attempt__enrollment__trainee=first.trainee)

    decide()

    assert [result_of(first), result_of(second)] == [(Decision.GRANTED, ""), (Decision.GRANTED, "")]


def test_an_earlier_pass_that_is_recorded_late_is_not_paid_as_well():
    paid = granted_certificate()
    late = sat_on(date(2026, 5, 9), attempt__enrollment__trainee=paid.trainee)

    decide()

    assert result_of(late) == (Decision.REFUSED, "is_not_claimed_already")
    assert Payment.objects.count() == 1


def test_a_first_pass_that_is_held_gives_way_to_an_earlier_one_that_arrives_late():
    open_programme()
    held = due_certificate(attempt__enrollment__trainee=TraineeFactory())
    decide()
    BankAccountFactory(trainee=held.trainee)
    late = sat_on(date(2026, 5, 9), attempt__enrollment__trainee=held.trainee)

    decide()

    assert result_of(late) == (Decision.GRANTED, "")
    assert result_of(held) == (Decision.REFUSED, "passes_for_the_first_time")
    assert find_violations() == []


def test_a_hold_is_looked_at_again_with_another_certificate_of_the_person_and_may_go_on_waiting():
    open_programme()
    held = due_certificate(attempt__enrollment__trainee=TraineeFactory())
    decide()
    before = decision_on(held)
    sat_on(date(2026, 9, 9), attempt__enrollment__trainee=held.trainee)

    decide()

    assert decision_on(held) == before
    held.refresh_from_db()
    assert not held.decision_due


def test_two_passes_that_waited_for_a_policy_do_not_refuse_each_other():
    BudgetFactory()
    first = sat_on(date(2026, 5, 9))
    second = sat_on(date(2026, 7, 11), attempt__enrollment__trainee=first.trainee)
    decide()
    PolicyVersionFactory(approved=True)

    decide()

    assert result_of(first) == (Decision.GRANTED, "")
    assert result_of(second) == (Decision.REFUSED, "passes_for_the_first_time")


def test_a_hold_in_a_wider_scope_claims_what_comes_later():
    open_programme()
    held = sat_on(date(2026, 5, 9), attempt__enrollment__trainee=TraineeFactory())
    decide()
    next_year = DateRange(date(2027, 1, 1), date(2028, 1, 1))
    PolicyVersionFactory(approved=True, in_force=next_year, first_pass_scope="OCCUPATION")
    later = sat_on(date(2026, 12, 9), issued_on=date(2027, 1, 5), attempt__enrollment__trainee=held.trainee)

    decide()

    assert result_of(later)[0] == Decision.REFUSED
    assert check_of(later, "is_not_claimed_already")["facts"] == {"certificate": held.pk}


# ── Once, however often ──────────────────────────────────────────────────────────────────────────────────
def test_deciding_again_changes_nothing():
    granted_certificate()
    granted_certificate(attempt__enrollment__earlier_graduate=True)
    before = everything()

    assert decide() == 0

    assert everything() == before


@pytest.mark.parametrize(
    "trait", [{}, {"attempt__enrollment__earlier_graduate": True}], ids=["granted", "refused"]
)
def test_a_decided_certificate_that_comes_back_to_the_queue_leaves_it_as_it_was(trait):
    certificate = granted_certificate(**trait)
    before = everything()
    LevelCertificate.objects.filter(pk=certificate.pk).update(decision_due=True)

    decide()

    assert everything() == before


def test_a_queue_longer_than_a_set_is_decided_in_one_go(monkeypatch):
    monkeypatch.setattr(decisions, "BATCH_SIZE", 2)
    open_programme()
    certificates = [due_certificate() for _ in range(5)]

    assert decide() == 5

    assert decisions_on(*certificates) == [Decision.GRANTED] * 5
    assert find_violations() == []


def queries_to_decide(count: int) -> int:
    for _ in range(count):
        due_certificate()
    with CaptureQueriesContext(connection) as statements:
        decide()
    return len(statements)


def decisions_on(*certificates: LevelCertificate) -> list[str]:
    return [decision_on(certificate).decision for certificate in certificates]


def test_ten_decisions_take_the_queries_of_two():
    open_programme()

    assert queries_to_decide(2) == queries_to_decide(10)
