"""Money that was paid and is to come back: what people see of it, and its locks."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from chongqing_dte.foundation.models import AuditEvent
from chongqing_dte.foundation.proposals import RequestStatus
from institutions.models import District, User
from subsidies.enums import PAID_TWICE, NotificationKind, RecoveryStatus, SettlementKind
from subsidies.models import (
    JournalLine,
    Netting,
    Notification,
    Payment,
    Recovery,
    RecoverySettlement,
    TrainingSubsidy,
)
from subsidies.policies import can_see_money

NOTHING = Decimal("0.00")


# ── What people see ──────────────────────────────────────────────────────────────────────────────────────
def recoveries_visible_to(user: User) -> QuerySet[Recovery]:
    """Return the money that is to come back, for those who see the money."""
    return Recovery.objects.all() if can_see_money(user) else Recovery.objects.none()


def recoveries_with_certificates_visible_to(user: User) -> QuerySet[Recovery]:
    """Return the same with what a list shows of each."""
    return recoveries_visible_to(user).select_related(
        "payment__payee",
        "payment__entitlement__certificate__occupation",
        "payment__claim__training_class__occupation",
        "payment__institution",
        "payment__district",
    )


def settlements_visible_to(user: User) -> QuerySet[RecoverySettlement]:
    """Return what came back or was given up, for those who see the money."""
    settlements = RecoverySettlement.objects.select_related("recovery", "proposed_by", "decided_by")
    return settlements if can_see_money(user) else settlements.none()


def recoveries_chosen(
    recoveries: QuerySet[Recovery], chosen: Mapping[str, Any], *, now: datetime
) -> QuerySet[Recovery]:
    """Return those of these recoveries that a list's filters ask for; a filter without a value asks for nothing."""
    conditions = Q()
    if chosen.get("state"):
        conditions &= _in_state(chosen["state"], timezone.localdate(now))
    if chosen.get("district"):
        conditions &= Q(payment__district__code=chosen["district"])
    if chosen.get("age"):
        conditions &= Q(opened_at__lte=now - timedelta(days=int(chosen["age"])))
    if chosen.get("least") is not None:
        conditions &= Q(amount__gte=chosen["least"])
    if chosen.get("most") is not None:
        conditions &= Q(amount__lte=chosen["most"])
    return recoveries.filter(conditions)


def _in_state(state: str, today: date) -> Q:
    waiting = Q(status=RecoveryStatus.OPEN)
    proposed = RecoverySettlement.objects.filter(recovery=OuterRef("pk"), status=RequestStatus.PROPOSED)
    return {
        "open": waiting,
        "not_asked": waiting & Q(asked_at__isnull=True),
        "overdue": waiting & Q(due_on__lt=today),
        "to_decide": Q(Exists(proposed)),
        "settled": Q(status=RecoveryStatus.SETTLED),
        "withdrawn": Q(status=RecoveryStatus.WITHDRAWN),
    }[state]


def districts_with_recoveries(user: User) -> list[District]:
    """Return the districts whose decisions there is money to come back of."""
    recoveries = recoveries_visible_to(user).order_by()
    found = District.objects.filter(pk__in=recoveries.values("payment__district"))
    return list(found.order_by("code"))


def next_to_decide(user: User, *, after: Recovery) -> Recovery | None:
    """Return the next recovery with a settlement that somebody else put down, oldest first, or None."""
    proposed = RecoverySettlement.objects.filter(status=RequestStatus.PROPOSED).exclude(proposed_by=user)
    waiting = recoveries_visible_to(user).filter(pk__in=proposed.order_by().values("recovery"))
    return waiting.exclude(pk=after.pk).order_by("pk").first()


def recovery_sums(recoveries: QuerySet[Recovery]) -> dict[str, Decimal | int]:
    """Return how many recoveries these are, and in yuan what was asked for, came back, was given up, and is left."""
    sums = recoveries.order_by().aggregate(
        count=Count("pk"),
        asked=Sum("amount", default=NOTHING),
        came_back=Sum(F("recovered") - F("given_back"), default=NOTHING),
        given_up=Sum("written_off", default=NOTHING),
        left=Sum(
            F("amount") - F("recovered") - F("written_off"),
            filter=Q(status=RecoveryStatus.OPEN),
            default=NOTHING,
        ),
    )
    return dict(sums)


def journal_of_recovery(recovery: Recovery) -> list[JournalLine]:
    """Return the journal's lines of the payment from the first time that it was asked back, oldest first."""
    lines = JournalLine.objects.filter(
        payment=recovery.payment_id, entry__recorded_at__gte=recovery.opened_at
    )
    return list(lines.select_related("entry").order_by("pk"))


def history_of_recovery(recovery: Recovery) -> list[AuditEvent]:
    """Return what was done about a recovery, its settlements and its set-offs, oldest first."""
    settlements = list(
        RecoverySettlement.objects.filter(recovery=recovery).order_by().values_list("pk", flat=True)
    )
    nettings = list(Netting.objects.filter(recovery=recovery).order_by().values_list("pk", flat=True))
    events = AuditEvent.objects.filter(
        Q(subject_type=Recovery._meta.label_lower, subject_id=recovery.pk)
        | Q(subject_type=RecoverySettlement._meta.label_lower, subject_id__in=settlements)
        | Q(subject_type=Netting._meta.label_lower, subject_id__in=nettings)
    )
    return list(events.order_by("pk"))


