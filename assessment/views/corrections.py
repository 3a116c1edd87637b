"""Corrections of results: proposed on the candidate's page, decided by a municipal reviewer."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessment import policies, queries
from assessment.enums import CertificateOrigin, Outcome
from assessment.forms.reviews import CorrectionDecisionForm
from assessment.models import Attempt, AttemptCorrection
from assessment.rules.corrections import Result
from assessment.services.corrections import (
    CorrectedResult,
    approve_correction,
    propose_correction,
    refuse_correction,
)
from assessment.views.candidate_history import correction_form, history_of, moment, name_shown_to, shown
from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.paging import page_of
from chongqing_dte.foundation.proposals import RequestStatus
from institutions.models import User
from institutions.requests import SignedInRequest

CORRECTION_COLUMNS = (
    (gettext_lazy("Proposed at"), ""),
    (gettext_lazy("Candidate"), ""),
    (gettext_lazy("Session"), ""),
    (gettext_lazy("Evaluation institution"), ""),
    (gettext_lazy("Recorded result"), ""),
    (gettext_lazy("Corrected result"), ""),
    (gettext_lazy("Status"), ""),
)
CHANGE_COLUMNS = (
    (gettext_lazy("Part"), ""),
    (gettext_lazy("Recorded result"), ""),
    (gettext_lazy("Corrected result"), ""),
)
# Which field a refusal of the service belongs to; what is not named here belongs to the outcome.
FIELD_OF_REFUSAL = {
    "reason_missing": "reason",
    "score_missing": "theory_score",
    "score_not_expected": "theory_score",
    "score_format": "theory_score",
    "certificate_missing": "certificate_number",
    "certificate_not_expected": "certificate_number",
    "certificate_number_reserved": "certificate_number",
    "certificate_number_pattern": "certificate_number",
    "certificate_number_used": "certificate_number",
    "certificate_before_session": "certificate_issued_on",
    "issued_in_future": "certificate_issued_on",
}


@require_safe
@login_required
def correction_list(request: SignedInRequest) -> HttpResponse:
    """List the corrections of results in the person's office: those that wait, or all of them."""
    shows_all = request.GET.get("show") == "all"
    corrections = queries.corrections_visible_to(request.user)
    if not shows_all:
        corrections = corrections.filter(status=RequestStatus.PROPOSED)
    page = page_of(corrections, request)
    context = {
        "rows": [
            {
                "correction": correction,
                "session": correction.attempt.session,
                "name": name_shown_to(request.user, correction.attempt),
            }
            for correction in page.rows
        ],
        "page": page,
        "columns": CORRECTION_COLUMNS,
        "shows_all": shows_all,
        "query": "show=all&" if shows_all else "",
    }
    return render(request, "assessment/correction_list.html", context)


