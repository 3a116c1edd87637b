"""Public notices: published once a day for each district, and closed when the period for objections is over."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, TypeVar

import structlog
from django.db import transaction
from django.utils import timezone

from assessment.queries import certificates_are_due
from chongqing_dte.foundation.audit import record_event, record_events, record_events_of
from chongqing_dte.foundation.bulk import copy_rows
from chongqing_dte.foundation.crypto import DAMAGED
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.locks import transaction_lock
from chongqing_dte.foundation.lookups import Among
from chongqing_dte.foundation.sets import act_or_isolate
from institutions.models import District
from institutions.queries import working_day_after
from subsidies import queries
from subsidies.enums import NotificationKind, PaymentStatus, SubsidyKind
from subsidies.models import NoticeLine, Notification, Payment, PublicNotice
from subsidies.rules.gathering import waits_for_more
from subsidies.rules.notices import (
    MUNICIPAL_CODE,
    ClaimEntry,
    Entry,
    NoticeEntry,
    NoticeHead,
    canonical_content,
    in_order,
    notice_reference,
)
from subsidies.services.notification_steps import message_to, notify_institution, say_to_many

log = structlog.get_logger(__name__)

SET_SIZE: Final = 2000
# What is behind these in one district and day stands on the notice of the next day.
LONGEST_LIST: Final = 50_000
# A notice waits while decisions come, so that one results file stands on one notice. What comes after it stands on
# that of the next day, so that it waits longer than a batch.
LONGEST_WAIT: Final = timedelta(hours=1)
NO_DISTRICT: Final = 0
Held = TypeVar("Held", Payment, queries.PaymentToNotice)


@dataclass(frozen=True)
class Listed:
    """What stands on one notice of one subsidy, in the order of the list, and who is told of it."""

    entries: Sequence[Entry]
    working_days: int
    tell: Callable[[PublicNotice, datetime], None]


def publish_notices(*, now: datetime) -> int:
    """Publish today's notice of every district that has payments waiting for one, and return how many there are.

    A payment that is held up stays behind for a later day, and so does everything while the working-day calendar
    does not reach the end of the period. Safe to repeat, early, late or beside itself, and after any crash: a
    district has one notice a day, and its payments leave the queue with it.
    """
    return sum(_publish_kind(kind, now=now) for kind in SubsidyKind)


def _publish_kind(kind: SubsidyKind, *, now: datetime) -> int:
    waiting = queries.to_notice_since(kind)
    if waiting is None:
        return 0
    more_may_come = kind == SubsidyKind.ASSESSMENT and certificates_are_due()
    if more_may_come and waits_for_more(waiting, longest_wait=LONGEST_WAIT, now=now):
        return 0
    return sum(
        act_or_isolate(
            [district_id or NO_DISTRICT],
            lambda ids: _publish_one(kind, ids[0] or None, now=now),
            complaint="notice_cannot_be_published",
        )
        for district_id in queries.districts_to_notice(kind)
    )


@transaction.atomic(durable=True)
def _publish_one(kind: SubsidyKind, district_id: int | None, *, now: datetime) -> int:
    today = timezone.localdate(now)
    # Whoever comes second waits, and then finds the notice of the day.
    transaction_lock(f"notice:{kind}:{district_id}")
    if queries.notice_stands(kind=kind, district_id=district_id, day=today):
        return 0
    listed = _claims_to_list(district_id) if kind == SubsidyKind.TRAINING else _people_to_list(district_id)
    if not listed.entries:
        return 0
    closes_on = working_day_after(today, listed.working_days)
    if closes_on is None:
        log.warning("notice_waits_for_the_calendar", district=district_id, working_days=listed.working_days)
        return 0
    head = _head(kind, district_id, (today, closes_on), listed.working_days)
    notice = _notice(head, listed.entries, district_id, now)
    notice.save(force_insert=True)
    copy_rows(
        NoticeLine,
        ("notice_id", "line_number", "payment_id", "masked_name", "id_ending", "people_count"),
        (
            (notice.pk, number, entry.payment_id, entry.masked_name, entry.id_ending, entry.people_count)
            for number, entry in enumerate(listed.entries, start=1)
        ),
    )
    payment_ids = [entry.payment_id for entry in listed.entries]
    Payment.objects.filter(Among("pk", payment_ids)).update(status=PaymentStatus.ON_NOTICE)
    record_events_of("payment.on_notice", subject_type=Payment, subject_ids=payment_ids, at=now)
    listed.tell(notice, now)
    record_event(
        "notice.published",
        subject=notice,
        at=now,
        facts={"lines": notice.line_count, "total": str(notice.total), "sha256": notice.sha256},
    )
    return 1


def _people_to_list(district_id: int | None) -> Listed:
    payments = _against_which_nothing_is_said(
        queries.lock_payments_to_notice(district_id, limit=LONGEST_LIST)
    )
    id_numbers = _readable_id_numbers({payment.person_id for payment in payments})
    payments = [payment for payment in payments if payment.person_id in id_numbers]

    def tell(notice: PublicNotice, now: datetime) -> None:
        say_to_many([_message(payment, notice, now) for payment in payments])

    return Listed(
        entries=in_order(_entry(payment, id_numbers[payment.person_id]) for payment in payments),
        working_days=_longest(payment.notice_working_days for payment in payments),
        tell=tell,
    )


def _claims_to_list(district_id: int | None) -> Listed:
    found = queries.lock_claims_to_notice(district_id, limit=LONGEST_LIST)
    objected_to = queries.payments_of_claims_objected_to([payment.pk for payment in found])
    payments = [payment for payment in found if payment.pk not in objected_to]

    def tell(notice: PublicNotice, now: datetime) -> None:
        claims = queries.claims_by_id([payment.claim_id for payment in payments])
        for payment in payments:
            notify_institution(
                kind=NotificationKind.ON_NOTICE,
                key=f"on_notice:{payment.pk}",
                claim=claims[payment.claim_id],
                facts=_said_of(payment.amount, notice),
                now=now,
            )

    return Listed(
        entries=in_order(_claim_entry(payment) for payment in payments),
        working_days=_longest(payment.notice_working_days for payment in payments),
        tell=tell,
    )


def _longest(working_days: Iterable[int]) -> int:
    return max((1, *working_days))


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


def _against_which_nothing_is_said(payments: Sequence[Held]) -> list[Held]:
    """Return the payments that no objection holds. Whoever objects now waits for the lock on the payment."""
    ids = [payment.entitlement_id for payment in payments if payment.entitlement_id is not None]
    objected_to = queries.entitlements_objected_to(ids) if ids else set()
    of_claims = [payment.pk for payment in payments if payment.entitlement_id is None]
    held = queries.payments_of_claims_objected_to(of_claims) if of_claims else set()
    return [
        payment
        for payment in payments
        if payment.entitlement_id not in objected_to and payment.pk not in held
    ]


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


def _entry(payment: queries.PaymentToNotice, id_number: str) -> NoticeEntry:
    return NoticeEntry(
        payment_id=payment.pk,
        name=payment.name,
        id_number=id_number,
        certificate_number=payment.certificate_number,
        occupation_code=payment.occupation_code,
        occupation=payment.occupation,
        level=payment.level,
        institution=payment.institution,
        amount=payment.amount,
    )


def _claim_entry(payment: queries.ClaimToNotice) -> ClaimEntry:
    return ClaimEntry(
        payment_id=payment.pk,
        institution=payment.institution,
        class_reference=payment.class_reference,
        occupation_code=payment.occupation_code,
        occupation=payment.occupation,
        level=payment.level,
        people_count=payment.people_count,
        amount=payment.amount,
    )


def _said_of(amount: Decimal, notice: PublicNotice) -> dict[str, str]:
    return {"amount": str(amount), "closes_on": notice.closes_on.isoformat()}


def _message(payment: queries.PaymentToNotice, notice: PublicNotice, now: datetime) -> Notification:
    return message_to(
        kind=NotificationKind.ON_NOTICE,
        key=f"on_notice:{payment.pk}",
        person_id=payment.person_id,
        facts=_said_of(payment.amount, notice),
        entitlement_id=payment.entitlement_id,
        now=now,
    )


def _head(
    kind: SubsidyKind, district_id: int | None, days: tuple[date, date], working_days: int
) -> NoticeHead:
    today, closes_on = days
    district = District.objects.get(pk=district_id) if district_id else None
    code = district.code if district else MUNICIPAL_CODE
    return NoticeHead(
        reference=notice_reference(kind, code, today),
        kind=kind,
        district_code=code,
        district=district.name_zh if district else "",
        opens_on=today,
        closes_on=closes_on,
        working_days=working_days,
    )


def _notice(
    head: NoticeHead, entries: Sequence[Entry], district_id: int | None, now: datetime
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
