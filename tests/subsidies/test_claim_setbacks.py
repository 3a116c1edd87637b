"""Who is told that a confirmed claim came back to its district, and that something of a paid one is asked back."""

from datetime import timedelta

import pytest
from django.utils.translation import override

from institutions.enums import Role
from subsidies import queries
from subsidies.enums import NotificationKind, ObjectionKind, ObjectionStatus
from subsidies.messages import sentence
from subsidies.models import ClaimLine, Notification, Payment, Recovery, SubsidyClaim
from subsidies.rules.desk import MATTERS
from subsidies.services.claim_recoveries import follow_changed_claims
from subsidies.services.objections import follow_upheld_objections
from subsidies.views.desk_rows import shown_rows
from tests.clock import NOW
from tests.factories.claim_payments import said_against_claim
from tests.factories.claim_reviews import reviewer_of
from tests.factories.nettings import real_claim, real_paid_claim
from tests.factories.notices import decided
from tests.factories.subsidies import revoke

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

LATER = NOW + timedelta(days=1)


def one_falls(claim: SubsidyClaim) -> None:
    """Let a certificate behind a claim be revoked, and the sweep look at it on two days."""
    line = ClaimLine.objects.filter(reckoning=claim.reckoning_id, is_pass=True).order_by("line_number")[0]
    revoke(line.attempt.certificates.get())
    follow_changed_claims(now=LATER)
    follow_changed_claims(now=LATER + timedelta(days=1))


def test_who_has_to_do_with_a_claim_that_fell_back_is_told_why():
    claim = real_claim()
    one_falls(claim)

    told = Notification.objects.filter(kind=NotificationKind.CLAIM_FELL_BACK, claim=claim)
    assert {(each.role, each.institution or each.district) for each in told} == {
        (Role.TRAINING_OPERATOR, claim.institution),
        (Role.TRAINING_MANAGER, claim.institution),
        (Role.DISTRICT_REVIEWER, claim.district),
        (Role.DISTRICT_LEAD, claim.district),
    }
    assert told.count() == told.values("role", "channel").distinct().count()
    assert "What it rests on changed before it was paid." in sentence(told[0])
    with override("zh-hans"):
        assert "What it rests on" not in sentence(told[0])


def test_a_claim_that_fell_back_stands_on_its_districts_desk_with_the_reason():
    claim = real_claim()
    one_falls(claim)

    desk = queries.Desk(reviewer_of(claim), LATER)
    matter = MATTERS["claims-back-with-the-district"]
    (row,) = shown_rows(matter, list(queries.stuck_rows(desk, matter)), desk)

    assert (row.what, row.since) == (claim.reference, LATER)
    assert row.cause.startswith("What it rests on changed before it was paid.")
    assert row.act_url


def test_an_institution_is_told_when_something_is_asked_back_of_its_claim():
    claim = real_paid_claim()
    one_falls(claim)

    amount = sum(recovery.amount for recovery in Recovery.objects.all())
    told = Notification.objects.filter(kind=NotificationKind.RECOVERY_OPENED)
    assert [each.role for each in told.order_by("role")] == [Role.TRAINING_MANAGER, Role.TRAINING_OPERATOR]
    assert {each.claim for each in told} == {claim}
    assert f"{amount:,.2f} yuan" in sentence(told[0])


def test_an_institution_is_told_when_all_of_a_claim_is_asked_back():
    claim = real_paid_claim()

    decided(said_against_claim(Payment.objects.get(), ObjectionKind.OFFICE), ObjectionStatus.UPHELD)
    follow_upheld_objections(now=NOW)

    told = Notification.objects.filter(kind=NotificationKind.RECOVERY_OPENED)
    assert {each.claim for each in told} == {claim}
    assert told[0].facts == {"amount": str(Recovery.objects.get().amount)}
