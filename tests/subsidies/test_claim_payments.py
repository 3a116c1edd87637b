"""A confirmed claim becomes a payment: in the order of confirmation, out of a budget, and once for each person."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import translation

from chongqing_dte.foundation.models import AuditEvent
from institutions.enums import Role
from subsidies import queries
from subsidies.enums import (
    BudgetChangeKind,
    ClaimStatus,
    JournalAccount,
    NotificationChannel,
    NotificationKind,
    PaymentStatus,
    SubsidyKind,
)
from subsidies.messages import sentence
from subsidies.models import (
    ClaimLine,
    ClaimStep,
    JournalEntry,
    JournalLine,
    Notification,
    Payment,
    SubsidyClaim,
    TrainingSubsidy,
)
from subsidies.services.budget_alarms import tell_of_short_budgets
from subsidies.services.claim_payments import open_claim_payments
from tests.clock import NOW
from tests.factories.budgets import approved, proposed_change
from tests.factories.claim_payments import (
    CONFIRMED_AT,
    confirmed_claim,
    open_training_money,
    open_training_money_with_notice,
    paid_claim_budget,
    payment_of_claim,
)
from tests.factories.claims import STANDARD, ClaimLineFactory, TrainingSubsidyFactory, open_training
from tests.factories.institutions import UserFactory
from tests.factories.subsidies import BudgetFactory
from tests.subsidies.database import triggers_off

pytestmark = pytest.mark.django_db

LATER = CONFIRMED_AT + timedelta(hours=1)


# A reckoning whose one line is all of it.
WHOLE = {
    "reckoning__standard_total": STANDARD,
    "reckoning__counted_count": 1,
    "reckoning__rate_count": 1,
    "reckoning__pass_count": 1,
}


def opened() -> int:
    return open_claim_payments(now=NOW)


def rewrite_key(claim: SubsidyClaim, key: str) -> None:
    """Let the first line of a claim be paid once over this key."""
    line = claim.reckoning.lines.order_by("line_number")[0]
    check = {"name": "not_subsidized_before", "outcome": "PASSED", "facts": {"key": key}}
    with triggers_off():
        ClaimLine.objects.filter(pk=line.pk).update(checks=[check])


# ── What is opened ───────────────────────────────────────────────────────────────────────────────────────
def test_a_confirmed_claim_gets_its_payment():
    claim = confirmed_claim(3)

    assert opened() == 1

    payment = payment_of_claim(claim)
    claim.refresh_from_db()
    assert (payment.amount, payment.status) == (Decimal("2400.00"), PaymentStatus.READY)
    assert (payment.institution, payment.district) == (claim.institution, claim.district)
    assert (payment.payee, payment.entitlement) == (None, None)
    assert not claim.payment_due


def test_each_person_who_counts_is_granted_their_line():
    claim = confirmed_claim(3, amount=Decimal("1000.00"))

    opened()

    granted = TrainingSubsidy.objects.filter(claim=claim).order_by("line__line_number")
    assert [subsidy.amount for subsidy in granted] == [
        Decimal("333.33"),
        Decimal("333.33"),
        Decimal("333.34"),
    ]
    assert [subsidy.subsidy_key for subsidy in granted] == [
        f"enrollment:{subsidy.enrollment_id}" for subsidy in granted
    ]


def test_the_money_is_reserved_and_entered_in_the_journal():
    claim = confirmed_claim()

    opened()

    assert paid_claim_budget().reserved == Decimal("1600.00")
    lines = JournalLine.objects.filter(payment=payment_of_claim(claim), fact="granted")
    assert dict(lines.values_list("account", "amount")) == {
        JournalAccount.SUBSIDY_EXPENSE: Decimal("1600.00"),
        JournalAccount.SUBSIDIES_PAYABLE: Decimal("-1600.00"),
    }


def test_a_policy_with_a_notice_sends_the_payment_there():
    open_training_money_with_notice()
    claim = confirmed_claim()

    opened()

    payment = payment_of_claim(claim)
    assert (payment.status, payment.notice_working_days) == (PaymentStatus.TO_NOTICE, 5)


def test_nothing_is_opened_twice():
    confirmed_claim()

    assert (opened(), opened()) == (1, 0)
    assert Payment.objects.count() == JournalEntry.objects.count() == 1


def test_a_claim_that_comes_to_nothing_is_done_without_a_payment():
    claim = confirmed_claim(2, amount=Decimal("0.00"))

    assert opened() == 1

    claim.refresh_from_db()
    assert (claim.status, claim.payment_due) == (ClaimStatus.CONFIRMED, False)
    assert not Payment.objects.exists()
    assert not TrainingSubsidy.objects.exists()
    assert AuditEvent.objects.filter(name="claim.comes_to_nothing", subject_id=claim.pk).exists()


def test_the_institution_is_told_in_the_portal_and_by_mail():
    claim = confirmed_claim()
    UserFactory(training_manager=True, institution=claim.institution, email="manager@example.org")
    UserFactory(training_operator=True, email="elsewhere@example.org")

    opened()

    told = Notification.objects.filter(claim=claim, kind=NotificationKind.GRANTED)
    assert set(told.values_list("role", "channel")) == {
        (Role.TRAINING_MANAGER, NotificationChannel.IN_APP),
        (Role.TRAINING_MANAGER, NotificationChannel.EMAIL),
        (Role.TRAINING_OPERATOR, NotificationChannel.IN_APP),
    }
    with translation.override("en"):
        said = sentence(told[0])
    assert (claim.reference in said, "1,600.00" in said) == (True, True)


def test_only_people_of_the_institution_find_the_message_in_their_inbox():
    claim = confirmed_claim()
    opened()

    own = UserFactory(training_operator=True, institution=claim.institution)
    assert queries.notifications_visible_to(own).count() == queries.unread_count(own) == 1
    assert not queries.notifications_visible_to(UserFactory(training_operator=True)).exists()
    assert not queries.notifications_visible_to(UserFactory(municipal_finance=True)).exists()


# ── In which order ───────────────────────────────────────────────────────────────────────────────────────
def test_a_claim_waits_while_there_is_no_budget():
    open_training()
    BudgetFactory(kind=SubsidyKind.TRAINING, year=2025)
    claim = confirmed_claim()

    assert opened() == 0

    claim.refresh_from_db()
    assert claim.payment_due


def test_whoever_was_confirmed_first_is_paid_first():
    open_training_money(allotted="1600.00")
    later = confirmed_claim(confirmed_at=LATER)
    first = confirmed_claim()

    assert opened() == 1

    assert payment_of_claim(first)
    later.refresh_from_db()
    assert later.payment_due


def test_a_small_claim_waits_behind_a_large_one_that_finds_too_little():
    open_training_money(allotted="2000.00")
    confirmed_claim(3)
    confirmed_claim(1, confirmed_at=LATER)

    assert opened() == 0
    assert paid_claim_budget().reserved == Decimal("0.00")


def test_those_behind_it_wait_across_the_sets_of_one_sweep(monkeypatch):
    monkeypatch.setattr("subsidies.services.claim_payments.SET_SIZE", 1)
    open_training_money(allotted="2000.00")
    confirmed_claim(3)
    confirmed_claim(1, confirmed_at=LATER)

    assert opened() == 0


def test_everybody_goes_on_once_the_budget_is_topped_up():
    open_training_money(allotted="2000.00")
    confirmed_claim(3)
    confirmed_claim(1, confirmed_at=LATER)
    opened()
    approved(proposed_change(BudgetChangeKind.TOP_UP, paid_claim_budget().pk, "1200.00"))

    assert opened() == 2


def test_a_districts_own_budget_pays_where_the_policy_says_so():
    open_training_money(allotted="1000.00", budget_by_district=True)
    claim = confirmed_claim()
    own = BudgetFactory(kind=SubsidyKind.TRAINING, district=claim.district, allotted=Decimal("5000.00"))
    poor = confirmed_claim()

    assert opened() == 1

    assert payment_of_claim(claim).budget == own
    poor.refresh_from_db()
    assert poor.payment_due


def test_a_districts_budget_is_nobodys_where_the_policy_does_not_say_so():
    claim = confirmed_claim()
    BudgetFactory(kind=SubsidyKind.TRAINING, district=claim.district, allotted=Decimal("5000.00"))

    opened()

    assert payment_of_claim(claim).budget == paid_claim_budget()


def test_the_assessment_subsidys_money_pays_no_claim():
    open_training_money(allotted="100.00")
    BudgetFactory(allotted=Decimal("50000.00"))
    confirmed_claim()

    assert opened() == 0


def test_the_dashboard_says_how_much_waits_and_since_when():
    open_training_money(allotted="100.00")
    confirmed_claim()
    confirmed_claim(3, confirmed_at=LATER)
    opened()

    queue = queries.queues_of_year(2026, SubsidyKind.TRAINING)[None]
    assert (queue.count, queue.total, queue.since) == (2, Decimal("4000.00"), CONFIRMED_AT)
    assert queries.everybody_waiting_for_budget() == queue
    assert queries.queues_of_year(2026, SubsidyKind.ASSESSMENT) == {}


def test_the_pace_of_a_budget_counts_what_it_granted():
    claim = confirmed_claim()
    opened()

    paces = queries.paces_of(
        [paid_claim_budget().pk], since=NOW - timedelta(days=1), before=NOW + timedelta(days=1), days=2
    )

    pace = paces[payment_of_claim(claim).budget_id]
    assert (pace.grants, pace.total, pace.days) == (1, Decimal("1600.00"), 2)


def test_the_finance_office_hears_of_a_training_budget_that_is_too_small():
    open_training_money(allotted="100.00")
    confirmed_claim()
    opened()

    assert tell_of_short_budgets(now=NOW) == 1
    told = Notification.objects.get(kind=NotificationKind.BUDGET_SHORT, channel=NotificationChannel.IN_APP)
    assert (told.facts["subsidy"], told.facts["total"]) == ("TRAINING", "1600.00")


# ── Once for each person ─────────────────────────────────────────────────────────────────────────────────
def test_a_claim_in_which_somebody_was_subsidized_meanwhile_goes_back_to_the_district():
    claim = confirmed_claim()
    line = claim.reckoning.lines.order_by("line_number")[0]
    elsewhere = ClaimLineFactory(reckoning__amount=line.standard, **WHOLE)
    TrainingSubsidyFactory(line=elsewhere, subsidy_key=f"enrollment:{line.enrollment_id}")

    assert opened() == 1

    claim.refresh_from_db()
    assert (claim.status, claim.payment_due) == (ClaimStatus.SUBMITTED, False)
    assert (claim.recommended_by, claim.first_confirmed_by) == (None, None)
    assert claim.reckoning_due_at == NOW
    assert not Payment.objects.filter(claim=claim).exists()
    assert not TrainingSubsidy.objects.filter(claim=claim).exists()
    step = ClaimStep.objects.get(claim=claim, to_status=ClaimStatus.SUBMITTED)
    assert step.actor is None
    assert step.reason


def test_two_claims_over_one_key_in_one_sweep_are_not_both_paid():
    first, second = confirmed_claim(), confirmed_claim(confirmed_at=LATER)
    key = f"enrollment:{first.reckoning.lines.first().enrollment_id}"
    rewrite_key(second, key)

    assert opened() == 2

    second.refresh_from_db()
    assert payment_of_claim(first)
    assert second.status == ClaimStatus.SUBMITTED


def test_what_was_voided_stands_in_nobodys_way():
    claim = confirmed_claim()
    line = claim.reckoning.lines.first()
    elsewhere = ClaimLineFactory(reckoning__amount=line.standard, **WHOLE)
    TrainingSubsidyFactory(line=elsewhere, subsidy_key=f"enrollment:{line.enrollment_id}", voided=True)

    opened()

    assert payment_of_claim(claim)