@require_safe
@login_required
def correction_detail(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show one correction: what it changes, what follows from it, and what was decided or the form to decide."""
    return decision_page(request, find_correction(request, public_id), CorrectionDecisionForm())


def decision_page(
    request: SignedInRequest, correction: AttemptCorrection, form: CorrectionDecisionForm
) -> HttpResponse:
    """Return the page of one correction; a form that was filled in could not be followed."""
    is_open = correction.status == RequestStatus.PROPOSED
    review = queries.open_review_of(correction.attempt)
    opened_review = is_open and review is not None and review.opened_by_id == request.user.pk
    may_decide = is_open and policies.can_decide_correction(request.user, correction)
    context = {
        "correction": correction,
        "session": correction.attempt.session,
        "candidate_id": queries.candidates_of_attempts([correction.attempt])[correction.attempt_id],
        "facts": facts_of(request.user, correction),
        "changes": changes_of(correction),
        "change_columns": CHANGE_COLUMNS,
        "consequence": consequence_of(correction) if is_open else "",
        "opened_review": opened_review and may_decide,
        "may_decide": may_decide,
        "form": form,
    }
    status = 422 if form.is_bound else 200
    return render(request, "assessment/correction_detail.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def propose(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Propose what a candidate's result should be."""
    history = history_of(request, public_id)
    if request.method != "POST" or history.live is None:
        return redirect("candidate-detail", public_id)
    policies.check_can_propose_correction(request.user, history.candidate.session)
    form = correction_form(history.live, request.POST)
    if form.is_valid() and proposed(request.user, history.live, form):
        messages.success(
            request,
            _("The correction is proposed. Until the municipal bureau decides, the recorded result stands."),
        )
        return redirect("candidate-detail", public_id)
    return shown(request, history, correction_form=form)


@require_POST
@login_required
def approve(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Let the corrected result count, and go back to what waits."""
    correction = find_correction(request, public_id)
    policies.check_can_decide_correction(request.user, correction)
    form = CorrectionDecisionForm(request.POST)
    if not form.is_valid():
        return decision_page(request, correction, form)
    approve_correction(
        correction_id=correction.pk,
        decider=request.user,
        reason=form.cleaned_data["reason"],
        now=timezone.now(),
    )
    messages.success(request, _("The result is corrected. What depends on it is looked at by itself."))
    return redirect("correction-list")


@require_POST
@login_required
def refuse(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Leave the result as it is, and go back to what waits."""
    correction = find_correction(request, public_id)
    policies.check_can_decide_correction(request.user, correction)
    form = CorrectionDecisionForm(request.POST)
    if not form.is_valid():
        return decision_page(request, correction, form)
    refuse_correction(
        correction_id=correction.pk,
        decider=request.user,
        reason=form.cleaned_data["reason"],
        now=timezone.now(),
    )
    messages.info(request, _("The correction is refused. The institution sees why."))
    return redirect("correction-list")


def proposed(proposer: User, attempt: Attempt, form: forms.Form) -> bool:
    """Propose what the form holds, or tell the form why not."""
    try:
        propose_correction(
            attempt_id=attempt.pk,
            corrected=corrected_result(form.cleaned_data),
            proposer=proposer,
            now=timezone.now(),
        )
    except (NotPermitted, InvalidTransition):
        raise
    except DomainError as refusal:
        field = FIELD_OF_REFUSAL.get(refusal.code, "outcome")
        form.add_error(field if field in form.fields else "outcome", str(refusal))
    return form.is_valid()


def corrected_result(cells: Mapping[str, Any]) -> CorrectedResult:
    """Return what a form says that a result should be."""
    return CorrectedResult(
        result=Result(cells["outcome"], cells["theory_score"], cells["practice_score"]),
        reason=cells["reason"],
        certificate_number=cells.get("certificate_number", ""),
        certificate_issued_on=cells.get("certificate_issued_on"),
    )


def facts_of(user: User, correction: AttemptCorrection) -> list[tuple[str, object]]:
    """Return what a correction is about, and what became of it."""
    session = correction.attempt.session
    facts: list[tuple[str, object]] = [
        (_("Candidate"), name_shown_to(user, correction.attempt)),
        (_("Session"), session.reference),
        (_("Evaluation institution"), session.institution.name),
        (
            _("Pass marks"),
            _("Theory %(theory)s, practice %(practice)s")
            % {"theory": session.theory_pass_mark, "practice": session.practice_pass_mark},
        ),
        (_("Reason"), correction.reason),
        (_("Proposed by"), f"{correction.proposed_by} · {moment(correction.proposed_at)}"),
    ]
    if correction.review is not None:
        facts.append((_("Asked for by the candidate"), correction.review.reason))
    if correction.decided_at is not None:
        facts.append((_("Decided by"), f"{correction.decided_by} · {moment(correction.decided_at)}"))
        facts.append((_("Reason of the decision"), correction.decision_reason))
    return facts


def changes_of(correction: AttemptCorrection) -> list[dict[str, object]]:
    """Return the recorded and the corrected result, part by part."""
    attempt = correction.attempt
    return [
        change(_("Outcome"), attempt.get_outcome_display(), correction.get_outcome_display()),
        change(_("Theory"), attempt.theory_score, correction.theory_score),
        change(_("Practice"), attempt.practice_score, correction.practice_score),
    ]


def change(part: str, recorded: str | Decimal | None, corrected: str | Decimal | None) -> dict[str, object]:
    """Return one line of what a correction changes."""
    return {"part": part, "recorded": recorded, "corrected": corrected, "differs": recorded != corrected}


def consequence_of(correction: AttemptCorrection) -> str:
    """Return what an approval does to the certificate, in words."""
    attempt = correction.attempt
    was_pass, is_pass = attempt.outcome == Outcome.PASSED, correction.outcome == Outcome.PASSED
    if was_pass and not is_pass:
        return _(
            "If you approve, the certificate is revoked. What was granted for it falls away, and what was paid is"
            " claimed back."
        )
    if was_pass or not is_pass:
        return _("If you approve, no certificate changes.")
    if attempt.session.certificate_origin == CertificateOrigin.PORTAL:
        return _("If you approve, the portal issues a certificate.")
    return _("If you approve, certificate %(number)s of %(day)s is recorded.") % {
        "number": correction.certificate_number,
        "day": correction.certificate_issued_on,
    }


def find_correction(request: SignedInRequest, public_id: str) -> AttemptCorrection:
    """Return a correction that this person may see; any other does not exist for them."""
    return get_object_or_404(queries.corrections_visible_to(request.user), public_id=public_id)
