"""What is missing is asked for again: of people their accounts, and of offices what decisions wait for."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import translation

from institutions.enums import Role
from subsidies import messages
from subsidies.enums import NotificationChannel, NotificationKind
from subsidies.models import Entitlement, Notification, PaymentAttempt
from subsidies.services.decisions import decide_due_certificates
from subsidies.services.deliveries import deliver_released_batches
from subsidies.services.notifications import announce_decisions
from subsidies.services.reminders import remind_of_accounts, tell_offices_of_holds
from tests.clock import NOW
from tests.factories.assessment import LevelCertificateFactory
from tests.factories.enrollment import TraineeFactory
from tests.factories.institutions import DistrictFactory, UserFactory
from tests.factories.subsidies import (
    correct_account,
    decision_on,
    delivered_batch,
    due_certificate,
    hear_from_bank,
    next_batch,
    open_programme,
    publish_fee,
    revoke,
    sign_twice,
)
from tests.fakes.bank import FakeBank

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=30)


def without_account():
    open_programme()
    certificate = due_certificate(attempt__enrollment__trainee=TraineeFactory())
    decide_due_certificates(now=NOW)
    return certificate


def returned_attempt():
    """Return an instruction that the bank returned, after the person was told so."""
    hear_from_bank(delivered_batch(), "RETURNED")
    announce_decisions(now=NOW)
    return PaymentAttempt.objects.get()


def keys(**about):
    return list(Notification.objects.filter(**about).order_by("pk").values_list("key", flat=True))


def held_for_a_fee(count=1):
    """Write so many decisions that are held for want of a published fee, at one stroke."""
    open_programme()
    people = [LevelCertificateFactory(attempt__enrollment__trainee__with_account=True) for _ in range(count)]
    decide_due_certificates(now=NOW)
    return people


def told():
    """Return what offices were told in the portal about decisions that wait for them."""
    return list(
        Notification.objects.filter(
            kind=NotificationKind.DECISIONS_HELD, channel=NotificationChannel.IN_APP
        ).order_by("pk")
    )


# ── A missing account ────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("days", "told"),
    [
        pytest.param(13, ["account_missing:{}:0"], id="too early"),
        pytest.param(14, ["account_missing:{}:0", "account_missing:{}:1"], id="once"),
        pytest.param(28, ["account_missing:{}:0", "account_missing:{}:2"], id="the second"),
        pytest.param(180, ["account_missing:{}:0", "account_missing:{}:12"], id="the last"),
        pytest.param(181, ["account_missing:{}:0", "account_missing:{}:office"], id="now the office"),
    ],
)
def test_a_missing_account_is_asked_for_as_often_and_as_long_as_the_policy_says(days, told):
    certificate = without_account()
    announce_decisions(now=NOW)

    for _twice in range(2):
        assert remind_of_accounts(now=NOW + timedelta(days=days)) == 1

    found = Notification.objects.order_by("pk").values_list("key", flat=True)
    assert list(found) == [key.format(certificate.pk) for key in told]


def test_who_gave_an_account_is_not_asked_again():
    certificate = without_account()
    correct_account(certificate.trainee_id)
    decide_due_certificates(now=NOW)

    assert remind_of_accounts(now=NOW + timedelta(days=30)) == 0


# ── A returned payment ───────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("days", "told"),
    [
        pytest.param(13, ["returned:{}"], id="too early"),
        pytest.param(14, ["returned:{}", "returned:{}:1"], id="once"),
        pytest.param(180, ["returned:{}", "returned:{}:12"], id="the last"),
        pytest.param(181, ["returned:{}", "returned:{}:office"], id="now the office"),
    ],
)
def test_a_returned_payment_is_asked_for_again_as_a_missing_account_is(days, told):
    attempt = returned_attempt()

    for _twice in range(2):
        assert remind_of_accounts(now=NOW + timedelta(days=days)) == 1

    assert keys(kind=NotificationKind.RETURNED) == [key.format(attempt.pk) for key in told]


def test_a_reminder_of_a_returned_payment_says_what_the_first_message_said():
    returned_attempt()
    remind_of_accounts(now=NOW + timedelta(days=14))

    first, again = Notification.objects.filter(kind=NotificationKind.RETURNED).order_by("pk")

    assert messages.sentence(again) == messages.sentence(first)


def test_who_gave_another_account_after_a_return_is_not_asked_again():
    attempt = returned_attempt()
    correct_account(attempt.payment.payee_id)

    assert remind_of_accounts(now=NOW + timedelta(days=30)) == 0


def test_a_second_return_is_asked_for_with_keys_of_its_own():
    first = returned_attempt()
    remind_of_accounts(now=NOW + timedelta(days=14))
    correct_account(first.payment.payee_id)
    batch = sign_twice(next_batch())
    deliver_released_batches(channel=FakeBank(), now=NOW)
    hear_from_bank(batch, "RETURNED", name="AGAIN.csv")
    second = PaymentAttempt.objects.latest("pk")

    assert remind_of_accounts(now=NOW + timedelta(days=14)) == 1
    assert keys(key__startswith="returned:")[-1] == f"returned:{second.pk}:1"


def test_nobody_is_asked_for_an_account_after_the_certificate_was_revoked():
    attempt = returned_attempt()
    revoke(attempt.payment.entitlement.certificate)

    assert remind_of_accounts(now=NOW + timedelta(days=30)) == 0


# ── What offices are asked for ───────────────────────────────────────────────────────────────────────────
def test_an_office_is_told_once_of_many_decisions_that_wait_for_it():
    held_for_a_fee(3)

    for _twice in range(2):
        tell_offices_of_holds(now=LATER)

    (message,) = told()
    assert (message.role, message.district_id) == (Role.MUNICIPAL_OPERATOR, None)
    assert message.facts == {"waiting": 3, "reasons": {"fee_is_published": 3}}
    with translation.override("en"):
        assert "3 subsidies wait for your office" in messages.sentence(message)


def test_an_office_with_an_address_gets_one_mail_for_all_of_them():
    UserFactory(municipal_operator=True, email="office@example.cn")
    held_for_a_fee(2)

    tell_offices_of_holds(now=LATER)

    assert keys(channel=NotificationChannel.EMAIL) == [message.key for message in told()]


def test_a_hold_for_want_of_a_policy_tells_whoever_approves_policies():
    due_certificate()
    decide_due_certificates(now=NOW)

    tell_offices_of_holds(now=LATER)

    (message,) = told()
    assert (message.role, message.facts["reasons"]) == (
        Role.MUNICIPAL_ADMINISTRATOR,
        {"policy_is_in_force": 1},
    )


def test_nothing_is_said_of_what_was_decided_just_now():
    held_for_a_fee()

    assert tell_offices_of_holds(now=NOW + timedelta(minutes=9)) == 0
    assert tell_offices_of_holds(now=NOW + timedelta(minutes=10)) == 1


@pytest.mark.parametrize(
    ("days", "is_told"),
    [(0, False), (1, False), (13, False), (14, True), (15, True), (29, True), (30, False)],
)
def test_an_office_is_told_again_as_often_and_as_long_as_the_policy_says(days, is_told):
    open_programme(chase_days=30, chase_every_days=14)
    LevelCertificateFactory(attempt__enrollment__trainee__with_account=True)
    decide_due_certificates(now=NOW)
    tell_offices_of_holds(now=LATER)

    # Nothing ran in between: what was missed is made up for, once.
    assert bool(tell_offices_of_holds(now=LATER + timedelta(days=days))) is is_told
    assert tell_offices_of_holds(now=LATER + timedelta(days=days)) == 0


def test_what_is_held_after_the_message_of_the_day_is_told_of_on_the_next():
    held_for_a_fee()
    tell_offices_of_holds(now=LATER)
    LevelCertificateFactory(attempt__enrollment__trainee__with_account=True)
    decide_due_certificates(now=LATER)

    assert tell_offices_of_holds(now=LATER + timedelta(hours=1)) == 0
    assert tell_offices_of_holds(now=LATER + timedelta(days=1)) == 1
    assert [message.facts["waiting"] for message in told()] == [1, 2]


def test_what_goes_on_is_spoken_of_no_more():
    (certificate,) = held_for_a_fee()
    publish_fee(certificate)
    decide_due_certificates(now=NOW)

    assert tell_offices_of_holds(now=LATER) == 0


def test_what_a_person_has_to_give_and_what_finance_hears_of_anyway_is_told_to_no_office():
    open_programme(allotted="1.00")
    due_certificate(attempt__enrollment__trainee=TraineeFactory())
    due_certificate()
    decide_due_certificates(now=NOW)

    assert set(Entitlement.objects.values_list("reason", flat=True)) == {
        "account_is_known",
        "budget_has_room",
    }
    assert tell_offices_of_holds(now=LATER) == 0


def test_a_district_is_told_what_its_own_people_are_asked_for():
    certificate = without_account()
    district = DistrictFactory()
    Entitlement.objects.filter(certificate=certificate).update()
    entitlement = decision_on(certificate)

    remind_of_accounts(now=NOW + timedelta(days=200))

    told = Notification.objects.get(channel=NotificationChannel.IN_APP)
    assert told.district_id == entitlement.district_id != district.pk
    assert told.role == (Role.DISTRICT_REVIEWER if entitlement.district_id else Role.MUNICIPAL_OPERATOR)
    assert Decimal(told.facts["days"]) == 200
