"""A claim stands on a public notice of its district: the institution by name, nobody of its class; and objections."""

import hashlib
import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils.translation import gettext, override

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from institutions.enums import Role
from subsidies import policies
from subsidies.claim_reasons import claim_reason
from subsidies.enums import (
    ClaimStatus,
    JournalKind,
    NotificationKind,
    ObjectionKind,
    ObjectionStatus,
    PaymentStatus,
    SubsidyKind,
)
from subsidies.models import (
    ClaimStep,
    JournalEntry,
    NoticeLine,
    Notification,
    Payment,
    PublicNotice,
    TrainingSubsidy,
)
from subsidies.services.claim_payments import open_claim_payments
from subsidies.services.notices import close_notices, publish_notices
from subsidies.services.objections import (
    ObjectionEntry,
    decide_objection,
    follow_upheld_objections,
    raise_objection,
)
from tests.clock import NOW
from tests.factories.claim_payments import (
    confirmed_claim,
    open_training_money_with_notice,
    opened_payment,
    paid_claim_budget,
    payment_on_claim_notice,
    said_against_claim,
    with_account,
)
from tests.factories.enrollment import TrainingClassFactory
from tests.factories.institutions import InstitutionFactory, UserFactory
from tests.factories.notices import (
    AFTERWARDS,
    LAST_DAY,
    decided,
    payment_to_notice,
)
from tests.factories.subsidies import next_batch
from tests.subsidies.database import check_commit, triggers_off

pytestmark = pytest.mark.django_db


# ── What is published ────────────────────────────────────────────────────────────────────────────────────
def test_a_claim_stands_on_the_notice_of_its_district():
    payment = payment_on_claim_notice(3)

    notice = PublicNotice.objects.get()
    assert (notice.kind, notice.district) == (SubsidyKind.TRAINING, payment.district)
    assert (notice.closes_on, notice.total) == (LAST_DAY, Decimal("2400.00"))
    assert payment.status == PaymentStatus.ON_NOTICE


def test_the_line_names_institution_class_and_number_and_nobody_of_the_class():
    payment = payment_on_claim_notice(3)
    training_class = payment.claim.training_class

    notice = PublicNotice.objects.get()
    assert json.loads(notice.content)["lines"] == [
        {
            "line": 1,
            "name": payment.institution.name_zh,
            "id_ending": "",
            "class": training_class.reference,
            "occupation": {
                "code": training_class.occupation.code,
                "name": training_class.occupation.name_zh,
            },
            "level": training_class.level,
            "people": 3,
            "amount": "2400.00",
        }
    ]
    for line in payment.claim.reckoning.lines.all():
        assert line.enrollment.trainee.name not in notice.content
    assert notice.sha256 == hashlib.sha256(notice.content.encode()).hexdigest()


def test_the_claims_of_one_district_stand_on_one_notice_in_the_order_of_the_list():
    open_training_money_with_notice()
    district = InstitutionFactory().district
    for name in ("乙学校", "甲学校"):
        institution = InstitutionFactory(name_zh=name, district=district)
        opened_payment(training_class=TrainingClassFactory(completed=True, institution=institution))
    publish_notices(now=NOW)

    lines = NoticeLine.objects.order_by("line_number")
    assert [line.masked_name for line in lines] == sorted(["乙学校", "甲学校"])
    assert PublicNotice.objects.count() == 1


def test_both_subsidies_have_a_notice_of_their_own():
    payment_on_claim_notice()
    payment_to_notice()

    publish_notices(now=NOW + timedelta(hours=2))

    assert set(PublicNotice.objects.values_list("kind", flat=True)) == set(SubsidyKind.values)


def test_the_institution_is_told_until_when_its_claim_is_published():
    payment = payment_on_claim_notice()

    told = Notification.objects.filter(kind=NotificationKind.ON_NOTICE, claim=payment.claim)
    assert set(told.values_list("role", flat=True)) == {Role.TRAINING_MANAGER, Role.TRAINING_OPERATOR}
    assert told[0].facts["closes_on"] == LAST_DAY.isoformat()


def test_a_claim_goes_on_once_its_days_are_over():
    payment = payment_on_claim_notice()

    close_notices(now=AFTERWARDS)

    payment.refresh_from_db()
    assert payment.status == PaymentStatus.READY
    assert next_batch(now=AFTERWARDS) is not None


