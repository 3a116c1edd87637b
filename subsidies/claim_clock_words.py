"""Until when the answer of a bureau is due, in working days and in words."""

from datetime import date
from typing import NamedTuple

from chongqing_dte.foundation.sentences import gettext as _
from chongqing_dte.foundation.sentences import ngettext
from subsidies.models import SubsidyClaim


class ClockWords(NamedTuple):
    """What is said of a clock, and whether it has run out, runs out today or stands still."""

    text: str
    is_late: bool = False
    is_due_today: bool = False
    is_still: bool = False


def clock_words(claim: SubsidyClaim, *, is_asked: bool, today: date, working_days: int | None) -> ClockWords:
    """Return what is said of the day by which a bureau answers. `working_days` is how far that day is away."""
    if is_asked:
        return ClockWords(_("Waits for the institution's answer"), is_still=True)
    if claim.due_on is None:
        return ClockWords(_("No day yet: the calendar of that year is not published"))
    if claim.due_on == today:
        return ClockWords(_("Due today"), is_due_today=True)
    if claim.due_on > today:
        return ClockWords(_ahead(claim.due_on, working_days))
    return ClockWords(_behind(claim.due_on, working_days), is_late=True)


def _ahead(due_on: date, working_days: int | None) -> str:
    if working_days is None:
        return _("Due on %(day)s") % {"day": due_on.isoformat()}
    text = ngettext("Due in %(count)s working day", "Due in %(count)s working days", working_days)
    return text % {"count": working_days}


def _behind(due_on: date, working_days: int | None) -> str:
    # On the rest days behind it nobody is a working day late, and the day has passed all the same.
    if not working_days:
        return _("Overdue since %(day)s") % {"day": due_on.isoformat()}
    text = ngettext("%(count)s working day overdue", "%(count)s working days overdue", -working_days)
    return text % {"count": -working_days}
