"""A certificate that is issued again pays nothing a second time, and falls with the one in its place."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from enrollment.enums import ParticipantCategory
from subsidies import queries
from subsidies.enums import BatchStatus, Decision, PaymentStatus
from subsidies.models import (
    Entitlement,
    Recovery,
)
from subsidies.services.decisions import decide_due_certificates
from tests.clock import NOW
from tests.factories.enrollment import BankAccountFactory, TraineeFactory
from tests.factories.subsidies import (
    BudgetFactory,
    PolicyVersionFactory,
    assembled_batch,
    decision_on,
    due_certificate,
    granted_certificate,
    open_programme,
    payment_of,
    reissue,
    revoke,
    settled_batch,
    sign_twice,
)
from tests.subsidies.books import payment_statuses
from tests.subsidies.following import certificate_of, follow

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("promises_hold")]


def test_a_certificate_that_is_issued_again_is_not_paid_again():
    former = certificate_of(settled_batch())
    again = reissue(former)

    follow()
    decide_due_certificates(now=NOW)

    refused = decision_on(again)
    assert (refused.decision, refused.reason) == (Decision.REFUSED, "is_not_claimed_already")
    claimed = next(check for check in refused.checks if check["name"] == "is_not_claimed_already")
    assert claimed["facts"] == {"certificate": former.pk}
    assert payment_statuses() == [PaymentStatus.PAID]


def test_a_payment_under_way_goes_on_when_its_certificate_is_issued_again():
    batch = assembled_batch()
    reissue(certificate_of(batch))
    decide_due_certificates(now=NOW)

    assert follow() == 0
    assert sign_twice(batch).status == BatchStatus.RELEASED


def test_one_that_was_held_is_paid_under_its_new_number_once():
    open_programme()
    former = due_certificate(attempt__enrollment__trainee=TraineeFactory())
    decide_due_certificates(now=NOW)
    again = reissue(former)
    decide_due_certificates(now=NOW)
    BankAccountFactory(trainee=former.trainee)

    decide_due_certificates(now=NOW)

    assert (decision_on(former).reason, decision_on(again).decision) == (
        "certificate_is_valid",
        Decision.GRANTED,
    )
    assert payment_statuses() == [PaymentStatus.READY]


FORMERLY, SINCE = (
    DateRange(date(2026, 1, 1), NOW.date()),
    DateRange(NOW.date(), date(2027, 1, 1)),
)
YESTERDAY = NOW.date() - timedelta(days=1)


@pytest.mark.parametrize("times", [1, 2])
def test_to_be_issued_again_under_another_policy_turns_no_refusal_into_a_grant(times):
    BudgetFactory()
    employees = [ParticipantCategory.ENTERPRISE_EMPLOYEE]
    policy = PolicyVersionFactory(approved=True, in_force=FORMERLY, eligible_categories=employees)
    PolicyVersionFactory(approved=True, in_force=SINCE)
    latest = due_certificate(
        issued_on=YESTERDAY, attempt__enrollment__category=ParticipantCategory.GRADUATING_STUDENT
    )
    decide_due_certificates(now=NOW)

    for _ in range(times):
        latest = reissue(latest)
        decide_due_certificates(now=NOW)

    decision = decision_on(latest)
    assert (decision.decision, decision.reason) == (Decision.REFUSED, "category_is_eligible")
    assert decision.policy_version == policy


def test_one_that_was_issued_again_waits_for_the_policy_of_its_first_day():
    BudgetFactory()
    again = reissue(due_certificate(issued_on=YESTERDAY))
    PolicyVersionFactory(approved=True, in_force=SINCE)
    decide_due_certificates(now=NOW)
    held = decision_on(again)

    decide_due_certificates(now=NOW)
    assert (held.reason, decision_on(again)) == ("policy_is_in_force", held)

    PolicyVersionFactory(approved=True, in_force=FORMERLY)
    decide_due_certificates(now=NOW)
    assert decision_on(again).decision == Decision.GRANTED


def test_a_certificate_that_waits_for_the_policy_of_another_day_is_not_taken_up():
    BudgetFactory()
    again = reissue(due_certificate(issued_on=YESTERDAY))
    decide_due_certificates(now=NOW)
    PolicyVersionFactory(approved=True, in_force=SINCE)

    with transaction.atomic():
        assert queries.lock_held_that_can_go_on(year=2026, limit=10) == []

    PolicyVersionFactory(approved=True, in_force=FORMERLY)
    with transaction.atomic():
        assert queries.lock_held_that_can_go_on(year=2026, limit=10) == [decision_on(again)]


def test_a_certificate_that_is_issued_twice_again_is_paid_once():
    former = granted_certificate()
    second = reissue(former)
    decide_due_certificates(now=NOW)
    third = reissue(second)
    decide_due_certificates(now=NOW)

    assert [decision_on(each).decision for each in (former, second, third)] == [
        Decision.GRANTED,
        Decision.REFUSED,
        Decision.REFUSED,
    ]
    assert payment_statuses() == [PaymentStatus.READY]


@pytest.mark.parametrize("times", [1, 2])
def test_when_the_one_in_its_place_is_revoked_the_money_of_the_former_is_to_come_back(times):
    former = latest = certificate_of(settled_batch())
    for _ in range(times):
        latest = reissue(latest)
        decide_due_certificates(now=NOW)
    revoke(latest)
    decide_due_certificates(now=NOW)

    assert follow() == 1

    assert Recovery.objects.get().payment == payment_of(former)


def test_when_the_one_in_its_place_is_revoked_the_unpaid_money_of_the_former_is_cancelled():
    former = certificate_of(assembled_batch())
    revoke(reissue(former))

    assert follow() == 2

    assert payment_statuses() == [PaymentStatus.CANCELLED]
    decide_due_certificates(now=NOW)
    assert not Entitlement.objects.filter(decision=Decision.GRANTED, superseded_at__isnull=True).exists()
