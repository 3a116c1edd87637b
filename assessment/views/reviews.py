"""Mark reviews and appeals: taken down on the candidate's page, listed for whom they wait for, closed."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from assessment import policies, queries
from assessment.enums import ReviewKind, ReviewStatus
from assessment.forms.reviews import ReviewClosingForm, ReviewForm
from assessment.models import Attempt, MarkReview
from assessment.services.reviews import close_review, open_review
from assessment.views.candidate_history import History, history_of, kinds_open_to, name_shown_to, shown
from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.paging import page_of
from institutions.models import User
from institutions.requests import SignedInRequest

REVIEW_COLUMNS = (
    (gettext_lazy("Received at"), ""),
    (gettext_lazy("Candidate"), ""),
    (gettext_lazy("Kind"), ""),
    (gettext_lazy("Session"), ""),
    (gettext_lazy("Evaluation institution"), ""),
    (gettext_lazy("What the candidate asks for"), ""),
    (gettext_lazy("Status"), ""),
)


@require_safe
@login_required
def review_list(request: SignedInRequest) -> HttpResponse:
    """List the reviews of the person's office: those that are open, or all of them."""
    shows_all = request.GET.get("show") == "all"
    reviews = queries.reviews_visible_to(request.user)
    if not shows_all:
        reviews = reviews.filter(status=ReviewStatus.OPEN)
    page = page_of(reviews, request)
    candidates = queries.candidates_of_attempts([review.attempt for review in page.rows])
    context = {
        "rows": [
            {
                "review": review,
                "session": review.attempt.session,
                "candidate_id": candidates[review.attempt_id],
                "name": name_shown_to(request.user, review.attempt),
            }
            for review in page.rows
        ],
        "page": page,
        "columns": REVIEW_COLUMNS,
        "shows_all": shows_all,
        "query": "show=all&" if shows_all else "",
    }
    return render(request, "assessment/review_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def open_one(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Take down what a candidate asks for."""
    history = history_of(request, public_id)
    if request.method != "POST" or history.live is None:
        return redirect("candidate-detail", public_id)
    form = ReviewForm(request.POST, kinds=kinds_for(request, history))
    if form.is_valid() and opened(request.user, history.live, form):
        messages.success(
            request, _("The review is open. Until it is closed, nothing is decided or paid for this person.")
        )
        return redirect("candidate-detail", public_id)
    return shown(request, history, review_form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def close_one(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Let the result stand."""
    review = get_object_or_404(queries.reviews_visible_to(request.user), public_id=public_id)
    candidate_id = str(queries.candidates_of_attempts([review.attempt])[review.attempt_id])
    if request.method != "POST":
        return redirect("candidate-detail", candidate_id)
    policies.check_can_close_review(request.user, review)
    form = ReviewClosingForm(request.POST)
    if form.is_valid() and closed(request.user, review, form):
        messages.success(request, _("The review is closed: the result stands."))
        return redirect("candidate-detail", candidate_id)
    return shown(request, history_of(request, candidate_id), closing_form=form)


def kinds_for(request: SignedInRequest, history: History) -> list[ReviewKind]:
    """Return what may be opened today. Raises NotPermitted for whoever takes down no requests."""
    session, chosen = history.candidate.session, request.POST.get("kind", "")
    policies.check_can_open_review(request.user, session, chosen)
    return kinds_open_to(request.user, history.live) if history.live else []


def opened(opener: User, attempt: Attempt, form: forms.Form) -> bool:
    """Open the review in the form, or tell the form why not."""
    try:
        open_review(attempt_id=attempt.pk, opener=opener, now=timezone.now(), **form.cleaned_data)
    except (NotPermitted, InvalidTransition):
        raise
    except DomainError as refusal:
        form.add_error("reason" if refusal.code == "reason_missing" else "kind", str(refusal))
    return form.is_valid()


def closed(closer: User, review: MarkReview, form: forms.Form) -> bool:
    """Close the review as the form says, or tell the form why not."""
    try:
        close_review(review_id=review.pk, closer=closer, now=timezone.now(), **form.cleaned_data)
    except (NotPermitted, InvalidTransition):
        raise
    except DomainError as refusal:
        form.add_error("note", str(refusal))
    return form.is_valid()
