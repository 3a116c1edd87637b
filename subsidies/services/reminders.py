"""What is asked for again, as long as is promised: of people an account, and of offices what decisions wait for."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from chongqing_dte.foundation.sets import unless_deadlocked
from institutions.enums import Role
from subsidies import queries
from subsidies.enums import NotificationKind
from subsidies.models import Entitlement, Notification, PaymentAttempt
from subsidies.rules.holds import CHASE_EVERY_DAYS, is_overdue, last_asked_at, office_to_ask
from subsidies.services.notification_steps import (
    message_to,
    notify_institution,
    notify_office,
    say_once,
)

SET_SIZE: Final = 500
# What was decided just now is told of a little later: by then all of one results file is decided, and committed.
GATHERED_FOR: Final = timedelta(minutes=10)


@dataclass(frozen=True)
class Missing:
    """An account that somebody is asked for: behind which decision, since when, and in which words."""

    entitlement: Entitlement
    since: datetime
    kind: NotificationKind
    # What the numbers of its reminders stand behind.
    key: str
    person_id: int
    facts: Mapping[str, Any]


# ── Accounts ─────────────────────────────────────────────────────────────────────────────────────────────
def remind_of_accounts(*, now: datetime) -> int:
    """Ask again for each account that is missing or that money came back from, and return how many these are.

    As often and as long as the policy says; after that the office of the decision's district is told. An institution
    is asked every two weeks until it proposes another account. Safe to repeat: each reminder has its number.
    """
    return _remind_of_missing(now) + _remind_of_returned(now) + _remind_institutions(now)


def _remind_of_missing(now: datetime) -> int:
    count, last_id = 0, 0
    while held := queries.holds_for_an_account(after=last_id, limit=SET_SIZE):
        last_id = held[-1].pk
        count += len(held)
        missing = [_missing_of(entitlement) for entitlement in held]
        unless_deadlocked(partial(_remind_one_set, missing, now=now), complaint="reminders_not_written")
    return count


def _remind_of_returned(now: datetime) -> int:
    count, last_id = 0, 0
    while returned := queries.returns_without_another_account(after=last_id, limit=SET_SIZE):
        last_id = returned[-1].pk
        count += len(returned)
        missing = [_returned_from(attempt) for attempt in returned]
        unless_deadlocked(partial(_remind_one_set, missing, now=now), complaint="reminders_not_written")
    return count


def _remind_institutions(now: datetime) -> int:
    count, last_id = 0, 0
    while returned := queries.returned_claims_without_another_account(after=last_id, limit=SET_SIZE):
        last_id = returned[-1].pk
        count += len(returned)
        ask = partial(_remind_institutions_of_one_set, returned, now=now)
        unless_deadlocked(ask, complaint="reminders_not_written")
    return count


@transaction.atomic(durable=True)
def _remind_institutions_of_one_set(returned: Sequence[PaymentAttempt], *, now: datetime) -> None:
    for attempt in returned:
        since = attempt.answered_at or attempt.batch.assembled_at
        number = (timezone.localdate(now) - timezone.localdate(since)).days // CHASE_EVERY_DAYS
        if number and attempt.payment.claim is not None:
            notify_institution(
                kind=NotificationKind.RETURNED,
                key=f"returned:{attempt.pk}:{number}",
                claim=attempt.payment.claim,
                facts={**_facts_of_return(attempt), "number": number},
                now=now,
            )


def _facts_of_return(attempt: PaymentAttempt) -> dict[str, Any]:
    return {
        "attempt": attempt.pk,
        "amount": str(attempt.amount),
        "account_ends_in": attempt.account.last_four,
        "return_code": attempt.return_code,
    }


def _missing_of(entitlement: Entitlement) -> Missing:
    return Missing(
        entitlement=entitlement,
        since=entitlement.held_since or entitlement.decided_at,
        kind=NotificationKind.ACCOUNT_MISSING,
        key=f"account_missing:{entitlement.certificate_id}",
        person_id=entitlement.person_id,
        facts={},
    )


def _returned_from(attempt: PaymentAttempt) -> Missing:
    """Return what is asked for after one instruction came back. Another one that comes back is asked for anew."""
    return Missing(
        entitlement=attempt.payment.grant,
        since=attempt.answered_at or attempt.batch.assembled_at,
        kind=NotificationKind.RETURNED,
        key=f"returned:{attempt.pk}",
        person_id=attempt.payment.trainee_id,
        facts=_facts_of_return(attempt),
    )


@transaction.atomic(durable=True)
def _remind_one_set(all_missing: Sequence[Missing], *, now: datetime) -> None:
    reminders = []
    for missing in all_missing:
        policy = missing.entitlement.policy_version
        if policy is None:
            continue
        waited = (timezone.localdate(now) - timezone.localdate(missing.since)).days
        if waited > policy.chase_days:
            _hand_to_office(missing, waited, now)
        elif number := waited // policy.chase_every_days:
            reminders.append(_reminder(missing, number, now))
    say_once(reminders)


def _reminder(missing: Missing, number: int, now: datetime) -> Notification:
    return message_to(
        kind=missing.kind,
        key=f"{missing.key}:{number}",
        person_id=missing.person_id,
        facts={**missing.facts, "number": number},
        entitlement_id=missing.entitlement.pk,
        now=now,
    )


def _hand_to_office(missing: Missing, waited: int, now: datetime) -> None:
    district_id = missing.entitlement.district_id
    notify_office(
        kind=missing.kind,
        key=f"{missing.key}:office",
        role=Role.DISTRICT_REVIEWER if district_id is not None else Role.MUNICIPAL_OPERATOR,
        district_id=district_id,
        facts={"days": waited},
        entitlement_id=missing.entitlement.pk,
        now=now,
    )


# ── Offices ──────────────────────────────────────────────────────────────────────────────────────────────
@transaction.atomic(durable=True)
def tell_offices_of_holds(*, now: datetime) -> int:
    """Tell each office how many decisions wait for it, if some are new or asked for again, and return how many it told.

    One message a day and office, whatever the number of decisions; as often and as long as the policy says. Safe to
    repeat, early, late or beside itself: a day on which nothing ran is made up for on the next.
    """
    as_of = now - GATHERED_FOR
    told_at = queries.offices_told_of_holds_at()
    waiting: dict[str, Counter[str]] = defaultdict(Counter)
    to_tell = set()
    for held in queries.holds_in_groups(decided_until=as_of):
        role = office_to_ask(held.reason)
        if not role or (held.chase_days is not None and is_overdue(held.held_since, held.chase_days, now)):
            continue
        waiting[role][held.reason] += held.decision_count
        every_days = held.chase_every_days or CHASE_EVERY_DAYS
        asked_at = max(held.decided_at, last_asked_at(held.held_since, every_days=every_days, now=as_of))
        if role not in told_at or asked_at > told_at[role] - GATHERED_FOR:
            to_tell.add(role)
    told_today = {role for role, at in told_at.items() if timezone.localdate(at) == timezone.localdate(now)}
    for role in sorted(to_tell - told_today):
        _tell_of_holds(Role(role), waiting[role], now)
    return len(to_tell - told_today)


def _tell_of_holds(role: Role, waiting: Counter[str], now: datetime) -> None:
    notify_office(
        kind=NotificationKind.DECISIONS_HELD,
        key=f"decisions_held:{timezone.localdate(now):%Y%m%d}",
        role=role,
        district_id=None,
        facts={"waiting": waiting.total(), "reasons": dict(sorted(waiting.items()))},
        entitlement_id=None,
        now=now,
    )
