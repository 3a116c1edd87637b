"""Two rows that are one person: proposals, comparisons and decisions at the municipal bureau."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from chongqing_dte.foundation.errors import DomainError, NotPermitted
from chongqing_dte.foundation.paging import page_of
from enrollment import policies, queries
from enrollment.enums import RequestStatus
from enrollment.forms.identity import DecisionForm, MergeForm
from enrollment.models import Trainee, TraineeMerge
from enrollment.rules.identifiers import mask_name, normalize_identifier
from enrollment.services.merges import approve_merge, propose_merge, refuse_merge
from enrollment.views.identity import trainee_facts
from institutions.models import User
from institutions.requests import SignedInRequest

MERGE_COLUMNS = (
    (gettext_lazy("Proposed at"), ""),
    (gettext_lazy("Who stays"), ""),
    (gettext_lazy("Who goes into it"), ""),
    (gettext_lazy("Proposed by"), ""),
    (gettext_lazy("Reason"), ""),
    (gettext_lazy("Status"), ""),
)
CLASS_COLUMNS = (
    (gettext_lazy("Training class"), ""),
    (gettext_lazy("Training institution"), ""),
    (gettext_lazy("Occupation and level"), ""),
    (gettext_lazy("Dates"), ""),
    (gettext_lazy("Status"), ""),
)


@require_safe
@login_required
def merge_list(request: SignedInRequest) -> HttpResponse:
    """List which rows were said to be one person, newest first."""
    return listed(request, MergeForm(), status=200)


@require_POST
@login_required
@never_cache
def propose(request: SignedInRequest) -> HttpResponse:
    """Take in that two rows are one person."""
    policies.check_can_propose_merge(request.user)
    form = MergeForm(request.POST)
    merge = proposed(request.user, form)
    if merge is None:
        return listed(request, form, status=422)
    messages.success(request, _("The merge is proposed. Somebody else decides it."))
    return redirect("merge-detail", merge.public_id)


@require_safe
@login_required
def merge_detail(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show the two rows side by side, and what was decided."""
    return shown(request, find_merge(request, public_id), DecisionForm())


def shown(request: SignedInRequest, merge: TraineeMerge, form: DecisionForm) -> HttpResponse:
    """Return the page of one merge; a form that was filled in could not be followed."""
    is_open = merge.status == RequestStatus.PROPOSED
    context = {
        "merge": merge,
        "sides": [
            side(_("Who stays"), merge.kept),
            side(_("Who goes into it"), merge.merged),
        ],
        "class_columns": CLASS_COLUMNS,
        "may_decide": is_open and policies.can_decide_merge(request.user, merge),
        "form": form,
    }
    status = 422 if form.is_bound else 200
    return render(request, "enrollment/merge_detail.html", context, status=status)


@require_POST
@login_required
def approve(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Let one row stand for both."""
    merge = find_merge(request, public_id)
    policies.check_can_decide_merge(request.user, merge)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return shown(request, merge, form)
    reason = form.cleaned_data["reason"]
    approve_merge(merge_id=merge.pk, decider=request.user, reason=reason, now=timezone.now())
    messages.success(request, _("The two are one person from now on."))
    return redirect("merge-detail", public_id)


@require_POST
@login_required
def refuse(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Leave two rows as two people."""
    merge = find_merge(request, public_id)
    policies.check_can_decide_merge(request.user, merge)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return shown(request, merge, form)
    reason = form.cleaned_data["reason"]
    refuse_merge(merge_id=merge.pk, decider=request.user, reason=reason, now=timezone.now())
    messages.info(request, _("The merge is refused."))
    return redirect("merge-detail", public_id)


def listed(request: SignedInRequest, form: forms.Form, *, status: int) -> HttpResponse:
    """Return the list of merges with the form for another one."""
    policies.check_can_see_merges(request.user)
    page = page_of(queries.merges_visible_to(request.user), request)
    context = {
        "rows": [
            {"merge": merge, "kept": mask_name(merge.kept.name), "merged": mask_name(merge.merged.name)}
            for merge in page.rows
        ],
        "page": page,
        "columns": MERGE_COLUMNS,
        "form": form if policies.can_propose_merge(request.user) else None,
    }
    return render(request, "enrollment/merge_list.html", context, status=status)


def proposed(proposer: User, form: forms.Form) -> TraineeMerge | None:
    """Record the proposal that the form holds, or tell the form why not."""
    if not form.is_valid():
        return None
    kept, merged = trainee_in(form, "kept"), trainee_in(form, "merged")
    if kept is None or merged is None:
        return None
    try:
        return propose_merge(
            kept_id=kept.pk,
            merged_id=merged.pk,
            reason=form.cleaned_data["reason"],
            proposer=proposer,
            now=timezone.now(),
        )
    except NotPermitted:
        raise
    except DomainError as refusal:
        form.add_error(None, str(refusal))
    return None


def trainee_in(form: forms.Form, name: str) -> Trainee | None:
    """Return the trainee that a field names by number or ID number, or tell the form that there is none."""
    text = form.cleaned_data[name].strip()
    try:
        trainee = queries.trainee_by_public_id(str(UUID(text)))
    except ValueError:
        trainee = queries.trainee_by_hash(queries.id_number_hash(normalize_identifier(text)))
    if trainee is None:
        form.add_error(name, _("Nobody is known by this number."))
    return trainee


def side(title: str, trainee: Trainee) -> dict[str, object]:
    """Return one of the two rows as the comparison shows it."""
    return {
        "title": title,
        "facts": trainee_facts(trainee),
        "enrollments": queries.classes_of_trainee(trainee.pk),
    }


def find_merge(request: SignedInRequest, public_id: str) -> TraineeMerge:
    """Return a merge that this person may see; any other does not exist for them."""
    return get_object_or_404(queries.merges_visible_to(request.user), public_id=public_id)
