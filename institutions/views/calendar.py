import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from chongqing_dte.foundation.errors import DomainError, NotPermitted
from institutions import policies, queries
from institutions.forms import CalendarDayForm
from institutions.models import CalendarDay, User
from institutions.requests import SignedInRequest
from institutions.rules.working_days import differs_from_its_weekday, is_filled_in
from institutions.services.calendar import set_calendar_day

SPECIAL_COLUMNS = (
    (gettext_lazy("Days"), ""),
    (gettext_lazy("The bureaus"), ""),
    (gettext_lazy("Holiday"), ""),
    (gettext_lazy("Source"), ""),
)
WEEKDAYS = (
    gettext_lazy("Mo"),
    gettext_lazy("Tu"),
    gettext_lazy("We"),
    gettext_lazy("Th"),
    gettext_lazy("Fr"),
    gettext_lazy("Sa"),
    gettext_lazy("Su"),
)
ASKABLE_YEARS = {str(year): year for year in range(2025, 2100)}
# The names under which the State Council publishes its holidays, for readers of English.
HOLIDAYS = {
    "元旦": gettext_lazy("New Year's Day"),
    "春节": gettext_lazy("Spring Festival"),
    "清明": gettext_lazy("Tomb-sweeping Day"),
    "劳动节": gettext_lazy("Labour Day"),
    "端午": gettext_lazy("Dragon Boat Festival"),
    "国庆节": gettext_lazy("National Day"),
    "中秋": gettext_lazy("Mid-autumn Festival"),
}


@dataclass(frozen=True)
class Cell:
    """One day in the grid, or an empty place before the first and after the last day of a month."""

    number: int | None = None
    kind: str = ""
    mark: str = ""
    title: str = ""


@require_safe
@login_required
def year_page(request: SignedInRequest) -> HttpResponse:
    """Show which days of a year are worked, and to whom may change one the form for it."""
    return render(request, "institutions/calendar.html", year_context(request, CalendarDayForm()))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def set_day(request: SignedInRequest) -> HttpResponse:
    """Say of one day whether it is worked."""
    if request.method != "POST":
        return redirect("calendar")
    policies.check_can_set_calendar(request.user)
    form = CalendarDayForm(request.POST)
    if form.is_valid() and record_day(request.user, form):
        day = form.cleaned_data["day"]
        messages.success(request, _("%(day)s is set.") % {"day": day.isoformat()})
        return redirect(f"{reverse('calendar')}?year={day.year}")
    return render(request, "institutions/calendar.html", year_context(request, form), status=422)


def record_day(administrator: User, form: CalendarDayForm) -> bool:
    """Record what the form says, or tell the form why not."""
    try:
        set_calendar_day(**form.cleaned_data, administrator=administrator, now=timezone.now())
    except NotPermitted:
        raise
    except DomainError as refusal:
        form.add_error("source" if refusal.code == "source_missing" else "day", str(refusal))
    return form.is_valid()


def year_context(request: SignedInRequest, form: CalendarDayForm) -> dict[str, object]:
    """Return all that the page of a year shows."""
    years = queries.calendar_years()
    year = chosen_year(request.GET.get("year", ""), years)
    days = {row.day: row for row in queries.calendar_visible_to(request.user).filter(day__year=year)}
    return {
        "year": year,
        "years": years,
        "is_known": year in years,
        "months": [month_of(year, month, days) for month in range(1, 13)] if year in years else [],
        "weekdays": WEEKDAYS,
        "working_count": sum(row.is_working for row in days.values()),
        "columns": SPECIAL_COLUMNS,
        "rows": runs_of(days.values()),
        "form": form,
        "may_set": policies.can_set_calendar(request.user),
    }


def chosen_year(asked: str, known: list[int]) -> int:
    """Return the year that the address asks for, or else this one, or else the last that is known."""
    if asked in ASKABLE_YEARS:
        return ASKABLE_YEARS[asked]
    today = timezone.localdate()
    return today.year if today.year in known or not known else known[-1]


def month_of(year: int, month: int, days: dict[date, CalendarDay]) -> dict[str, object]:
    """Return one month as weeks of seven cells."""
    weeks = calendar.Calendar().monthdatescalendar(year, month)
    return {
        "first": date(year, month, 1),
        "weeks": [[cell_of(days[day]) if day.month == month else Cell() for day in week] for week in weeks],
    }


def cell_of(row: CalendarDay) -> Cell:
    """Return one day as the grid shows it: what differs from its weekday is marked in words, not by color alone."""
    number = row.day.day
    if differs_from_its_weekday(row.day, is_working=row.is_working):
        kind, mark = ("day-work", _("work")) if row.is_working else ("day-rest", _("rest"))
        return Cell(number, f"{kind} is-special", mark, holiday_name(row.name))
    if row.is_working:
        return Cell(number, "day-work")
    return Cell(number, "day-rest", _("rest") if row.name else "", holiday_name(row.name))


def is_special(row: CalendarDay) -> bool:
    """Test whether a day is worth a line: it is a holiday, differs from its weekday, or was set by the bureau."""
    differs = differs_from_its_weekday(row.day, is_working=row.is_working)
    return differs or bool(row.name) or not is_filled_in(row.source)


def runs_of(rows: Iterable[CalendarDay]) -> list[dict[str, object]]:
    """Return the days worth a line, those in a row that say the same as one line."""
    runs: list[list[CalendarDay]] = []
    for row in filter(is_special, rows):
        if runs and follows(runs[-1][-1], row):
            runs[-1].append(row)
        else:
            runs.append([row])
    return [shown(run) for run in runs]


def follows(former: CalendarDay, row: CalendarDay) -> bool:
    """Test whether a day comes right after another and says the same."""
    same = (former.is_working, former.name, former.source) == (row.is_working, row.name, row.source)
    return same and row.day - former.day == timedelta(days=1)


def shown(run: list[CalendarDay]) -> dict[str, object]:
    """Return some days in a row that say the same, as the list shows them."""
    first = run[0]
    return {
        "first": first.day,
        "last": run[-1].day if len(run) > 1 else None,
        "status": "WORKING" if first.is_working else "RESTING",
        "label": _("Working day") if first.is_working else _("Rest day"),
        "count": len(run),
        "name": holiday_name(first.name),
        "source": first.source,
        "is_set": not is_filled_in(first.source),
    }


def holiday_name(name: str) -> str:
    """Return a holiday's name in the language of the page, as far as it is one of the State Council's."""
    return str(HOLIDAYS.get(name, name))
