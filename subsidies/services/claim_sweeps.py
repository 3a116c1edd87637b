"""What happens to claims by itself: they open, are looked at anew and lapse. In sets, and safe to repeat."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial
from typing import Final

from django.db import transaction
from django.utils import timezone

from chongqing_dte.foundation.audit import record_event, record_events
from chongqing_dte.foundation.sentences import gettext_noop
from chongqing_dte.foundation.sets import act_or_isolate, unless_deadlocked
from chongqing_dte.foundation.transitions import check_transition
from subsidies import queries
from subsidies.enums import ClaimStatus, NotificationKind, ReckoningCause
from subsidies.models import ClaimStep, SubsidyClaim
from subsidies.queries.claim_facts import ClaimFacts
from subsidies.rules.claim_days import may_open, submit_until
from subsidies.services.claim_opening_steps import open_claims
from subsidies.services.claim_review_steps import begin_clock
from subsidies.services.claim_state_steps import Act, move_claim, note_step, take_signatures_off
from subsidies.services.notification_steps import notify_institutions
from subsidies.services.reckoning_steps import LOOK_EVERY, Reckoned, reckon_claims
from subsidies.transitions import CLAIM_TRANSITIONS

# A set costs some twenty queries, however large it is.
SET_SIZE: Final = 200
# Whatever its sum is, somebody has looked at it already.
UNDER_REVIEW: Final = (ClaimStatus.SUBMITTED, ClaimStatus.RECOMMENDED)


# ── Opening ──────────────────────────────────────────────────────────────────────────────────────────────
def open_due_claims(*, now: datetime) -> int:
    """Open a claim for every class whose results are there, or whose sittings count no more, and return how many.

    Of classes that never had one: after a claim has ended, the institution opens the next. A class for whose last day
    no policy is approved waits.
    """
    today = timezone.localdate(now)
    in_force = queries.training_policies_in_force()
    if not in_force:
        return 0
    soonest = min(policy.cut_off_days for _days, policy in in_force)
    cut_off_before = date.fromordinal(today.toordinal() - soonest)
    find = partial(queries.class_ids_to_claim, cut_off_before=cut_off_before, limit=SET_SIZE)
    return _in_sets(find, partial(_open_one_set, now=now), complaint="claim_cannot_be_opened")


@transaction.atomic(durable=True)
def _open_one_set(class_ids: Sequence[int], *, now: datetime) -> int:
    classes = queries.lock_classes_to_claim(class_ids)
    today = timezone.localdate(now)
    facts = queries.gather_claim_facts([each.pk for each in classes], today=today)
    until = {
        class_id: submit_until(today, each.policy.claim_window_days)
        for class_id, each in facts.items()
        if each.policy is not None and _may_open(each, today)
    }
    ready = [each for each in classes if each.pk in until]
    return len(open_claims(ready, facts, submit_until=until, opener=None, now=now)) if ready else 0


def _may_open(facts: ClaimFacts, today: date) -> bool:
    return (
        facts.policy is not None and may_open(facts.class_, facts.trainees, facts.policy, today) is not None
    )


# ── Reckoning ────────────────────────────────────────────────────────────────────────────────────────────
def reckon_due_claims(*, now: datetime) -> int:
    """Look anew at what claims rest on, each at least once a day, and return how many came to something else.

    At once where a result, a certificate or the evidence of one of its people was questioned, decided or ended. A
    claim under review whose sum or lines change is noted, and one that was recommended goes back to its district.
    """
    unless_deadlocked(partial(_mark_what_moved, now=now), complaint="claims_cannot_be_marked")
    find = partial(queries.claim_ids_to_reckon, now=now, limit=SET_SIZE)
    return _in_sets(find, partial(_reckon_one_set, now=now), complaint="claim_cannot_be_reckoned")


@transaction.atomic(durable=True)
def _mark_what_moved(*, now: datetime) -> None:
    moved = queries.lock_claims_that_moved(since=now - LOOK_EVERY, looked_at_after=LOOK_EVERY)
    SubsidyClaim.objects.filter(pk__in=[claim.pk for claim in moved]).update(reckoning_due_at=now)


@transaction.atomic(durable=True)
def _reckon_one_set(claim_ids: Sequence[int], *, now: datetime) -> int:
    claims = queries.lock_claims_to_reckon(claim_ids, now=now)
    if not claims:
        return 0
    former = {claim.pk: claim.reckoning.amount if claim.reckoning else None for claim in claims}
    reckoned = reckon_claims(claims, cause=ReckoningCause.FACTS_CHANGED, now=now)
    for each in reckoned:
        if each.is_another_sum and each.claim.status in UNDER_REVIEW:
            _note_change_under_review(each, {"from": str(former[each.claim.pk])}, now)
    return sum(each.is_new for each in reckoned)


def _note_change_under_review(each: Reckoned, facts: dict[str, str], now: datetime) -> None:
    """Say that what a bureau looks at is another sum by now. What the district has recommended is not that any more."""
    claim = each.claim
    act = Act(None, now, reason=gettext_noop("What it rests on changed while it was under review."))
    record_event(
        "claim.changed_under_review",
        subject=claim,
        at=now,
        reason=act.reason,
        facts={**facts, "to": str(each.reckoning.amount), "reckoning": claim.reckoning_id},
    )
    if claim.status == ClaimStatus.SUBMITTED:
        note_step(claim, ClaimStatus.SUBMITTED, act)
        return
    claim.status_reason = act.reason
    changed = ["status_reason", *take_signatures_off(claim), *begin_clock(claim, ClaimStatus.SUBMITTED, now)]
    move_claim(claim, ClaimStatus.SUBMITTED, act, changed=changed)


# ── Lapsing ──────────────────────────────────────────────────────────────────────────────────────────────
def lapse_claims(*, now: datetime) -> int:
    """End every claim that its institution did not submit in time, and return how many."""
    today = timezone.localdate(now)
    find = partial(queries.claim_ids_to_lapse, today=today, limit=SET_SIZE)
    return _in_sets(find, partial(_lapse_one_set, now=now), complaint="claim_cannot_lapse")


@transaction.atomic(durable=True)
def _lapse_one_set(claim_ids: Sequence[int], *, now: datetime) -> int:
    claims = queries.lock_claims_to_lapse(claim_ids, today=timezone.localdate(now))
    steps = []
    for claim in claims:
        former = ClaimStatus(claim.status)
        check_transition(CLAIM_TRANSITIONS, current=former, target=ClaimStatus.LAPSED)
        claim.status, claim.reckoning_due_at = ClaimStatus.LAPSED, None
        steps.append(ClaimStep(claim=claim, from_status=former, to_status=ClaimStatus.LAPSED, at=now))
    SubsidyClaim.objects.bulk_update(claims, ["status", "reckoning_due_at"])
    ClaimStep.objects.bulk_create(steps)
    record_events("claim.lapsed", subjects=claims, at=now)
    said = [(claim, {"last_day_on": claim.submit_until.isoformat()}) for claim in claims]
    notify_institutions(kind=NotificationKind.CLAIM_LAPSED, event="claim_lapsed", said=said, now=now)
    return len(claims)


def _in_sets(find: Callable[..., list[int]], act: Callable[[Sequence[int]], int], *, complaint: str) -> int:
    """Do the act with everything that is found, a set at a time, and return how much was done."""
    done_count, last_id = 0, 0
    while due := find(after=last_id):
        last_id = due[-1]
        done_count += act_or_isolate(due, act, complaint=complaint)
    return done_count
