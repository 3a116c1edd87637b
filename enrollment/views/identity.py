"""What identifies a person, masked; what was shown of it whole; and what is wrong about it."""

from collections.abc import Collection

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.paging import page_of
from enrollment import policies, queries
from enrollment.enums import RevealedField
from enrollment.forms.identity import CorrectionForm, RevealForm
from enrollment.models import Enrollment, IdentityCorrection, Trainee
from enrollment.rules.identifiers import mask_account, mask_id_number, mask_mobile, mask_name
from enrollment.services.identity_corrections import Correction, Evidence, propose_identity_correction
from enrollment.services.reveals import reveal_field
from institutions.models import User
from institutions.queries import districts_answered_for
from institutions.requests import SignedInRequest

REVEAL_COLUMNS = (
    (gettext_lazy("Time"), ""),
    (gettext_lazy("Shown to"), ""),
    (gettext_lazy("Trainee"), ""),
    (gettext_lazy("What was shown"), ""),
    (gettext_lazy("Reason"), ""),
)
OVERSEEN_EXPORT_COLUMNS = (
    (gettext_lazy("Time"), ""),
    (gettext_lazy("Requested by"), ""),
    (gettext_lazy("Training class"), ""),
    (gettext_lazy("Rows"), "numeric"),
    (gettext_lazy("Downloads"), "numeric"),
    (gettext_lazy("Reason"), ""),
)
EXPORTS_SHOWN = 50
# Which field a refusal of the service belongs to.
FIELD_OF_REFUSAL = {
    "evidence_too_large": "evidence",
    "evidence_kind": "evidence",
    "reason_missing": "reason",
    "correction_waits_already": "field",
    "field_unknown": "field",
}


def identity_context(user: User, enrollment: Enrollment, districts: Collection[int]) -> dict[str, object]:
    """Return what the enrollment's page shows of who the person is, to whoever answers for these districts."""
    may_reveal = policies.can_reveal(user, enrollment.training_class, districts)
    return {
        "identity_facts": identity_facts(user, enrollment),
        "reveal_form": RevealForm() if may_reveal else None,
        "may_propose_correction": policies.can_propose_correction(user, enrollment),
        "corrections": queries.corrections_of(IdentityCorrection, enrollment),
    }


def identity_facts(user: User, enrollment: Enrollment) -> list[tuple[str, str]]:
    """Return who the person is, masked; the name whole for their own institution."""
    trainee = enrollment.trainee
    account = queries.current_account_of(trainee.pk)
    facts = [
        (_("Name"), name_for(user, enrollment)),
        (_("ID number"), mask_id_number(trainee.id_number)),
        (_("Mobile"), mask_mobile(trainee.mobile)),
        (_("Account"), mask_account(account.number) if account else ""),
        (_("Trainee number"), str(trainee.public_id)),
    ]
    if trainee.merged_into is not None:
        facts.append((_("Merged into trainee number"), str(trainee.merged_into.public_id)))
    return facts


def name_for(user: User, enrollment: Enrollment) -> str:
    """Return the person's name as this reader may see it."""
    is_own = policies.works_for(user, enrollment.training_class)
    return enrollment.trainee.name if is_own else mask_name(enrollment.trainee.name)


@require_POST
@login_required
@never_cache
def reveal(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show one value whole, in this answer and nowhere else."""
    enrollment = find_enrollment(request, public_id)
    districts = districts_answered_for(request.user)
    policies.check_can_reveal(request.user, enrollment.training_class, districts)
    form = RevealForm(request.POST)
    value = revealed(request.user, enrollment, form)
    context = {
        "enrollment": enrollment,
        "name": name_for(request.user, enrollment),
        "form": form,
        "label": RevealedField(form.cleaned_data["field"]).label if value else "",
        "value": value,
    }
    return render(request, "enrollment/revealed.html", context, status=200 if value else 422)


def revealed(viewer: User, enrollment: Enrollment, form: forms.Form) -> str:
    """Return the value that the form asks for, or tell the form why not."""
    if not form.is_valid():
        return ""
    try:
        return reveal_field(
            enrollment_id=enrollment.pk, viewer=viewer, now=timezone.now(), **form.cleaned_data
        )
    except NotPermitted:
        raise
    except DomainError as refusal:
        form.add_error(None, str(refusal))
    return ""


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def propose_correction(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Take in what is wrong about a person, with the evidence."""
    enrollment = find_enrollment(request, public_id)
    policies.check_can_propose_correction(request.user, enrollment)
    is_sent = request.method == "POST"
    form = CorrectionForm(request.POST, request.FILES) if is_sent else CorrectionForm()
    if is_sent and (correction := proposed(request.user, enrollment, form)):
        return redirect("identity-correction-detail", correction)
    context = {
        "enrollment": enrollment,
        "name": name_for(request.user, enrollment),
        "facts": identity_facts(request.user, enrollment),
        "form": form,
    }
    return render(
        request, "enrollment/identity_correction_form.html", context, status=422 if is_sent else 200
    )


def proposed(proposer: User, enrollment: Enrollment, form: forms.Form) -> str:
    """Record the proposal and return its public number, or tell the form why not."""
    if not form.is_valid():
        return ""
    given = form.cleaned_data
    try:
        correction = propose_identity_correction(
            enrollment_id=enrollment.pk,
            correction=Correction(given["field"], given["corrected_value"], given["reason"]),
            evidence=Evidence(given["evidence"].name, given["evidence"].read()),
            proposer=proposer,
            now=timezone.now(),
        )
    except (NotPermitted, InvalidTransition):
        raise
    except DomainError as refusal:
        form.add_error(FIELD_OF_REFUSAL.get(refusal.code, "corrected_value"), str(refusal))
        return ""
    return str(correction.public_id)


@require_safe
@login_required
@never_cache
def reveal_list(request: SignedInRequest) -> HttpResponse:
    """List what was shown whole and which lists were made, to whoever answers for it."""
    page = page_of(queries.reveals_visible_to(request.user), request)
    context = {
        "page": page,
        "rows": page.rows,
        "columns": REVEAL_COLUMNS,
        "exports": queries.exports_overseen_by(request.user).order_by("-pk")[:EXPORTS_SHOWN],
        "export_columns": OVERSEEN_EXPORT_COLUMNS,
    }
    return render(request, "enrollment/reveal_list.html", context)


def find_enrollment(request: SignedInRequest, public_id: str) -> Enrollment:
    """Return an enrollment that this person may see; any other does not exist for them."""
    enrollments = queries.enrollments_visible_to(request.user).select_related(
        "training_class__institution", "trainee__merged_into"
    )
    return get_object_or_404(enrollments, public_id=public_id)


def trainee_facts(trainee: Trainee) -> list[tuple[str, str]]:
    """Return who one row says the person is, masked."""
    account = queries.current_account_of(trainee.pk)
    return [
        (_("Trainee number"), str(trainee.public_id)),
        (_("Name"), mask_name(trainee.name)),
        (_("ID number"), mask_id_number(trainee.id_number)),
        (_("Mobile"), mask_mobile(trainee.mobile)),
        (_("Account"), mask_account(account.number) if account else ""),
        (_("Recorded at"), timezone.localtime(trainee.recorded_at).strftime("%Y-%m-%d %H:%M")),
    ]