# ── What somebody says against it ────────────────────────────────────────────────────────────────────────
def test_the_public_objects_to_a_line_and_its_money_waits():
    payment = payment_on_claim_notice()

    objection = said_against_claim(payment)

    close_notices(now=AFTERWARDS)
    payment.refresh_from_db()
    assert (objection.claim, objection.entitlement) == (payment.claim, None)
    assert payment.status == PaymentStatus.ON_NOTICE


def test_the_office_and_the_institution_are_told_and_not_by_whom():
    objection = said_against_claim(payment_on_claim_notice())

    told = Notification.objects.filter(kind=NotificationKind.OBJECTION, claim=objection.claim)
    assert set(told.values_list("role", flat=True)) == {
        Role.DISTRICT_REVIEWER,
        Role.TRAINING_MANAGER,
        Role.TRAINING_OPERATOR,
    }
    assert not any("李四" in str(each.facts) for each in told)


def test_a_dismissed_objection_lets_the_money_go_on():
    payment = payment_on_claim_notice()
    decided(said_against_claim(payment), ObjectionStatus.DISMISSED)

    close_notices(now=AFTERWARDS)

    payment.refresh_from_db()
    assert payment.status == PaymentStatus.READY


def test_an_objection_to_one_claim_holds_no_other():
    first, second = payment_on_claim_notice(), opened_payment()
    publish_notices(now=NOW)
    said_against_claim(first)

    close_notices(now=AFTERWARDS)

    second.refresh_from_db()
    assert second.status == PaymentStatus.READY


def test_an_upheld_objection_gives_the_claim_back_and_takes_its_money_away():
    payment = payment_on_claim_notice()
    decided(said_against_claim(payment), ObjectionStatus.UPHELD)

    assert follow_upheld_objections(now=NOW) == 1

    payment.refresh_from_db()
    claim = payment.claim
    claim.refresh_from_db()
    assert payment.status == PaymentStatus.CANCELLED
    assert (claim.status, claim.recommended_by, claim.first_confirmed_by) == (
        ClaimStatus.RETURNED,
        None,
        None,
    )
    assert claim.status_reason == "An objection was upheld.\nWe looked into the attendance sheets."
    assert not TrainingSubsidy.objects.filter(voided_at__isnull=True).exists()
    assert paid_claim_budget().reserved == Decimal("0.00")
    assert JournalEntry.objects.filter(kind=JournalKind.VOID).count() == 1
    assert ClaimStep.objects.get(claim=claim, to_status=ClaimStatus.RETURNED).reason


def test_an_upheld_objection_counts_against_a_payment_whose_clock_was_ahead():
    payment = payment_on_claim_notice()
    objection = said_against_claim(payment)
    ahead = NOW + timedelta(seconds=5)
    with triggers_off():
        Payment.objects.filter(pk=payment.pk).update(opened_at=ahead)

    decided(objection, ObjectionStatus.UPHELD)

    objection.refresh_from_db()
    assert objection.decided_at == ahead
    assert follow_upheld_objections(now=ahead) == 1
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.CANCELLED


@pytest.mark.parametrize("has_payment", [True, False], ids=["by the sweep", "by the decider"])
def test_the_reason_is_read_in_the_readers_language(has_payment):
    open_training_money_with_notice()
    claim = with_account(confirmed_claim())
    if has_payment:
        open_claim_payments(now=NOW)
        check_commit()
    objection = objected_by_office(claim)
    with override("zh-hans"):
        decided(objection, ObjectionStatus.UPHELD)
        follow_upheld_objections(now=NOW)
    claim.refresh_from_db()
    step = ClaimStep.objects.get(claim=claim, to_status=ClaimStatus.RETURNED)

    assert step.reason == claim.status_reason
    with override("en"):
        assert claim_reason(step.reason) == "An objection was upheld.\nWe looked into the attendance sheets."
    with override("zh-hans"):
        own, words = claim_reason(step.reason).split("\n")
    assert (own, words) == (upheld_in_chinese(), "We looked into the attendance sheets.")


def upheld_in_chinese():
    with override("zh-hans"):
        return gettext("An objection was upheld.")


@pytest.mark.parametrize(
    "reason", ["异议成立：班级课时不足。", "The class was half as long.", "", "\n", "a\nb"]
)
def test_what_was_kept_before_and_what_people_write_is_read_as_it_is(reason):
    with override("zh-hans"):
        assert claim_reason(reason) == reason


def test_following_is_safe_to_repeat():
    decided(said_against_claim(payment_on_claim_notice()), ObjectionStatus.UPHELD)

    assert (follow_upheld_objections(now=NOW), follow_upheld_objections(now=NOW)) == (1, 0)


