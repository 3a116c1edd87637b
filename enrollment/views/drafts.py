"""How an institution writes a plan for a class, changes it and files it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from enrollment import policies, queries
from enrollment.forms.classes import (
    ClassPlanForm,
    TrainerFormSet,
    evaluator_choices,
    initial_of,
    initial_trainers,
    occupation_choices,
    plan_of,
)
from enrollment.models import TrainingClass
from enrollment.models.training_class import IN_THE_INSTITUTIONS_HANDS
from enrollment.services.filing_checks import NearDuplicateFilings, PlanRefused
from enrollment.services.filings import PlanIsFiled, change_draft, draft_class, file_class
from enrollment.views.class_overview import free_seats, overview_context
from enrollment.views.classes import find_class
from institutions.models import Institution
from institutions.requests import SignedInRequest

# Lines for trainers that are open at once; the others unfold.
OPEN_LINES = 3
FIELD_OF = {
    "reference_taken": "reference",
    "reference_reserved": "reference",
    "reference_too_long": "reference",
    "ends_before_start": "ends_on",
    "class_too_long": "ends_on",
    "occupation_unknown": "occupation",
    "evaluator_is_the_trainer": "intended_evaluator",
}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def draft(request: SignedInRequest) -> HttpResponse:
    """Write down a new plan."""
    policies.check_can_draft_class(request.user)
    form, trainers = plan_forms(request, None)
    if request.method == "POST" and form.is_valid() and trainers.is_valid():
        try:
            training_class = draft_class(
                plan=plan_of(form, trainers), drafter=request.user, now=timezone.now()
            )
        except PlanRefused as refusal:
            tell(form, refusal)
        else:
            return saved(request, training_class)
    return edit_page(request, None, form, trainers)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def change(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Change a plan that is not filed, or that was returned."""
    training_class = find_class(request, public_id)
    policies.check_can_file_class(request.user, training_class)
    if training_class.status not in IN_THE_INSTITUTIONS_HANDS:
        raise PlanIsFiled
    form, trainers = plan_forms(request, training_class)
    if request.method == "POST" and form.is_valid() and trainers.is_valid():
        plan = plan_of(form, trainers)
        try:
            change_draft(class_id=training_class.pk, plan=plan, editor=request.user, now=timezone.now())
        except PlanRefused as refusal:
            tell(form, refusal)
        else:
            return saved(request, find_class(request, public_id))
    return edit_page(request, training_class, form, trainers)


@require_POST
@login_required
def file(request: SignedInRequest, public_id: str) -> HttpResponse:
    """File a plan. All that stands against it is shown at once, on the page of the class."""
    return filed(request, find_class(request, public_id))


def saved(request: SignedInRequest, training_class: TrainingClass) -> HttpResponse:
    """Go on after a plan was written down: file it at once, or show it."""
    if "file" in request.POST:
        return filed(request, training_class)
    messages.success(request, _("The draft is saved. Nobody else has been told yet."))
    return redirect("class-detail", training_class.public_id)


def filed(request: SignedInRequest, training_class: TrainingClass) -> HttpResponse:
    """File a class and show it, or show why it cannot be filed."""
    try:
        file_class(
            class_id=training_class.pk,
            filer=request.user,
            now=timezone.now(),
            accepts_near_duplicates="accepts_near_duplicates" in request.POST,
        )
    except (PlanRefused, NearDuplicateFilings) as refusal:
        context = overview_context(request.user, training_class, refusal=refusal)
        return render(request, "enrollment/class_detail.html", context, status=refusal.status_code)
    messages.success(request, _("The class is filed. Your district bureau answers next."))
    return redirect("class-detail", training_class.public_id)


def tell(form: ClassPlanForm, refusal: PlanRefused) -> None:
    """Show each problem of a plan at the field that it is about."""
    for problem in refusal.problems:
        form.add_error(FIELD_OF.get(problem.code), str(problem))


def plan_forms(request: SignedInRequest, training_class: TrainingClass | None) -> tuple[ClassPlanForm, Any]:
    """Return the form of the plan and the lines for its trainers, with what was sent or what stands."""
    occupations = queries.occupations_to_train(institution_of(request).pk, timezone.localdate())
    if training_class is not None:
        occupations.append(training_class.occupation)
    evaluators = queries.evaluators_of([occupation.pk for occupation in occupations], timezone.localdate())
    form = ClassPlanForm(
        request.POST or None,
        initial=initial_of(training_class) if training_class else None,
        occupations=occupation_choices(occupations),
        evaluators=evaluator_choices(evaluators),
    )
    named = queries.trainers_of(training_class) if training_class else []
    trainers = TrainerFormSet(request.POST or None, initial=initial_trainers(named), prefix="trainers")
    return form, trainers


def edit_page(
    request: SignedInRequest, training_class: TrainingClass | None, form: ClassPlanForm, trainers: Any
) -> HttpResponse:
    """Show the form, with the funded seats that are left."""
    today = timezone.localdate()
    institution = institution_of(request)
    lines = list(trainers)
    open_count = max(OPEN_LINES, sum(1 for line in lines if line.has_changed() or line.initial))
    context = {
        "training_class": training_class,
        "form": form,
        "trainers": trainers,
        "open_lines": lines[:open_count],
        "more_lines": lines[open_count:],
        "directions": queries.directions_to_train(institution.pk, today),
        "seats": [
            (_("Free funded seats of %(year)s") % {"year": quota.year}, free_seats(quota))
            for quota in queries.funded_quotas_from(institution.pk, today.year)
        ],
    }
    is_wrong = form.is_bound and not (form.is_valid() and trainers.is_valid())
    return render(request, "enrollment/class_edit.html", context, status=422 if is_wrong else 200)


def institution_of(request: SignedInRequest) -> Institution:
    """Return the institution that the person works for, which the policies have asked about before."""
    institution = request.user.institution
    if institution is None:
        raise ValueError("a training role has an institution")
    return institution
