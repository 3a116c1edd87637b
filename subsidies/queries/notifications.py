"""Who is to be told what, and what an office has been told."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from assessment.enums import CertificateStatus
from chongqing_dte.foundation.proposals import RequestStatus
from enrollment.queries import account_id_of, person_of
from institutions.enums import DISTRICT_ROLES, Role
from institutions.models import InstitutionAccount, User
from institutions.queries import AnsweredForBy
from subsidies.enums import (
    AttemptStatus,
    Decision,
    NotificationChannel,
    NotificationKind,
    NotificationStatus,
    PaymentStatus,
)
from subsidies.models import Entitlement, Notification, Payment, PaymentAttempt
from subsidies.policies import can_see_money
from subsidies.queries.payments import (
    has_another_institution_account,
    is_owed_no_more,
    said_to_be_paid,
)
from subsidies.rules.holds import OWNERS, office_to_ask

# More than this many are not counted one by one.
MANY_UNREAD = 99


class HeldGroup(NamedTuple):
    """Decisions that are held for the same thing since the same moment, and how long that is asked for."""

    reason: str
    held_since: datetime
    decided_at: datetime
    chase_days: int | None
    chase_every_days: int | None
    decision_count: int


# ── Announcing ───────────────────────────────────────────────────────────────────────────────────────────
def decision_ids_to_announce(*, after: int, limit: int) -> list[int]:
    """Return up to `limit` decisions of which nobody was told, oldest first, from behind this one on."""
    decisions = Entitlement.objects.filter(announced_at__isnull=True, pk__gt=after)
    return list(decisions.order_by("pk").values_list("pk", flat=True)[:limit])


def lock_decisions_to_announce(entitlement_ids: Collection[int]) -> list[Entitlement]:
    """Return those of these decisions of which nobody was told yet, locked; those of other workers left out."""
    return list(
        Entitlement.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
        .filter(pk__in=entitlement_ids, announced_at__isnull=True)
        .defer("checks")
        .order_by("pk")
    )


def attempt_ids_to_announce(*, after: int, limit: int) -> list[int]:
    """Return up to `limit` instructions whose answer nobody was told, oldest first, from behind this one on."""
    attempts = PaymentAttempt.objects.filter(_is_to_announce(), pk__gt=after)
    return list(attempts.order_by("pk").values_list("pk", flat=True)[:limit])


def lock_attempts_to_announce(attempt_ids: Collection[int]) -> list[PaymentAttempt]:
    """Return those of these instructions whose answer nobody was told yet, locked; those of others left out."""
    return list(
        PaymentAttempt.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
        .filter(_is_to_announce(), pk__in=attempt_ids)
        .select_related("payment__claim", "bank_account", "institution_account")
        .defer("bank_account__number", "institution_account__number")
        .order_by("pk")
    )


def _is_to_announce() -> Q:
    return Q(announced_at__isnull=True, status__in=[AttemptStatus.PAID, AttemptStatus.RETURNED])


def holds_for_an_account(*, after: int, limit: int) -> list[Entitlement]:
    """Return up to `limit` live decisions that are held for want of an account, from behind this one on."""
    held = Entitlement.objects.filter(
        decision=Decision.HELD,
        reason="account_is_known",
        superseded_at__isnull=True,
        policy_version__isnull=False,
        pk__gt=after,
    )
    return list(held.select_related("policy_version").defer("checks").order_by("pk")[:limit])


def returns_without_another_account(*, after: int, limit: int) -> list[PaymentAttempt]:
    """Return up to `limit` instructions whose money came back and waits for another account, from behind this one on.

    Of each payment the last one. What the bank says elsewhere to be paid, and what is owed no more, is left out.
    """
    used = PaymentAttempt.objects.filter(payment=OuterRef("pk"), bank_account=OuterRef("account"))
    payments = (
        Payment.objects.filter(
            ~said_to_be_paid(), ~is_owed_no_more(), status=PaymentStatus.RETURNED, payee__isnull=False
        )
        .annotate(person=person_of("payee"))
        .annotate(account=account_id_of("person"))
        .filter(Q(account__isnull=True) | Exists(used))
    )
    later = PaymentAttempt.objects.filter(
        payment=OuterRef("payment"), status=AttemptStatus.RETURNED, pk__gt=OuterRef("pk")
    )
    attempts = PaymentAttempt.objects.filter(
        ~Exists(later), payment__in=payments.values("pk"), status=AttemptStatus.RETURNED, pk__gt=after
    )
    return list(
        attempts.select_related("payment__entitlement__policy_version", "batch", "bank_account")
        .defer("payment__entitlement__checks", "batch__content", "bank_account__number")
        .order_by("pk")[:limit]
    )


def returned_claims_without_another_account(*, after: int, limit: int) -> list[PaymentAttempt]:
    """Return the same of claims: instructions whose money came back while the institution names no other account.

    One that it has proposed waits for the bureau, and not for the institution.
    """
    proposed = InstitutionAccount.objects.filter(
        institution=OuterRef("institution"), status=RequestStatus.PROPOSED
    )
    payments = Payment.objects.filter(
        ~Q(said_to_be_paid()),
        ~Q(has_another_institution_account()),
        ~Exists(proposed),
        status=PaymentStatus.RETURNED,
        claim__isnull=False,
    )
    later = PaymentAttempt.objects.filter(
        payment=OuterRef("payment"), status=AttemptStatus.RETURNED, pk__gt=OuterRef("pk")
    )
    attempts = PaymentAttempt.objects.filter(
        ~Exists(later), payment__in=payments.values("pk"), status=AttemptStatus.RETURNED, pk__gt=after
    )
    found = attempts.select_related("payment__claim", "batch", "institution_account")
    return list(found.defer("batch__content", "institution_account__number").order_by("pk")[:limit])


def holds_in_groups(*, decided_until: datetime) -> list[HeldGroup]:
    """Return how many live decisions are held for the same thing since the same moment, of what was decided by then.

    A set of decisions has one moment, so that these are few, however many decisions there are.
    """
    held = Entitlement.objects.filter(
        decision=Decision.HELD,
        superseded_at__isnull=True,
        certificate__status=CertificateStatus.VALID,
        decided_at__lte=decided_until,
    ).order_by("decided_at")
    policy = ("policy_version__chase_days", "policy_version__chase_every_days")
    groups = held.values_list("reason", "held_since", "decided_at", *policy)
    return [HeldGroup(*group) for group in groups.annotate(count=Count("pk"))]


def offices_told_of_holds_at() -> dict[str, datetime]:
    """Return when each office was last told of the decisions that wait for it, by role."""
    told = Notification.objects.filter(
        kind=NotificationKind.DECISIONS_HELD,
        channel=NotificationChannel.IN_APP,
        role__in={office_to_ask(reason) for reason in OWNERS} - {""},
        district__isnull=True,
    )
    return dict(told.order_by("role").values_list("role").annotate(told_at=Max("created_at")))


# ── Sending ──────────────────────────────────────────────────────────────────────────────────────────────
def lock_notifications_to_send(
    *, channels: Collection[NotificationChannel], now: datetime, limit: int
) -> list[Notification]:
    """Return up to `limit` messages whose turn it is, oldest first, locked; those of other workers left out."""
    return list(
        Notification.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
        .filter(Q(next_try_at__isnull=True) | Q(next_try_at__lte=now))
        .filter(status=NotificationStatus.QUEUED, channel__in=channels)
        .order_by("pk")[:limit]
    )


def with_what_they_say(notification_ids: Collection[int]) -> list[Notification]:
    """Return these messages with what their words are made from, in one query.

    A mobile is read when its message is sent: one that cannot be decrypted holds up its own message alone.
    """
    messages = Notification.objects.filter(pk__in=notification_ids).select_related(
        "person__merged_into", "entitlement__certificate__occupation", "claim"
    )
    secrets = [
        f"{person}__{field}"
        for person in ("person", "person__merged_into")
        for field in ("id_number", "mobile")
    ]
    return list(messages.defer(*secrets).order_by("pk"))


def office_addresses(*, role: str, district_id: int | None, institution_id: int | None = None) -> list[str]:
    """Return the e-mail addresses of those who do the work of an office now, as its inbox is seen."""
    # A role belongs to a district, to an institution, or to neither.
    colleagues = User.objects.filter(role=role, is_active=True, institution=institution_id).exclude(email="")
    if district_id is None:
        colleagues = colleagues.filter(district__isnull=True)
    else:
        colleagues = colleagues.filter(AnsweredForBy(district_id, "district_id"))
    return list(colleagues.order_by("pk").values_list("email", flat=True))


def offices_with_an_address(institution_ids: Collection[int]) -> set[tuple[int, str]]:
    """Return which offices of these institutions anybody can be reached in by e-mail: institution and role."""
    people = User.objects.filter(institution__in=institution_ids, is_active=True).exclude(email="")
    found = people.order_by().values_list("institution_id", "role").distinct()
    return {(institution_id, role) for institution_id, role in found if institution_id is not None}


# ── Inbox ────────────────────────────────────────────────────────────────────────────────────────────────
def notifications_visible_to(user: User) -> QuerySet[Notification]:
    """Return what this person's office was told in the portal. The auditor sees what every office was told."""
    shown = Notification.objects.filter(channel=NotificationChannel.IN_APP, person__isnull=True)
    if user.role == Role.MUNICIPAL_AUDITOR:
        return shown
    if user.role in DISTRICT_ROLES:
        # A district that took over from another one answers for what that one was told.
        return shown.filter(AnsweredForBy("district_id", user.district_id or 0), role=user.role)
    # Of a municipal role there is one office, of an institution's its own.
    return shown.filter(role=user.role, district__isnull=True, institution=user.institution_id)


