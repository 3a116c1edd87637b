"""What becomes of a confirmed claim when what it rests on changes: looked at anew, or partly asked back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_noop

from chongqing_dte.foundation.sets import act_or_isolate, unless_deadlocked
from subsidies import queries
from subsidies.enums import UNPAID, PaymentStatus, ReckoningCause, RecoveryStatus
from subsidies.models import Payment, Recovery, SubsidyClaim, TrainingSubsidy
from subsidies.rules.claim_facts import ReckonedLine
from subsidies.rules.claim_lines import HANGS_ON_RESULTS
from subsidies.services.claim_review_steps import give_to_the_district_anew
from subsidies.services.reckoning_steps import LOOK_EVERY, Reckoned, reckon_claims, reckoned_now
from subsidies.services.recovery_steps import open_part_recoveries, withdraw_part_recoveries
from subsidies.services.void_steps import void_claim_payments

SET_SIZE: Final = 50
NOTHING: Final = Decimal("0.00")
# For so long a claim is looked at once a day after it was paid. Later only if something of it is told to have changed.
LOOK_AFTER_PAYMENT: Final = timedelta(days=30)

# Why less is paid for a person than was.
RESULT_FELL: Final = "claim_result_fell"
LINE_FELL: Final = "claim_line_fell"
FACTOR_FELL: Final = "claim_factor_fell"
RECKONED_ANEW: Final = "claim_reckoned_anew"


@dataclass(frozen=True)
class Asked:
    """What was paid for persons, and what is asked back of it: the latter locked, by what was paid."""

    subsidies: Mapping[int, Sequence[TrainingSubsidy]]
    recoveries: Mapping[int, Sequence[Recovery]]
    # Of which money came back, is held back, or is said to have come.
    touched: Collection[int]


def follow_changed_claims(*, now: datetime) -> int:
    """Let the money follow every confirmed claim that comes to something else by now, and return how many it moved.

    What is not paid is cancelled, and the claim is reckoned and reviewed anew. Of what is paid, whatever it was too
    much for a person is asked back; more is never paid. What is with the bank waits for the bank's word, and while
    something is in question nothing moves.

    Safe to repeat, early, late or beside itself, and after any crash: what is left to do is read from the rows.
    """
    unless_deadlocked(partial(_mark_what_moved, now=now), complaint="claims_cannot_be_marked")
    moved_lately = queries.classes_moved(now - 2 * LOOK_EVERY)
    done_count, last_id = 0, 0
    while due := queries.confirmed_ids_to_look_at(now=now, after=last_id, limit=SET_SIZE):
        last_id = due[-1]
        done_count += act_or_isolate(
            due,
            partial(_follow_one_set, moved_lately=moved_lately, now=now),
            complaint="changed_claim_cannot_be_followed",
        )
    return done_count


@transaction.atomic(durable=True)
def _mark_what_moved(*, now: datetime) -> None:
    moved = queries.lock_confirmed_that_moved(since=now - LOOK_EVERY, looked_at_after=LOOK_EVERY)
    SubsidyClaim.objects.filter(pk__in=[claim.pk for claim in moved]).update(reckoning_due_at=now)


@transaction.atomic(durable=True)
def _follow_one_set(claim_ids: Sequence[int], *, moved_lately: Collection[int], now: datetime) -> int:
    payments = queries.lock_payments_of_claims(claim_ids)
    locked = queries.lock_confirmed_to_look_at(claim_ids, now=now)
    # Somebody else holds the payment of these, or has opened it meanwhile.
    others = queries.claims_with_live_payment(claim_ids) - payments.keys()
    claims = [claim for claim in locked if claim.pk not in others]
    if not claims:
        return 0
    former = queries.reckonings_by_id([claim.reckoning_id for claim in claims if claim.reckoning_id])
    certain = [each for each in reckoned_now(claims, former, now=now) if each.reckoning.is_complete]
    unpaid = _those_to_look_at_anew(certain, payments)
    for each in unpaid:
        _look_at_anew(each, payments.get(each.claim.pk), now)
    paid = [each for each in certain if _is_paid(payments.get(each.claim.pk))]
    asked_count = _ask_back(paid, payments, now)
    stay = [claim for claim in claims if claim.pk not in {each.claim.pk for each in unpaid}]
    _look_again_later(
        stay, payments, {each.claim.pk for each in certain if each.is_another_sum}, moved_lately, now
    )
    return len(unpaid) + asked_count


# ── What is not paid ─────────────────────────────────────────────────────────────────────────────────────
def _those_to_look_at_anew(certain: Sequence[Reckoned], payments: Mapping[int, Payment]) -> list[Reckoned]:
    """Return the claims that come to another sum, and whose money is still here.

    And those whose payment waits for a corrected result: by the former one it would never be made, whatever it is.
    """
    held = queries.payments_held_by_results([each for each in payments.values() if each.status in UNPAID])
    held_claims = {payment.claim_id for payment in payments.values() if payment.pk in held}
    changed = [each for each in certain if each.is_another_sum or each.claim.pk in held_claims]
    with_us = [
        payment
        for each in changed
        if (payment := payments.get(each.claim.pk)) is not None and payment.status in UNPAID
    ]
    movable = {payment.claim_id for payment in with_us} - {
        payment.claim_id for payment in with_us if payment.pk in queries.payments_to_leave_alone(with_us)
    }
    return [
        each
        for each in changed
        if each.claim.pk in movable or (each.claim.pk not in payments and each.claim.payment_due)
    ]


def _look_at_anew(each: Reckoned, payment: Payment | None, now: datetime) -> None:
    if payment is not None:
        void_claim_payments([payment], now)
    reason = gettext_noop("What it rests on changed before it was paid. It is reckoned and reviewed anew.")
    give_to_the_district_anew(each.claim, reason, now)
    facts = {each.claim.training_class_id: each.facts}
    reckon_claims([each.claim], cause=ReckoningCause.FACTS_CHANGED, now=now, facts=facts)


# ── What is paid ─────────────────────────────────────────────────────────────────────────────────────────
def _is_paid(payment: Payment | None) -> bool:
    return payment is not None and payment.status == PaymentStatus.PAID


def _ask_back(paid: Sequence[Reckoned], payments: Mapping[int, Payment], now: datetime) -> int:
    """Ask back what was paid too much for persons, and return of how many claims anything changed."""
    asked_whole = queries.payments_asked_back_whole([payments[each.claim.pk] for each in paid])
    looked_at = [each for each in paid if payments[each.claim.pk].pk not in asked_whole]
    theirs = [payments[each.claim.pk] for each in looked_at]
    recoveries = queries.lock_part_recoveries(theirs)
    live = [recovery.pk for of_person in recoveries.values() for recovery in of_person]
    asked = Asked(queries.subsidies_paid_by(theirs), recoveries, queries.touched_recoveries(live))
    opened: list[Recovery] = []
    withdrawn: list[Recovery] = []
    for each in looked_at:
        payment = payments[each.claim.pk]
        lines = {line.ruling.enrollment_id: line for line in each.reckoning.lines}
        for subsidy in asked.subsidies.get(each.claim.pk, ()):
            less, more = _of_person(payment, subsidy, lines.get(subsidy.enrollment_id), asked, now)
            withdrawn += less
            opened += more
    withdraw_part_recoveries(withdrawn, RECKONED_ANEW, now)
    open_part_recoveries(opened, now)
    return len({recovery.payment_id for recovery in (*opened, *withdrawn)})


def _of_person(
    payment: Payment, subsidy: TrainingSubsidy, line: ReckonedLine | None, asked: Asked, now: datetime
) -> tuple[list[Recovery], list[Recovery]]:
    """Return what is asked back of a person's part no more, and what is asked back from now on.

    A recovery of which money came stays as it is. Where more is owed, the rest is asked back once it is settled.
    """
    by_now = line.amount if line is not None else NOTHING
    owed = max(subsidy.amount - by_now, NOTHING)
    live = asked.recoveries.get(subsidy.pk, ())
    if owed == sum((recovery.amount for recovery in live), NOTHING):
        return [], []
    open_ones = [recovery for recovery in live if recovery.status == RecoveryStatus.OPEN]
    if any(recovery.pk in asked.touched for recovery in open_ones):
        return [], []
    rest = owed - sum((recovery.amount for recovery in live if recovery not in open_ones), NOTHING)
    if rest <= 0:
        return open_ones, []
    facts = {"enrollment": subsidy.enrollment_id, "paid": str(subsidy.amount), "by_now": str(by_now)}
    recovery = Recovery(
        payment=payment, subsidy=subsidy, amount=rest, reason=_why(line), facts=facts, opened_at=now
    )
    return open_ones, [recovery]


def _why(line: ReckonedLine | None) -> str:
    if line is not None and line.ruling.counts:
        return FACTOR_FELL
    return RESULT_FELL if line is not None and line.ruling.reason in HANGS_ON_RESULTS else LINE_FELL


# ── When it is looked at next ────────────────────────────────────────────────────────────────────────────
def _look_again_later(
    claims: Sequence[SubsidyClaim],
    payments: Mapping[int, Payment],
    changed: Collection[int],
    moved_lately: Collection[int],
    now: datetime,
) -> None:
    for claim in claims:
        payment = payments.get(claim.pk)
        if claim.pk in changed and payment is not None and payment.status == PaymentStatus.INSTRUCTED:
            # As soon as the bank has said what became of it.
            continue
        claim.reckoning_due_at = now + LOOK_EVERY
        if _is_done(claim, payment, now) and claim.training_class_id not in moved_lately:
            claim.reckoning_due_at = None
    SubsidyClaim.objects.bulk_update(claims, ["reckoning_due_at"])


def _is_done(claim: SubsidyClaim, payment: Payment | None, now: datetime) -> bool:
    """Test whether nothing of a claim's money is here any more, and has not been for a while."""
    if payment is None:
        return not claim.payment_due
    return payment.paid_at is not None and payment.paid_at < now - LOOK_AFTER_PAYMENT
