"""Decided again, or not: what an objection turns round, and what changes later and turns nothing round."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange

from assessment.models import LevelCertificate
from institutions.models import FeeSchedule
from subsidies.enums import Decision, ObjectionKind, ObjectionStatus
from subsidies.models import Entitlement, Objection
from subsidies.services import decision_steps
from subsidies.services.decisions import decide_due_certificates
from tests.clock import NOW
from tests.factories.decisions import OtherSubsidyFactory
from tests.factories.enrollment import BankAccountFactory, TraineeFactory
from tests.factories.institutions import FeeScheduleFactory, UserFactory
from tests.factories.subsidies import (
    BudgetFactory,
    PolicyVersionFactory,
    decision_on,
    due_certificate,
    granted_certificate,
    open_programme,
    reissue,
)

pytestmark = pytest.mark.django_db


def decide() -> int:
    return decide_due_certificates(now=NOW)


def result_of(certificate: LevelCertificate) -> tuple[str, str]:
    decision = decision_on(certificate)
    return decision.decision, decision.reason


# ── Objections ───────────────────────────────────────────────────────────────────────────────────────────
def upheld(certificate: LevelCertificate, kind: ObjectionKind) -> None:
    Objection.objects.create(
        entitlement=decision_on(certificate),
        kind=kind,
        statement="It was somebody else.",
        raised_at=NOW,
        raised_by=UserFactory(municipal_operator=True) if kind == ObjectionKind.OFFICE else None,
        status=ObjectionStatus.UPHELD,
        decided_by=UserFactory(municipal_reviewer=True),
        decided_at=NOW,
        decision_reason="Compared.",
    )


def turn_out_to_graduate(certificate: LevelCertificate, on: date) -> None:
    """Change what no office can change any more: the roster is locked."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "UPDATE enrollment_enrollment SET graduated_on = %s WHERE id = %s",
            [on, certificate.attempt.enrollment_id],
        )
        cursor.execute("SET session_replication_role = origin")


def make_due(certificate: LevelCertificate) -> None:
    LevelCertificate.objects.filter(pk=certificate.pk).update(decision_due=True)


def test_what_an_upheld_objection_stands_against_is_not_granted_again():
    open_programme()
    held = due_certificate(attempt__enrollment__trainee=TraineeFactory())
    decide()
    upheld(held, ObjectionKind.OFFICE)
    BankAccountFactory(trainee=held.trainee)

    decide()

    assert result_of(held) == (Decision.REFUSED, "no_objection_was_upheld")


def test_an_upheld_objection_bars_the_certificate_in_its_place_too():
    open_programme()
    held = due_certificate(attempt__enrollment__trainee=TraineeFactory())
    decide()
    upheld(held, ObjectionKind.OFFICE)
    again = reissue(held)
    BankAccountFactory(trainee=held.trainee)

    decide()

    assert result_of(again) == (Decision.REFUSED, "no_objection_was_upheld")


def test_the_person_s_upheld_objection_has_a_refusal_decided_again_from_the_facts_as_they_are():
    open_programme()
    refused = granted_certificate(attempt__enrollment__graduated_on=date(2025, 6, 30))
    upheld(refused, ObjectionKind.PERSON)
    turn_out_to_graduate(refused, date(2026, 6, 30))
    make_due(refused)

    decide()

    assert result_of(refused) == (Decision.GRANTED, "")
    assert decision_on(refused).supersedes.reason == "graduates_in_time"


def test_who_was_right_and_is_refused_all_the_same_gets_one_more_decision():
    open_programme()
    refused = granted_certificate(attempt__enrollment__graduated_on=date(2025, 6, 30))
    former = decision_on(refused)
    upheld(refused, ObjectionKind.PERSON)
    make_due(refused)

    decide()
    make_due(refused)

    assert decide() == 1
    assert result_of(refused) == (Decision.REFUSED, "graduates_in_time")
    assert decision_on(refused).supersedes == former


def test_without_an_objection_the_same_refusal_stands():
    open_programme()
    refused = granted_certificate(attempt__enrollment__graduated_on=date(2025, 6, 30))
    turn_out_to_graduate(refused, date(2026, 6, 30))
    make_due(refused)

    decide()

    assert result_of(refused) == (Decision.REFUSED, "graduates_in_time")
    refused.refresh_from_db()
    assert not refused.decision_due


