"""How a bureau answers filings, one or a whole selection, and how a class is called off."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.paging import Page
from enrollment import policies, queries
from enrollment.forms.classes import ReasonForm
from enrollment.models import TrainingClass
from enrollment.services.answers import cancel_class, confirm_class, return_class
from enrollment.views.class_overview import late_text, overview_context
from enrollment.views.classes import find_class
from institutions.enums import MUNICIPAL_ROLES
from institutions.queries import districts_answered_for
from institutions.requests import SignedInRequest

FILINGS_ON_A_PAGE = 200
FILING_COLUMNS = (
    (gettext_lazy("Choose"), ""),
    (gettext_lazy("Answer due on"), ""),
    (gettext_lazy("Reference"), ""),
    (gettext_lazy("Training institution"), ""),
    (gettext_lazy("Occupation and level"), ""),
    (gettext_lazy("Dates"), ""),
    (gettext_lazy("Seats"), "numeric"),
)


@dataclass(frozen=True)
class WaitingFiling:
    """One filing in the list of those that wait."""

    filing: TrainingClass
    late: str
    may_answer: bool
    is_chosen: bool


@require_safe
@login_required
def filing_list(request: SignedInRequest) -> HttpResponse:
    """List the filings that wait for an answer, the most urgent first."""
    return list_page(request)


@require_POST
@login_required
def confirm_selection(request: SignedInRequest) -> HttpResponse:
    """Confirm every chosen filing, each on its own: what is refused does not hold up the others."""
    filings = list(queries.filings_chosen(request.user, chosen_ids(request)))
    if not filings:
        messages.warning(request, _("Choose at least one filing."))
        return redirect("filing-list")
    refused = [(filing, refusal) for filing in filings if (refusal := refusal_of(request, filing))]
    confirmed_count = len(filings) - len(refused)
    if confirmed_count:
        text = ngettext("%(count)s class is confirmed.", "%(count)s classes are confirmed.", confirmed_count)
        messages.success(request, text % {"count": confirmed_count})
    if refused:
        return list_page(request, refused, status=409)
    return redirect("filing-list")


@require_POST
@login_required
def confirm(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Confirm one filing."""
    training_class = find_class(request, public_id)
    confirm_class(class_id=training_class.pk, confirmer=request.user, now=timezone.now())
    messages.success(request, _("The class is confirmed. Rosters may come in now."))
    return redirect("class-detail", public_id)


@require_POST
@login_required
def hand_back(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Return a filing with a reason."""

    def act(training_class: TrainingClass, reason: str) -> None:
        return_class(class_id=training_class.pk, returner=request.user, reason=reason, now=timezone.now())
        messages.success(request, _("The filing is returned. Its seats are free again."))

    return with_reason(request, public_id, act)


@require_POST
@login_required
def cancel(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Call a class off with a reason."""

    def act(training_class: TrainingClass, reason: str) -> None:
        cancel_class(class_id=training_class.pk, canceller=request.user, reason=reason, now=timezone.now())
        messages.success(request, _("The class is cancelled. Its seats are free again."))

    return with_reason(request, public_id, act)


def with_reason(
    request: SignedInRequest, public_id: str, act: Callable[[TrainingClass, str], None]
) -> HttpResponse:
    """Do an act that needs a reason. Whoever may not do it hears that first, also without one."""
    training_class = find_class(request, public_id)
    form = ReasonForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    try:
        act(training_class, reason)
    except DomainError as refusal:
        if refusal.code != "reason_missing":
            raise
        context = overview_context(request.user, training_class, form=form)
        return render(request, "enrollment/class_detail.html", context, status=refusal.status_code)
    return redirect("class-detail", public_id)


def refusal_of(request: SignedInRequest, filing: TrainingClass) -> str:
    """Confirm one of several filings, and return why that is refused, or nothing."""
    try:
        confirm_class(class_id=filing.pk, confirmer=request.user, now=timezone.now())
    except DomainError as refusal:
        return str(refusal)
    return ""


def chosen_ids(request: SignedInRequest) -> list[UUID]:
    """Return the public numbers of the chosen filings; what is none is nobody's filing."""
    found = []
    for text in request.POST.getlist("filing")[:FILINGS_ON_A_PAGE]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def list_page(
    request: SignedInRequest, refused: Sequence[tuple[TrainingClass, str]] = (), *, status: int = 200
) -> HttpResponse:
    """Show the waiting filings, and those of a selection that were refused."""
    page = waiting_page(request)
    today, is_chosen = timezone.localdate(), request.GET.get("chosen") == "all"
    districts, rows = districts_answered_for(request.user), []
    for filing in page.rows:
        may_answer = policies.can_answer_filing(request.user, filing, districts)
        rows.append(
            WaitingFiling(filing, late_text(filing, today), may_answer, is_chosen=may_answer and is_chosen)
        )
    context = {
        "page": page,
        "rows": rows,
        "columns": FILING_COLUMNS,
        "refused": refused,
        "may_answer": any(row.may_answer for row in rows),
        "after": request.GET.get("after", ""),
        "is_municipal": request.user.role in MUNICIPAL_ROLES,
    }
    return render(request, "enrollment/filing_list.html", context, status=status)


def waiting_page(request: SignedInRequest) -> Page[TrainingClass]:
    """Return the page that `?after=` asks for, in the order in which the answers are due."""
    after = request.GET.get("after", "")
    is_first = not (after.isascii() and after.isdigit() and len(after) < 19)
    waiting = queries.filings_waiting_visible_to(request.user)
    if not is_first:
        waiting = queries.filings_after(waiting, int(after))
    found = list(waiting[: FILINGS_ON_A_PAGE + 1])
    shown = found[:FILINGS_ON_A_PAGE]
    return Page(shown, shown[-1].pk if len(found) > FILINGS_ON_A_PAGE else None, is_first)
