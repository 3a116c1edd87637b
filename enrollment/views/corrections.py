"""Corrections of names and ID numbers: what waits for the district, its evidence, and the decision."""

from datetime import datetime
from io import BytesIO

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
from enrollment.enums import IdentityField, RequestStatus
from enrollment.forms.identity import DecisionForm
from enrollment.models import IdentityCorrection
from enrollment.rules.evidence import evidence_kind
from enrollment.rules.identifiers import mask_id_number, mask_name
from enrollment.services.identity_corrections import (
    approve_identity_correction,
    open_evidence,
    refuse_identity_correction,
    reveal_correction,
)
from enrollment.views.identity import name_for
from institutions.models import User
from institutions.requests import SignedInRequest

CORRECTION_COLUMNS = (
    (gettext_lazy("Proposed at"), ""),
    (gettext_lazy("Training class"), ""),
    (gettext_lazy("Training institution"), ""),
    (gettext_lazy("Trainee"), ""),
    (gettext_lazy("What is corrected"), ""),
    (gettext_lazy("Status"), ""),
)


@require_safe
@login_required
def correction_list(request: SignedInRequest) -> HttpResponse:
    """List the corrections of the person's office: those that wait, or all of them."""
    shows_all = request.GET.get("show") == "all"
    corrections = queries.identity_corrections_visible_to(request.user)
    if not shows_all:
        corrections = corrections.filter(status=RequestStatus.PROPOSED)
    page = page_of(corrections, request)
    context = {
        "kinds": kinds_of_corrections(request.user, "identity-correction-list"),
        "rows": [
            {"correction": correction, "name": name_for(request.user, correction.enrollment)}
            for correction in page.rows
        ],
        "row_template": "enrollment/_identity_correction_row.html",
        "page": page,
        "columns": CORRECTION_COLUMNS,
        "shows_all": shows_all,
        "query": "show=all&" if shows_all else "",
    }
    return render(request, "enrollment/correction_list.html", context)


def kinds_of_corrections(user: User, route: str) -> list[dict[str, object]]:
    """Return the lists of corrections, how many wait in each, and which of them is looked at."""
    kinds = (
        (_("Names and ID numbers"), "identity-correction-list", queries.identity_corrections_visible_to),
        (
            _("Categories and their evidence"),
            "evidence-correction-list",
            queries.evidence_corrections_visible_to,
        ),
    )
    return [
        {
            "label": label,
            "route": name,
            "waiting": visible_to(user).filter(status=RequestStatus.PROPOSED).count(),
            "is_current": name == route,
        }
        for label, name, visible_to in kinds
    ]


@require_safe
@login_required
def correction_detail(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show one correction, its values masked."""
    correction = find_correction(request, public_id)
    return shown(request, correction, masked_values(correction))


@require_POST
@login_required
@never_cache
def show_whole(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show one correction with its values whole, in this answer and nowhere else."""
    correction = find_correction(request, public_id)
    reveal_correction(correction_id=correction.pk, viewer=request.user, now=timezone.now())
    return shown(request, correction, (correction.former_value, correction.corrected_value), is_whole=True)


@require_safe
@login_required
@never_cache
def evidence(request: SignedInRequest, public_id: str) -> FileResponse:
    """Hand out the evidence as a file, under a name that says what it is and not what it was called."""
    correction = find_correction(request, public_id)
    found = open_evidence(correction_id=correction.pk, viewer=request.user, now=timezone.now())
    kind, ending = evidence_kind(found.content) or ("application/octet-stream", "bin")
    return FileResponse(
        BytesIO(found.content),
        as_attachment=True,
        filename=f"evidence-{correction.public_id}.{ending}",
        content_type=kind,
    )


@require_POST
@login_required
def approve(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Correct the person as proposed."""
    correction = find_correction(request, public_id)
    policies.check_can_decide_identity_correction(request.user, correction)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return shown(request, correction, masked_values(correction), form=form)
    approve_identity_correction(
        correction_id=correction.pk,
        decider=request.user,
        reason=form.cleaned_data["reason"],
        now=timezone.now(),
    )
    messages.success(request, _("The person is corrected."))
    return redirect("identity-correction-detail", public_id)


@require_POST
@login_required
def refuse(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Leave the person as they stand."""
    correction = find_correction(request, public_id)
    policies.check_can_decide_identity_correction(request.user, correction)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return shown(request, correction, masked_values(correction), form=form)
    refuse_identity_correction(
        correction_id=correction.pk,
        decider=request.user,
        reason=form.cleaned_data["reason"],
        now=timezone.now(),
    )
    messages.info(request, _("The correction is refused. The institution sees why."))
    return redirect("identity-correction-detail", public_id)


def shown(
    request: SignedInRequest,
    correction: IdentityCorrection,
    values: tuple[str, str],
    *,
    is_whole: bool = False,
    form: DecisionForm | None = None,
) -> HttpResponse:
    """Return the page of one correction with these values; `form` was filled in and could not be followed."""
    is_open = correction.status == RequestStatus.PROPOSED
    context = {
        "correction": correction,
        "facts": facts_of(request.user, correction, values),
        "is_whole": is_whole,
        "may_look": policies.can_open_evidence(request.user, correction),
        "may_decide": is_open and policies.can_decide_identity_correction(request.user, correction),
        "form": form or DecisionForm(),
    }
    status = 422 if form else 200
    return render(request, "enrollment/identity_correction_detail.html", context, status=status)


def facts_of(user: User, correction: IdentityCorrection, values: tuple[str, str]) -> list[tuple[str, str]]:
    """Return what a correction says, and what became of it."""
    training_class = correction.enrollment.training_class
    former, corrected = values
    facts = [
        (_("Training class"), training_class.reference),
        (_("Training institution"), training_class.institution.name),
        (_("Trainee"), name_for(user, correction.enrollment)),
        (_("What is corrected"), correction.get_field_display()),
        (_("Former"), former),
        (_("Corrected"), corrected),
        (_("Reason"), correction.reason),
        (_("Proposed by"), f"{correction.proposed_by} · {moment(correction.proposed_at)}"),
    ]
    if correction.decided_at is not None:
        facts.append((_("Decided by"), f"{correction.decided_by} · {moment(correction.decided_at)}"))
        facts.append((_("Reason of the decision"), correction.decision_reason))
    return facts


def masked(correction: IdentityCorrection, value: str) -> str:
    """Return a value of a correction as everybody may see it."""
    return mask_name(value) if correction.field == IdentityField.NAME else mask_id_number(value)


def masked_values(correction: IdentityCorrection) -> tuple[str, str]:
    """Return the former and the corrected value as everybody may see them."""
    return masked(correction, correction.former_value), masked(correction, correction.corrected_value)


def moment(at: datetime) -> str:
    """Return a time as the portal's pages write it."""
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M")


def find_correction(request: SignedInRequest, public_id: str) -> IdentityCorrection:
    """Return a correction that this person may see; any other does not exist for them."""
    return get_object_or_404(queries.identity_corrections_visible_to(request.user), public_id=public_id)
