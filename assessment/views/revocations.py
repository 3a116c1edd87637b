"""Revocations of certificates: proposed on the page of the certificate, decided by a municipal reviewer."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from assessment import policies, queries
from assessment.forms.certificates import RevocationDecisionForm, RevocationForm
from assessment.models import CertificateRevocation
from assessment.services.revocations import approve_revocation, propose_revocation, refuse_revocation
from assessment.views.certificates import certificate_context, find_certificate, name_shown_to
from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from chongqing_dte.foundation.paging import page_of
from chongqing_dte.foundation.proposals import RequestStatus
from institutions.models import User
from institutions.requests import SignedInRequest

REVOCATION_COLUMNS = (
    (gettext_lazy("Certificate number"), ""),
    (gettext_lazy("Name"), ""),
    (gettext_lazy("Evaluation institution"), ""),
    (gettext_lazy("Reason"), ""),
    (gettext_lazy("Proposed by"), ""),
    (gettext_lazy("Proposed at"), ""),
    (gettext_lazy("Status"), ""),
)


@require_safe
@login_required
def revocation_list(request: SignedInRequest) -> HttpResponse:
    """List the revocations of the person's office: those that wait, or all of them."""
    shows_all = request.GET.get("show") == "all"
    found = queries.revocations_visible_to if shows_all else queries.revocations_waiting
    page = page_of(found(request.user), request)
    context = {
        "rows": [
            {"revocation": revocation, "name": name_shown_to(request.user, revocation.certificate)}
            for revocation in page.rows
        ],
        "page": page,
        "columns": REVOCATION_COLUMNS,
        "shows_all": shows_all,
        "query": "show=all&" if shows_all else "",
    }
    return render(request, "assessment/revocation_list.html", context)


@require_safe
@login_required
def revocation_detail(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show one proposal, and what was decided or the form to decide."""
    return shown(request, find_revocation(request, public_id), RevocationDecisionForm())


def shown(
    request: SignedInRequest, revocation: CertificateRevocation, form: RevocationDecisionForm
) -> HttpResponse:
    """Return the page of one proposal; a form that was filled in could not be followed."""
    is_open = revocation.status == RequestStatus.PROPOSED
    context = {
        "revocation": revocation,
        "facts": facts_of(request.user, revocation),
        "may_decide": is_open and policies.can_decide_revocation(request.user, revocation),
        "form": form,
    }
    status = 422 if form.is_bound else 200
    return render(request, "assessment/revocation_detail.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def propose(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Propose to revoke a certificate."""
    if request.method != "POST":
        return redirect("level-certificate-detail", public_id)
    certificate = find_certificate(request, public_id)
    policies.check_can_propose_revocation(request.user, certificate)
    form = RevocationForm(request.POST)
    if form.is_valid() and proposed(request.user, certificate.pk, form):
        messages.success(
            request,
            _(
                "The revocation is proposed. Until a municipal reviewer decides, nothing is paid for this person."
            ),
        )
        return redirect("level-certificate-detail", public_id)
    context = certificate_context(request.user, certificate, form)
    return render(request, "assessment/level_certificate_detail.html", context, status=422)


@require_POST
@login_required
def approve(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Revoke the certificate as proposed, and go back to what waits."""
    revocation = find_revocation(request, public_id)
    policies.check_can_decide_revocation(request.user, revocation)
    form = RevocationDecisionForm(request.POST)
    if not form.is_valid():
        return shown(request, revocation, form)
    approve_revocation(
        revocation_id=revocation.pk,
        decider=request.user,
        reason=form.cleaned_data["reason"],
        now=timezone.now(),
    )
    messages.success(
        request,
        _("Certificate %(number)s is revoked. What was paid on it is looked at by itself.")
        % {"number": revocation.certificate.number},
    )
    return redirect("revocation-list")


@require_POST
@login_required
def refuse(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Let the certificate stand, and go back to what waits."""
    revocation = find_revocation(request, public_id)
    policies.check_can_decide_revocation(request.user, revocation)
    form = RevocationDecisionForm(request.POST)
    if not form.is_valid():
        return shown(request, revocation, form)
    refuse_revocation(
        revocation_id=revocation.pk,
        decider=request.user,
        reason=form.cleaned_data["reason"],
        now=timezone.now(),
    )
    messages.info(
        request,
        _("The revocation of certificate %(number)s is refused.") % {"number": revocation.certificate.number},
    )
    return redirect("revocation-list")


def proposed(proposer: User, certificate_id: int, form: RevocationForm) -> bool:
    """Propose what the form holds, or tell the form why not."""
    try:
        propose_revocation(
            certificate_id=certificate_id,
            reason=form.cleaned_data["reason"],
            proposer=proposer,
            now=timezone.now(),
        )
    except (NotPermitted, InvalidTransition):
        raise
    except DomainError as refusal:
        form.add_error("reason", str(refusal))
    return form.is_valid()


def facts_of(user: User, revocation: CertificateRevocation) -> list[tuple[str, object]]:
    """Return what a proposal says, and what became of it."""
    certificate = revocation.certificate
    facts: list[tuple[str, object]] = [
        (_("Certificate number"), certificate.number),
        (_("Name"), name_shown_to(user, certificate)),
        (_("Occupation"), certificate.occupation.name),
        (_("Level"), certificate.get_level_display()),
        (_("Evaluation institution"), certificate.institution.name),
        (_("Status of the certificate"), certificate.get_status_display()),
        (_("Reason"), revocation.reason),
        (_("Proposed by"), revocation.proposed_by),
        (_("Proposed at"), timezone.localtime(revocation.proposed_at).strftime("%Y-%m-%d %H:%M")),
    ]
    if revocation.decided_at is not None:
        facts += [
            (_("Decided by"), revocation.decided_by),
            (_("Decided at"), timezone.localtime(revocation.decided_at).strftime("%Y-%m-%d %H:%M")),
            (_("Reason of the decision"), revocation.decision_reason),
        ]
    return facts


def find_revocation(request: SignedInRequest, public_id: str) -> CertificateRevocation:
    """Return a proposal that this person may see; any other does not exist for them."""
    return get_object_or_404(queries.revocations_visible_to(request.user), public_id=public_id)
