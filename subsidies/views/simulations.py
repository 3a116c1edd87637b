from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.uploads import workbook_download
from institutions.models import User
from institutions.requests import SignedInRequest
from subsidies import policies, queries
from subsidies.enums import Decision
from subsidies.forms.policies import SimulationForm
from subsidies.models import PolicyVersion
from subsidies.rules.tallies import Tally
from subsidies.services.simulations import MOST_CERTIFICATES, Simulation, simulate_policy
from subsidies.views.simulation_rows import (
    REALITY,
    as_csv,
    as_workbook,
    cause_name,
    changed_rows,
    district_names,
)

# What a page shows of the changes; the files hold all of them.
MOST_ROWS = 200
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
    """Ask for a version and a period, and show what the version would change over it."""
    policies.check_can_simulate_policies(request.user)
    form = form_of(request)
    simulation = simulated(request, form) if form.is_bound else None
    context: dict[str, Any] = {"form": form, "most": MOST_CERTIFICATES, "simulation": simulation}
    if simulation is not None:
        context |= result_of(request.user, simulation)
        context["export_query"] = urlencode(form.cleaned_data | {"version": simulation.version.pk})
    is_refused = form.is_bound and simulation is None
    return render(request, "subsidies/policy_simulation.html", context, status=422 if is_refused else 200)


@require_safe
@login_required
def simulation_export(request: SignedInRequest) -> HttpResponseBase:
    """Return every change that a version would make as a workbook or a CSV file."""
    policies.check_can_simulate_policies(request.user)
    form = form_of(request)
    simulation = simulated(request, form) if form.is_bound else None
    if simulation is None:
        raise DomainError(_("Choose a version and a period first."), code="simulation_missing")
    rows = changed_rows(request.user, simulation.changes)
    name = f"simulation-{simulation.version.pk}-{simulation.first_day}-{simulation.last_day}"
    if request.GET.get("format") != "csv":
        return workbook_download(as_workbook(simulation, rows), file_name=f"{name}.xlsx")
    disposition = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return HttpResponse(as_csv(rows), content_type="text/csv; charset=utf-8", headers=disposition)


def form_of(request: SignedInRequest) -> SimulationForm:
    """Return the form, filled in if a period was asked for; a version out of reach does not exist."""
    versions = queries.policy_versions_visible_to(request.user).order_by("-pk")
    key = request.GET.get("version", "")
    if key:
        chosen = key if key.isascii() and key.isdigit() and len(key) < 19 else "0"
        get_object_or_404(versions, pk=int(chosen))
    names = {version.pk: _named(version) for version in versions}
    if "first_day" in request.GET:
        return SimulationForm(request.GET, versions=names)
    first_day, last_day = last_year(timezone.localdate())
    initial = {"version": key, "first_day": first_day, "last_day": last_day}
    return SimulationForm(versions=names, initial=initial)


def simulated(request: SignedInRequest, form: SimulationForm) -> Simulation | None:
    """Return what the version of the form comes to, or tell the form why not."""
    if not form.is_valid():
        return None
    given = form.cleaned_data
    try:
        return simulate_policy(
            version_id=int(given["version"]),
            first_day=given["first_day"],
            last_day=given["last_day"],
            viewer=request.user,
        )
    except (NotPermitted, InvalidTransition):
        raise
    except PolicyVersion.DoesNotExist as gone:
        raise Http404 from gone
    except DomainError as refusal:
        form.add_error(refusal.code if refusal.code in form.fields else None, str(refusal))
        return None


def last_year(today: date) -> tuple[date, date]:
    """Return the first and the last day of the year that ends today."""
    return today - timedelta(days=364), today


def result_of(user: User, simulation: Simulation) -> dict[str, Any]:
    """Return all that the page shows of a simulation."""
    tables, names = simulation.tables, district_names(user)
    return {
        "total": tables.total,
        "unchanged_count": simulation.certificate_count - len(simulation.changes),
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
        "is_cut": len(simulation.changes) > MOST_ROWS,
        "most_rows": MOST_ROWS,
        "same_count": simulation.reality[""],
        "reality": [
            {"cause": REALITY[cause], "count": count}
            for cause, count in simulation.reality.most_common()
            if cause
        ],
        "reality_columns": REALITY_COLUMNS,
    }


def tally_rows(named: Iterable[tuple[str, Tally]]) -> list[dict[str, Any]]:
    """Return the rows of one table, each a name and its tally."""
    return [{"name": name, "tally": tally} for name, tally in named]


def _named(version: PolicyVersion) -> str:
    return version.name if version.approved_at else _("%(name)s (draft)") % {"name": version.name}
