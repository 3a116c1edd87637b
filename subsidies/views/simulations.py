from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from chongqing_dte.foundation.clock import database_now
from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.long_work import FAILED, Standing
from institutions.models import User
from institutions.requests import SignedInRequest
from subsidies import policies, queries
from subsidies.enums import Decision
from subsidies.forms.policies import SimulationForm
from subsidies.models import PolicyVersion
from subsidies.rules.tallies import Tally
from subsidies.services.simulations import (
    MOST_CERTIFICATES,
    Simulation,
    TooManyCertificates,
    ask_for_simulation,
    kept_simulation,
    simulate_policy,
)
from subsidies.views.exports import Export, hand_out
from subsidies.views.simulation_rows import (
    REALITY,
    as_csv,
    as_workbook,
    cause_name,
    changed_rows,
    district_names,
)

# What a page shows of the changes; the files hold all of them, so many in each.
MOST_ROWS = 200
FILE_ROWS = 20_000
TALLY_COLUMNS = (
    (gettext_lazy("Subsidies, in force"), "numeric wraps"),
    (gettext_lazy("Amount, in force"), "numeric wraps"),
    (gettext_lazy("Subsidies, tried"), "numeric wraps"),
    (gettext_lazy("Amount, tried"), "numeric wraps"),
    (gettext_lazy("Gain"), "numeric"),
    (gettext_lazy("Lose"), "numeric"),
    (gettext_lazy("Difference"), "numeric"),
)
DISTRICT_COLUMNS = ((gettext_lazy("District"), ""), *TALLY_COLUMNS)
MONTH_COLUMNS = ((gettext_lazy("Month of issue"), ""), *TALLY_COLUMNS)
CAUSE_COLUMNS = ((gettext_lazy("What makes the difference"), ""), *TALLY_COLUMNS)
CHANGE_COLUMNS = (
    (gettext_lazy("Certificate number"), ""),
    (gettext_lazy("Trainee"), ""),
    (gettext_lazy("Issued on"), ""),
    (gettext_lazy("As in force"), ""),
    (gettext_lazy("Tried"), ""),
    (gettext_lazy("Difference"), "numeric"),
    (gettext_lazy("What makes the difference"), ""),
)
REALITY_COLUMNS = ((gettext_lazy("Why it stands otherwise"), ""), (gettext_lazy("Certificates"), "numeric"))


@require_safe
@login_required
def policy_simulation(request: SignedInRequest) -> HttpResponse:
    """Ask for a version and a period, and show what the version would change over it, or how far that is."""
    policies.check_can_simulate_policies(request.user)
    form = form_of(request.user, request.GET)
    tried = simulated(request.user, form, slice(0, MOST_ROWS)) if form.is_bound else None
    context: dict[str, Any] = {"form": form, "most": MOST_CERTIFICATES, "simulation": None, "standing": None}
    if isinstance(tried, Standing):
        context |= progress_of(tried)
    elif tried is not None:
        context |= result_of(request.user, tried)
        context["export_query"] = query_of(form)
    is_refused = form.is_bound and tried is None
    return render(request, "subsidies/policy_simulation.html", context, status=422 if is_refused else 200)


@require_POST
@login_required
def simulation_again(request: SignedInRequest) -> HttpResponse:
    """Have a period worked through once more, in the place of the run that the person has before them."""
    policies.check_can_simulate_policies(request.user)
    form = form_of(request.user, request.POST)
    if not (form.is_bound and form.is_valid()):
        raise DomainError(_("Choose a version and a period first."), code="simulation_missing")
    run = request.POST.get("run", "")
    ask_for_simulation(**asked_in(form), viewer=request.user, now=database_now(), instead_of=run)
    return redirect(f"{reverse('policy-simulation')}?{query_of(form)}")


@require_safe
@login_required
def simulation_export(request: SignedInRequest) -> HttpResponseBase:
    """Return the changes that a version would make as a workbook or a CSV file, the first part or a later one."""
    policies.check_can_simulate_policies(request.user)
    form = form_of(request.user, request.GET)
    rows = rows_of_part(request.GET.get("part", ""))
    tried = simulated(request.user, form, rows) if form.is_bound else None
    if tried is None:
        raise DomainError(_("Choose a version and a period first."), code="simulation_missing")
    if isinstance(tried, Standing):
        text = _("What it came to is not there, or not kept any more. Here is how far it is.")
        messages.warning(request, text)
        return redirect(f"{reverse('policy-simulation')}?{query_of(form)}")
    return file_of(tried, request, is_csv=request.GET.get("format") == "csv", after=rows.start)


def file_of(
    simulation: Simulation, request: SignedInRequest, *, is_csv: bool, after: int
) -> HttpResponseBase:
    """Hand out the changes of a simulation as a file, named after its period and the part of it."""
    rows = changed_rows(request.user, simulation.changes)
    name = f"simulation-{simulation.version.pk}-{simulation.first_day}-{simulation.last_day}"
    name += f"-{after + 1}" if after else ""
    content, ending = (as_csv(rows), "csv") if is_csv else (as_workbook(simulation, rows), "xlsx")
    tried = {
        "version": simulation.version.pk,
        "first_day": simulation.first_day,
        "last_day": simulation.last_day,
        "part": after // FILE_ROWS + 1 if after else "",
    }
    return hand_out(
        request, Export("simulation", tried, len(simulation.changes), content, f"{name}.{ending}")
    )


