"""Corrections of what made people eligible: proposed, and what they change."""

from typing import Final

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from enrollment import policies, queries
from enrollment.evidence_words import corrected_facts, evidence_facts, evidence_values
from enrollment.forms.evidence import EvidenceCorrectionForm
from enrollment.models import EVIDENCE_FIELDS, Enrollment, EvidenceCorrection
from enrollment.services.evidence_corrections import (
    CorrectedEvidence,
    Evidence,
    EvidenceCannotBe,
    approve_evidence_correction,
    propose_evidence_correction,
)
from enrollment.views.corrections import CorrectionKind
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


def labels_of_changes(correction: EvidenceCorrection) -> str:
    """Return what of the evidence is wrong, in words."""
    return " · ".join(label for label, _former, _corrected in corrected_facts(correction))


EVIDENCE: Final = CorrectionKind(
    model=EvidenceCorrection,
    route="evidence-correction",
    template="enrollment/evidence_correction_detail.html",
    approve=approve_evidence_correction,
    approved=gettext_lazy("The evidence is corrected. What was refused because of it is decided again."),
    what=labels_of_changes,
    facts=lambda _correction: [],
    context=lambda correction: {"changes": corrected_facts(correction), "change_columns": CHANGE_COLUMNS},
)


def evidence_context(user: User, enrollment: Enrollment) -> dict[str, object]:
    """Return what the enrollment's page shows of corrections of its evidence."""
    is_locked = enrollment.training_class.is_roster_locked
    return {
        "may_correct_evidence": is_locked and policies.can_propose_correction(user, enrollment),
        "evidence_corrections": queries.corrections_of(EvidenceCorrection, enrollment),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def propose(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Take in what an enrollment should say of somebody's category, with the evidence."""
    enrollment = find_enrollment(request, public_id)
    policies.check_can_propose_correction(request.user, enrollment)
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
