"""How an evaluation institution files a session, moves it, and calls it off."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from assessment import policies, queries
from assessment.forms.sessions import (
    AFTERNOON,
    MORNING,
    CancellationForm,
    PlaceForm,
    SessionPlanForm,
    occupation_choices,
    place_of,
    plan_of,
    site_choices,
)
from assessment.queries import AssessmentPolicyMissing
from assessment.services.session_checks import SessionRefused
from assessment.services.sessions import cancel_session, file_session, reschedule_session
from assessment.views.candidates import find_open_session
from assessment.views.session_overview import overview_context
from assessment.views.sessions import find_session
from chongqing_dte.foundation.errors import DomainError
from institutions.queries import open_sites_of
from institutions.requests import SignedInRequest

# Which field a refusal belongs to.
FIELD_OF = {
    "reference_reserved": "reference",
    "reference_taken": "reference",
    "reference_too_long": "reference",
    "direction_too_long": "direction",
    "certificate_origin_unknown": "certificate_origin",
    "day_unthinkable": "held_on",
    "filed_too_late": "held_on",
    "assessment_policy_missing": "held_on",
    "not_accredited": "occupation",
    "site_not_open": "site",
}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def file(request: SignedInRequest) -> HttpResponse:
    """File a session."""
    policies.check_can_file_session(request.user)
    form = plan_form(request)
    if form.is_bound and form.is_valid():
        try:
            session = file_session(plan=plan_of(form), filer=request.user, now=timezone.now())
        except (SessionRefused, AssessmentPolicyMissing) as refusal:
            tell(form, refusal)
        else:
            messages.success(request, _("The session is filed. Choose its candidates now."))
            return redirect("session-candidates", session.public_id)
    context = {
        "form": form,
        "directions": queries.directions_to_assess(institution_id_of(request), timezone.localdate()),
        "has_sites": open_sites_of(institution_id_of(request)).exists(),
    }
    return render(request, "assessment/session_file.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def reschedule(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Change where a session takes place, and when its parts begin."""
    session = find_open_session(request, public_id)
    sites = site_choices(open_sites_of(session.institution_id))
    form = PlaceForm(sent(request), initial=place_of(session), sites=sites)
    if form.is_bound and form.is_valid():
        said = form.cleaned_data
        try:
            reschedule_session(
                session_id=session.pk,
                site_id=said["site"],
                times=(said["theory_time"], said["practice_time"]),
                scheduler=request.user,
                now=timezone.now(),
            )
        except SessionRefused as refusal:
            tell(form, refusal)
        else:
            messages.success(request, _("Place and times are changed."))
            return redirect("session-detail", public_id)
    context = {"session": session, "form": form}
    return render(request, "assessment/session_place.html", context, status=422 if form.is_bound else 200)


@require_POST
@login_required
def cancel(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Call a session off. Whoever may not do it hears that first, also without a reason."""
    session = find_session(request, public_id)
    form = CancellationForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    try:
        cancel_session(session_id=session.pk, reason=reason, canceller=request.user, now=timezone.now())
    except DomainError as refusal:
        if refusal.code != "reason_missing":
            raise
        context = overview_context(request.user, session, form)
        return render(request, "assessment/session_detail.html", context, status=refusal.status_code)
    messages.success(request, _("The session is cancelled. Its candidates are free for another one."))
    return redirect("session-detail", public_id)


def plan_form(request: SignedInRequest) -> SessionPlanForm:
    """Return the form of a filing, with what the institution may assess and where."""
    institution_id = institution_id_of(request)
    return SessionPlanForm(
        sent(request),
        initial={"theory_time": MORNING, "practice_time": AFTERNOON},
        occupations=occupation_choices(queries.occupations_to_assess(institution_id, timezone.localdate())),
        sites=site_choices(open_sites_of(institution_id)),
    )


def sent(request: SignedInRequest) -> QueryDict | None:
    """Return what was sent, an empty form too, or None where a form is only asked for."""
    return request.POST if request.method == "POST" else None


def tell(form: forms.Form, refusal: DomainError) -> None:
    """Show each problem of a filing at the field that it is about."""
    for problem in refusal.problems if isinstance(refusal, SessionRefused) else [refusal]:
        form.add_error(FIELD_OF.get(problem.code), str(problem))


def institution_id_of(request: SignedInRequest) -> int:
    """Return the institution that the person works for, which the policies have asked about before."""
    if request.user.institution_id is None:
        raise ValueError("a role that files sessions has an institution")
    return request.user.institution_id
