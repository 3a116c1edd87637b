"""Corrections of what made people eligible: proposed, shown with the evidence, and decided."""

from io import BytesIO

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.paging import page_of
from enrollment import policies, queries
from enrollment.enums import RequestStatus
from enrollment.evidence_words import corrected_facts, evidence_facts, evidence_values
from enrollment.forms.evidence import EvidenceCorrectionForm
from enrollment.forms.identity import DecisionForm
from enrollment.models import EVIDENCE_FIELDS, Enrollment, EvidenceCorrection
from enrollment.rules.evidence import evidence_kind
from enrollment.services.evidence_corrections import (
    CorrectedEvidence,
    Evidence,
    EvidenceCannotBe,
    approve_evidence_correction,
    open_scan,
    propose_evidence_correction,
    refuse_evidence_correction,
)
from enrollment.views.corrections import CORRECTION_COLUMNS, kinds_of_corrections, moment
from enrollment.views.identity import find_enrollment, name_for
from institutions.models import User
from institutions.requests import SignedInRequest

CHANGE_COLUMNS = (
    (gettext_lazy("What is corrected"), ""),
    (gettext_lazy("Former"), ""),
    (gettext_lazy("Corrected"), ""),
)
# Which field a refusal of the service belongs to.
FIELD_OF_REFUSAL = {
    "evidence_too_large": "evidence",
    "evidence_kind": "evidence",
    "reason_missing": "reason",
}


