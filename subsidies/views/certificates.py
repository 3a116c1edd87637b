from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from assessment.models import LevelCertificate
from chongqing_dte.foundation.errors import DomainError, InvalidTransition, NotPermitted
from enrollment.policies import can_correct_bank_account, check_can_correct_bank_account
from enrollment.services.accounts import AccountDetails, correct_bank_account
from institutions.models import User
from institutions.requests import SignedInRequest
from subsidies import queries
from subsidies.dossier import account_is_needed, certificate_dossier
from subsidies.explanations import recovery_sentence, withdrawal_sentence
from subsidies.forms.accounts import AccountForm
from subsidies.policies import can_hand_out_links, can_see_money
from subsidies.views.road import road

CHECK_COLUMNS = (
    (gettext_lazy("Check"), ""),
    (gettext_lazy("Outcome"), ""),
    (gettext_lazy("What was found"), ""),
)
SITTING_COLUMNS = (
    (gettext_lazy("Held on"), ""),
    (gettext_lazy("Evaluation institution"), ""),
    (gettext_lazy("Occupation and level"), ""),
    (gettext_lazy("Outcome"), ""),
    (gettext_lazy("For the first pass"), ""),
)
JOURNAL_COLUMNS = (
    (gettext_lazy("Time"), ""),
    (gettext_lazy("Journal entry"), ""),
    (pgettext_lazy("ledger", "Account"), ""),
    (gettext_lazy("Debit"), "numeric"),
    (gettext_lazy("Credit"), "numeric"),
)
# Which field a refusal of the service belongs to.
FIELD_OF_REFUSAL = {
    "account_malformed": "number",
    "cnaps_malformed": "cnaps",
    "bank_missing": "bank_name",
    "reason_missing": "reason",
}


@require_safe
@login_required
def certificate_detail(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show how one certificate was decided and paid, from the roster to the bank."""
    certificate = find_certificate(request, public_id)
    context = certificate_context(request.user, certificate, AccountForm())
    return render(request, "subsidies/certificate_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def correct_account(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Record a corrected account; what is held or returned for want of one then goes on by itself."""
    if request.method != "POST":
        return redirect("certificate-detail", public_id)
    certificate = find_certificate(request, public_id)
    check_can_correct_bank_account(request.user)
    if not account_is_needed(certificate):
        raise InvalidTransition(_("Nothing waits for an account of this person any more."))
    form = AccountForm(request.POST)
    if form.is_valid() and record_account(request.user, certificate, form):
        messages.success(request, _("The account is recorded. What waited for it goes on by itself."))
        return redirect("certificate-detail", public_id)
    context = certificate_context(request.user, certificate, form)
    return render(request, "subsidies/certificate_detail.html", context, status=422)


def record_account(operator: User, certificate: LevelCertificate, form: forms.Form) -> bool:
    """Record the account that the form holds, or tell the form why not."""
    given = form.cleaned_data
    try:
        correct_bank_account(
            trainee_id=certificate.trainee_id,
            operator=operator,
            account=AccountDetails(
                number=given["number"], bank_name=given["bank_name"], cnaps=given["cnaps"]
            ),
            reason=given["reason"],
            now=timezone.now(),
        )
    except NotPermitted:
        raise
    except DomainError as refusal:
        form.add_error(FIELD_OF_REFUSAL.get(refusal.code), str(refusal))
    return form.is_valid()


def certificate_context(user: User, certificate: LevelCertificate, form: forms.Form) -> dict[str, object]:
    """Return all that the page of a certificate shows."""
    dossier = certificate_dossier(certificate)
    last = dossier.recoveries[-1] if dossier.recoveries else None
    return {
        "certificate": certificate,
        "dossier": dossier,
        "live": next((decision for decision in dossier.entitlements if decision.is_live), None),
        "former": [decision for decision in dossier.entitlements if not decision.is_live],
        "steps": road(dossier, sees_money=can_see_money(user)),
        "may_hand_out_link": can_hand_out_links(user),
        # One that was withdrawn says why it was, and why it had been opened, until another is opened.
        "recovery_texts": [
            recovery_sentence(recovery.reason, recovery.facts)
            for recovery in dossier.recoveries
            if recovery == last or recovery.withdrawn_at is None
        ],
        "withdrawal_text": withdrawal_sentence(last.withdrawal_reason, last.withdrawal_facts) if last else "",
        "check_columns": CHECK_COLUMNS,
        "sitting_columns": SITTING_COLUMNS,
        "journal_columns": JOURNAL_COLUMNS,
        "form": form,
        "may_correct": dossier.account_needed and can_correct_bank_account(user),
        "trainee_facts": [
            (_("Trainee"), dossier.trainee_name),
            (_("ID number"), dossier.trainee_id_number),
            (_("Occupation"), certificate.occupation.name),
            (_("Level"), certificate.get_level_display()),
            (_("Evaluation institution"), certificate.institution.name),
            (_("Issued on"), certificate.issued_on.isoformat()),
        ],
    }


def find_certificate(request: SignedInRequest, public_id: str) -> LevelCertificate:
    """Return a certificate that this person may see; any other does not exist for them."""
    return get_object_or_404(queries.certificates_visible_to(request.user), public_id=public_id)
