from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from chongqing_dte.foundation.paging import page_of
from enrollment import policies, queries
from enrollment.enums import ClassStatus
from enrollment.forms.classes import ClassSearchForm
from enrollment.models import TrainingClass
from enrollment.views.class_overview import overview_context
from institutions.requests import SignedInRequest

CLASS_COLUMNS = (
    (gettext_lazy("Reference"), ""),
    (gettext_lazy("Training institution"), ""),
    (gettext_lazy("Occupation and level"), ""),
    (gettext_lazy("Dates"), ""),
    (gettext_lazy("Enrolled"), "numeric"),
    (gettext_lazy("Status"), ""),
)


@dataclass(frozen=True)
class StateTab:
    """One state of the list. Those in which classes pile up over the years are not counted."""

    label: str
    query: str
    count: int | None
    is_chosen: bool


@require_safe
@login_required
def class_list(request: SignedInRequest) -> HttpResponse:
    """List the training classes of the person's office, newest first."""
    chosen, begins = request.GET.get("status", ""), searched_reference(request)
    page = page_of(classes_in(request, chosen, begins), request)
    context = {
        "page": page,
        "columns": CLASS_COLUMNS,
        "tabs": state_tabs(request, chosen),
        "begins": begins,
        "status": chosen,
        "query": urlencode({"status": chosen, "q": begins}) + "&",
        "may_draft": policies.can_draft_class(request.user),
    }
    return render(request, "enrollment/class_list.html", context)


@require_safe
@login_required
def class_detail(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show the facts of one class, its way so far, and what this person may do next."""
    training_class = find_class(request, public_id)
    return render(request, "enrollment/class_detail.html", overview_context(request.user, training_class))


def find_class(request: SignedInRequest, public_id: str) -> TrainingClass:
    """Return a class that this person may see; any other does not exist for them."""
    classes = queries.classes_visible_to(request.user).select_related(
        "institution", "district", "occupation", "intended_evaluator"
    )
    return get_object_or_404(classes, public_id=public_id)


def searched_reference(request: SignedInRequest) -> str:
    """Return the beginning of a reference that the list is searched for."""
    form = ClassSearchForm(request.GET)
    return form.cleaned_data["q"] if form.is_valid() else ""


def classes_in(request: SignedInRequest, status: str, begins: str) -> QuerySet[TrainingClass]:
    """Return the person's classes in one state, or in all of them, with references that begin so."""
    classes = queries.classes_with_counts_visible_to(request.user)
    if status in ClassStatus.values:
        classes = classes.filter(status=status)
    return classes.filter(reference__startswith=begins) if begins else classes


def state_tabs(request: SignedInRequest, chosen: str) -> list[StateTab]:
    """Return a tab for each state, and the one for all."""
    counts = queries.open_class_counts_visible_to(request.user)
    states = [
        StateTab(
            label=str(state.label),
            query=urlencode({"status": state.value}),
            count=counts.get(state.value, 0) if state in queries.OPEN_STATES else None,
            is_chosen=chosen == state.value,
        )
        for state in ClassStatus
    ]
    return [StateTab(_("All"), "", None, is_chosen=chosen not in ClassStatus.values), *states]
