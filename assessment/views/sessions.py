from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from assessment import policies, queries
from assessment.enums import SessionStatus
from assessment.forms.sessions import SessionSearchForm
from assessment.models import AssessmentSession
from assessment.queries import Queue, Waiting
from assessment.views.session_overview import overview_context
from chongqing_dte.foundation.paging import page_of
from institutions.enums import MUNICIPAL_ROLES
from institutions.requests import SignedInRequest

SESSION_COLUMNS = (
    (gettext_lazy("Reference"), ""),
    (gettext_lazy("Evaluation institution"), ""),
    (gettext_lazy("Occupation and level"), ""),
    (gettext_lazy("Held on"), ""),
    (gettext_lazy("Candidates"), "numeric"),
    (gettext_lazy("Passed / examined"), "numeric"),
    (gettext_lazy("Status"), ""),
)
QUEUE_LABELS: dict[Queue, Promise] = {
    Queue.TO_ADMIT: gettext_lazy("Open for candidates"),
    Queue.NOT_ADMITTED: gettext_lazy("Day passed without admission"),
    Queue.RESULTS_DUE: gettext_lazy("Results to submit"),
    Queue.RESULTS_OVERDUE: gettext_lazy("Results overdue"),
    Queue.RESULTS_READY: gettext_lazy("Results checked, to confirm"),
    Queue.REVIEWS_OPEN: gettext_lazy("Reviews open"),
    Queue.CORRECTIONS: gettext_lazy("Corrections to decide"),
    Queue.REVOCATIONS: gettext_lazy("Revocations to decide"),
}
# What waits elsewhere than in the list of sessions.
QUEUE_LISTS = {
    Queue.REVIEWS_OPEN: "review-list",
    Queue.CORRECTIONS: "correction-list",
    Queue.REVOCATIONS: "revocation-list",
}
LATE = (Queue.NOT_ADMITTED, Queue.RESULTS_OVERDUE)


@dataclass(frozen=True)
class StateTab:
    """One state of the list. Those in which sessions pile up over the years are not counted."""

    label: str
    query: str
    count: int | None
    is_chosen: bool


@dataclass(frozen=True)
class QueueFigure:
    """How many things of one kind wait, and the list of them."""

    label: str
    count: int
    url: str
    is_late: bool


@require_safe
@login_required
def session_list(request: SignedInRequest) -> HttpResponse:
    """Show what waits for whom, and list the assessment sessions of the person's office, newest first."""
    status, begins, queue = searched(request)
    page = page_of(sessions_in(request, status, begins, queue), request)
    waiting = queries.waiting_for(request.user, timezone.localdate())
    is_bureau = request.user.role in MUNICIPAL_ROLES
    context = {
        "page": page,
        "columns": SESSION_COLUMNS,
        "tabs": state_tabs(request, status, queue),
        "begins": begins,
        "status": status,
        "queue": QUEUE_LABELS[queue] if queue else "",
        "query": urlencode({"status": status, "q": begins, "queue": queue or ""}) + "&",
        "own_figures": figures_of([each for each in waiting if each.for_bureau == is_bureau]),
        "other_figures": figures_of([each for each in waiting if each.for_bureau != is_bureau]),
        "is_bureau": is_bureau,
        "may_file": policies.can_file_session(request.user),
    }
    return render(request, "assessment/session_list.html", context)


@require_safe
@login_required
def session_detail(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show the facts of one session, its way so far, and what this person may do next."""
    session = find_session(request, public_id)
    return render(request, "assessment/session_detail.html", overview_context(request.user, session))


def find_session(request: SignedInRequest, public_id: str) -> AssessmentSession:
    """Return a session that this person may see; any other does not exist for them."""
    sessions = queries.sessions_visible_to(request.user).select_related("site", "policy")
    return get_object_or_404(sessions, public_id=public_id)


def searched(request: SignedInRequest) -> tuple[str, str, Queue | None]:
    """Return the state, the beginning of a reference and the queue that the list is searched for."""
    form = SessionSearchForm(request.GET)
    form.is_valid()
    asked = request.GET.get("queue", "")
    queue = next((queue for queue in queries.SESSION_QUEUES if queue == asked), None)
    return form.cleaned_data.get("status", ""), form.cleaned_data.get("q", ""), queue


def sessions_in(
    request: SignedInRequest, status: str, begins: str, queue: Queue | None
) -> QuerySet[AssessmentSession]:
    """Return the person's sessions in one state or queue, or in all of them, with references that begin so."""
    sessions = queries.sessions_with_counts_visible_to(request.user)
    if queue:
        sessions = queries.sessions_in_queue(sessions, queue, timezone.localdate())
    if status:
        sessions = sessions.filter(status=status)
    return sessions.filter(reference__startswith=begins) if begins else sessions


def state_tabs(request: SignedInRequest, chosen: str, queue: Queue | None) -> list[StateTab]:
    """Return a tab for each state, and the one for all."""
    counts = queries.open_session_counts_visible_to(request.user)
    states = [
        StateTab(
            label=str(state.label),
            query=urlencode({"status": state.value}),
            count=counts.get(state.value, 0) if state in queries.OPEN_SESSION_STATES else None,
            is_chosen=chosen == state.value,
        )
        for state in SessionStatus
    ]
    return [StateTab(_("All"), "", None, is_chosen=not chosen and queue is None), *states]


def figures_of(waiting: list[Waiting]) -> list[QueueFigure]:
    """Return what waits, each with its list. A queue in which nothing is takes no place."""
    return [
        QueueFigure(
            label=str(QUEUE_LABELS[each.kind]),
            count=each.count,
            url=reverse(QUEUE_LISTS[each.kind])
            if each.kind in QUEUE_LISTS
            else f"{reverse('session-list')}?{urlencode({'queue': each.kind.value})}",
            is_late=each.kind in LATE,
        )
        for each in waiting
        if each.count
    ]
