"""Public notices: published once a day for each district, and closed when the period for objections is over."""

import hashlib
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Final

import structlog
from django.db import transaction
from django.utils import timezone

from assessment.queries import certificates_are_due
from chongqing_dte.foundation.audit import record_event, record_events
from chongqing_dte.foundation.crypto import DAMAGED
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.locks import transaction_lock
from chongqing_dte.foundation.sets import act_or_isolate
from institutions.models import District
from institutions.queries import working_day_after
from subsidies import queries
from subsidies.enums import NotificationKind, PaymentStatus, SubsidyKind
from subsidies.models import NoticeLine, Notification, Payment, PublicNotice
from subsidies.rules.notices import (
    MUNICIPAL_CODE,
    NoticeEntry,
    NoticeHead,
    canonical_content,
    in_order,
    notice_reference,
)
from subsidies.services.notification_steps import message_to, say_once

log = structlog.get_logger(__name__)

KIND: Final = SubsidyKind.ASSESSMENT
SET_SIZE: Final = 2000
# What is behind these in one district and day stands on the notice of the next day.
LONGEST_LIST: Final = 50_000
# A notice waits until no decision is under way, so that one results file stands on one notice; but not for ever.
LONGEST_WAIT: Final = timedelta(hours=1)
NO_DISTRICT: Final = 0


def publish_notices(*, now: datetime) -> int:
    """Publish today's notice of every district that has payments waiting for one, and return how many there are.

    A payment that is held up stays behind for a later day, and so does everything while the working-day calendar
    does not reach the end of the period. Safe to repeat, early, late or beside itself, and after any crash: a
    district has one notice a day, and its payments leave the queue with it.
    """
    oldest = queries.oldest_to_notice_since()
    if oldest is None or (certificates_are_due() and now - oldest < LONGEST_WAIT):
        return 0
    return sum(
        act_or_isolate(
            [district_id or NO_DISTRICT],
            lambda ids: _publish_one(ids[0] or None, now=now),
            complaint="notice_cannot_be_published",
        )
        for district_id in queries.districts_to_notice()
    )


@transaction.atomic(durable=True)
def _publish_one(district_id: int | None, *, now: datetime) -> int:
    today = timezone.localdate(now)
    # Whoever comes second waits, and then finds the notice of the day.
    transaction_lock(f"notice:{KIND}:{district_id}")
    if queries.notice_stands(kind=KIND, district_id=district_id, day=today):
        return 0
    payments = _against_which_nothing_is_said(
        queries.lock_payments_to_notice(district_id, limit=LONGEST_LIST)
    )
    id_numbers = _readable_id_numbers({_person_id(payment) for payment in payments})
    payments = [payment for payment in payments if _person_id(payment) in id_numbers]
    if not payments:
        return 0
    working_days = max(1, *(_notice_days(payment) for payment in payments))
    closes_on = working_day_after(today, working_days)
    if closes_on is None:
        log.warning("notice_waits_for_the_calendar", district=district_id, working_days=working_days)
        return 0
    entries = in_order(_entry(payment, id_numbers[_person_id(payment)]) for payment in payments)
    notice = _notice(_head(district_id, today, closes_on, working_days), entries, district_id, now)
    notice.save(force_insert=True)
    NoticeLine.objects.bulk_create(
        [
            NoticeLine(
                notice=notice,
                line_number=line_number,
                payment_id=entry.payment_id,
                masked_name=entry.masked_name,
                id_ending=entry.id_ending,
            )
            for line_number, entry in enumerate(entries, start=1)
        ],
        batch_size=SET_SIZE,
    )
    Payment.objects.filter(pk__in=[payment.pk for payment in payments]).update(status=PaymentStatus.ON_NOTICE)
    record_events("payment.on_notice", subjects=payments, at=now)
    say_once([_message(payment, notice, now) for payment in payments])
    record_event(
        "notice.published",
        subject=notice,
        at=now,
        facts={"lines": notice.line_count, "total": str(notice.total), "sha256": notice.sha256},
    )
    return 1