def evidence_context(user: User, enrollment: Enrollment) -> dict[str, object]:
    """Return what the enrollment's page shows of corrections of its evidence."""
    is_locked = enrollment.training_class.is_roster_locked
    return {
        "may_correct_evidence": is_locked and policies.can_propose_evidence_correction(user, enrollment),
        "evidence_corrections": queries.evidence_corrections_of(enrollment),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def propose(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Take in what an enrollment should say of somebody's category, with the evidence."""
    enrollment = find_enrollment(request, public_id)
    policies.check_can_propose_evidence_correction(request.user, enrollment)
    is_sent = request.method == "POST"
    standing = evidence_values(enrollment)
    form = (
        EvidenceCorrectionForm(request.POST, request.FILES)
        if is_sent
        else EvidenceCorrectionForm(initial=standing)
    )
    if is_sent and (correction := proposed(request.user, enrollment, form)):
        return redirect("evidence-correction-detail", correction)
    context = {
        "enrollment": enrollment,
        "name": name_for(request.user, enrollment),
        "facts": evidence_facts(standing),
        "form": form,
    }
    return render(
        request, "enrollment/evidence_correction_form.html", context, status=422 if is_sent else 200
    )


def proposed(proposer: User, enrollment: Enrollment, form: forms.Form) -> str:
    """Record the proposal and return its public number, or tell the form why not."""
    if not form.is_valid():
        return ""
    given = form.cleaned_data
    try:
        correction = propose_evidence_correction(
            enrollment_id=enrollment.pk,
            correction=CorrectedEvidence(
                {field: str(given[field] or "") for field in EVIDENCE_FIELDS}, given["reason"]
            ),
            evidence=Evidence(given["evidence"].name, given["evidence"].read()),
            proposer=proposer,
            now=timezone.now(),
        )
    except (NotPermitted, InvalidTransition):
        raise
    except EvidenceCannotBe as refusal:
        form.add_error(refusal.field, str(refusal))
        return ""
    except DomainError as refusal:
        form.add_error(FIELD_OF_REFUSAL.get(refusal.code), str(refusal))
        return ""
    return str(correction.public_id)


@require_safe
@login_required
def correction_list(request: SignedInRequest) -> HttpResponse:
    """List the corrections of the person's office: those that wait, or all of them."""
    shows_all = request.GET.get("show") == "all"
    corrections = queries.evidence_corrections_visible_to(request.user)
    if not shows_all:
        corrections = corrections.filter(status=RequestStatus.PROPOSED)
    page = page_of(corrections, request)
    context = {
        "kinds": kinds_of_corrections(request.user, "evidence-correction-list"),
        "rows": [
            {
                "correction": correction,
                "name": name_for(request.user, correction.enrollment),
                "changes": [label for label, _former, _corrected in corrected_facts(correction)],
            }
            for correction in page.rows
        ],
        "row_template": "enrollment/_evidence_correction_row.html",
        "page": page,
        "columns": CORRECTION_COLUMNS,
        "shows_all": shows_all,
        "query": "show=all&" if shows_all else "",
    }
    return render(request, "enrollment/correction_list.html", context)


@require_safe
@login_required
def correction_detail(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show one correction."""
    return shown(request, find_correction(request, public_id))


@require_safe
@login_required
@never_cache
def evidence(request: SignedInRequest, public_id: str) -> FileResponse:
    """Hand out the evidence as a file, under a name that says what it is and not what it was called."""
    correction = find_correction(request, public_id)
    found = open_scan(correction_id=correction.pk, viewer=request.user, now=timezone.now())
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
    """Have the enrollment say what was proposed."""
    correction = find_correction(request, public_id)
    policies.check_can_decide_evidence_correction(request.user, correction)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return shown(request, correction, form=form)
    approve_evidence_correction(
        correction_id=correction.pk,
        decider=request.user,
        reason=form.cleaned_data["reason"],
        now=timezone.now(),
    )
    messages.success(
        request, _("The evidence is corrected. What was refused because of it is decided again.")
    )
    return redirect("evidence-correction-detail", public_id)


@require_POST
@login_required
def refuse(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Leave the enrollment as it stands."""
    correction = find_correction(request, public_id)
    policies.check_can_decide_evidence_correction(request.user, correction)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return shown(request, correction, form=form)
    refuse_evidence_correction(
        correction_id=correction.pk,
        decider=request.user,
        reason=form.cleaned_data["reason"],
        now=timezone.now(),
    )
    messages.info(request, _("The correction is refused. The institution sees why."))
    return redirect("evidence-correction-detail", public_id)


def shown(
    request: SignedInRequest, correction: EvidenceCorrection, *, form: DecisionForm | None = None
) -> HttpResponse:
    """Return the page of one correction; `form` was filled in and could not be followed."""
    is_open = correction.status == RequestStatus.PROPOSED
    context = {
        "correction": correction,
        "name": name_for(request.user, correction.enrollment),
        "facts": facts_of(request.user, correction),
        "changes": corrected_facts(correction),
        "change_columns": CHANGE_COLUMNS,
        "may_look": policies.can_open_evidence(request.user, correction),
        "may_decide": is_open and policies.can_decide_evidence_correction(request.user, correction),
        "form": form or DecisionForm(),
    }
    status = 422 if form else 200
    return render(request, "enrollment/evidence_correction_detail.html", context, status=status)


def facts_of(user: User, correction: EvidenceCorrection) -> list[tuple[str, str]]:
    """Return whom a correction is about, why it was proposed, and what became of it."""
    training_class = correction.enrollment.training_class
    facts = [
        (_("Training class"), training_class.reference),
        (_("Training institution"), training_class.institution.name),
        (_("Trainee"), name_for(user, correction.enrollment)),
        (_("Reason"), correction.reason),
        (_("Proposed by"), f"{correction.proposed_by} · {moment(correction.proposed_at)}"),
    ]
    if correction.decided_at is not None:
        facts.append((_("Decided by"), f"{correction.decided_by} · {moment(correction.decided_at)}"))
        facts.append((_("Reason of the decision"), correction.decision_reason))
    return facts


def find_correction(request: SignedInRequest, public_id: str) -> EvidenceCorrection:
    """Return a correction that this person may see; any other does not exist for them."""
    return get_object_or_404(queries.evidence_corrections_visible_to(request.user), public_id=public_id)