def test_what_was_upheld_once_does_not_hold_what_is_confirmed_anew():
    payment = payment_on_claim_notice()
    decided(said_against_claim(payment), ObjectionStatus.UPHELD)
    follow_upheld_objections(now=NOW)
    payment.claim.refresh_from_db()
    confirmed_again(payment.claim)

    later = NOW + timedelta(days=1)
    open_claim_payments(now=later)
    publish_notices(now=later)

    again = Payment.objects.exclude(status=PaymentStatus.CANCELLED).get(claim=payment.claim)
    assert again.status == PaymentStatus.ON_NOTICE


def confirmed_again(claim):
    """Let a claim that was given back be signed by everybody once more."""
    claim.status = ClaimStatus.CONFIRMED
    claim.recommended_by = UserFactory(district_reviewer=True, district=claim.district)
    claim.first_confirmed_by = UserFactory(municipal_reviewer=True)
    claim.recommended_at = claim.first_confirmed_at = NOW + timedelta(hours=1)
    claim.payment_due = True
    claim.save()


def test_a_claim_that_waits_for_budget_is_given_back_at_once():
    open_training_money_with_notice()
    claim = with_account(confirmed_claim())
    objection = objected_by_office(claim)

    decided(objection, ObjectionStatus.UPHELD)

    claim.refresh_from_db()
    assert (claim.status, claim.payment_due) == (ClaimStatus.RETURNED, False)
    assert open_claim_payments(now=NOW) == 0


def objected_by_office(claim, **changes):
    entry = ObjectionEntry(ObjectionKind.OFFICE, "The class was half as long as planned.")
    given = {"raised_by": UserFactory(municipal_operator=True), **changes}
    return raise_objection(claim_id=claim.pk, entry=entry, now=NOW, **given)


def test_nobody_objects_to_a_claim_that_is_not_confirmed():
    payment = payment_on_claim_notice()
    decided(said_against_claim(payment), ObjectionStatus.UPHELD)
    follow_upheld_objections(now=NOW)

    with pytest.raises(InvalidTransition) as refusal:
        objected_by_office(payment.claim)

    assert refusal.value.code == "not_confirmed"


def test_a_claim_is_objected_to_by_no_person_of_its_own():
    claim = confirmed_claim()

    with pytest.raises(DomainError) as refusal:
        raise_objection(
            claim_id=claim.pk, entry=ObjectionEntry(ObjectionKind.PERSON, "I never was there."), now=NOW
        )

    assert refusal.value.code == "of_no_person"


def test_a_line_about_something_else_is_no_line_to_object_to():
    first, second = payment_on_claim_notice(), confirmed_claim()
    entry = ObjectionEntry(ObjectionKind.PUBLIC, "It never took place.", "李四", "13800000000")

    with pytest.raises(DomainError) as refusal:
        raise_objection(
            claim_id=second.pk,
            entry=entry,
            notice_line_id=NoticeLine.objects.get(payment=first).pk,
            now=NOW,
        )

    assert refusal.value.code == "other_line"


def test_a_district_objects_to_its_own_claims_only():
    claim = confirmed_claim()
    own = UserFactory(district_reviewer=True, district=claim.district)

    assert objected_by_office(claim, raised_by=own).claim == claim
    with pytest.raises(NotPermitted):
        objected_by_office(claim, raised_by=UserFactory(district_reviewer=True))


@pytest.mark.parametrize("part", ["recommended_by", "first_confirmed_by"])
def test_nobody_decides_an_objection_to_what_they_have_signed(part):
    objection = said_against_claim(payment_on_claim_notice())
    signer = getattr(objection.claim, part)

    assert not policies.can_decide_objection(signer, objection, {objection.claim.district_id})
    with pytest.raises(NotPermitted):
        decide_objection(
            objection_id=objection.pk,
            decider=signer,
            outcome=ObjectionStatus.DISMISSED,
            reason="It was as it should be.",
            now=NOW,
        )


def test_another_reviewer_of_the_district_decides():
    objection = said_against_claim(payment_on_claim_notice())
    reviewer = UserFactory(district_reviewer=True, district=objection.claim.district)

    decide_objection(
        objection_id=objection.pk,
        decider=reviewer,
        outcome=ObjectionStatus.DISMISSED,
        reason="It was as it should be.",
        now=NOW,
    )

    objection.refresh_from_db()
    assert objection.status == ObjectionStatus.DISMISSED
