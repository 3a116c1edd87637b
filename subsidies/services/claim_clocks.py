"""The last day for a bureau's answer about a claim, what happens when it passes, and who gets a retired district's."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from functools import partial
from typing import Final

from django.db import transaction
from django.utils import timezone

from chongqing_dte.foundation.audit import record_events
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.sets import act_or_isolate
from institutions.delegation_queries import stood_in_for
from institutions.enums import DISTRICT_ROLES, Role
from institutions.models import District, User
from institutions.queries import working_day_after
from subsidies import policies, queries
from subsidies.enums import ClaimStatus, NotificationKind
from subsidies.models import ClaimHandover, ClaimQuery, SubsidyClaim
from subsidies.queries.claim_reviews import LateClaims
from subsidies.rules.claim_days import GOES_UP_TO
from subsidies.services.claim_review_steps import given, moment, reckoning_of
from subsidies.services.notification_steps import notify_office

SET_SIZE: Final = 500


# ── Late answers ─────────────────────────────────────────────────────────────────────────────────────────
def escalate_overdue_claims(*, now: datetime) -> int:
    """Let those who oversee a bureau see each claim that it is late with, and return how many are new to them.

    Late by the calendar as it is now; where that says nothing of the day, nothing is late. Nobody decides anything by
    it. Safe to repeat, early, late or beside itself.
    """
    _give_questions_their_days()
    _bring_due_days_up_to_date(now)
    today, escalated_count, last_id = timezone.localdate(now), 0, 0
    while overdue := queries.overdue_claim_ids(today, after=last_id, limit=SET_SIZE):
        last_id = overdue[-1]
        escalated_count += act_or_isolate(
            overdue, partial(_escalate_one_set, now=now), complaint="claim_cannot_be_escalated"
        )
    return escalated_count


@transaction.atomic(durable=True)
def _escalate_one_set(ids: Sequence[int], *, now: datetime) -> int:
    overdue = queries.lock_overdue_claims(ids, timezone.localdate(now))
    SubsidyClaim.objects.filter(pk__in=[claim.pk for claim in overdue]).update(escalated_at=now)
    record_events("claim.escalated", subjects=overdue, at=now)
    return len(overdue)


@transaction.atomic(durable=True)
def _give_questions_their_days() -> None:
    """Give each open question the last day that the calendar now gives it: without one it stops a clock for ever."""
    questions = queries.lock_questions_without_a_day(limit=SET_SIZE)
    for question in questions:
        days = reckoning_of(question.claim).policy_version.answer_working_days
        question.due_on = working_day_after(timezone.localdate(question.asked_at), days)
    ClaimQuery.objects.bulk_update(questions, ["due_on"])


def _bring_due_days_up_to_date(now: datetime) -> None:
    """Give each waiting claim the last day that the calendar and its questions now give it.

    Where the calendar does not reach, the day stays as it is.
    """
    today, last_id = timezone.localdate(now), 0
    while waiting := queries.waiting_claims(after=last_id, limit=SET_SIZE):
        last_id = waiting[-1].pk
        # Nearly all of them are right, and are not locked.
        changed = _other_days(waiting, today).keys()
        if changed:
            act_or_isolate(
                sorted(changed), partial(_set_due_days, now=now), complaint="claim_deadline_cannot_be_set"
            )


@transaction.atomic(durable=True)
def _set_due_days(ids: Sequence[int], *, now: datetime) -> int:
    claims = queries.lock_waiting_claims(ids)
    days = _other_days(claims, timezone.localdate(now))
    changed = [claim for claim in claims if claim.pk in days]
    for claim in changed:
        claim.due_on = days[claim.pk]
    SubsidyClaim.objects.bulk_update(changed, ["due_on"])
    return len(changed)


def _other_days(claims: Collection[SubsidyClaim], today: date) -> dict[int, date]:
    """Return the last days of those claims that have another one, or none, by claim."""
    due = queries.due_days(claims, today)
    found = {claim.pk: (due[claim.pk], claim.due_on) for claim in claims}
    return {pk: day for pk, (day, former) in found.items() if day is not None and day != former}


@transaction.atomic(durable=True)
def tell_offices_of_late_claims(*, now: datetime) -> int:
    """Tell each district, and who oversees both bureaus, with how many claims it is late; return how many were told.

    One message a day and office. Safe to repeat, early, late or beside itself.
    """
    today = timezone.localdate(now)
    late = queries.late_claims_by_office(today)
    told = 0
    for of_district in late:
        if of_district.status == ClaimStatus.SUBMITTED:
            _tell_of_late(Role.DISTRICT_LEAD, of_district.district_id, [of_district], now)
            told += 1
    for status in (ClaimStatus.SUBMITTED, ClaimStatus.RECOMMENDED):
        of_state = [each for each in late if each.status == status]
        if of_state:
            _tell_of_late(Role(GOES_UP_TO[status].role), None, of_state, now)
            told += 1
    return told


def _tell_of_late(role: Role, district_id: int | None, late: Sequence[LateClaims], now: datetime) -> None:
    notify_office(
        kind=NotificationKind.CLAIMS_LATE,
        key=f"claims_late:{late[0].status}:{timezone.localdate(now):%Y%m%d}",
        role=role,
        district_id=district_id,
        now=now,
        facts={
            "waiting": sum(each.claim_count for each in late),
            "first_due_on": min(each.first_due_on for each in late).isoformat(),
        },
        entitlement_id=None,
    )


# ── A retired district ───────────────────────────────────────────────────────────────────────────────────
@transaction.atomic(durable=True)
def hand_over_claims(
    *,
    from_district_id: int,
    to_district_id: int,
    claim_ids: Collection[int] | None,
    reason: str,
    actor: User,
    now: datetime,
) -> int:
    """Give a retired district's claims to one that took over from it, and return how many; None names all of them.

    Each keeps its state and its last day. What is confirmed or has ended stays where it is. Raises NotPermitted, and
    DomainError without a reason, for a district that still exists or a successor that is none, and for claims that
    cannot be handed over.
    """
    today = timezone.localdate(now)
    absent = policies.check_can_hand_over_claims(actor, stood_in_for(actor, today))
    why = given(reason)
    districts = queries.lock_districts({from_district_id, to_district_id})
    _check_succeeds(districts.get(from_district_id), districts.get(to_district_id), today)
    claims = queries.lock_claims_to_hand_over(from_district_id, claim_ids)
    if claim_ids is not None and len(claims) != len(set(claim_ids)):
        raise DomainError(
            _(
                "Some of these claims are not this district's any more, or nothing is to be decided about them."
            ),
            code="claims_moved",
        )
    if not claims:
        raise DomainError(_("There is nothing to hand over."), code="nothing_to_hand_over")
    _move_to_district(claims, to_district_id)
    ClaimHandover.objects.bulk_create(
        ClaimHandover(
            claim=claim,
            from_district_id=from_district_id,
            to_district_id=to_district_id,
            reason=why,
            handed_over_by=actor,
            handed_over_at=now,
        )
        for claim in claims
    )
    record_events(
        "claim.handed_over",
        subjects=claims,
        actor_id=actor.pk,
        at=now,
        reason=why,
        facts={
            "from": from_district_id,
            "to": to_district_id,
            **({"on_behalf_of": absent.pk} if absent else {}),
        },
    )
    _tell_who_took_over(claims, to_district_id, districts[from_district_id], now)
    return len(claims)


def _tell_who_took_over(
    claims: Sequence[SubsidyClaim], district_id: int, retired: District, now: datetime
) -> None:
    for role in DISTRICT_ROLES:
        notify_office(
            kind=NotificationKind.CLAIMS_HANDED_OVER,
            key=f"claims_handed_over:{claims[0].pk}:{moment(now)}",
            role=role,
            district_id=district_id,
            now=now,
            facts={"waiting": len(claims), "district": str(retired)},
            entitlement_id=None,
        )


def _move_to_district(claims: Iterable[SubsidyClaim], district_id: int) -> None:
    ids = [claim.pk for claim in claims]
    SubsidyClaim.objects.filter(pk__in=ids).update(district=district_id)


def _check_succeeds(retired: District | None, successor: District | None, today: date) -> None:
    if retired is None or successor is None:
        raise DomainError(_("There is no such district."), code="district_unknown")
    if retired.in_force.upper is None or retired.in_force.upper > today:
        raise DomainError(
            _("%(district)s still exists. Its claims stay with it.") % {"district": retired},
            code="district_exists",
        )
    if successor not in queries.successors_of(retired.pk, today):
        raise DomainError(
            _("%(successor)s did not take over from %(district)s.")
            % {"successor": successor, "district": retired},
            code="not_a_successor",
        )