# ── What changes later ───────────────────────────────────────────────────────────────────────────────────
def test_the_fee_is_that_of_the_day_of_the_assessment():
    open_programme()
    certificate = due_certificate(attempt__session__held_on=date(2026, 7, 11), issued_on=date(2026, 8, 20))
    fee = FeeSchedule.objects.get(occupation=certificate.occupation)
    fee.in_force = DateRange(fee.in_force.lower, date(2026, 8, 1))
    fee.save(update_fields=["in_force"])
    FeeScheduleFactory(
        institution=certificate.institution,
        occupation=certificate.occupation,
        level=certificate.level,
        in_force=DateRange(date(2026, 8, 1), None),
        practice_fee=Decimal("900.00"),
    )

    decide()

    assert (decision_on(certificate).fee_schedule, decision_on(certificate).amount) == (
        fee,
        Decimal("800.00"),
    )


def test_the_policy_is_that_of_the_day_of_the_certificate():
    BudgetFactory()
    PolicyVersionFactory(approved=True, in_force=DateRange(date(2026, 1, 1), date(2026, 8, 1)))
    later = PolicyVersionFactory(
        approved=True, in_force=DateRange(date(2026, 8, 1), date(2027, 1, 1)), fee_share=Decimal("0.5000")
    )
    certificate = due_certificate(attempt__session__held_on=date(2026, 7, 11), issued_on=date(2026, 8, 20))

    decide()

    assert (decision_on(certificate).policy_version, decision_on(certificate).amount) == (
        later,
        Decimal("400.00"),
    )


@pytest.mark.parametrize("attributes", [{}, {"attempt__enrollment__earlier_graduate": True}])
def test_another_fee_policy_or_account_later_changes_no_decision(attributes):
    policy = open_programme()
    certificate = granted_certificate(issued_on=date(2026, 8, 20), **attributes)
    before = list(Entitlement.objects.values())
    policy.in_force = DateRange(policy.in_force.lower, date(2026, 8, 1))
    policy.save(update_fields=["in_force"])
    PolicyVersionFactory(
        approved=True,
        in_force=DateRange(date(2026, 8, 1), date(2028, 1, 1)),
        fee_share=Decimal("0.1000"),
        eligible_categories=["EARLIER_GRADUATE"],
    )
    OtherSubsidyFactory(
        trainee=certificate.trainee, occupation=certificate.occupation, level=certificate.level
    )
    make_due(certificate)

    decide()

    certificate.refresh_from_db()
    assert (list(Entitlement.objects.values()), certificate.decision_due) == (before, False)


def test_a_hold_that_goes_on_under_another_reason_is_a_new_row_and_held_since_the_first():
    BudgetFactory(allotted=Decimal("1.00"))
    PolicyVersionFactory(approved=True)
    certificate = due_certificate(attempt__enrollment__trainee=TraineeFactory())
    decide()
    first = decision_on(certificate)
    BankAccountFactory(trainee=certificate.trainee)

    decide_due_certificates(now=NOW + timedelta(days=9))

    second = decision_on(certificate)
    assert (first.reason, second.reason) == ("account_is_known", "budget_has_room")
    assert (second.supersedes, second.held_since) == (first, first.held_since)


def test_a_hold_that_another_worker_stood_in_the_way_of_stays_as_it_was_and_as_old(monkeypatch):
    open_programme()
    other = decision_on(granted_certificate())
    certificate = due_certificate(attempt__enrollment__trainee=TraineeFactory())
    decide()
    first = decision_on(certificate)
    BankAccountFactory(trainee=certificate.trainee)
    write = decision_steps.new_entitlement

    def write_with_a_key_that_is_taken(*arguments):
        return write(*arguments)._replace(first_pass_key=other.first_pass_key)

    with monkeypatch.context() as patch:
        patch.setattr(decision_steps, "new_entitlement", write_with_a_key_that_is_taken)
        assert decide_due_certificates(now=NOW + timedelta(days=9)) == 0

    assert decision_on(certificate) == first
    assert LevelCertificate.objects.get(pk=certificate.pk).decision_due
