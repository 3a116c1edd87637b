"""Who stands in for whom: what people see of it, its locks, and in whose place somebody acts on a day."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Q, QuerySet

from institutions.enums import DISTRICT_ROLES, MUNICIPAL_ROLES, Role
from institutions.models import CalendarDay, Delegation, User


def stood_in_for(user: User, on: date) -> list[User]:
    """Return the people of the same office whose work this person does on that day because they are absent.

    What somebody was given is not given on: it counts who is absent themselves. A former colleague who left, or who
    works elsewhere by now, leaves nothing behind.
    """
    live = _live().filter(delegate=user, in_force__contains=on).select_related("delegator")
    people = {delegation.delegator_id: delegation.delegator for delegation in live.order_by("pk")}
    return [person for person in people.values() if office_of(person) == office_of(user)]


def office_of(user: User) -> tuple[int | None, int | None]:
    """Return what two people of one office have in common: the district and the institution, none for the city."""
    return user.district_id, user.institution_id


def acting_as(user: User, on: date) -> list[User]:
    """Return whose authority somebody has on a day: their own first, then that of those they stand in for."""
    return [user, *stood_in_for(user, on)]


def delegations_visible_to(user: User) -> QuerySet[Delegation]:
    """Return every delegation for those who keep the accounts, its own office's for a district, and else one's own."""
    delegations = Delegation.objects.select_related("delegator", "delegate", "given_by", "ended_by")
    if user.role in (Role.MUNICIPAL_ADMINISTRATOR, Role.MUNICIPAL_AUDITOR):
        return delegations
    if user.role in DISTRICT_ROLES:
        return delegations.filter(delegator__district=user.district_id)
    return delegations.filter(Q(delegator=user) | Q(delegate=user))


def colleagues_of(user: User) -> QuerySet[User]:
    """Return the active people of somebody's office who can stand in for others, without themselves.

    An auditor looks at what others do, and does nothing for them.
    """
    colleagues = (
        User.objects.filter(is_active=True, is_machine=False).exclude(pk=user.pk).order_by("full_name", "pk")
    )
    if user.role in MUNICIPAL_ROLES:
        return colleagues.filter(role__in=MUNICIPAL_ROLES).exclude(role=Role.MUNICIPAL_AUDITOR)
    if user.role in DISTRICT_ROLES:
        return colleagues.filter(district=user.district_id)
    return colleagues.none()


def has_overlapping_delegation(*, delegator_id: int, delegate_id: int, days: DateRange) -> bool:
    """Test whether this person stands in for that one on one of these days already."""
    return _live().filter(delegator=delegator_id, delegate=delegate_id, in_force__overlap=days).exists()


def lock_delegation(delegation_id: int) -> Delegation:
    """Return one delegation that no other transaction can change until this one ends."""
    delegations = Delegation.objects.select_for_update(of=("self",)).select_related("delegator")
    return delegations.get(pk=delegation_id)


def lock_colleagues(user_ids: set[int]) -> dict[int, User]:
    """Return these people by their keys; whoever locks one of them too waits until this transaction ends."""
    people = User.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=user_ids)
    return {person.pk: person for person in people.order_by("pk")}


def working_days_between(after: date, until: date) -> int | None:
    """Return how many of the days behind `after`, up to `until`, are worked; None where the calendar does not say."""
    days = max(0, (until - after).days)
    known = dict(CalendarDay.objects.filter(day__gt=after, day__lte=until).values_list("day", "is_working"))
    if any(after + timedelta(days=number) not in known for number in range(1, days + 1)):
        return None
    return sum(known.values())


def working_days_away(days: Collection[date], today: date) -> dict[date, int | None]:
    """Return how many working days each day is ahead of today, or below zero behind it, in one query.

    None where the calendar does not say. Today itself is never counted, and neither is a day behind it.
    """
    if not days:
        return {}
    first, last = min(*days, today), max(*days, today)
    known = dict(CalendarDay.objects.filter(day__gt=first, day__lte=last).values_list("day", "is_working"))
    return {day: _signed(day, today, known) for day in set(days)}


def _signed(day: date, today: date, known: Mapping[date, bool]) -> int | None:
    after, until = min(day, today), max(day, today)
    between = [after + timedelta(days=number) for number in range(1, (until - after).days + 1)]
    if any(each not in known for each in between):
        return None
    count = sum(known[each] for each in between)
    return -count if day < today else count


def _live() -> QuerySet[Delegation]:
    return Delegation.objects.filter(
        ended_at__isnull=True, delegator__is_active=True, delegate__is_active=True
    )
