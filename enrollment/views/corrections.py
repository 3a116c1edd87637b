"""Corrections of either kind: what waits for the district, its evidence, and the decision."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from io import BytesIO
from typing import Any, Generic

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from chongqing_dte.foundation.paging import page_of
from enrollment import policies, queries
from enrollment.enums import RequestStatus
from enrollment.forms.identity import DecisionForm
from enrollment.models import EvidenceCorrection, IdentityCorrection
from enrollment.queries.corrections import Correction
from enrollment.rules.evidence import evidence_kind
from enrollment.services.corrections import open_evidence, refuse_correction
from enrollment.views.identity import name_for
from institutions.models import User
from institutions.queries import districts_answered_for
from institutions.requests import SignedInRequest

CORRECTION_COLUMNS = (
    (gettext_lazy("Proposed at"), ""),
    (gettext_lazy("Training class"), ""),
    (gettext_lazy("Training institution"), ""),
    (gettext_lazy("Trainee"), ""),
    (gettext_lazy("What is corrected"), ""),
    (gettext_lazy("Status"), ""),
)
LISTS: tuple[tuple[Any, str, type[Any]], ...] = (
    (gettext_lazy("Names and ID numbers"), "identity-correction-list", IdentityCorrection),
    (gettext_lazy("Categories and their evidence"), "evidence-correction-list", EvidenceCorrection),
)
Facts = list[tuple[str, str]]


@dataclass(frozen=True)
class CorrectionKind(Generic[Correction]):
    """What the corrections of one kind have of their own, on pages that both kinds share."""

    model: type[Correction]
    # What the names of its routes begin with.
    route: str
    template: str
    # The service that approves one, and what is said then.
    approve: Callable[..., object]
    approved: Any
    # What a line of the list says is corrected, the facts about that on its page, and what else is shown there.
    what: Callable[[Correction], str]
    facts: Callable[[Correction], Facts]
    context: Callable[[Correction], dict[str, object]]


@require_safe
@login_required
def correction_list(request: SignedInRequest, kind: CorrectionKind[Correction]) -> HttpResponse:
    """List the corrections of the person's office: those that wait, or all of them."""
    shows_all = request.GET.get("show") == "all"
    corrections = queries.corrections_visible_to(kind.model, request.user)
    if not shows_all:
        corrections = corrections.filter(status=RequestStatus.PROPOSED)
    page = page_of(corrections, request)
    context = {
        "kinds": kinds_of_corrections(request.user, kind.model),
        "rows": [
            {
                "correction": correction,
                "route": f"{kind.route}-detail",
                "name": name_for(request.user, correction.enrollment),
                "what": kind.what(correction),
            }
            for correction in page.rows
        ],
        "page": page,
        "columns": CORRECTION_COLUMNS,
        "shows_all": shows_all,
        "query": "show=all&" if shows_all else "",
    }
    return render(request, "enrollment/correction_list.html", context)


def kinds_of_corrections(user: User, current: type[Any]) -> list[dict[str, object]]:
    """Return the lists of corrections, how many wait in each, and which of them is looked at."""
    return [
        {
            "label": label,
            "route": route,
            "waiting": queries.corrections_visible_to(model, user)
            .filter(status=RequestStatus.PROPOSED)
            .count(),
            "is_current": model is current,
        }
        for label, route, model in LISTS
    ]


@require_safe
@login_required
def correction_detail(
    request: SignedInRequest, public_id: str, kind: CorrectionKind[Correction]
) -> HttpResponse:
    """Show one correction."""
    return shown(request, find_correction(request, public_id, kind), kind)


@require_safe
@login_required
@never_cache
def evidence(request: SignedInRequest, public_id: str, kind: CorrectionKind[Correction]) -> FileResponse:
    """Hand out the evidence as a file, under a name that says what it is and not what it was called."""
    correction = find_correction(request, public_id, kind)
    found = open_evidence(
        kind=kind.model, correction_id=correction.pk, viewer=request.user, now=timezone.now()
    )
    content_type, ending = evidence_kind(found.content) or ("application/octet-stream", "bin")
    return FileResponse(
        BytesIO(found.content),
        as_attachment=True,
        filename=f"evidence-{correction.public_id}.{ending}",
        content_type=content_type,
    )


@require_POST
@login_required
def approve(request: SignedInRequest, public_id: str, kind: CorrectionKind[Correction]) -> HttpResponse:
    """Have what was proposed stand from now on."""
    return decided(request, public_id, kind, kind.approve, (messages.SUCCESS, kind.approved))


@require_POST
@login_required
def refuse(request: SignedInRequest, public_id: str, kind: CorrectionKind[Correction]) -> HttpResponse:
    """Leave what was to be corrected as it stands."""
    told = (messages.INFO, _("The correction is refused. The institution sees why."))
    return decided(request, public_id, kind, partial(refuse_correction, kind=kind.model), told)


def decided(
    request: SignedInRequest,
    public_id: str,
    kind: CorrectionKind[Correction],
    decide: Callable[..., object],
    told: tuple[int, Any],
) -> HttpResponse:
    """Decide a correction by this service, and say what came of it."""
    correction = find_correction(request, public_id, kind)
    policies.check_can_decide_correction(request.user, correction, districts_answered_for(request.user))
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return shown(request, correction, kind, form=form)
    decide(
        correction_id=correction.pk,
        decider=request.user,
        reason=form.cleaned_data["reason"],
        now=timezone.now(),
    )
    messages.add_message(request, *told)
    return redirect(f"{kind.route}-detail", public_id)


def shown(
    request: SignedInRequest,
    correction: Correction,
    kind: CorrectionKind[Correction],
    *,
    form: DecisionForm | None = None,
) -> HttpResponse:
    """Return the page of one correction; `form` was filled in and could not be followed."""
    is_open, districts = correction.status == RequestStatus.PROPOSED, districts_answered_for(request.user)
    context = {
        "correction": correction,
        "name": name_for(request.user, correction.enrollment),
        "facts": facts_of(request.user, correction, kind),
        "may_look": policies.can_open_evidence(request.user, correction, districts),
        "may_decide": is_open and policies.can_decide_correction(request.user, correction, districts),
        "form": form or DecisionForm(),
        **kind.context(correction),
    }
    return render(request, kind.template, context, status=422 if form else 200)


def facts_of(user: User, correction: Correction, kind: CorrectionKind[Correction]) -> Facts:
    """Return whom a correction is about, what it says, and what became of it."""
    training_class = correction.enrollment.training_class
    facts = [
        (_("Training class"), training_class.reference),
        (_("Training institution"), training_class.institution.name),
        (_("Trainee"), name_for(user, correction.enrollment)),
        *kind.facts(correction),
        (_("Reason"), correction.reason),
        (_("Proposed by"), f"{correction.proposed_by} · {moment(correction.proposed_at)}"),
    ]
    if correction.decided_at is not None:
        facts.append((_("Decided by"), f"{correction.decided_by} · {moment(correction.decided_at)}"))
        facts.append((_("Reason of the decision"), correction.decision_reason))
    return facts


def moment(at: datetime) -> str:
    """Return a time as the portal's pages write it."""
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M")


def find_correction(request: SignedInRequest, public_id: str, kind: CorrectionKind[Correction]) -> Correction:
    """Return a correction that this person may see; any other does not exist for them."""
    visible = queries.corrections_visible_to(kind.model, request.user)
    return get_object_or_404(visible, public_id=public_id)
