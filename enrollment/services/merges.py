"""Two rows that are one person: proposed by one, decided by another, told to the public by number."""

from datetime import datetime

from django.db import IntegrityError, transaction

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.jobs import nudge_after_commit
from chongqing_dte.foundation.locks import transaction_lock
from chongqing_dte.foundation.proposal_steps import decide_proposal
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.words import stated
from enrollment import policies, queries
from enrollment.enums import RequestStatus
from enrollment.models import BankAccount, ChangedTraineeId, Trainee, TraineeMerge
from enrollment.services.enrollment_steps import ask_registers_about
from enrollment.transitions import REQUEST_TRANSITIONS
from institutions.models import User


class RowsMergedAlready(InvalidTransition):
    """One of the two rows points at a third one by now: there are no chains."""

    code = "merged_already"

    def __init__(self) -> None:
        super().__init__(
            _("One of the two is merged into somebody else already. Merge with that one instead.")
        )


class ClassesOverlap(DomainError):
    """The two rows are in two classes at the same time, which one person cannot be."""

    code = "classes_overlap"

    def __init__(self, clashes: list[tuple[str, str]]) -> None:
        super().__init__(
            _(
                "The two are in classes at the same time: %(classes)s. One of the institutions has to withdraw the"
                " person first."
            )
            % {"classes": ", ".join(f"{one} / {other}" for one, other in clashes[:5])}
        )


def propose_merge(
    *, kept_id: int, merged_id: int, reason: str, proposer: User, now: datetime
) -> TraineeMerge:
    """Record that two rows are one person; `kept_id` is the one that will stand for both.

    Nothing changes before somebody else approves. Raises NotPermitted, RowsMergedAlready, ClassesOverlap, and
    DomainError for one and the same row, without a reason, or if it was proposed already.
    """
    try:
        return _record_proposal(kept_id, merged_id, reason, proposer, now)
    except IntegrityError as race:
        if "trainee_merge_once" not in str(race):
            raise
        raise DomainError(
            _("It was proposed already that this row is merged."), code="merge_proposed_already"
        ) from race


@transaction.atomic(durable=True)
def _record_proposal(
    kept_id: int, merged_id: int, reason: str, proposer: User, now: datetime
) -> TraineeMerge:
    policies.check_can_propose_merge(proposer)
    if not stated(reason):
        raise DomainError(_("Say how you know that they are one person."), code="reason_missing")
    if kept_id == merged_id:
        raise DomainError(_("Name two different trainees."), code="same_row")
    _lock_two_rows(kept_id, merged_id)
    merge = TraineeMerge.objects.create(
        kept_id=kept_id,
        merged_id=merged_id,
        reason=stated(reason),
        proposed_by=proposer,
        proposed_at=now,
    )
    record_event(
        "merge.proposed",
        subject=merge,
        actor_id=proposer.pk,
        at=now,
        reason=merge.reason,
        facts={"kept": kept_id, "merged": merged_id},
    )
    return merge


@transaction.atomic(durable=True)
def approve_merge(*, merge_id: int, decider: User, reason: str, now: datetime) -> TraineeMerge:
    """Let one row stand for both from now on. Every row keeps its own history; the public feed names the change.

    Raises NotPermitted for whoever proposed it or decides no merges, InvalidTransition if it is decided,
    RowsMergedAlready and ClassesOverlap.
    """
    merge = queries.lock_merge(merge_id)
    policies.check_can_decide_merge(decider, merge)
    _close(merge, RequestStatus.APPROVED, decider, reason, now)
    kept, merged, followers = _lock_two_rows(merge.kept_id, merge.merged_id)
    going = [merged, *followers]
    Trainee.objects.filter(pk__in=[row.pk for row in going]).update(merged_into=kept)
    _close_accounts(kept, going, now)
    _tell_the_public(kept, going, now)
    ask_registers_about([kept.pk], now=now)
    record_event(
        "trainee.merged",
        subject=merged,
        actor_id=decider.pk,
        at=now,
        reason=merge.reason,
        facts={"into": kept.pk, "followers": [row.pk for row in followers]},
    )
    # What was held for want of an account may have one now.
    nudge_after_commit("bank_account_recorded")
    return merge


@transaction.atomic(durable=True)
def refuse_merge(*, merge_id: int, decider: User, reason: str, now: datetime) -> TraineeMerge:
    """Leave two rows as two people, for a reason.

    Raises NotPermitted for whoever proposed it or decides no merges, InvalidTransition if it is decided, and
    DomainError without a reason.
    """
    merge = queries.lock_merge(merge_id)
    policies.check_can_decide_merge(decider, merge)
    if not stated(reason):
        raise DomainError(_("Say why it is refused."), code="reason_missing")
    _close(merge, RequestStatus.REFUSED, decider, reason, now)
    return merge


def _lock_two_rows(kept_id: int, merged_id: int) -> tuple[Trainee, Trainee, list[Trainee]]:
    """Return the row that stays, the one that goes and those that went to that one before, all locked."""
    rows = {row.pk: row for row in queries.lock_rows_to_merge(kept_id=kept_id, merged_id=merged_id)}
    kept, merged = rows.pop(kept_id), rows.pop(merged_id)
    if kept.merged_into_id is not None or merged.merged_into_id is not None:
        raise RowsMergedAlready
    if clashes := queries.overlapping_enrollments(kept_id=kept_id, merged_id=merged_id):
        raise ClassesOverlap(clashes)
    return kept, merged, list(rows.values())


def _close_accounts(kept: Trainee, going: list[Trainee], now: datetime) -> None:
    """End the accounts of the rows that go, if the row that stays has one: a person is paid to one account."""
    current = BankAccount.objects.filter(replaced_at__isnull=True)
    if current.filter(trainee=kept).exists():
        current.filter(trainee__in=going).update(replaced_at=now)


def _tell_the_public(kept: Trainee, going: list[Trainee], now: datetime) -> None:
    transaction_lock("changed_trainee_numbers")
    ChangedTraineeId.objects.bulk_create(
        ChangedTraineeId(former_public_id=row.public_id, public_id=kept.public_id, changed_at=now)
        for row in going
    )


def _close(merge: TraineeMerge, target: RequestStatus, decider: User, reason: str, now: datetime) -> None:
    decide_proposal(merge, target, event="merge", table=REQUEST_TRANSITIONS, decision=(decider, reason, now))
