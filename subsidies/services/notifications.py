"""What people and offices are told: pulled from decisions and from the bank's word, and sent until it arrived."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPRecipientsRefused
from typing import Final
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone, translation

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.crypto import DAMAGED
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.sets import act_or_isolate
from chongqing_dte.foundation.transitions import check_transition
from institutions.models import User
from subsidies import messages, policies, queries
from subsidies.enums import (
    AttemptStatus,
    Decision,
    NotificationChannel,
    NotificationKind,
    NotificationStatus,
)
from subsidies.gateways import GatewayUnavailable, SmsGateway
from subsidies.models import Entitlement, Notification, PaymentAttempt
from subsidies.services.notification_steps import message_to, notify_institution, say_once
from subsidies.transitions import NOTIFICATION_TRANSITIONS

log = structlog.get_logger(__name__)

SET_SIZE = 500
# As many as leave within the lease, even if each of them waits for a slow gateway.
SENT_AT_ONCE = 20
# Whoever took messages up and died leaves them to the next one after this.
LEASE = timedelta(minutes=10)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
# How often a message is offered that is refused for what it is. One that met no open door is offered for ever.
MOST_REFUSALS = 5
# How often at all, with what people let be tried again: each of those is one more try.
MOST_TRIES = 10
OUTSIDE: Final = (NotificationChannel.SMS, NotificationChannel.EMAIL)


class Undeliverable(Exception):
    """This message cannot be handed over as it is. Its text is a code."""


@dataclass(frozen=True)
class Outcome:
    """What became of one message: nothing, if it was handed over, else a code, and whether another try is a refusal."""

    notification: Notification
    problem: str = ""
    is_refused: bool = False


# ── Announcing ───────────────────────────────────────────────────────────────────────────────────────────
def announce_decisions(*, now: datetime) -> int:
    """Write what people are to be told of decisions and of the bank's answers, and return how many rows were done.

    Safe to repeat, early, late or beside itself: what was not announced is a mark on the row, which is set in the
    transaction that writes the messages. A row that cannot be announced holds up no other.
    """
    done_count, last_id = 0, 0
    while entitlement_ids := queries.decision_ids_to_announce(after=last_id, limit=SET_SIZE):
        last_id = entitlement_ids[-1]
        done_count += act_or_isolate(
            entitlement_ids,
            lambda ids: _announce_decisions_of_one_set(ids, now=now),
            complaint="decision_cannot_be_announced",
        )
    last_id = 0
    while attempt_ids := queries.attempt_ids_to_announce(after=last_id, limit=SET_SIZE):
        last_id = attempt_ids[-1]
        done_count += act_or_isolate(
            attempt_ids,
            lambda ids: _announce_answers_of_one_set(ids, now=now),
            complaint="answer_cannot_be_announced",
        )
    return done_count


@transaction.atomic(durable=True)
def _announce_decisions_of_one_set(entitlement_ids: Sequence[int], *, now: datetime) -> int:
    entitlements = queries.lock_decisions_to_announce(entitlement_ids)
    # One that was superseded meanwhile says nothing any more: what took its place speaks.
    live = [entitlement for entitlement in entitlements if entitlement.superseded_at is None]
    said = [_message_of(entitlement, now) for entitlement in live]
    say_once([message for message in said if message is not None])
    Entitlement.objects.filter(pk__in=[entitlement.pk for entitlement in entitlements]).update(
        announced_at=now
    )
    return len(entitlements)


def _message_of(entitlement: Entitlement, now: datetime) -> Notification | None:
    """Return what the person is told of a decision, or None of a hold that is none of their doing."""
    about: dict[str, str] = {}
    if entitlement.decision == Decision.GRANTED:
        kind, key = NotificationKind.GRANTED, f"granted:{entitlement.pk}"
        about["amount"] = str(entitlement.amount)
    elif entitlement.decision == Decision.REFUSED:
        kind, key = NotificationKind.REFUSED, f"refused:{entitlement.pk}"
        about["reason"] = entitlement.reason
    elif entitlement.reason == "account_is_known":
        # By the certificate: a decision that is written again asks for the same account.
        kind, key = NotificationKind.ACCOUNT_MISSING, f"account_missing:{entitlement.certificate_id}:0"
    else:
        return None
    return message_to(
        kind=kind,
        key=key,
        person_id=entitlement.person_id,
        facts=about,
        entitlement_id=entitlement.pk,
        now=now,
    )


@transaction.atomic(durable=True)
def _announce_answers_of_one_set(attempt_ids: Sequence[int], *, now: datetime) -> int:
    attempts = queries.lock_attempts_to_announce(attempt_ids)
    say_once([_message_of_answer(each, now) for each in attempts if each.payment.payee_id is not None])
    for attempt in attempts:
        if attempt.payment.claim is not None:
            kind, key, facts = _answer(attempt, now)
            notify_institution(kind=kind, key=key, claim=attempt.payment.claim, facts=facts, now=now)
    PaymentAttempt.objects.filter(pk__in=[attempt.pk for attempt in attempts]).update(announced_at=now)
    return len(attempts)


def _message_of_answer(attempt: PaymentAttempt, now: datetime) -> Notification:
    kind, key, facts = _answer(attempt, now)
    return message_to(
        kind=kind,
        key=key,
        person_id=attempt.payment.trainee_id,
        facts=facts,
        entitlement_id=attempt.payment.entitlement_id,
        now=now,
    )


def _answer(attempt: PaymentAttempt, now: datetime) -> tuple[NotificationKind, str, dict[str, object]]:
    """Return what is said of the bank's answer to an instruction: of what kind, under which key, and its facts."""
    kind = NotificationKind.PAID if attempt.status == AttemptStatus.PAID else NotificationKind.RETURNED
    facts: dict[str, object] = {
        "attempt": attempt.pk,
        "amount": str(attempt.amount),
        "answered_on": timezone.localdate(attempt.answered_at or now).isoformat(),
        "account_ends_in": attempt.account.last_four,
        "return_code": attempt.return_code,
    }
    return kind, f"{kind.lower()}:{attempt.pk}", facts


