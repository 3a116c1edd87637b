"""Who stands in for whom while somebody is absent."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.days import check_span
from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.words import stated
from institutions import delegation_queries, policies
from institutions.enums import Role
from institutions.models import Delegation, User


@dataclass(frozen=True)
class Absence:
    """Who is absent, who stands in, from the first day to the last, both inclusive, and why."""

    absent_id: int
    stand_in_id: int
    first: date
    last: date
    reason: str


@transaction.atomic(durable=True)
def give_delegation(*, absence: Absence, giver: User, now: datetime) -> Delegation:
    """Let one person of an office do the work of another one who is absent, over these days.

    Raises NotPermitted, and DomainError for somebody of another office, for whoever would give the work to
    themselves, for days that are over or in the wrong order, for the same again, and without a reason.
    """
    people = delegation_queries.lock_colleagues({absence.absent_id, absence.stand_in_id})
    absent, stand_in = people.get(absence.absent_id), people.get(absence.stand_in_id)
    if absent is None or stand_in is None:
        raise DomainError(_("There is no such person."), code="person_unknown")
    policies.check_can_give_delegation(giver, absent)
    _check_can_stand_in(absent, stand_in, giver)
    days = _days_of(absence, timezone.localdate(now))
    reason = stated(absence.reason)
    if not reason:
        raise DomainError(_("Say why the person is absent."), code="reason_missing")
    if delegation_queries.has_overlapping_delegation(
        delegator_id=absent.pk, delegate_id=stand_in.pk, days=days
    ):
        raise DomainError(_("This person stands in on some of these days already."), code="stands_in_already")
    delegation = Delegation.objects.create(
        delegator=absent, delegate=stand_in, in_force=days, reason=reason, given_by=giver, given_at=now
    )
    record_event(
        "delegation.given",
        subject=delegation,
        actor_id=giver.pk,
        at=now,
        reason=reason,
        facts={
            "delegator": absent.pk,
            "delegate": stand_in.pk,
            "first": absence.first.isoformat(),
            "last": absence.last.isoformat(),
        },
    )
    return delegation


@transaction.atomic(durable=True)
def end_delegation(*, delegation_id: int, ender: User, now: datetime) -> Delegation:
    """End a delegation at once. Its row stays, with who ended it and when.

    Raises NotPermitted, and InvalidTransition if it is over or was ended already.
    """
    delegation = delegation_queries.lock_delegation(delegation_id)
    policies.check_can_end_delegation(ender, delegation)
    if delegation.ended_at is not None:
        raise InvalidTransition(_("This delegation was ended already."))
    if delegation.in_force.upper <= timezone.localdate(now):
        raise InvalidTransition(_("This delegation is over already."))
    delegation.ended_by = ender
    delegation.ended_at = now
    delegation.save(update_fields=["ended_by", "ended_at"])
    record_event("delegation.ended", subject=delegation, actor_id=ender.pk, at=now)
    return delegation


def _check_can_stand_in(absent: User, stand_in: User, giver: User) -> None:
    if absent.pk == stand_in.pk:
        raise DomainError(_("Nobody stands in for themselves."), code="same_person")
    if delegation_queries.office_of(absent) != delegation_queries.office_of(stand_in):
        raise DomainError(_("Only somebody of the same office can stand in."), code="other_office")
    # Else the administrator would get, by a line of their own, whatever anybody may do.
    if giver.pk == stand_in.pk:
        raise DomainError(_("Nobody gives themselves the work of others."), code="given_to_oneself")
    if stand_in.role == Role.MUNICIPAL_AUDITOR:
        raise DomainError(_("An auditor looks at what others do, and stands in for nobody."), code="auditor")
    if not stand_in.is_active or not absent.is_active:
        raise DomainError(_("This account is closed."), code="account_closed")


def _days_of(absence: Absence, today: date) -> DateRange:
    if absence.last < absence.first:
        raise DomainError(_("The last day comes before the first."), code="days_out_of_order")
    after = absence.last + timedelta(days=1) if absence.last < date.max else absence.last
    check_span(absence.first, after)
    # What was done on a day that has passed was done without it.
    if absence.first < today:
        raise DomainError(_("A delegation begins today or later."), code="starts_in_the_past")
    return DateRange(absence.first, after)
