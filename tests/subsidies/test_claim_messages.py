"""Institutions are told when a claim opens and when it lapses, and a district when claims are handed over to it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from institutions.models import User
from subsidies.enums import ClaimStatus, NotificationChannel, NotificationKind
from subsidies.messages import sentence
from subsidies.models import Notification, SubsidyClaim
from subsidies.services.claim_sweeps import lapse_claims, open_due_claims
from subsidies.services.claims import open_claim
from tests.clock import NOW
from tests.factories.claims import SubsidyClaimFactory, class_with_results, institution_user, open_training
from tests.factories.institutions import UserFactory

pytestmark = pytest.mark.django_db


def told(
    kind: NotificationKind, channel: NotificationChannel = NotificationChannel.IN_APP
) -> list[Notification]:
    return list(Notification.objects.filter(kind=kind, channel=channel).order_by("role"))


def words(notification: Notification) -> str:
    with translation.override("en"):
        return sentence(notification)


def opened() -> SubsidyClaim:
    open_training()
    class_with_results(True, True)
    open_due_claims(now=NOW)
    return SubsidyClaim.objects.get()


def test_an_institution_is_told_what_a_claim_comes_to_and_until_when():
    claim = opened()

    operator, manager = sorted(told(NotificationKind.CLAIM_OPENED), key=lambda each: each.role, reverse=True)
    assert {operator.role, manager.role} == {"TRAINING_OPERATOR", "TRAINING_MANAGER"}
    assert (manager.institution, manager.claim) == (claim.institution, claim)
    assert claim.reference in words(manager)
    # Two people of 800 yuan; that nothing was advanced yet is not held against it.
    assert claim.reckoning.amount == 0
    assert "1,600.00 yuan for 2 people" in words(manager)
    assert str(claim.submit_until.year) in words(manager)


def test_it_is_told_once_however_often_the_sweep_looks():
    opened()
    open_due_claims(now=NOW + timedelta(hours=1))

    assert len(told(NotificationKind.CLAIM_OPENED)) == 2


def test_it_is_told_by_mail_only_where_somebody_has_an_address():
    open_training()
    training_class = class_with_results(True, True)
    UserFactory(training_manager=True, institution=training_class.institution, email="a@example.org")

    open_due_claims(now=NOW)

    (mail,) = told(NotificationKind.CLAIM_OPENED, NotificationChannel.EMAIL)
    assert (mail.role, mail.next_try_at) == ("TRAINING_MANAGER", NOW)


def test_whoever_opens_a_claim_need_not_be_told():
    open_training()
    training_class = class_with_results(True, True)
    opener: User = institution_user(training_class)

    open_claim(class_id=training_class.pk, opener=opener, now=NOW)

    assert told(NotificationKind.CLAIM_OPENED) == []


def test_an_institution_is_told_that_a_claim_has_lapsed():
    claim = SubsidyClaimFactory(submit_until=NOW.date() - timedelta(days=1))

    lapse_claims(now=NOW)

    claim.refresh_from_db()
    messages = told(NotificationKind.CLAIM_LAPSED)
    assert claim.status == ClaimStatus.LAPSED
    assert [each.claim for each in messages] == [claim, claim]
    assert claim.reference in words(messages[0])


def test_a_message_leads_to_its_claim():
    claim = opened()
    client = Client()
    client.force_login(UserFactory(training_manager=True, institution=claim.institution))

    rows = client.get(reverse("inbox")).context["rows"]

    assert [row["url"] for row in rows] == [reverse("claim-detail", args=[claim.public_id])]
