"""What reviewing and confirming a claim have in common. Steps: they need the caller's transaction and its lock."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.words import stated
from institutions.enums import DISTRICT_ROLES
from institutions.queries import working_day_after
from subsidies import queries
from subsidies.enums import ClaimStatus, NotificationKind, ReckoningCause
from subsidies.models import ClaimReckoning, SubsidyClaim
from subsidies.services.claim_state_steps import Act, move_claim, take_signatures_off
from subsidies.services.notification_steps import notify_institution, notify_office
from subsidies.services.reckoning_steps import reckon_claim


class FactsHaveChanged(InvalidTransition):
    """What a claim rests on is no longer what its reckoning says. It has to be reckoned anew before anybody signs."""

    code = "facts_changed"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Something that this claim rests on has changed. It is reckoned anew by itself in a moment; look at it "
                "then."
            )
        )


def reckoning_of(claim: SubsidyClaim) -> ClaimReckoning:
    """Return the live reckoning of a claim that was submitted."""
    if claim.reckoning is None:
        raise ValueError("a submitted claim has a reckoning")
    return claim.reckoning


def check_seen(claim: SubsidyClaim, sha256: str) -> None:
    """Raise InvalidTransition unless a person who signs saw the reckoning that holds now."""
    if sha256 != queries.sha256_to_sign(reckoning_of(claim)):
        raise InvalidTransition(
            _("This claim was reckoned anew since you opened it. Look at it again."), code="reckoned_anew"
        )


def check_facts_hold(claim: SubsidyClaim, now: datetime) -> None:
    """Raise FactsHaveChanged if the claim would be reckoned differently at this moment."""
    if reckon_claim(claim, cause=ReckoningCause.FACTS_CHANGED, now=now).is_new:
        raise FactsHaveChanged


@transaction.atomic(durable=True)
def reckon_soon(claim_id: int, now: datetime) -> None:
    """Let the next sweep look at the facts of a claim. A transaction of its own: the one before was undone."""
    claim = queries.lock_claim(claim_id)
    claim.reckoning_due_at = now
    claim.save(update_fields=["reckoning_due_at"])


def given(reason: str) -> str:
    """Return a reason without what nobody can see; raise DomainError without one."""
    if not (words := stated(reason)):
        raise DomainError(_("Give a reason. The institution reads it."), code="reason_missing")
    return words


def begin_clock(claim: SubsidyClaim, target: ClaimStatus, now: datetime) -> tuple[str, ...]:
    """Give whoever gets a claim now their whole time, and return the fields that changed. Who has none, has no day."""
    policy = reckoning_of(claim).policy_version
    days = {
        ClaimStatus.SUBMITTED: policy.district_working_days,
        ClaimStatus.RECOMMENDED: policy.municipal_working_days,
    }.get(target)
    claim.due_on = working_day_after(timezone.localdate(now), days) if days else None
    claim.escalated_at = None
    return "due_on", "escalated_at"


def go_on_with_clock(claim: SubsidyClaim, now: datetime) -> tuple[str, ...]:
    """Let the clock of a claim go on after an answer, and return the fields that changed."""
    claim.due_on = queries.due_days([claim], timezone.localdate(now))[claim.pk]
    return ("due_on",)


def give_back(claim: SubsidyClaim, act: Act) -> None:
    """Give a claim back to its institution, which puts it right and submits it again. Nobody has signed it any more.

    It has at least the days for an answer, even where its window is over.
    """
    claim.status_reason = act.reason
    claim.submit_until = max(claim.submit_until, _last_day_to_submit_again(claim, timezone.localdate(act.at)))
    changed = [
        "status_reason",
        "submit_until",
        *begin_clock(claim, ClaimStatus.RETURNED, act.at),
        *take_signatures_off(claim),
    ]
    move_claim(claim, ClaimStatus.RETURNED, act, changed=changed)
    key = f"claim_returned:{claim.pk}:{moment(act.at)}"
    notify_institution(kind=NotificationKind.CLAIM_RETURNED, key=key, claim=claim, facts={}, now=act.at)


def _last_day_to_submit_again(claim: SubsidyClaim, today: date) -> date:
    policy = reckoning_of(claim).policy_version
    last = working_day_after(today, policy.answer_working_days)
    # Where nobody knows yet which days are worked, the institution has as long as for a new claim.
    return last or today + timedelta(days=policy.claim_window_days)


def give_to_the_district_anew(claim: SubsidyClaim, reason: str, now: datetime) -> None:
    """Give a locked claim that was confirmed back to its district, to be reckoned and looked at anew.

    Both are told, and read the reason with it.
    """
    claim.payment_due = False
    claim.reckoning_due_at = now
    claim.status_reason = reason
    clock = begin_clock(claim, ClaimStatus.SUBMITTED, now)
    changed = ("payment_due", "reckoning_due_at", "status_reason", *clock, *take_signatures_off(claim))
    move_claim(claim, ClaimStatus.SUBMITTED, Act(None, now, reason=reason), changed=changed)
    kind, key = NotificationKind.CLAIM_FELL_BACK, f"claim_fell_back:{claim.pk}:{moment(now)}"
    notify_institution(kind=kind, key=key, claim=claim, facts={"because": reason}, now=now)
    tell_the_district(claim, kind, key, now, because=reason)


def end_refused(claim: SubsidyClaim, act: Act) -> None:
    """End a claim because a bureau refuses it. Nothing moves it any more."""
    claim.status_reason = act.reason
    claim.reckoning_due_at = None
    changed = ["status_reason", "reckoning_due_at", *begin_clock(claim, ClaimStatus.REFUSED, act.at)]
    move_claim(claim, ClaimStatus.REFUSED, act, changed=changed)
    key = f"claim_refused:{claim.pk}"
    notify_institution(kind=NotificationKind.CLAIM_REFUSED, key=key, claim=claim, facts={}, now=act.at)


def tell_the_district(
    claim: SubsidyClaim, kind: NotificationKind, key: str, now: datetime, **facts: str
) -> None:
    """Tell both roles of the district that has a claim. Safe to repeat under the same key."""
    for role in DISTRICT_ROLES:
        notify_office(
            kind=kind,
            key=key,
            role=role,
            district_id=claim.district_id,
            now=now,
            facts=facts,
            entitlement_id=None,
            claim_id=claim.pk,
        )


def moment(now: datetime) -> str:
    """Return a moment as keys of messages name it: what happens to a claim twice is told twice."""
    return f"{timezone.localtime(now):%Y%m%d%H%M%S}"
