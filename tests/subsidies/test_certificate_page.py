"""The one page of a certificate explains everything: the policy's words, what is missing, and the whole road."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.translation import override

from institutions.enums import Role
from subsidies.dossier import certificate_dossier
from subsidies.enums import (
    NotificationChannel,
    NotificationKind,
    NotificationStatus,
    ObjectionKind,
    PaymentStatus,
)
from subsidies.models import NoticeLine, Notification, Objection, Payment, PublicNotice
from subsidies.services.decisions import decide_due_certificates
from subsidies.services.revocations import follow_ended_certificates
from subsidies.views.road import road
from tests.clock import NOW
from tests.factories.enrollment import TraineeFactory
from tests.factories.subsidies import (
    correct_account,
    decision_on,
    delivered_batch,
    due_certificate,
    granted_certificate,
    hear_from_bank,
    open_programme,
    payment_of,
    revoke,
)

pytestmark = pytest.mark.django_db


def page_of(client, certificate):
    client.cookies["django_language"] = "en"
    response = client.get(reverse("certificate-detail", args=[certificate.public_id]))
    assert response.status_code == 200
    return response.content.decode()


def titles(certificate):
    return [step.title for step in road(certificate_dossier(certificate), sees_money=True)]


def put_on_notice(certificate):
    payment = payment_of(certificate)
    notice = PublicNotice.objects.create(
        reference="N-2026-1",
        kind="ASSESSMENT",
        opens_on=NOW.date(),
        closes_on=NOW.date() + timedelta(days=7),
        working_days=5,
        line_count=1,
        total=payment.amount,
        content="[]",
        sha256="0" * 64,
        published_at=NOW,
    )
    NoticeLine.objects.create(
        notice=notice, line_number=1, payment=payment, masked_name="张＊", id_ending="0000"
    )


def object_to(certificate, **fields):
    return Objection.objects.create(
        entitlement=decision_on(certificate),
        kind=ObjectionKind.PERSON,
        statement="a secret statement",
        raised_at=NOW,
        **fields,
    )


def tell(certificate, number=1):
    return Notification.objects.create(
        key=f"granted:{certificate.pk}:{number}",
        kind=NotificationKind.GRANTED,
        channel=NotificationChannel.SMS,
        person=certificate.trainee,
        entitlement=decision_on(certificate),
        status=NotificationStatus.QUEUED,
        created_at=NOW,
    )


def test_page_gives_the_words_of_the_policy(client_as):
    open_programme(name="Rules of 2026", source="example: notice of the bureau", lifetime_cap=3)
    page = page_of(client_as(Role.MUNICIPAL_REVIEWER), granted_certificate())

    assert "The policy that it was decided by" in page
    for words in ("Rules of 2026", "example: notice of the bureau", "First pass counted over"):
        assert words in page


@override("en")
def test_policy_says_what_is_not_limited():
    open_programme(lifetime_cap=3)

    facts = dict(certificate_dossier(granted_certificate()).entitlements[0].policy_facts)

    assert facts["Subsidies in a lifetime at most"] == 3
    assert facts["Subsidies in a calendar year at most"] == "Not limited"


@override("en")
def test_hold_says_who_must_act_and_until_when_that_is_asked_for():
    open_programme(chase_days=30)
    certificate = due_certificate(attempt__enrollment__trainee=TraineeFactory())
    decide_due_certificates(now=NOW)

    facts = dict(certificate_dossier(certificate).entitlements[0].hold_facts)

    assert facts["Missing since"] == NOW.date().isoformat()
    assert facts["Asked for until"] == (NOW.date() + timedelta(days=30)).isoformat()
    assert {"Who must act", "What has to be done"} <= set(facts)


@override("en")
def test_hold_without_a_policy_has_a_sentence_and_no_day():
    certificate = due_certificate()
    decide_due_certificates(now=NOW)

    facts = dict(certificate_dossier(certificate).entitlements[0].hold_facts)

    assert "every 14 days" in facts["Asked for until"]


def test_what_is_granted_waits_for_nobody():
    assert certificate_dossier(granted_certificate()).entitlements[0].hold_facts == []


@override("en")
def test_road_leads_from_the_roster_to_the_line_of_the_bank():
    batch = delivered_batch()
    certificate = batch.attempts.get().payment.entitlement.certificate
    hear_from_bank(batch, name="RESULT-7.csv")

    steps = road(certificate_dossier(certificate), sees_money=True)

    assert [step.title for step in steps if step.title in {"Roster", "Decision", "Payment"}] == [
        "Roster",
        "Decision",
        "Payment",
    ]
    bank = next(step for step in steps if step.title == "Bank result")
    assert dict(bank.facts)["Where it stands"] == "Line 1 of RESULT-7.csv"
    assert [step.at for step in steps] == sorted(step.at for step in steps)


@override("en")
def test_road_shows_notice_objection_and_notification():
    certificate = granted_certificate()
    put_on_notice(certificate)
    object_to(certificate)
    tell(certificate)

    assert {"Public notice", "Objection", "Notification: Subsidy granted"} <= set(titles(certificate))


def test_page_keeps_what_was_said_in_an_objection_to_the_objections_own_page(client_as):
    certificate = granted_certificate()
    object_to(certificate)

    assert "a secret statement" not in page_of(client_as(Role.MUNICIPAL_REVIEWER), certificate)


@override("en")
def test_road_of_a_superseded_grant_shows_its_cancelled_payment_too():
    certificate = revoke(granted_certificate())
    follow_ended_certificates(now=NOW)

    found = titles(certificate)

    assert Payment.objects.get().status == PaymentStatus.CANCELLED
    assert "Payment cancelled" in found
    assert "Decision, superseded later" in found


@override("en")
def test_road_of_returned_money_shows_each_attempt_with_its_bank_line():
    batch = delivered_batch()
    certificate = batch.attempts.get().payment.entitlement.certificate
    hear_from_bank(batch, "RETURNED")
    correct_account(certificate.trainee_id)

    attempt = certificate_dossier(certificate).payment_attempts[0]

    assert attempt.bank_lines[0].reason_text == attempt.bank_answer != ""
    assert attempt.advice


@pytest.mark.parametrize(("role", "sees"), [(Role.MUNICIPAL_FINANCE, True), (Role.DISTRICT_LEAD, False)])
def test_link_to_the_batch_is_for_those_who_see_it(client_as, role, sees):
    batch = delivered_batch()
    certificate = batch.attempts.get().payment.entitlement.certificate
    district = certificate.attempt.enrollment.training_class.district
    office = {} if sees else {"district": district}

    page = page_of(client_as(role, **office), certificate)

    assert (reverse("batch-detail", args=[batch.public_id]) in page) == sees


def test_page_takes_as_many_queries_however_much_has_happened(client_as, django_assert_num_queries):
    reviewer = client_as(Role.MUNICIPAL_REVIEWER)
    batch = delivered_batch()
    certificate = batch.attempts.get().payment.entitlement.certificate
    hear_from_bank(batch)
    put_on_notice(certificate)
    tell(certificate)
    page_of(reviewer, certificate)
    with django_assert_num_queries(QUERIES):
        page_of(reviewer, certificate)

    for number in range(2, 8):
        tell(certificate, number)
        object_to(certificate)

    with django_assert_num_queries(QUERIES):
        page_of(reviewer, certificate)


# Of the session, the person, the certificate, and each part of the road once.
QUERIES = 27
