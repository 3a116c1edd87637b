"""What becomes of a confirmed claim when what it rests on changes: looked at anew, or partly asked back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Final

from django.db import transaction

from chongqing_dte.foundation.audit import record_event, record_events
from chongqing_dte.foundation.sentences import gettext_noop
from chongqing_dte.foundation.sets import act_or_isolate, unless_deadlocked
from subsidies import queries
from subsidies.enums import UNPAID, PaymentStatus, ReckoningCause, RecoveryStatus
from subsidies.models import Payment, Recovery, SubsidyClaim, TrainingSubsidy
from subsidies.rules.claim_facts import ReckonedLine
from subsidies.rules.claim_lines import HANGS_ON_RESULTS
from subsidies.services.claim_review_steps import give_to_the_district_anew
from subsidies.services.netting_steps import plan_set_offs
from subsidies.services.reckoning_steps import (
    LOOK_EVERY,
    Reckoned,
    keep_beside,
    reckon_claims,
    reckoned_now,
)
from subsidies.services.recovery_steps import (
    note_what_is_not_owed,
    open_part_recoveries,
    withdraw_part_recoveries,
)
from subsidies.services.void_steps import void_claim_payments

SET_SIZE: Final = 50
NOTHING: Final = Decimal("0.00")
# For so long a claim is looked at once a day after it was paid. Later as often as this, for ever, and at once if
# something of it is told to have changed: whatever nobody tells of is seen too.
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
    partly_paid = _those_paid_in_part(certain, payments)
    paid = [each for each in certain if _is_paid(payments.get(each.claim.pk))]
    moved = _ask_back([*paid, *partly_paid], payments, now) | _go_on_with_the_rest(partly_paid, payments, now)
    stay = [claim for claim in claims if claim.pk not in {each.claim.pk for each in unpaid}]
    _look_again_later(
        stay, payments, {each.claim.pk for each in certain if each.is_another_sum}, moved_lately, now
    )
    return len(unpaid) + len(moved)


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


def _ask_back(paid: Sequence[Reckoned], payments: Mapping[int, Payment], now: datetime) -> set[int]:
    """Ask back what was paid too much for persons, and return of which payments anything changed."""
    asked_whole = queries.payments_asked_back_whole([payments[each.claim.pk] for each in paid])
    looked_at = [each for each in paid if payments[each.claim.pk].pk not in asked_whole]
    theirs = [payments[each.claim.pk] for each in looked_at]
    recoveries = queries.lock_part_recoveries(theirs)
    live = [recovery.pk for of_person in recoveries.values() for recovery in of_person]
    asked = Asked(queries.subsidies_paid_by(theirs), recoveries, queries.touched_recoveries(live))
    opened: list[Recovery] = []
    withdrawn: list[Recovery] = []
    noted: list[Recovery] = []
    for each in looked_at:
        payment = payments[each.claim.pk]
        lines = {line.ruling.enrollment_id: line for line in each.reckoning.lines}
        for subsidy in asked.subsidies.get(each.claim.pk, ()):
            less, more = _of_person(payment, subsidy, lines.get(subsidy.enrollment_id), asked, now)
            withdrawn += less
            opened += more
            stay = [each for each in asked.recoveries.get(subsidy.pk, ()) if each not in less]
            owed = _owed_back(subsidy, lines.get(subsidy.enrollment_id))
            noted += note_what_is_not_owed(stay, owed, now)
    withdraw_part_recoveries(withdrawn, RECKONED_ANEW, now)
    open_part_recoveries(opened, now)
    Recovery.objects.bulk_update(noted, ["not_owed", "not_owed_since"])
    record_events("recovery.not_owed", subjects=noted, at=now)
    return {recovery.payment_id for recovery in (*opened, *withdrawn, *noted)}


def _of_person(
    payment: Payment, subsidy: TrainingSubsidy, line: ReckonedLine | None, asked: Asked, now: datetime
) -> tuple[list[Recovery], list[Recovery]]:
    """Return what is asked back of a person's part no more, and what is asked back from now on.

    A recovery of which money came stays as it is. Where more is owed, the rest is asked back once it is settled.
    """
    owed = _owed_back(subsidy, line)
    live = asked.recoveries.get(subsidy.pk, ())
    if owed == sum((recovery.amount - recovery.given_back for recovery in live), NOTHING):
        return [], []
    open_ones = [recovery for recovery in live if recovery.status == RecoveryStatus.OPEN]
    if any(recovery.pk in asked.touched for recovery in open_ones):
        return [], []
    settled = [recovery for recovery in live if recovery not in open_ones]
    rest = owed - sum((recovery.amount - recovery.given_back for recovery in settled), NOTHING)
    if rest <= 0:
        return open_ones, []
    by_now = line.amount if line is not None else NOTHING
    facts = {"enrollment": subsidy.enrollment_id, "paid": str(subsidy.amount), "by_now": str(by_now)}
    recovery = Recovery(
        payment=payment, subsidy=subsidy, amount=rest, reason=_why(line), facts=facts, opened_at=now
    )
    return open_ones, [recovery]


def _owed_back(subsidy: TrainingSubsidy, line: ReckonedLine | None) -> Decimal:
    """Return what was paid too much for a person, in yuan."""
    return max(subsidy.amount - (line.amount if line is not None else NOTHING), NOTHING)


# ── What is paid in part ─────────────────────────────────────────────────────────────────────────────────
def _those_paid_in_part(certain: Sequence[Reckoned], payments: Mapping[int, Payment]) -> list[Reckoned]:
    """Return the claims of which a part was set off, and the rest came back or did not leave.

    They were paid in part, and cannot be cancelled. What is too much by now is asked back, as of what is paid, and
    the rest goes against that before any of it goes to the bank.
    """
    with_us = [each for each in payments.values() if each.status in UNPAID]
    said_to_be_paid = queries.payments_said_to_be_paid(with_us)
    claims = {
        payment.claim_id
        for payment in with_us
        if payment.pk in queries.partly_set_off(with_us) and payment.pk not in said_to_be_paid
    }
    return [each for each in certain if each.claim.pk in claims]


def _go_on_with_the_rest(
    partly_paid: Sequence[Reckoned], payments: Mapping[int, Payment], now: datetime
) -> set[int]:
    """Let no former result hold the rest of these payments any more, and return those on which it goes on.

    Where nothing is left for the bank, nobody has to name another account.
    """
    theirs = [payments[each.claim.pk] for each in partly_paid]
    held = queries.payments_held_by_results(theirs)
    moved = set()
    for each in partly_paid:
        payment = payments[each.claim.pk]
        if payment.pk in held:
            payment.rest_by = keep_beside(each, now=now)
            payment.save(update_fields=["rest_by"])
            record_event("payment.rest_reckoned", subject=payment, at=now)
            moved.add(payment.pk)
    set_off = plan_set_offs(theirs)
    for payment in theirs:
        if payment.status == PaymentStatus.RETURNED and set_off[payment.pk].total == payment.amount:
            payment.status = PaymentStatus.READY
            payment.save(update_fields=["status"])
            record_event("payment.reopened", subject=payment, at=now)
            moved.add(payment.pk)
    return moved


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
    unsettled = queries.payments_not_owed_back(payments.values())
    for claim in claims:
        payment = payments.get(claim.pk)
        if claim.pk in changed and payment is not None and payment.status == PaymentStatus.INSTRUCTED:
            # As soon as the bank has said what became of it.
            continue
        claim.reckoning_due_at = now + LOOK_EVERY
        if claim.training_class_id in moved_lately or (payment is not None and payment.pk in unsettled):
            continue
        if payment is None and not claim.payment_due:
            # It came to nothing, and more is never paid.
            claim.reckoning_due_at = None
        elif payment is not None and payment.paid_at and payment.paid_at < now - LOOK_AFTER_PAYMENT:
            claim.reckoning_due_at = now + LOOK_AFTER_PAYMENT
    SubsidyClaim.objects.bulk_update(claims, ["reckoning_due_at"])
