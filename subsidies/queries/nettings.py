"""What is set off against payments of institutions: what is left to set off, what is held, and the locks."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q, Sum

from chongqing_dte.foundation.lookups import Among
from chongqing_dte.foundation.proposals import RequestStatus
from subsidies.enums import NettingStatus, RecoveryStatus
from subsidies.models import Netting, Payment, PaymentAttempt, Recovery, RecoverySettlement

NOTHING = Decimal("0.00")


@dataclass(frozen=True)
class OpenRecovery:
    """One recovery of an institution that was locked, and what of it nobody has spoken for, in yuan."""

    recovery: Recovery
    institution_id: int
    left: Decimal


def lock_recoveries_to_set_off(institution_ids: Collection[int]) -> list[OpenRecovery]:
    """Return what these institutions have to pay back, locked, the oldest first.

    What waits for a second person's word, or is held back from another payment, is not left.
    """
    open_ones = Recovery.objects.filter(payment__institution__in=institution_ids, status=RecoveryStatus.OPEN)
    locked = list(
        open_ones.select_for_update(of=("self",), no_key=True).select_related("payment").order_by("pk")
    )
    # Asked once they are locked: whoever speaks for a part of them comes before this or after it.
    spoken_for = _spoken_for([recovery.pk for recovery in locked])
    found = []
    for recovery in sorted(locked, key=lambda each: (each.opened_at, each.pk)):
        left = recovery.amount - recovery.recovered - recovery.written_off
        left -= spoken_for.get(recovery.pk, NOTHING)
        # What is not owed by now waits for a person, and is not taken meanwhile.
        left -= max(recovery.not_owed - recovery.written_off, NOTHING)
        if left > 0 and recovery.payment.institution_id is not None:
            found.append(OpenRecovery(recovery, recovery.payment.institution_id, left))
    return found


def amount_held(recovery: Recovery) -> Decimal:
    """Return what of a recovery is held back from payments that are under way, in yuan."""
    held = Netting.objects.filter(recovery=recovery, status=NettingStatus.HELD)
    return held.aggregate(total=Sum("amount", default=NOTHING))["total"] or NOTHING


def set_off_against(payment_ids: Collection[int]) -> dict[int, Decimal]:
    """Return what has been set off against each of these payments, in yuan; without those of which nothing was."""
    ended = Netting.objects.filter(payment__in=payment_ids, status=NettingStatus.SET_OFF)
    return dict(ended.order_by().values_list("payment_id").annotate(total=Sum("amount")))


def set_off_before(payment_ids: Collection[int]) -> set[tuple[int, int]]:
    """Return which recoveries were set off against which of these payments before, each as payment and recovery."""
    ended = Netting.objects.filter(payment__in=payment_ids, status=NettingStatus.SET_OFF)
    return set(ended.values_list("payment_id", "recovery_id"))


def lock_held(attempt_ids: Collection[int]) -> list[Netting]:
    """Return what is held back from these instructions, with what it is held for, locked after its recoveries."""
    held = Netting.objects.filter(Among("attempt_id", attempt_ids), status=NettingStatus.HELD)
    recoveries = {
        recovery.pk: recovery
        for recovery in Recovery.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk__in=held.order_by().values("recovery"))
        .select_related("payment", "subsidy")
        .order_by("pk")
    }
    found = list(
        held.select_for_update(of=("self",), no_key=True).select_related("payment__claim").order_by("pk")
    )
    for netting in found:
        netting.recovery = recoveries[netting.recovery_id]
    return found


def owed_again_after(attempt: PaymentAttempt) -> list[Netting]:
    """Return what was held back from an instruction and is owed again, the last time of each recovery.

    What was set off when the bank had paid stays so, also if it took its own part back.
    """
    found = Netting.objects.filter(attempt=attempt).order_by("recovery_id", "-pk").distinct("recovery_id")
    return [each for each in found if each.status == NettingStatus.RELEASED]


def is_partly_set_off() -> Exists:
    """Test whether something was set off against a payment already, whatever becomes of the rest."""
    return Exists(Netting.objects.filter(payment=OuterRef("pk"), status=NettingStatus.SET_OFF))


def set_off_sum() -> Decimal:
    """Return what was ever set off, in yuan."""
    ended = Netting.objects.filter(status=NettingStatus.SET_OFF)
    return ended.aggregate(total=Sum("amount", default=NOTHING))["total"] or NOTHING


def partly_set_off(payments: Collection[Payment]) -> set[int]:
    """Return those of these payments against which something was set off already, whatever becomes of the rest."""
    found = Payment.objects.filter(is_partly_set_off(), pk__in=[payment.pk for payment in payments])
    return set(found.values_list("pk", flat=True))


def touched_recoveries(recovery_ids: Collection[int]) -> set[int]:
    """Return those of these recoveries of which money came back, is held back, or is said to have come."""
    settlements = RecoverySettlement.objects.filter(recovery=OuterRef("pk")).exclude(
        status=RequestStatus.REFUSED
    )
    nettings = Netting.objects.filter(recovery=OuterRef("pk")).exclude(status=NettingStatus.RELEASED)
    touched = Q(Exists(settlements)) | Q(Exists(nettings))
    return set(Recovery.objects.filter(touched, pk__in=recovery_ids).values_list("pk", flat=True))


def _spoken_for(recovery_ids: Collection[int]) -> dict[int, Decimal]:
    held = Netting.objects.filter(recovery__in=recovery_ids, status=NettingStatus.HELD)
    proposed = RecoverySettlement.objects.filter(recovery__in=recovery_ids, status=RequestStatus.PROPOSED)
    sums: dict[int, Decimal] = {}
    for rows in (held, proposed):
        for recovery_id, amount in rows.order_by().values_list("recovery_id", "amount"):
            sums[recovery_id] = sums.get(recovery_id, NOTHING) + amount
    return sums