# ── Sending ──────────────────────────────────────────────────────────────────────────────────────────────
def send_notifications(*, gateway: SmsGateway, now: datetime) -> int:
    """Hand over every message whose turn it is, and return how many left.

    Three steps and no transaction while one leaves: they are taken up with a lease, handed over, and marked. Whoever
    is killed between the last two hands the same message over again after the lease, under the same reference. A
    gateway that is away is asked again, ever less often, and nothing is given up because of it.
    """
    sent_count = 0
    doors = list(OUTSIDE)
    while doors and (taken := _take_up(doors, now=now)):
        outcomes = []
        for notification in queries.with_what_they_say(taken):
            outcome = _handed_over(notification, gateway, doors)
            outcomes.append(outcome)
        _record_outcomes(outcomes, now=now)
        sent_count += sum(not outcome.problem for outcome in outcomes)
    return sent_count


@transaction.atomic(durable=True)
def _take_up(doors: Sequence[NotificationChannel], *, now: datetime) -> list[int]:
    """Lease the messages that are sent next, and count the try before it is made."""
    taken = queries.lock_notifications_to_send(channels=doors, now=now, limit=SENT_AT_ONCE)
    for notification in taken:
        notification.tried_count = min(notification.tried_count + 1, 32_000)
        notification.next_try_at = now + LEASE
    Notification.objects.bulk_update(taken, ["tried_count", "next_try_at"])
    return [notification.pk for notification in taken]


def _handed_over(
    notification: Notification, gateway: SmsGateway, doors: list[NotificationChannel]
) -> Outcome:
    """Hand one message over and return what came of it. A door that is shut is struck off for this sweep."""
    channel = NotificationChannel(notification.channel)
    if channel not in doors:
        return Outcome(notification, "gateway_away")
    hand_over: Callable[[Notification, SmsGateway], None] = (
        _send_text if channel == NotificationChannel.SMS else _send_mail
    )
    try:
        hand_over(notification, gateway)
    except Undeliverable as problem:
        return Outcome(notification, str(problem), is_refused=True)
    except SMTPRecipientsRefused:
        return Outcome(notification, "address_refused", is_refused=True)
    except DAMAGED:
        log.exception("notification_cannot_be_addressed", notification=notification.pk)
        return Outcome(notification, "mobile_unreadable", is_refused=True)
    except (GatewayUnavailable, OSError) as problem:
        # Only what kind of problem: its text may name the message.
        log.warning("gateway_away", channel=channel, problem=type(problem).__name__)
        doors.remove(channel)
        return Outcome(notification, "gateway_away")
    except (LookupError, ValueError, TypeError) as problem:
        log.error(
            "notification_cannot_be_written", notification=notification.pk, problem=type(problem).__name__
        )
        return Outcome(notification, "text_missing", is_refused=True)
    return Outcome(notification)


