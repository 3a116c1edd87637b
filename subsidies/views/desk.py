"""The desk: everything that is stuck on the way of the money, why, since when, and who must act."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from institutions.requests import SignedInRequest
from subsidies import policies, queries
from subsidies.desk_words import matter_title
from subsidies.forms.desk import DeskFilterForm
from subsidies.rules.desk import MATTERS, Matter
from subsidies.statement_files import as_csv, as_workbook
from subsidies.views.desk_rows import shown_matter, shown_rows
from subsidies.views.exports import Export, hand_out

MATTER_COLUMNS: Final = (
    (gettext_lazy("Matter"), ""),
    (gettext_lazy("Number"), "numeric"),
    (gettext_lazy("Oldest"), ""),
    (gettext_lazy("Who must act"), ""),
    (gettext_lazy("Why"), ""),
)
ROW_COLUMNS: Final = (
    (gettext_lazy("What"), ""),
    (gettext_lazy("Trainee"), ""),
    (gettext_lazy("District"), ""),
    (gettext_lazy("Why"), ""),
    (gettext_lazy("Has waited"), ""),
    (gettext_lazy("Who must act"), ""),
    (gettext_lazy("What to do"), ""),
)
PAGE_SIZE: Final = 50
# So many rows go into one file, and so many are read at a time.
EXPORTED_AT_MOST: Final = 20_000
READ_AT_ONCE: Final = 1000
# How an address names the moment since when the last row of a page waits.
PLACE: Final = "%Y%m%dT%H%M%S.%fZ"


@require_safe
@login_required
def subsidy_desk(request: SignedInRequest) -> HttpResponse:
    """Show what is stuck, matter by matter, the worst first; what this person can do something about is marked."""
    policies.check_can_see_desk(request.user)
    desk = queries.Desk(request.user, timezone.now())
    rows = [shown_matter(stuck, desk) for stuck in queries.what_is_stuck(desk)]
    context = {
        "own": [row for row in rows if row["is_own"]],
        "others": [row for row in rows if not row["is_own"]],
        "columns": MATTER_COLUMNS,
        "looked_at": desk.now,
    }
    return render(request, "subsidies/desk.html", context)


@require_safe
@login_required
def subsidy_desk_list(request: SignedInRequest) -> HttpResponse:
    """List what is stuck of one matter, the first that came first, narrowed as asked."""
    policies.check_can_see_desk(request.user)
    matter = MATTERS.get(request.GET.get("matter", ""))
    if matter is None:
        return redirect("subsidy-desk")
    desk = queries.Desk(request.user, timezone.now())
    form, chosen, found = _chosen(request, desk, matter)
    after = _place_in(request.GET.get("after", ""))
    rows = queries.rows_after(found, after, size=PAGE_SIZE + 1)
    context = {
        "matter": matter,
        "title": matter_title(matter),
        "form": form,
        "rows": shown_rows(matter, rows[:PAGE_SIZE], desk),
        "columns": ROW_COLUMNS,
        "next_key": _place_of(rows[PAGE_SIZE - 1]) if len(rows) > PAGE_SIZE else None,
        "is_first": after is None,
        "query": f"{urlencode(chosen)}&",
        "export_query": urlencode(chosen),
    }
    return render(request, "subsidies/desk_list.html", context)


@require_safe
@login_required
def subsidy_desk_export(request: SignedInRequest) -> HttpResponseBase:
    """Return the same list as a workbook or a CSV file; of no matter, the whole desk in numbers."""
    policies.check_can_see_desk(request.user)
    desk = queries.Desk(request.user, timezone.now())
    matter = MATTERS.get(request.GET.get("matter", ""))
    chosen: dict[str, str] = {}
    if matter is None:
        rows = list(_numbers(desk))
    else:
        _form, chosen, found = _chosen(request, desk, matter)
        rows = list(_cells(found, desk, matter))
    name = f"stuck-{matter.name if matter else 'all'}-{desk.today.isoformat()}"
    title = matter_title(matter) if matter else _("What is stuck")
    is_csv = request.GET.get("format") == "csv"
    content, ending = (as_csv(rows), "csv") if is_csv else (as_workbook(title, rows), "xlsx")
    return hand_out(request, Export("stuck", chosen, len(rows) - 1, content, f"{name}.{ending}"))


def _place_of(row: Any) -> str:
    """Return where a row stands in its list, as an address names it."""
    return f"{row.since.astimezone(UTC).strftime(PLACE)}-{row.pk}"


def _place_in(text: str) -> tuple[datetime, int] | None:
    """Return the place that an address names; what names none asks for the first page."""
    since, _dash, row_id = text.partition("-")
    if not (row_id.isascii() and row_id.isdigit() and len(row_id) < 19):
        return None
    try:
        return datetime.strptime(since, PLACE).replace(tzinfo=UTC), int(row_id)
    except ValueError:
        return None


def _numbers(desk: queries.Desk) -> Iterator[list[Any]]:
    yield [str(label) for label, _kind in MATTER_COLUMNS]
    for stuck in queries.what_is_stuck(desk):
        row = shown_matter(stuck, desk)
        yield [str(row[name]) for name in ("title", "count", "age", "owner", "cause")]


def _cells(found: QuerySet[Any], desk: queries.Desk, matter: Matter) -> Iterator[list[Any]]:
    heads = [
        _("What"),
        _("Trainee"),
        _("District"),
        _("Why"),
        _("Waits since"),
        _("Has waited"),
        _("Who must act"),
    ]
    yield heads
    last = None
    for _number in range(EXPORTED_AT_MOST // READ_AT_ONCE):
        rows = queries.rows_after(found, last, size=READ_AT_ONCE)
        yield from (row.as_cells() for row in shown_rows(matter, rows, desk))
        if len(rows) < READ_AT_ONCE:
            return
        last = (rows[-1].since, rows[-1].pk)


def _chosen(
    request: SignedInRequest, desk: queries.Desk, matter: Matter
) -> tuple[DeskFilterForm, dict[str, str], QuerySet[Any]]:
    """Return the filters, what they were set to, and what they leave. What cannot be meant asks for nothing."""
    districts = queries.districts_of_desk(request.user) if queries.has_districts(matter) else []
    form = DeskFilterForm(request.GET, districts=districts)
    form.is_valid()
    chosen = {name: value for name, value in form.cleaned_data.items() if value}
    rows = queries.stuck_rows(
        desk,
        matter,
        district_code=chosen.get("district", ""),
        least_days=int(chosen.get("age", 0)),
    )
    return form, {"matter": matter.name, **chosen}, rows
