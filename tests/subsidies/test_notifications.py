"""People are told what was decided and what the bank said, once each, and until the message has left."""

from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.utils import translation

from institutions.enums import Role
from subsidies import messages
from subsidies.enums import NotificationChannel, NotificationKind, NotificationStatus
from subsidies.gateways import GatewayUnavailable
from subsidies.models import Entitlement, Notification, PaymentAttempt
from subsidies.services import notifications
from subsidies.services.decisions import decide_due_certificates
from subsidies.services.notification_steps import notify_office, notify_person
from subsidies.services.notifications import announce_decisions, send_notifications
from tests.clock import NOW
from tests.factories.claims import SubsidyClaimFactory
from tests.factories.enrollment import TraineeFactory
from tests.factories.filings import DistrictSuccessionFactory
from tests.factories.institutions import UserFactory
from tests.factories.notifications import NotificationFactory
from tests.factories.subsidies import (
    decision_on,
    delivered_batch,
    due_certificate,
    granted_certificate,
    hear_from_bank,
    open_programme,
    revoke,
    settled_batch,
)
from tests.subsidies.following import follow

pytestmark = pytest.mark.django_db


class Gateway:
    """Takes messages, or is away, or breaks down in the middle of a run."""

    def __init__(self, *, away: bool = False) -> None:
        self.is_away = away
        self.taken: list[tuple[str, str, str]] = []

    def send(self, mobile: str, text: str, reference: str) -> None:
        if self.is_away:
            raise GatewayUnavailable("Timeout")
        self.taken.append((mobile, text, reference))


def said() -> list[str]:
    """Return what people were told about, in the order in which it was written."""
    return list(
        Notification.objects.filter(person__isnull=False).order_by("pk").values_list("kind", flat=True)
    )


def without_account():
    open_programme()
    certificate = due_certificate(attempt__enrollment__trainee=TraineeFactory())
    decide_due_certificates(now=NOW)
    return certificate


# ── Announcing ───────────────────────────────────────────────────────────────────────────────────────────
def test_a_grant_is_announced_once():
    granted_certificate()

    assert (announce_decisions(now=NOW), announce_decisions(now=NOW)) == (1, 0)

    message = Notification.objects.get()
    grant = Entitlement.objects.get()
    assert (message.kind, message.channel, message.status) == ("GRANTED", "SMS", "QUEUED")
    assert (message.person, message.entitlement, message.facts) == (grant.person, grant, {"amount": "800.00"})
    assert grant.announced_at == NOW


def test_a_refusal_is_announced_with_its_reason():
    granted_certificate(attempt__enrollment__earlier_graduate=True)

    announce_decisions(now=NOW)

    message = Notification.objects.get()
    assert (message.kind, message.facts) == ("REFUSED", {"reason": "category_is_eligible"})


def test_who_has_no_account_is_asked_for_it():
    without_account()

    announce_decisions(now=NOW)

    assert said() == [NotificationKind.ACCOUNT_MISSING]


def test_a_hold_that_is_none_of_the_persons_doing_says_nothing():
    due_certificate()
    decide_due_certificates(now=NOW)

    announce_decisions(now=NOW)

    assert said() == []
    assert Entitlement.objects.get().announced_at == NOW


def test_a_decision_that_was_superseded_meanwhile_says_nothing():
    certificate = granted_certificate()
    revoke(certificate)
    follow()

    announce_decisions(now=NOW)

    assert said() == [NotificationKind.REFUSED]
    assert not Entitlement.objects.filter(announced_at__isnull=True).exists()


def test_money_that_was_paid_is_announced_with_the_end_of_its_account():
    settled_batch()

    announce_decisions(now=NOW)

    paid = Notification.objects.get(kind=NotificationKind.PAID)
    attempt = PaymentAttempt.objects.get()
    assert paid.facts["account_ends_in"] == attempt.bank_account.last_four
    assert (paid.key, attempt.announced_at) == (f"paid:{attempt.pk}", NOW)


def test_money_that_was_returned_asks_for_another_account():
    batch = delivered_batch()
    hear_from_bank(batch, "RETURNED")

    announce_decisions(now=NOW)

    returned = Notification.objects.get(kind=NotificationKind.RETURNED)
    assert returned.facts["return_code"] == "ACCOUNT_CLOSED"


def test_one_that_cannot_be_announced_holds_up_nobody_else(monkeypatch):
    granted_certificate()
    bad = decision_on(granted_certificate())
    message_of = notifications._message_of

    def fail_for_one(entitlement, now):
        if entitlement.pk == bad.pk:
            raise ValueError
        return message_of(entitlement, now)

    monkeypatch.setattr(notifications, "_message_of", fail_for_one)

    assert announce_decisions(now=NOW) == 1
    assert Entitlement.objects.get(announced_at__isnull=True) == bad