def _send_text(notification: Notification, gateway: SmsGateway) -> None:
    person = notification.person
    if person is None:
        raise Undeliverable("person_missing")
    # Whoever was merged is reached under the row that stands for them.
    mobile = (person.merged_into or person).mobile
    if not mobile:
        raise Undeliverable("mobile_missing")
    with translation.override(settings.LANGUAGE_CODE):
        text = messages.text_message(notification)
    gateway.send(mobile, text, str(notification.public_id))


def _send_mail(notification: Notification, _gateway: SmsGateway) -> None:
    addresses = queries.office_addresses(
        role=notification.role,
        district_id=notification.district_id,
        institution_id=notification.institution_id,
    )
    if not addresses:
        raise Undeliverable("address_missing")
    with translation.override(settings.LANGUAGE_CODE):
        subject, text = messages.subject(notification), messages.mail_text(notification)
    # The same number under every try, so that a mailbox can tell.
    headers = {"Message-ID": f"<{notification.public_id}@{messages.mail_domain()}>"}
    EmailMessage(subject, text, to=addresses, headers=headers).send()


@transaction.atomic(durable=True)
def _record_outcomes(outcomes: Sequence[Outcome], *, now: datetime) -> None:
    ended, waiting = [], []
    for outcome in outcomes:
        notification = outcome.notification
        notification.problem = outcome.problem
        if not outcome.problem:
            notification.status, notification.sent_at = NotificationStatus.SENT, now
            ended.append(notification)
        elif outcome.is_refused and notification.tried_count >= MOST_REFUSALS:
            notification.status = NotificationStatus.FAILED
            ended.append(notification)
        else:
            notification.next_try_at = now + _pause(notification.tried_count)
            waiting.append(notification)
    Notification.objects.bulk_update(ended, ["status", "sent_at", "problem"])
    Notification.objects.bulk_update(waiting, ["next_try_at", "problem"])


def _pause(tried_count: int) -> timedelta:
    """Return how long a message rests: twice as long after each try, and an hour at most."""
    return min(FIRST_PAUSE * 2 ** min(tried_count - 1, 10), LONGEST_PAUSE)


# ── Sending again ────────────────────────────────────────────────────────────────────────────────────────
@transaction.atomic(durable=True)
def send_again(*, public_id: UUID, sender: User, now: datetime) -> Notification:
    """Let a message that could not be sent be tried once more: the mobile or the address may be another one by now.

    Raises NotPermitted, InvalidTransition unless it was given up, and DomainError once it was tried very often.
    """
    notification = queries.lock_message(public_id)
    policies.check_can_send_again(sender)
    check_transition(
        NOTIFICATION_TRANSITIONS,
        current=NotificationStatus(notification.status),
        target=NotificationStatus.QUEUED,
    )
    if notification.tried_count >= MOST_TRIES:
        raise DomainError(
            _("It was tried %(count)s times. Reach them in another way.")
            % {"count": notification.tried_count},
            code="tried_often_enough",
        )
    facts = {"problem": notification.problem, "tried": notification.tried_count}
    notification.status, notification.problem = NotificationStatus.QUEUED, ""
    notification.next_try_at = None
    notification.save(update_fields=["status", "problem", "next_try_at"])
    record_event("notification.sent_again", subject=notification, actor_id=sender.pk, at=now, facts=facts)
    return notification


# ── Inbox ────────────────────────────────────────────────────────────────────────────────────────────────
@transaction.atomic(durable=True)
def mark_read(*, reader: User, public_ids: Sequence[UUID], now: datetime) -> int:
    """Mark messages to one's own office as read, and return how many were unread. Safe to repeat."""
    policies.check_can_mark_read(reader)
    unread = queries.lock_unread(reader, public_ids)
    for notification in unread:
        notification.read_by, notification.read_at = reader, now
    Notification.objects.bulk_update(unread, ["read_by", "read_at"])
    for notification in unread:
        record_event("notification.read", subject=notification, actor_id=reader.pk, at=now)
    return len(unread)
