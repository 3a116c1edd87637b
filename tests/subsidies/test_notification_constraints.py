"""A message has one receiver, is said once, and stays sent; one promise that is broken is one alarm."""

import pytest
from django.db import IntegrityError, InternalError, transaction

from institutions.enums import Role
from subsidies.enums import NotificationStatus
from subsidies.models import InvariantAlarm, Notification
from tests.clock import NOW
from tests.factories.notifications import NotificationFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"kind": "GREETING"}, "notification_kind_known"),
        ({"channel": "PIGEON"}, "notification_channel_known"),
        ({"status": "LOST"}, "notification_status_known"),
        ({"to_office": True, "role": "JANITOR"}, "notification_role_known"),
        ({"person": None}, "notification_to_a_person_or_an_office"),
        ({"role": Role.MUNICIPAL_FINANCE}, "notification_to_a_person_or_an_office"),
        ({"status": NotificationStatus.SENT}, "notification_sent_at_some_time"),
        ({"status": NotificationStatus.FAILED}, "notification_failed_for_a_reason"),
        ({"shown": True, "read_at": NOW}, "notification_reading_complete"),
    ],
)
def test_message_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        NotificationFactory(**fields)


def test_one_thing_is_said_once_to_one_person():
    said = NotificationFactory()

    with pytest.raises(IntegrityError, match='"notification_said_once"'), transaction.atomic():
        NotificationFactory(key=said.key, entitlement=said.entitlement)


def test_one_thing_is_said_once_to_one_office():
    said = NotificationFactory(shown=True)

    with pytest.raises(IntegrityError, match='"notification_said_once"'), transaction.atomic():
        NotificationFactory(key=said.key, shown=True)


@pytest.mark.parametrize(
    "change", [{"status": NotificationStatus.QUEUED, "sent_at": None}, {"sent_at": None}, {"tried_count": 9}]
)
def test_a_message_that_was_sent_stays_so(change):
    sent = NotificationFactory(status=NotificationStatus.SENT, sent_at=NOW)

    with pytest.raises(InternalError, match="notification_stays_sent"), transaction.atomic():
        Notification.objects.filter(pk=sent.pk).update(**change)


def test_a_promise_has_one_alarm_at_a_time():
    alarm = {"invariant": "a_promise", "first_seen_at": NOW, "last_seen_at": NOW}
    InvariantAlarm.objects.create(**alarm, ended_at=NOW)
    InvariantAlarm.objects.create(**alarm)

    with pytest.raises(IntegrityError, match='"alarm_one_live_per_invariant"'), transaction.atomic():
        InvariantAlarm.objects.create(**alarm)