def close_notices(*, now: datetime) -> int:
    """Close the notices whose last day is over, and return how many payments went on from closed ones.

    A payment against which something is said stays until it is decided, and then goes on by itself. Safe to repeat,
    early, late or beside itself, and after any crash.
    """
    for notice_id in queries.notice_ids_to_close(timezone.localdate(now)):
        act_or_isolate(
            [notice_id], lambda ids: _close_one(ids[0], now=now), complaint="notice_cannot_be_closed"
        )
    gone_on, last_id = 0, 0
    while payment_ids := queries.payment_ids_off_notice(after=last_id, limit=SET_SIZE):
        last_id = payment_ids[-1]
        gone_on += act_or_isolate(
            payment_ids, lambda ids: _go_on(ids, now=now), complaint="payment_cannot_leave_its_notice"
        )
    return gone_on


@transaction.atomic(durable=True)
def _close_one(notice_id: int, *, now: datetime) -> int:
    notice = queries.lock_notice(notice_id)
    if notice.closed_at is not None:
        return 0
    notice.closed_at = now
    notice.save(update_fields=["closed_at"])
    record_event("notice.closed", subject=notice, at=now)
    return 1


@transaction.atomic(durable=True)
def _go_on(payment_ids: Sequence[int], *, now: datetime) -> int:
    payments = _against_which_nothing_is_said(queries.lock_payments_off_notice(payment_ids))
    if not payments:
        return 0
    Payment.objects.filter(pk__in=[payment.pk for payment in payments]).update(status=PaymentStatus.READY)
    record_events("payment.off_notice", subjects=payments, at=now)
    nudge_after_commit("notice_over")
    return len(payments)


def _against_which_nothing_is_said(payments: Sequence[Payment]) -> list[Payment]:
    """Return the payments that no objection holds. Whoever objects now waits for the lock on the payment."""
    objected_to = queries.entitlements_objected_to([payment.entitlement_id for payment in payments])
    return [payment for payment in payments if payment.entitlement_id not in objected_to]


def _readable_id_numbers(trainee_ids: Collection[int]) -> dict[int, str]:
    """Return the ID numbers. One that cannot be decrypted keeps its own payment waiting, and no other."""
    try:
        return queries.id_numbers_of(trainee_ids)
    except DAMAGED:
        known = sorted(trainee_ids)
        if len(known) == 1:
            log.exception("id_number_unreadable", trainee=known[0])
            return {}
        middle = len(known) // 2
        return _readable_id_numbers(known[:middle]) | _readable_id_numbers(known[middle:])


def _person_id(payment: Payment) -> int:
    """Return the row that stands for the payee by now."""
    return payment.payee.merged_into_id or payment.payee_id


def _notice_days(payment: Payment) -> int:
    policy = payment.entitlement.policy_version
    return policy.notice_working_days if policy is not None else 0


def _entry(payment: Payment, id_number: str) -> NoticeEntry:
    certificate = payment.entitlement.certificate
    person = payment.payee.merged_into or payment.payee
    return NoticeEntry(
        payment_id=payment.pk,
        name=person.name,
        id_number=id_number,
        certificate_number=certificate.number,
        occupation_code=certificate.occupation.code,
        occupation=certificate.occupation.name_zh,
        level=certificate.level,
        institution=certificate.institution.name_zh,
        amount=payment.amount,
    )


def _message(payment: Payment, notice: PublicNotice, now: datetime) -> Notification:
    return message_to(
        kind=NotificationKind.ON_NOTICE,
        key=f"on_notice:{payment.pk}",
        person_id=_person_id(payment),
        facts={"amount": str(payment.amount), "closes_on": notice.closes_on.isoformat()},
        entitlement_id=payment.entitlement_id,
        now=now,
    )


def _head(district_id: int | None, today: date, closes_on: date, working_days: int) -> NoticeHead:
    district = District.objects.get(pk=district_id) if district_id else None
    code = district.code if district else MUNICIPAL_CODE
    return NoticeHead(
        reference=notice_reference(KIND, code, today),
        kind=KIND,
        district_code=code,
        district=district.name_zh if district else "",
        opens_on=today,
        closes_on=closes_on,
        working_days=working_days,
    )


def _notice(
    head: NoticeHead, entries: Sequence[NoticeEntry], district_id: int | None, now: datetime
) -> PublicNotice:
    content = canonical_content(head, entries)
    return PublicNotice(
        reference=head.reference,
        kind=head.kind,
        district_id=district_id,
        opens_on=head.opens_on,
        closes_on=head.closes_on,
        working_days=head.working_days,
        line_count=len(entries),
        total=sum(entry.amount for entry in entries),
        content=content,
        sha256=hashlib.sha256(content.encode()).hexdigest(),
        published_at=now,
    )
