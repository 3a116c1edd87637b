import pytest
from django.db import DatabaseError, IntegrityError, transaction

from subsidies.enums import ObjectionKind, ObjectionStatus, PaymentStatus
from subsidies.models import Objection, Payment, PublicNotice
from tests.clock import NOW
from tests.factories.institutions import DistrictFactory, UserFactory
from tests.factories.notices import AFTERWARDS, NoticeLineFactory, ObjectionFactory, PublicNoticeFactory
from tests.factories.subsidies import PaymentFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"kind": "CHARITY"}, "notice_kind_known"),
        ({"closes_on": NOW.date()}, "notice_closes_after_it_opens"),
        ({"line_count": 0}, "notice_has_lines"),
        ({"total": 0}, "notice_has_lines"),
        ({"working_days": 0}, "notice_has_lines"),
    ],
)
def test_notice_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        PublicNoticeFactory(**fields)


@pytest.mark.parametrize("with_district", [True, False])
def test_a_district_has_one_notice_a_day(with_district):
    district = DistrictFactory() if with_district else None
    PublicNoticeFactory(district=district)

    with pytest.raises(IntegrityError, match="notice_one_a_day_and_district"), transaction.atomic():
        PublicNoticeFactory(district=district)


def test_two_notices_do_not_share_a_reference():
    notice = PublicNoticeFactory()

    with pytest.raises(IntegrityError, match="reference"), transaction.atomic():
        PublicNoticeFactory(reference=notice.reference)


def test_a_closed_notice_is_not_opened_again():
    notice = PublicNoticeFactory(closed=True)

    with pytest.raises(DatabaseError, match="notice_stays_closed"), transaction.atomic():
        PublicNotice.objects.filter(pk=notice.pk).update(closed_at=None)


def test_a_line_is_numbered_once():
    line = NoticeLineFactory()

    with pytest.raises(IntegrityError, match="notice_line_once_per_notice"), transaction.atomic():
        NoticeLineFactory(notice=line.notice, line_number=line.line_number)


def test_a_payment_stands_on_one_notice():
    line = NoticeLineFactory()

    with pytest.raises(IntegrityError, match="payment_id"), transaction.atomic():
        NoticeLineFactory(payment=line.payment)


@pytest.mark.parametrize("status", [PaymentStatus.READY, PaymentStatus.INSTRUCTED])
@pytest.mark.parametrize("former", [PaymentStatus.TO_NOTICE, PaymentStatus.ON_NOTICE])
def test_money_leaves_no_notice_that_is_open(former, status):
    line = NoticeLineFactory(payment__status=former)

    with pytest.raises(DatabaseError, match="payment_leaves_a_closed_notice"), transaction.atomic():
        Payment.objects.filter(pk=line.payment_id).update(status=status)


def test_money_that_was_never_published_does_not_leave():
    payment = PaymentFactory(status=PaymentStatus.TO_NOTICE)

    with pytest.raises(DatabaseError, match="payment_leaves_a_closed_notice"), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(status=PaymentStatus.READY)


def test_money_leaves_a_closed_notice_and_is_cancelled_on_any():
    closed, still_open = NoticeLineFactory(notice__closed=True), NoticeLineFactory()

    Payment.objects.filter(pk=closed.payment_id).update(status=PaymentStatus.READY)
    Payment.objects.filter(pk=still_open.payment_id).update(
        status=PaymentStatus.CANCELLED, cancelled_at=AFTERWARDS
    )

    assert set(Payment.objects.values_list("status", flat=True)) == {
        PaymentStatus.READY,
        PaymentStatus.CANCELLED,
    }


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"kind": "GOSSIP"}, "objection_kind_known"),
        ({"upheld": True, "status": "FORGOTTEN"}, "objection_status_known"),
        ({"decided_at": NOW}, "objection_decision_complete"),
        ({"status": ObjectionStatus.UPHELD}, "objection_decided_for_a_reason"),
        ({"upheld": True, "decision_reason": ""}, "objection_decided_for_a_reason"),
        ({"kind": ObjectionKind.OFFICE}, "objection_of_an_office_is_signed"),
        ({"kind": ObjectionKind.PUBLIC}, "objection_of_the_public_names_a_line"),
    ],
)
def test_objection_is_refused_by(fields, constraint):
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        ObjectionFactory(**fields)


def test_an_objection_of_the_public_is_signed_by_no_office():
    with pytest.raises(IntegrityError, match="objection_of_the_public_names_a_line"), transaction.atomic():
        ObjectionFactory(public=True, raised_by=UserFactory(municipal_operator=True))


def test_whoever_recorded_an_objection_does_not_decide_it():
    clerk = UserFactory(municipal_reviewer=True)

    with pytest.raises(IntegrityError, match="objection_decided_by_someone_else"), transaction.atomic():
        ObjectionFactory(office=True, upheld=True, raised_by=clerk, decided_by=clerk)


@pytest.mark.parametrize("outcome", ["upheld", "dismissed"])
def test_a_decided_objection_stays_decided(outcome):
    objection = ObjectionFactory(**{outcome: True})

    with pytest.raises(DatabaseError, match="objection_stays_decided"), transaction.atomic():
        Objection.objects.filter(pk=objection.pk).update(decision_reason="Another reason.")