def messages_about(recovery: Recovery) -> list[Notification]:
    """Return what the person or the institution was told about a recovery, oldest first."""
    payment = recovery.payment
    about = Notification.objects.filter(kind=NotificationKind.RECOVERY, facts__recovery=recovery.pk)
    if payment.claim_id is not None:
        return list(about.filter(claim=payment.claim_id).order_by("pk"))
    to_person = about.filter(entitlement=payment.entitlement_id, person__isnull=False)
    return list(to_person.order_by("pk"))


# ── Whether a payment is asked back ──────────────────────────────────────────────────────────────────────
def asked_back() -> QuerySet[Recovery]:
    """Return the live recoveries of what was paid; what the bank paid a second time is asked back beside them."""
    return Recovery.objects.filter(withdrawn_at__isnull=True).exclude(reason=PAID_TWICE)


def amounts_asked_back(payments: Collection[Payment]) -> dict[int, Decimal]:
    """Return what is asked back of each of these payments, in yuan, without what was given back."""
    asked = asked_back().filter(payment__in=payments).order_by()
    return dict(asked.values_list("payment_id").annotate(total=Sum(F("amount") - F("given_back"))))


def is_left_to_ask_back() -> Q:
    """Return the condition on a payment that not all of it is asked back, or that some was given back."""
    asked = asked_back().filter(payment=OuterRef("pk")).order_by().values("payment")
    sums = asked.annotate(total=Sum(F("amount") - F("given_back"))).values("total")
    return Q(amount__gt=Coalesce(Subquery(sums), NOTHING))


def has_all_come_back(payment: Payment) -> bool:
    """Test whether all that was paid came back, to the cent. What was given up did not."""
    return _came_back(asked_back().filter(payment=payment)) == payment.amount


def has_come_back(subsidy: TrainingSubsidy) -> bool:
    """Test whether all that was paid for one person came back, to the cent."""
    return _came_back(asked_back().filter(subsidy=subsidy)) == subsidy.amount


def _came_back(recoveries: QuerySet[Recovery]) -> Decimal | None:
    sums = recoveries.aggregate(total=Sum(F("recovered") - F("given_back"), default=NOTHING))
    return sums["total"]


def is_not_owed() -> Q:
    """Return the condition on a recovery that its ground fell away after money came, and somebody has to act on it.

    What is still open of it is written off, and then what came is given back.
    """
    to_give_back = Q(not_owed__gt=F("written_off") + F("given_back"), recovered__gt=F("given_back"))
    is_open = Q(status=RecoveryStatus.OPEN, not_owed__gt=F("written_off"))
    return is_open | Q(status=RecoveryStatus.SETTLED) & to_give_back


def payments_not_owed_back(payments: Collection[Payment]) -> set[int]:
    """Return those of these payments of which something was asked back that is not owed by now."""
    found = Recovery.objects.filter(is_not_owed(), payment__in=payments)
    return set(found.values_list("payment_id", flat=True))


# ── Locks ────────────────────────────────────────────────────────────────────────────────────────────────
def lock_recovery(recovery_id: int) -> Recovery:
    """Return one recovery, locked after its payment, so that nobody else counts against what is left of it."""
    found = Recovery.objects.only("payment_id").get(pk=recovery_id)
    payments = Payment.objects.select_for_update(of=("self",), no_key=True)
    payment = payments.select_related("entitlement__certificate").get(pk=found.payment_id)
    recovery = Recovery.objects.select_for_update(of=("self",), no_key=True).get(pk=recovery_id)
    recovery.payment = payment
    return recovery


def lock_not_owed(payments: Collection[Payment]) -> list[Recovery]:
    """Return the recoveries of these payments of which it was said that something is not owed, locked."""
    noted = asked_back().filter(payment__in=payments, not_owed__gt=F("given_back"))
    return list(noted.select_for_update(of=("self",), no_key=True).order_by("pk"))


def recovery_id_of_settlement(settlement_id: int) -> int:
    """Return which recovery a settlement belongs to, which never changes."""
    return RecoverySettlement.objects.only("recovery_id").get(pk=settlement_id).recovery_id


def lock_settlement(settlement_id: int) -> RecoverySettlement:
    """Return one settlement, locked. Its recovery is locked before it."""
    return RecoverySettlement.objects.select_for_update(of=("self",), no_key=True).get(pk=settlement_id)


def settlement_amount_proposed(recovery: Recovery, kind: SettlementKind | None = None) -> Decimal:
    """Return what the settlements of a recovery that nobody has decided come to, in yuan; those of a kind, if asked."""
    waiting = RecoverySettlement.objects.filter(recovery=recovery, status=RequestStatus.PROPOSED)
    waiting = waiting if kind is None else waiting.filter(kind=kind)
    sums = waiting.aggregate(total=Sum("amount", default=NOTHING))
    return sums["total"] or NOTHING


def statement_line_is_counted(bank_reference: str) -> bool:
    """Test whether a line of the bank's statement was put down as a repayment before."""
    counted = RecoverySettlement.objects.filter(bank_reference=bank_reference)
    return counted.exclude(status=RequestStatus.REFUSED).exists()