def notifications_overseen_by(user: User) -> QuerySet[Notification]:
    """Return every message to anybody, for those who see the money: whether it left, and never its words."""
    messages = Notification.objects.all()
    return messages if can_see_money(user) else messages.none()


def unread_count(user: User) -> int:
    """Return how many messages to this person's office nobody has read, at most 99 and one."""
    if user.role == Role.MUNICIPAL_AUDITOR:
        return 0
    unread = notifications_visible_to(user).filter(read_at__isnull=True)
    return unread.order_by()[: MANY_UNREAD + 1].count()


def lock_message(public_id: UUID) -> Notification:
    """Return one message that no other transaction can change until this one ends."""
    return Notification.objects.select_for_update(of=("self",), no_key=True).get(public_id=public_id)


def lock_unread(user: User, public_ids: Collection[UUID]) -> list[Notification]:
    """Return those of these messages to this person's office that nobody has read, locked."""
    return list(
        notifications_visible_to(user)
        .select_for_update(of=("self",), no_key=True)
        .filter(public_id__in=public_ids, read_at__isnull=True)
        .order_by("pk")
    )


def messages_to_person(person_ids: Collection[int]) -> list[Notification]:
    """Return what these rows of one person were told, newest first, for the page where they look themselves."""
    messages = Notification.objects.filter(person_id__in=person_ids, channel=NotificationChannel.SMS)
    return list(messages.select_related("entitlement__certificate__occupation").order_by("-pk"))


def oldest_unsent(*, now: datetime, older_than: timedelta) -> Notification | None:
    """Return the oldest message that should have left by now, or None."""
    waiting = Notification.objects.filter(status=NotificationStatus.QUEUED, created_at__lt=now - older_than)
    return waiting.order_by("pk").first()
