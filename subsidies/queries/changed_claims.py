"""Confirmed claims that are looked at again, because what they rest on may have changed: which, and their locks."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from chongqing_dte.foundation.lookups import Among
from subsidies.enums import PAID_TWICE, ClaimStatus, PaymentStatus
from subsidies.models import Payment, Recovery, SubsidyClaim, TrainingSubsidy
from subsidies.queries.claim_holds import claim_rests_on_what_changed
from subsidies.queries.claims import lock_claims_that_moved
from subsidies.queries.nettings import is_partly_set_off
from subsidies.queries.payments import said_to_be_paid
from subsidies.queries.recoveries import asked_back


def lock_confirmed_that_moved(*, since: datetime, looked_at_after: timedelta) -> list[SubsidyClaim]:
    """Return the confirmed claims of which something was questioned, decided or ended, as `lock_claims_that_moved`."""
    return lock_claims_that_moved(
        since=since, looked_at_after=looked_at_after, statuses=[ClaimStatus.CONFIRMED]
    )


def confirmed_ids_to_look_at(*, now: datetime, after: int, limit: int) -> list[int]:
    """Return confirmed claims whose facts are to be looked at anew by now, from behind this one on."""
    due = _due(now).filter(pk__gt=after)
    return list(due.order_by("pk").values_list("pk", flat=True)[:limit])


def lock_payments_of_claims(claim_ids: Collection[int]) -> dict[int, Payment]:
    """Return the live payments of these claims, by claim, locked; those of others are left out."""
    payments = Payment.objects.filter(Among("claim_id", claim_ids)).exclude(status=PaymentStatus.CANCELLED)
    locked = payments.select_for_update(of=("self",), skip_locked=True, no_key=True).order_by("pk")
    return {payment.claim_id: payment for payment in locked if payment.claim_id is not None}


def lock_confirmed_to_look_at(claim_ids: Collection[int], *, now: datetime) -> list[SubsidyClaim]:
    """Return those of these claims that are still to be looked at, locked; what others hold is left out.

    Their payments are locked before. A claim whose payment somebody else holds is left out too.
    """
    due = _due(now).filter(Among("pk", claim_ids))
    return list(
        due.select_for_update(of=("self",), skip_locked=True, no_key=True)
        .select_related("training_class")
        .order_by("pk")
    )


def claims_with_live_payment(claim_ids: Collection[int]) -> set[int]:
    """Return those of these claims that have a payment that was not cancelled."""
    payments = Payment.objects.filter(Among("claim_id", claim_ids)).exclude(status=PaymentStatus.CANCELLED)
    return {claim_id for claim_id in payments.values_list("claim_id", flat=True) if claim_id is not None}


def payments_said_to_be_paid(payments: Collection[Payment]) -> set[int]:
    """Return those of these payments of which the bank said PAID in a line that waits for a person."""
    found = Payment.objects.filter(said_to_be_paid(), pk__in=[payment.pk for payment in payments])
    return set(found.values_list("pk", flat=True))


def payments_to_leave_alone(payments: Collection[Payment]) -> set[int]:
    """Return those of these unpaid payments that the bank may have paid, or that are set off in part already."""
    stuck = Q(said_to_be_paid()) | Q(is_partly_set_off())
    found = Payment.objects.filter(stuck, pk__in=[payment.pk for payment in payments])
    return set(found.values_list("pk", flat=True))


def payments_held_by_results(payments: Collection[Payment]) -> set[int]:
    """Return those of these payments that wait because a result their claims rest on holds no more, same sum or not."""
    found = Payment.objects.filter(claim_rests_on_what_changed(), pk__in=[payment.pk for payment in payments])
    return set(found.values_list("pk", flat=True))


def subsidies_paid_by(payments: Collection[Payment]) -> dict[int, list[TrainingSubsidy]]:
    """Return what each of these payments pays for each person, by claim. What was voided with another is left out."""
    of_live = TrainingSubsidy.objects.filter(Among("claim_id", {each.claim_id or 0 for each in payments}))
    standing = of_live.filter(Q(voided_at__isnull=True) | Q(recoveries__isnull=False)).distinct()
    found: dict[int, list[TrainingSubsidy]] = defaultdict(list)
    for subsidy in standing.order_by("pk"):
        found[subsidy.claim_id].append(subsidy)
    return found


def lock_part_recoveries(payments: Collection[Payment]) -> dict[int, list[Recovery]]:
    """Return the live recoveries of persons' parts of these payments, by what was paid for the person, locked."""
    live = asked_back().filter(payment__in=payments, subsidy__isnull=False)
    found: dict[int, list[Recovery]] = defaultdict(list)
    for recovery in live.select_for_update(of=("self",), no_key=True).order_by("pk"):
        if recovery.subsidy_id is not None:
            found[recovery.subsidy_id].append(recovery)
    return found


def payments_asked_back_whole(payments: Collection[Payment]) -> set[int]:
    """Return those of these payments of which all that no person's part was asked back of is asked back."""
    whole = Recovery.objects.filter(
        payment__in=payments, subsidy__isnull=True, withdrawn_at__isnull=True
    ).exclude(reason=PAID_TWICE)
    return set(whole.values_list("payment_id", flat=True))


def _due(now: datetime) -> QuerySet[SubsidyClaim]:
    return SubsidyClaim.objects.filter(reckoning_due_at__lte=now, status=ClaimStatus.CONFIRMED)
