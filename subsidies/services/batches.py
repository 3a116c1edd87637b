"""From payments that wait to a batch whose bytes are fixed, released by two people, and with the bank."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.utils import timezone

from assessment.queries import certificates_are_due
from chongqing_dte.foundation.audit import record_event, record_events
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.sentences import ngettext
from chongqing_dte.foundation.transitions import check_transition
from institutions.enums import Role
from institutions.models import User
from subsidies import policies, queries
from subsidies.enums import BatchStatus, NotificationKind, PaymentStatus, SubsidyKind
from subsidies.models import Payment, PaymentAttempt, PaymentBatch, PolicyVersion
from subsidies.rules.batch_days import is_batch_day
from subsidies.rules.gathering import waits_for_more
from subsidies.services.assembly_steps import (
    NOTHING_SET_OFF,
    BatchPlan,
    Payable,
    accounts_of,
    batch_of,
    batch_plans,
    unwritable_payments,
    within_amount,
)
from subsidies.services.claim_steps import fallen_by_merge, lines_held_up
from subsidies.services.netting_steps import hold_back, plan_set_offs
from subsidies.services.notification_steps import notify_office
from subsidies.services.release_checks import check_may_release
from subsidies.services.settlement_steps import pay_by_set_off
from subsidies.services.transit_steps import record_into_transit
from subsidies.transitions import BATCH_TRANSITIONS

log = structlog.get_logger(__name__)

# A batch waits while decisions come, so that one results file becomes one bank file; in a steady stream, not for long.
LONGEST_WAIT = timedelta(minutes=15)


def assemble_batches(*, now: datetime) -> list[PaymentBatch]:
    """Put the payments that wait into batches with fixed files until none is left that fits, and return these.

    Each batch is a transaction of its own, so that whoever dies in between leaves whole batches and payments that
    still wait. Safe to repeat and to run beside itself: payments are locked while they are put in, and leave the
    queue by it.
    """
    _reopen_corrected_payments(now=now)
    return [batch for kind in SubsidyKind for batch in _assemble_kind(kind, now=now)]


def _assemble_kind(kind: SubsidyKind, *, now: datetime) -> list[PaymentBatch]:
    """Assemble the batches of one subsidy: no file pays both."""
    ready = queries.ready_since(kind)
    if ready is None:
        return []
    policy = None
    if kind == SubsidyKind.ASSESSMENT:
        if certificates_are_due() and waits_for_more(ready, longest_wait=LONGEST_WAIT, now=now):
            return []
        policy = _policy_on(now)
    if policy is not None and not is_batch_day(timezone.localdate(now), policy.batch_weekdays):
        return []
    assembled: list[PaymentBatch] = []
    for plan in batch_plans(kind, policy):
        last_id: int | None = 0
        while last_id is not None:
            batch, last_id = _assemble_next(plan, after=last_id, policy=policy, now=now)
            assembled += [batch] if batch is not None else []
    return assembled


@transaction.atomic(durable=True)
def _assemble_next(
    plan: BatchPlan, *, after: int, policy: PolicyVersion | None, now: datetime
) -> tuple[PaymentBatch | None, int | None]:
    """Assemble one batch of the payments behind this one, and return it with the last payment that was looked at.

    None instead of that payment when there is nothing behind it.
    """
    found = queries.lock_payments_ready(kind=plan.kind, reach=plan.reach, after=after, limit=plan.line_limit)
    payable, set_off = _payable(found, plan)
    payments, has_left = within_amount(payable, plan.amount_limit)
    last_id = payments[-1].payment.pk if has_left else found[-1].pk if len(found) == plan.line_limit else None
    batch = _write_batch(plan, payments, policy, now) if payments else None
    pay_by_set_off(
        [each.payment for each in set_off], {each.payment.pk: each.set_off for each in set_off}, now
    )
    return batch, last_id


def _write_batch(
    plan: BatchPlan, payments: Sequence[Payable], policy: PolicyVersion | None, now: datetime
) -> PaymentBatch:
    batch, attempts = batch_of(plan, payments, now)
    if _leaves_by_itself(batch, payments, policy, now):
        batch.released_automatically = True
        batch.status = BatchStatus.RELEASED
    batch.save(force_insert=True)
    PaymentAttempt.objects.bulk_create(attempts)
    hold_back(
        ((each.payment, attempt, each.set_off) for each, attempt in zip(payments, attempts, strict=True)), now
    )
    instructed = [each.payment for each in payments]
    Payment.objects.filter(pk__in=[payment.pk for payment in instructed]).update(
        status=PaymentStatus.INSTRUCTED
    )
    record_events("payment.instructed", subjects=instructed, at=now)
    record_event("batch.assembled", subject=batch, at=now, facts=_assembled_facts(batch, plan))
    if batch.status == BatchStatus.RELEASED:
        _record_release(batch, attempts, now)
    else:
        _ask_for_signatures(batch, now)
    return batch


@transaction.atomic(durable=True)
def release_batch(*, batch_id: int, releaser: User, sha256: str, now: datetime) -> PaymentBatch:
    """Add one signature to a batch; with the second person's it is released and may leave.

    `sha256` is the hash of the file that the person saw. Raises NotPermitted for whoever may not sign, signed
    already or answers for a claim in the batch, InvalidTransition if the batch is released or withdrawn, and
    DomainError if another file was seen, if something in the batch must not be paid now, if sending is stopped, or if
    the books do not agree.
    """
    batch = queries.lock_batch(batch_id)
    policies.check_can_release(releaser, batch)
    policies.check_is_not_behind_its_claims(releaser, queries.behind_the_claims_of(batch))
    check_transition(BATCH_TRANSITIONS, current=BatchStatus(batch.status), target=BatchStatus.RELEASED)
    if sha256 != batch.sha256:
        raise DomainError(
            _("The file is not the one that you looked at. Open the batch again."), code="other_file"
        )
    if queries.is_contradicted(batch):
        raise DomainError(
            _(
                "The bank has said of a payment in this batch that it was paid before. Settle that with the bank first."
            ),
            code="bank_contradicts",
        )
    attempts = queries.lock_attempts_of(batch)
    _check_nothing_is_held_up(batch, attempts)
    check_may_release(batch=batch, now=now)
    if batch.first_released_by_id is None:
        batch.first_released_by = releaser
        batch.first_released_at = now
        batch.save(update_fields=["first_released_by", "first_released_at"])
        record_event("batch.release_started", subject=batch, actor_id=releaser.pk, at=now)
        return batch
    batch.second_released_by = releaser
    batch.second_released_at = now
    batch.status = BatchStatus.RELEASED
    batch.save(update_fields=["second_released_by", "second_released_at", "status"])
    _record_release(batch, attempts, now, releaser)
    return batch


def _leaves_by_itself(
    batch: PaymentBatch, payments: Sequence[Payable], policy: PolicyVersion | None, now: datetime
) -> bool:
    """Test whether a batch of this sum goes without signatures. Where anything is wrong, two people look at it."""
    if policy is None or batch.total > policy.automatic_release_limit:
        return False
    try:
        check_may_release(batch=batch, payments=[each.payment.pk for each in payments], now=now)
    except DomainError:
        return False
    return True


def _assembled_facts(batch: PaymentBatch, plan: BatchPlan) -> dict[str, object]:
    """Return what the record says of a new batch; one payment above the limit went alone, and it says so."""
    is_over = plan.amount_limit is not None and batch.total > plan.amount_limit
    over = {"amount_limit": str(plan.amount_limit)} if is_over else {}
    return {"lines": batch.line_count, "total": str(batch.total), "side": batch.side, **over}


def _ask_for_signatures(batch: PaymentBatch, now: datetime) -> None:
    notify_office(
        kind=NotificationKind.BATCH_WAITS,
        key=f"batch_waits:{batch.public_id}",
        role=Role.MUNICIPAL_FINANCE,
        district_id=None,
        now=now,
        facts={
            "batch": str(batch.public_id),
            "reference": batch.reference,
            "lines": batch.line_count,
            "total": str(batch.total),
        },
        entitlement_id=None,
    )


def _payable(found: Sequence[Payment], plan: BatchPlan) -> tuple[list[Payable], list[Payable]]:
    """Return those of the payments that are owed now, to accounts that can be read and that the file can hold.

    Beside them those of which nothing is left for the bank: as much is set off against them.
    """
    owed = _still_owed(found)
    accounts = accounts_of(plan.kind, owed)
    reached = [
        payment
        for payment in owed
        if payment.pk in accounts and plan.reach.covers(accounts[payment.pk].cnaps)
    ]
    set_off = plan_set_offs(reached) if plan.kind == SubsidyKind.TRAINING else {}
    payable = [
        Payable(payment, accounts[payment.pk], set_off.get(payment.pk, NOTHING_SET_OFF))
        for payment in reached
    ]
    for_the_bank = [each for each in payable if each.amount]
    unwritten = unwritable_payments(plan, for_the_bank)
    if unwritten:
        log.warning("payments_cannot_be_written", payments=sorted(unwritten))
    return (
        [each for each in for_the_bank if each.payment.pk not in unwritten],
        [each for each in payable if not each.amount],
    )


def _still_owed(payments: Sequence[Payment]) -> list[Payment]:
    """Return the payments that are owed now.

    Whoever revokes or freezes what is behind them, or merges the people, comes after the batch.
    """
    queries.lock_what_stands_behind(payments)
    owed = queries.payments_owed([payment.pk for payment in payments])
    owed -= fallen_by_merge(payments=payments).keys()
    return [payment for payment in payments if payment.pk in owed]


def _policy_on(now: datetime) -> PolicyVersion | None:
    today = timezone.localdate(now)
    return next((policy for policy in queries.approved_policies() if today in policy.in_force), None)


def _check_nothing_is_held_up(batch: PaymentBatch, attempts: Sequence[PaymentAttempt]) -> None:
    """Raise DomainError if something in the batch must not be paid now, or not to that account.

    Whoever revokes or freezes while this is looked at waits for the release, and whoever came first is seen here.
    """
    queries.lock_what_stands_behind([attempt.payment for attempt in attempts])
    held_up = lines_held_up(batch)
    if held_up["revoked"]:
        raise DomainError(
            ngettext(
                "The certificate behind %(count)s payment was revoked. This batch is withdrawn by itself.",
                "The certificates behind %(count)s payments were revoked. This batch is withdrawn by itself.",
                held_up["revoked"],
            )
            % {"count": held_up["revoked"]},
            code="certificate_revoked",
        )
    if held_up["changed"]:
        raise DomainError(
            ngettext(
                "What %(count)s claim was reckoned by holds no more. This batch is withdrawn by itself.",
                "What %(count)s claims were reckoned by holds no more. This batch is withdrawn by itself.",
                held_up["changed"],
            )
            % {"count": held_up["changed"]},
            code="claim_changed",
        )
    if held_up["frozen"]:
        raise DomainError(
            ngettext(
                "A result or certificate behind %(count)s payment is in question. This batch is withdrawn by itself.",
                "Results or certificates behind %(count)s payments are in question. This batch is withdrawn by itself.",
                held_up["frozen"],
            )
            % {"count": held_up["frozen"]},
            code="payee_frozen",
        )
    if held_up["objected"]:
        raise DomainError(
            ngettext(
                "There is an objection to %(count)s payment. This batch is withdrawn by itself.",
                "There are objections to %(count)s payments. This batch is withdrawn by itself.",
                held_up["objected"],
            )
            % {"count": held_up["objected"]},
            code="objected",
        )
    if held_up["account_replaced"]:
        raise DomainError(
            ngettext(
                "The account of %(count)s payment was corrected meanwhile. This batch is withdrawn by itself.",
                "The accounts of %(count)s payments were corrected meanwhile. This batch is withdrawn by itself.",
                held_up["account_replaced"],
            )
            % {"count": held_up["account_replaced"]},
            code="account_replaced",
        )
    if held_up["merged"]:
        raise DomainError(
            ngettext(
                "%(count)s payment goes to somebody who was granted too much before two rows of theirs were merged. "
                "This batch is withdrawn by itself.",
                "%(count)s payments go to people who were granted too much before rows of theirs were merged. This "
                "batch is withdrawn by itself.",
                held_up["merged"],
            )
            % {"count": held_up["merged"]},
            code="granted_too_much",
        )


@transaction.atomic(durable=True)
def _reopen_corrected_payments(*, now: datetime) -> None:
    payments = queries.lock_returned_with_new_account()
    Payment.objects.filter(pk__in=[payment.pk for payment in payments]).update(status=PaymentStatus.READY)
    record_events("payment.reopened", subjects=payments, at=now)


def _record_release(
    batch: PaymentBatch, attempts: Sequence[PaymentAttempt], now: datetime, releaser: User | None = None
) -> None:
    record_event("batch.released", subject=batch, actor_id=releaser.pk if releaser else None, at=now)
    record_into_transit(batch=batch, attempts=attempts, now=now)
    nudge_after_commit("batch_released")
