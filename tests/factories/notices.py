"""Notices and objections: single rows, and payments that come to their notice through the services."""

import hashlib
import uuid
from datetime import date, timedelta

import factory
from factory.django import DjangoModelFactory

from assessment.models import LevelCertificate
from subsidies.enums import ObjectionKind, ObjectionStatus, PaymentStatus, SubsidyKind
from subsidies.models import NoticeLine, Objection, Payment, PolicyVersion, PublicNotice
from subsidies.rules.notices import NoticeEntry
from subsidies.services.notices import publish_notices
from subsidies.services.objections import ObjectionEntry, decide_objection, raise_objection
from tests.clock import NOW
from tests.factories.institutions import DistrictFactory, UserFactory
from tests.factories.standing import known_years
from tests.factories.subsidies import (
    FEE,
    EntitlementFactory,
    PaymentFactory,
    granted_certificate,
    open_programme,
    payment_of,
)

NOTICE_DAYS = 5
# Five working days after NOW, which is a Tuesday.
LAST_DAY = date(2026, 10, 27)
ON_LAST_DAY = NOW + timedelta(days=7)
AFTERWARDS = NOW + timedelta(days=8)


class NoticeEntryFactory(factory.Factory):
    """A line as it is known before it is masked."""

    class Meta:
        model = NoticeEntry

    payment_id = factory.Sequence(lambda n: n + 1)
    name = "王小明"
    id_number = "11010519491231002X"
    certificate_number = factory.Sequence(lambda n: f"S000050{n:010d}")
    occupation_code = "2-02-38-01"
    occupation = "人工智能工程技术人员"
    level = "JUNIOR"
    institution = "示范评价机构"
    amount = FEE


class PublicNoticeFactory(DjangoModelFactory):
    """A notice that is open; closed=True was closed on the day after its last."""

    class Meta:
        model = PublicNotice

    class Params:
        closed = factory.Trait(closed_at=AFTERWARDS)

    reference = factory.Sequence(lambda n: f"ASSESSMENT-{n:06d}-20261020")
    kind = SubsidyKind.ASSESSMENT
    district = factory.SubFactory(DistrictFactory)
    opens_on = NOW.date()
    closes_on = LAST_DAY
    working_days = NOTICE_DAYS
    line_count = 1
    total = FEE
    content = factory.Sequence(lambda n: f'{{"lines":[],"number":{n}}}')
    sha256 = factory.LazyAttribute(lambda notice: hashlib.sha256(notice.content.encode()).hexdigest())
    published_at = NOW


class NoticeLineFactory(DjangoModelFactory):
    class Meta:
        model = NoticeLine

    notice = factory.SubFactory(PublicNoticeFactory)
    line_number = factory.Sequence(lambda n: n + 1)
    payment = factory.SubFactory(PaymentFactory, status=PaymentStatus.ON_NOTICE)
    masked_name = "王＊＊"
    id_ending = "002X"


class ObjectionFactory(DjangoModelFactory):
    """A person's objection to a refusal; public=True is to a line, office=True recorded, upheld=True decided."""

    class Meta:
        model = Objection

    class Params:
        public = factory.Trait(
            kind=ObjectionKind.PUBLIC,
            notice_line=factory.SubFactory(NoticeLineFactory),
            entitlement=factory.SelfAttribute("notice_line.payment.entitlement"),
        )
        office = factory.Trait(
            kind=ObjectionKind.OFFICE, raised_by=factory.SubFactory(UserFactory, municipal_operator=True)
        )
        upheld = factory.Trait(
            status=ObjectionStatus.UPHELD,
            decided_by=factory.SubFactory(UserFactory, municipal_reviewer=True),
            decided_at=NOW,
            decision_reason="The attendance was forged.",
        )
        dismissed = factory.Trait(upheld=True, status=ObjectionStatus.DISMISSED)

    entitlement = factory.SubFactory(EntitlementFactory)
    kind = ObjectionKind.PERSON
    statement = "She never came to the class."
    objector_name = "李四"
    contact = "13800000000"
    raised_at = NOW


# ── Through the services ─────────────────────────────────────────────────────────────────────────────────
def open_programme_with_notice(**policy: object) -> PolicyVersion:
    """Put a policy in force that asks for a public notice, and publish the working days of the year."""
    known_years(2026)
    return open_programme(notice_working_days=NOTICE_DAYS, **policy)


def certificate_to_notice(**attributes: object) -> LevelCertificate:
    """Return a granted certificate whose payment waits for a notice."""
    if not PolicyVersion.objects.exists():
        open_programme_with_notice()
    certificate = granted_certificate(**attributes)
    Payment.objects.filter(entitlement__certificate=certificate, status=PaymentStatus.READY).update(
        status=PaymentStatus.TO_NOTICE
    )
    return certificate


def payment_to_notice(**attributes: object) -> Payment:
    """Return a payment that waits for a notice."""
    return payment_of(certificate_to_notice(**attributes))


def payment_on_notice(**attributes: object) -> Payment:
    """Return a payment on a notice that was published today."""
    payment = payment_to_notice(**attributes)
    publish_notices(now=NOW)
    payment.refresh_from_db()
    return payment


def line_of(payment: Payment) -> NoticeLine:
    return NoticeLine.objects.get(payment=payment)


def said_against(payment: Payment, kind: ObjectionKind = ObjectionKind.PUBLIC) -> Objection:
    """Return what somebody says against a payment's line, or the person or an office against its decision."""
    is_public = kind == ObjectionKind.PUBLIC
    entry = ObjectionEntry(kind, "She never came to the class.", "李四", "13800000000", uuid.uuid4())
    return raise_objection(
        entitlement_id=payment.entitlement_id,
        entry=entry,
        notice_line_id=line_of(payment).pk if is_public else None,
        raised_by=UserFactory(municipal_operator=True) if kind == ObjectionKind.OFFICE else None,
        now=NOW,
    )


def decided(objection: Objection, outcome: ObjectionStatus) -> Objection:
    """Return an objection after the municipal bureau has decided it."""
    return decide_objection(
        objection_id=objection.pk,
        decider=UserFactory(municipal_reviewer=True),
        outcome=outcome,
        reason="We looked into the attendance sheets.",
        now=NOW,
    )
