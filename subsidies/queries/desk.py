"""The desk: how much is stuck of each matter and since when, and the rows of one matter."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import CharField, Count, Min, Q, QuerySet, Value

from institutions.models import District, User
from subsidies.models import InvariantAlarm
from subsidies.queries.desk_rows import SELECTIONS
from subsidies.queries.desk_view import Desk
from subsidies.rules.desk import MATTERS, Matter, is_asked_to_act

# More than this many are not counted one by one where only a number is shown.
MANY_WAITING = 99
# The number stands on every page: it takes no look at all the books, or at every hold or class that there is.
# Batches that the books hold up are counted as batches that wait for signatures.
NOT_IN_THE_NUMBER = frozenset(
    {"books-differ", "account-overdue", "held-otherwise", "classes-without-a-policy"}
)


@dataclass(frozen=True)
class Stuck:
    """How many rows of a matter are stuck, and since when the oldest is."""

    matter: Matter
    count: int
    oldest: datetime


def what_is_stuck(desk: Desk) -> list[Stuck]:
    """Return every matter with rows that this person sees, the worst first, in one query over all of them."""
    counted = _union(
        SELECTIONS[name]
        .rows(desk)
        .order_by()
        .values(matter=Value(name, output_field=CharField()))
        .annotate(count=Count("pk"), oldest=Min("since"))
        for name in MATTERS
    )
    found = [Stuck(MATTERS[row["matter"]], row["count"], row["oldest"]) for row in counted if row["count"]]
    return sorted(found, key=lambda stuck: (stuck.matter.urgency, stuck.oldest))


def waiting_count(desk: Desk) -> int:
    """Return how many rows wait for this person's own act, at most 99 and one, in one query."""
    counted = [
        name
        for name, matter in MATTERS.items()
        if is_asked_to_act(desk.user.role, matter) and name not in NOT_IN_THE_NUMBER
    ]
    waiting = _union(_not_done_by(desk, name).order_by().values("pk")[: MANY_WAITING + 1] for name in counted)
    return min(waiting.count(), MANY_WAITING + 1)


def stuck_rows(desk: Desk, matter: Matter, *, district_code: str = "", least_days: int = 0) -> QuerySet[Any]:
    """Return the rows of one matter that this person sees, with what a list shows of each and nothing secret."""
    selection = SELECTIONS[matter.name]
    rows = selection.rows(desk)
    if district_code:
        is_there = [Q(**{f"{path}__code": district_code}) for path in selection.districts]
        rows = rows.filter(reduce(or_, is_there)) if is_there else rows.none()
    if least_days:
        rows = rows.filter(since__lte=desk.now - timedelta(days=least_days))
    return rows.select_related(*selection.related).defer(*selection.deferred) if selection.related else rows


def rows_after(rows: QuerySet[Any], after: tuple[datetime, int] | None, *, size: int) -> list[Any]:
    """Return the next so many rows of a matter, what waits longest first.

    `after` says since when the last one that was seen waits, and which it is.
    """
    if after is not None:
        since, row_id = after
        rows = rows.filter(Q(since__gt=since) | Q(since=since, pk__gt=row_id))
    return list(rows.order_by("since", "pk")[:size])


def has_districts(matter: Matter) -> bool:
    """Test whether the rows of a matter belong to districts."""
    return bool(SELECTIONS[matter.name].districts)


def may_act_on(user: User, matter: Matter, row: Any) -> bool:
    """Test whether a row waits for this person: their role is asked to act, and the first of two was not them."""
    done_by = SELECTIONS[matter.name].done_by
    is_done = bool(done_by) and getattr(row, f"{done_by}_id") == user.pk
    return is_asked_to_act(user.role, matter) and not is_done


def districts_of_desk(user: User) -> list[District]:
    """Return the districts that a desk can be narrowed to: all for the city, and none for whoever has one alone."""
    return [] if user.district_id else list(District.objects.order_by("code"))


def lock_live_alarms() -> dict[str, InvariantAlarm]:
    """Return the alarms that have not ended, by the name of the broken promise, locked."""
    alarms = InvariantAlarm.objects.select_for_update(of=("self",)).filter(ended_at__isnull=True)
    return {alarm.invariant: alarm for alarm in alarms.order_by("pk")}


def promises_not_checked(alarm: str) -> frozenset[str]:
    """Return the promises that the live alarm of this name says nobody could look at."""
    ids = InvariantAlarm.objects.filter(invariant=alarm, ended_at__isnull=True).values_list("ids", flat=True)
    return frozenset(name for names in ids for name in names)


def _not_done_by(desk: Desk, name: str) -> QuerySet[Any]:
    rows, done_by = SELECTIONS[name].rows(desk), SELECTIONS[name].done_by
    return rows.exclude(**{done_by: desk.user.pk}) if done_by else rows


def _union(selections: Iterable[QuerySet[Any]]) -> QuerySet[Any]:
    first, *others = selections
    return first.union(*others, all=True)