def rows_of_part(written: str) -> slice:
    """Return which of the changes a file holds. What is no number of a part is the first one."""
    part = int(written) if written.isascii() and written.isdigit() and len(written) < 6 else 1
    return slice(max(part - 1, 0) * FILE_ROWS, max(part, 1) * FILE_ROWS)


def form_of(user: User, given: QueryDict) -> SimulationForm:
    """Return the form, filled in if a period was asked for; a version out of reach does not exist."""
    versions = queries.policy_versions_visible_to(user).order_by("-pk")
    key = given.get("version", "")
    if key:
        chosen = key if key.isascii() and key.isdigit() and len(key) < 19 else "0"
        get_object_or_404(versions, pk=int(chosen))
    names = {version.pk: _named(version) for version in versions}
    if "first_day" in given:
        return SimulationForm(given, versions=names)
    first_day, last_day = last_year(timezone.localdate())
    initial = {"version": key, "first_day": first_day, "last_day": last_day}
    return SimulationForm(versions=names, initial=initial)


def asked_in(form: SimulationForm) -> dict[str, Any]:
    """Return what a valid form asks for, as the services take it."""
    given = form.cleaned_data
    return {
        "version_id": int(given["version"]),
        "first_day": given["first_day"],
        "last_day": given["last_day"],
    }


def query_of(form: SimulationForm) -> str:
    """Return what a valid form asks for as the end of an address."""
    return urlencode({name: form.cleaned_data[name] for name in ("version", "first_day", "last_day")})


def simulated(user: User, form: SimulationForm, rows: slice) -> Simulation | Standing | None:
    """Return what the version of the form comes to, or how far that is, or tell the form why not."""
    if not form.is_valid():
        return None
    try:
        return at_once_or_by_a_worker(user, asked_in(form), rows)
    except (NotPermitted, InvalidTransition):
        raise
    except PolicyVersion.DoesNotExist as gone:
        raise Http404 from gone
    except DomainError as refusal:
        form.add_error(refusal.code if refusal.code in form.fields else None, str(refusal))
        return None


def at_once_or_by_a_worker(user: User, asked: dict[str, Any], rows: slice) -> Simulation | Standing:
    """Return what a worker came to for this person, or try it now, or hand it on if that would take too long."""
    kept = kept_simulation(**asked, viewer=user, rows=rows)
    if kept is not None:
        return kept
    try:
        return simulate_policy(**asked, viewer=user)
    except TooManyCertificates:
        return ask_for_simulation(**asked, viewer=user, now=database_now())


def progress_of(standing: Standing) -> dict[str, Any]:
    """Return what the page shows while a worker is at it, or after it failed."""
    has_failed = standing.stage == FAILED
    is_stuck = standing.is_stuck(database_now())
    return {
        "standing": standing,
        "has_failed": has_failed,
        "is_stuck": is_stuck,
        "is_waiting": not has_failed,
    }


def last_year(today: date) -> tuple[date, date]:
    """Return the first and the last day of the year that ends today."""
    return today - timedelta(days=364), today


def result_of(user: User, simulation: Simulation) -> dict[str, Any]:
    """Return all that the page shows of a simulation."""
    tables, names = simulation.tables, district_names(user)
    return {
        "simulation": simulation,
        "total": tables.total,
        "unchanged_count": simulation.certificate_count - simulation.change_count,
        "files": files_of(simulation.change_count),
        "decisions": [
            (decision.label, tables.decisions_in_force[decision], tables.decisions_tried[decision])
            for decision in Decision
        ],
        "by_district": tally_rows(
            (name, tables.by_district[key]) for key, name in names.items() if key in tables.by_district
        ),
        "district_columns": DISTRICT_COLUMNS,
        "by_month": tally_rows(
            (f"{year}-{month:02}", tally) for (year, month), tally in sorted(tables.by_month.items())
        ),
        "month_columns": MONTH_COLUMNS,
        "by_cause": tally_rows((cause_name(cause), tally) for cause, tally in tables.by_cause.items()),
        "cause_columns": CAUSE_COLUMNS,
        "changes": list(changed_rows(user, simulation.changes[:MOST_ROWS])),
        "change_columns": CHANGE_COLUMNS,
        "is_cut": simulation.change_count > MOST_ROWS,
        "most_rows": MOST_ROWS,
        "same_count": simulation.reality[""],
        "reality": [
            {"cause": REALITY[cause], "count": count}
            for cause, count in simulation.reality.most_common()
            if cause
        ],
        "reality_columns": REALITY_COLUMNS,
    }


def files_of(change_count: int) -> list[dict[str, int]]:
    """Return the parts in which so many changes go out as files: one, even if there is nothing in it."""
    starts = range(0, max(change_count, 1), FILE_ROWS)
    return [
        {"part": part, "first": start + 1, "last": min(start + FILE_ROWS, change_count)}
        for part, start in enumerate(starts, start=1)
    ]


def tally_rows(named: Iterable[tuple[str, Tally]]) -> list[dict[str, Any]]:
    """Return the rows of one table, each a name and its tally."""
    return [{"name": name, "tally": tally} for name, tally in named]


def _named(version: PolicyVersion) -> str:
    return version.name if version.approved_at else _("%(name)s (draft)") % {"name": version.name}