def test_announcing_costs_the_same_number_of_statements_for_many(django_assert_max_num_queries):
    for _number in range(5):
        granted_certificate()

    with django_assert_max_num_queries(12):
        announce_decisions(now=NOW)


# ── Sending ──────────────────────────────────────────────────────────────────────────────────────────────
def test_a_message_leaves_in_chinese_with_its_reference_and_no_number():
    granted_certificate()
    announce_decisions(now=NOW)
    gateway = Gateway()

    with translation.override("en"):
        assert send_notifications(gateway=gateway, now=NOW) == 1

    message = Notification.objects.get()
    ((mobile, text, reference),) = gateway.taken
    assert (mobile, reference) == (message.person.mobile, str(message.public_id))
    assert message.person.id_number not in text
    assert "800.00" in text
    assert text.endswith("https://portal.example/self-check/") or "https://portal.example/self-check/" in text
    assert (message.status, message.sent_at, message.tried_count) == (NotificationStatus.SENT, NOW, 1)


def test_what_left_does_not_leave_again():
    NotificationFactory()
    gateway = Gateway()
    send_notifications(gateway=gateway, now=NOW)

    assert send_notifications(gateway=gateway, now=NOW + timedelta(days=1)) == 0
    assert len(gateway.taken) == 1


def test_a_gateway_that_is_away_loses_nothing_and_is_asked_ever_less_often():
    NotificationFactory.create_batch(3)
    gateway, waited = Gateway(away=True), []
    now: datetime = NOW
    for _try in range(9):
        assert send_notifications(gateway=gateway, now=now) == 0
        following = Notification.objects.order_by("pk").first().next_try_at
        waited.append(int((following - now).total_seconds() // 60))
        now = following

    assert waited == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert set(Notification.objects.values_list("status", "problem")) == {("QUEUED", "gateway_away")}
    gateway.is_away = False
    assert send_notifications(gateway=gateway, now=now) == 3


def test_a_gateway_that_is_away_is_asked_once_a_sweep_and_mails_leave_all_the_same(monkeypatch):
    NotificationFactory.create_batch(3)
    UserFactory(municipal_finance=True, email="finance@example.org")
    NotificationFactory(mailed=True)
    asked = []
    gateway = Gateway(away=True)
    monkeypatch.setattr(gateway, "send", lambda *message: asked.append(message) or _away())

    assert send_notifications(gateway=gateway, now=NOW) == 1
    assert (len(asked), len(mail.outbox)) == (1, 1)


def _away():
    raise GatewayUnavailable("Timeout")


def test_one_that_was_taken_up_by_somebody_who_died_leaves_after_the_lease():
    message = NotificationFactory()
    assert notifications._take_up(notifications.OUTSIDE, now=NOW) == [message.pk]
    gateway = Gateway()

    assert send_notifications(gateway=gateway, now=NOW + timedelta(minutes=9)) == 0
    assert send_notifications(gateway=gateway, now=NOW + notifications.LEASE) == 1
    assert [reference for _mobile, _text, reference in gateway.taken] == [str(message.public_id)]


def test_a_mobile_that_cannot_be_read_is_given_up_after_some_tries_and_holds_up_nobody():
    damaged, good = NotificationFactory(), NotificationFactory()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE enrollment_trainee SET mobile = decode(%s, 'hex') WHERE id = %s",
            ["01" + "00" * 40, damaged.person_id],
        )
    now, gateway = NOW, Gateway()
    for _try in range(notifications.MOST_REFUSALS):
        send_notifications(gateway=gateway, now=now)
        now += timedelta(hours=2)

    damaged.refresh_from_db()
    good.refresh_from_db()
    assert (damaged.status, damaged.problem) == (NotificationStatus.FAILED, "mobile_unreadable")
    assert good.status == NotificationStatus.SENT


def test_a_mail_goes_to_everybody_in_the_office_who_has_an_address():
    for address in ("a@example.org", "b@example.org", ""):
        UserFactory(municipal_finance=True, email=address)
    UserFactory(municipal_finance=True, email="gone@example.org", is_active=False)
    message = NotificationFactory(mailed=True)

    send_notifications(gateway=Gateway(), now=NOW)

    (sent,) = mail.outbox
    assert sent.to == ["a@example.org", "b@example.org"]
    assert sent.extra_headers["Message-ID"] == f"<{message.public_id}@portal.example>"
    assert "https://portal.example/inbox/" in sent.body


def test_a_mail_to_a_district_that_is_gone_goes_to_whoever_took_over():
    first = DistrictSuccessionFactory()
    last = DistrictSuccessionFactory(predecessor=first.successor).successor
    for district, address in ((first.predecessor, "gone@example.org"), (last, "heir@example.org")):
        UserFactory(district_reviewer=True, district=district, email=address)
    UserFactory(district_reviewer=True, email="elsewhere@example.org")
    UserFactory(district_lead=True, district=last, email="lead@example.org")
    NotificationFactory(mailed=True, role=Role.DISTRICT_REVIEWER, district=first.predecessor)
    NotificationFactory(mailed=True, role=Role.DISTRICT_REVIEWER, district=last)

    send_notifications(gateway=Gateway(), now=NOW)

    assert [sent.to for sent in mail.outbox] == [
        ["gone@example.org", "heir@example.org"],
        ["heir@example.org"],
    ]


def test_a_mail_to_an_office_without_an_address_is_given_up():
    message = NotificationFactory(mailed=True, tried_count=notifications.MOST_REFUSALS - 1)

    send_notifications(gateway=Gateway(), now=NOW)

    message.refresh_from_db()
    assert (message.status, message.problem) == (NotificationStatus.FAILED, "address_missing")


def test_more_than_one_set_leaves_in_one_sweep():
    NotificationFactory.create_batch(notifications.SENT_AT_ONCE + 1)

    assert send_notifications(gateway=Gateway(), now=NOW) == notifications.SENT_AT_ONCE + 1


# ── Telling ──────────────────────────────────────────────────────────────────────────────────────────────
def tell_finance(key: str = "batch_waits:1") -> None:
    notify_office(
        kind=NotificationKind.BATCH_WAITS,
        key=key,
        role=Role.MUNICIPAL_FINANCE,
        district_id=None,
        facts={"reference": "20261020-A", "lines": 3, "total": "2400.00"},
        entitlement_id=None,
        now=NOW,
    )


def test_an_office_is_told_in_the_portal_and_by_mail_if_anybody_has_an_address():
    tell_finance("batch_waits:1")
    UserFactory(municipal_finance=True, email="finance@example.org")
    tell_finance("batch_waits:2")

    found = Notification.objects.order_by("pk").values_list("key", "channel", "status")
    assert list(found) == [
        ("batch_waits:1", NotificationChannel.IN_APP, NotificationStatus.SENT),
        ("batch_waits:2", NotificationChannel.IN_APP, NotificationStatus.SENT),
        ("batch_waits:2", NotificationChannel.EMAIL, NotificationStatus.QUEUED),
    ]


def test_what_was_told_is_not_told_again():
    person = TraineeFactory()
    for _twice in range(2):
        tell_finance()
        notify_person(
            kind=NotificationKind.ON_NOTICE,
            key="on_notice:1",
            person_id=person.pk,
            facts={"amount": "800.00"},
            entitlement_id=None,
            now=NOW,
        )

    assert Notification.objects.count() == 2


# ── Words ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("kind", messages.TO_PERSON)
def test_every_message_to_a_person_has_words_even_with_a_gap(kind):
    message = NotificationFactory(kind=kind, facts={})

    assert messages.UNKNOWN in messages.sentence(message) or messages.sentence(message)
    assert "%(" not in messages.text_message(message)


@pytest.mark.parametrize("kind", messages.TO_OFFICE)
def test_every_message_to_an_office_has_words_even_with_a_gap(kind):
    message = NotificationFactory(mailed=True, kind=kind, facts={})

    assert "%(" not in messages.mail_text(message) + messages.subject(message)


@pytest.mark.parametrize("kind", messages.OF_CLAIM)
def test_every_message_about_a_claim_has_words_even_with_a_gap(kind):
    message = NotificationFactory(mailed=True, kind=kind, claim=SubsidyClaimFactory(), facts={})

    assert "%(" not in messages.mail_text(message) + messages.subject(message)


def test_every_kind_has_words_for_somebody():
    assert {*messages.TO_PERSON, *messages.TO_OFFICE, *messages.OF_CLAIM} == set(NotificationKind)


def test_sums_and_days_are_written_out():
    message = NotificationFactory(
        kind=NotificationKind.RECOVERY, facts={"amount": "1200.50", "due_on": "2026-11-19"}
    )

    with translation.override("en"):
        assert "1,200.50" in messages.sentence(message)
        assert "Nov. 19, 2026" in messages.sentence(message)
