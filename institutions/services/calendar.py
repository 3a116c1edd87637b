from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from chongqing_dte.foundation.audit import record_event
from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.words import one_line, stated
from institutions import policies, queries
from institutions.models import CalendarDay, User
from institutions.rules.working_days import PublishedDay, is_filled_in

FACTS = ("is_working", "name", "source")


@dataclass(frozen=True)
class LoadedYear:
    """What came of loading a year: how many days were written, and how many stayed as a person had set them."""

    written_count: int
    kept_count: int


@transaction.atomic(durable=True)
def load_calendar_year(
    *, year: int, now: datetime, loader: Callable[[int], Sequence[PublishedDay]]
) -> LoadedYear:
    """Fill the working-day calendar of a year with what is published, and return what came of it.

    Safe to repeat, and days that a person has set stay as they were set. What the loader raises for a year that is
    not published goes on to the caller, and nothing is written.
    """
    published = loader(year)
    known = {row.day: row for row in queries.lock_calendar_year(year)}
    kept = [row for row in known.values() if not is_filled_in(row.source)]
    missing = [
        CalendarDay(day=one.day, is_working=one.is_working, name=one.name, source=one.source)
        for one in published
        if one.day not in known
    ]
    changed = _brought_up(published, known)
    # A person may set one of these days at this very moment, and that one stays.
    CalendarDay.objects.bulk_create(missing, ignore_conflicts=True)
    CalendarDay.objects.bulk_update(changed, FACTS)
    written = len(missing) + len(changed)
    if written:
        record_event(
            "calendar.loaded",
            subject=CalendarDay.objects.get(day=date(year, 1, 1)),
            at=now,
            facts={"year": year, "written": written, "kept": len(kept), "source": published[0].source},
        )
    return LoadedYear(written_count=written, kept_count=len(kept))


@transaction.atomic(durable=True)
def set_calendar_day(
    *, day: date, is_working: bool, name: str, source: str, administrator: User, now: datetime
) -> CalendarDay:
    """Say whether a day is worked, against what the library says, and on whose word.

    Raises NotPermitted, and DomainError without a source or for a day that the calendar does not have yet.
    """
    policies.check_can_set_calendar(administrator)
    source = stated(source)
    if not source or is_filled_in(source):
        raise DomainError(_("Say which notice or decision this day is set by."), code="source_missing")
    row = queries.lock_calendar_day(day)
    if row is None:
        raise DomainError(
            _("The calendar of %(year)s is not loaded yet, so no day of it can be changed.")
            % {"year": day.year},
            code="calendar_year_unknown",
        )
    former = {"was_working": row.is_working, "former_source": row.source}
    row.is_working, row.name, row.source = is_working, one_line(name), source
    row.save(update_fields=FACTS)
    record_event(
        "calendar.day_set",
        subject=row,
        actor_id=administrator.pk,
        at=now,
        reason=source,
        facts={"day": day.isoformat(), "is_working": is_working, **former},
    )
    return row


def _brought_up(published: Sequence[PublishedDay], known: dict[date, CalendarDay]) -> list[CalendarDay]:
    """Return the rows that the library filled in once and knows better now, changed and not yet written."""
    changed = []
    for one in published:
        row = known.get(one.day)
        if row is None or not is_filled_in(row.source):
            continue
        if (row.is_working, row.name, row.source) != (one.is_working, one.name, one.source):
            row.is_working, row.name, row.source = one.is_working, one.name, one.source
            changed.append(row)
    return changed
