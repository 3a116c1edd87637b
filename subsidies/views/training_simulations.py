"""A training policy tried on the classes that ended in a period: which version, which days, and what it comes to."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from chongqing_dte.foundation.clock import database_now
from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.long_work import Standing
from institutions.models import User
from institutions.requests import SignedInRequest
from subsidies import policies, queries
from subsidies.forms.policies import SimulationForm
from subsidies.models import TrainingPolicyVersion
from subsidies.services.training_simulations import (
    MOST_CLASSES,
    TooManyClasses,
    TrainingSimulation,
    ask_for_training_simulation,
    kept_training_simulation,
    simulate_training_policy,
)
from subsidies.views.exports import Export, hand_out
from subsidies.views.simulations import (
    FILE_ROWS,
    MOST_ROWS,
    asked_in,
    files_of,
    last_year,
    progress_of,
    query_of,
    rows_of_part,
)
from subsidies.views.training_simulation_rows import (
    file_of_changes,
    shown_changes,
    tallies_by_district,
    tallies_by_institution,
    tallies_by_month,
)

TALLY_COLUMNS = (
    (gettext_lazy("Claims, in force"), "numeric wraps"),
    (gettext_lazy("Amount, in force"), "numeric wraps"),
    (gettext_lazy("Claims, tried"), "numeric wraps"),
    (gettext_lazy("Amount, tried"), "numeric wraps"),
    (gettext_lazy("Gain"), "numeric"),
    (gettext_lazy("Lose"), "numeric"),
    (gettext_lazy("Difference"), "numeric"),
)
INSTITUTION_COLUMNS = ((gettext_lazy("Training institution"), ""), *TALLY_COLUMNS)
DISTRICT_COLUMNS = ((gettext_lazy("District"), ""), *TALLY_COLUMNS)
MONTH_COLUMNS = ((gettext_lazy("Month of the last day"), ""), *TALLY_COLUMNS)
CHANGE_COLUMNS = (
    (gettext_lazy("Training class"), ""),
    (gettext_lazy("Training institution"), ""),
    (gettext_lazy("Ended on"), ""),
    (gettext_lazy("As in force"), "numeric"),
    (gettext_lazy("Tried"), "numeric"),
    (gettext_lazy("Difference"), "numeric"),
)
PAGE = "training-policy-simulation"


@require_safe
@login_required
def policy_simulation(request: SignedInRequest) -> HttpResponse:
    """Ask for a version and a period, and show what the version would change over it, or how far that is."""
    policies.check_can_simulate_policies(request.user)
    form = form_of(request.user, request.GET)
    tried = simulated(request.user, form, slice(0, MOST_ROWS)) if form.is_bound else None
    context: dict[str, Any] = {"form": form, "most": MOST_CLASSES, "simulation": None, "standing": None}
    if isinstance(tried, Standing):
        context |= progress_of(tried)
    elif tried is not None:
        context |= result_of(request.user, tried)
        context["export_query"] = query_of(form)
    is_refused = form.is_bound and tried is None
    status = 422 if is_refused else 200
    return render(request, "subsidies/training_simulation.html", context, status=status)


@require_POST
@login_required
def simulation_again(request: SignedInRequest) -> HttpResponse:
    """Have a period worked through once more, in the place of the run that the person has before them."""
    policies.check_can_simulate_policies(request.user)
    form = form_of(request.user, request.POST)
    if not (form.is_bound and form.is_valid()):
        raise DomainError(_("Choose a version and a period first."), code="simulation_missing")
    run = request.POST.get("run", "")
    ask_for_training_simulation(**asked_in(form), viewer=request.user, now=database_now(), instead_of=run)
    return redirect(f"{reverse(PAGE)}?{query_of(form)}")


@require_safe
@login_required
def simulation_export(request: SignedInRequest) -> HttpResponseBase:
    """Return the classes that a version would change as a workbook or a CSV file, the first part or a later one."""
    policies.check_can_simulate_policies(request.user)
    form = form_of(request.user, request.GET)
    rows = rows_of_part(request.GET.get("part", ""))
    tried = simulated(request.user, form, rows) if form.is_bound else None
    if tried is None:
        raise DomainError(_("Choose a version and a period first."), code="simulation_missing")
    if isinstance(tried, Standing):
        text = _("What it came to is not there, or not kept any more. Here is how far it is.")
        messages.warning(request, text)
        return redirect(f"{reverse(PAGE)}?{query_of(form)}")
    content, ending = file_of_changes(request.user, tried, is_csv=request.GET.get("format") == "csv")
    narrowed = {
        "version": tried.version.pk,
        "first_day": tried.first_day,
        "last_day": tried.last_day,
        "part": rows.start // FILE_ROWS + 1 if rows.start else "",
    }
    name = f"training-simulation-{tried.version.pk}-{tried.first_day}-{tried.last_day}"
    name += f"-{rows.start + 1}" if rows.start else ""
    return hand_out(
        request,
        Export("training_simulation", narrowed, len(tried.changes), content, f"{name}.{ending}"),
    )


def form_of(user: User, given: QueryDict) -> SimulationForm:
    """Return the form, filled in if a period was asked for; a version out of reach does not exist."""
    versions = queries.training_policy_versions_visible_to(user).order_by("-pk")
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


def simulated(user: User, form: SimulationForm, rows: slice) -> TrainingSimulation | Standing | None:
    """Return what the version of the form comes to, or how far that is, or tell the form why not."""
    if not form.is_valid():
        return None
    try:
        return at_once_or_by_a_worker(user, asked_in(form), rows)
    except (NotPermitted, InvalidTransition):
        raise
    except TrainingPolicyVersion.DoesNotExist as gone:
        raise Http404 from gone
    except DomainError as refusal:
        form.add_error(refusal.code if refusal.code in form.fields else None, str(refusal))
        return None


def at_once_or_by_a_worker(user: User, asked: dict[str, Any], rows: slice) -> TrainingSimulation | Standing:
    """Return what a worker came to for this person, or try it now, or hand it on if that would take too long."""
    kept = kept_training_simulation(**asked, viewer=user, rows=rows)
    if kept is not None:
        return kept
    try:
        return simulate_training_policy(**asked, viewer=user, now=database_now())
    except TooManyClasses:
        return ask_for_training_simulation(**asked, viewer=user, now=database_now())


def result_of(user: User, simulation: TrainingSimulation) -> dict[str, Any]:
    """Return all that the page shows of a simulation."""
    tables = simulation.tables
    return {
        "simulation": simulation,
        "tables": tables,
        "total": tables.total,
        "unchanged_count": simulation.class_count - simulation.change_count,
        "files": files_of(simulation.change_count),
        "by_institution": tallies_by_institution(user, simulation),
        "institution_columns": INSTITUTION_COLUMNS,
        "by_district": tallies_by_district(user, simulation),
        "district_columns": DISTRICT_COLUMNS,
        "by_month": tallies_by_month(simulation),
        "month_columns": MONTH_COLUMNS,
        "changes": shown_changes(user, simulation.changes[:MOST_ROWS]),
        "change_columns": CHANGE_COLUMNS,
        "is_cut": simulation.change_count > MOST_ROWS,
        "most_rows": MOST_ROWS,
    }


def _named(version: TrainingPolicyVersion) -> str:
    return version.name if version.approved_at else _("%(name)s (draft)") % {"name": version.name}
