"""What a class has cost its institution: the advances, and the files that show them."""

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from chongqing_dte.foundation.errors import DomainError
from chongqing_dte.foundation.templatetags.figures import yuan
from enrollment.models import TrainingClass
from institutions.models import User
from institutions.requests import SignedInRequest
from subsidies import queries
from subsidies.enums import (
    CLAIM_SIGNED_BY_THE_DISTRICT,
    CLAIM_WITH_THE_INSTITUTION,
    AdvanceBasis,
    EvidenceKind,
    ScanStatus,
)
from subsidies.forms.advances import AdvanceForm, AdvanceWithdrawalForm, EvidenceForm
from subsidies.gateways.scanner import virus_scanner
from subsidies.models import Advance, ClaimEvidence, SubsidyClaim
from subsidies.policies.advances import (
    can_hand_in_evidence,
    can_record_advance,
    check_can_hand_in_evidence,
    check_can_record_advance,
)
from subsidies.queries.claim_pages import classes_costing_money, live_claim_of_class
from subsidies.services.advances import record_advance, withdraw_advance
from subsidies.services.claim_evidence import EvidenceFile, hand_in_evidence, withdraw_evidence
from subsidies.views.claim_rows import total_of
from subsidies.views.refusals import tell_form

ADVANCE_COLUMNS: Final = (
    (gettext_lazy("Spent by"), ""),
    (gettext_lazy("How it was said"), ""),
    (gettext_lazy("Amount"), "numeric"),
    (gettext_lazy("Note"), ""),
    (gettext_lazy("Recorded"), ""),
    (gettext_lazy("Status"), ""),
)
FILE_COLUMNS: Final = (
    (gettext_lazy("File"), ""),
    (gettext_lazy("What it shows"), ""),
    (gettext_lazy("Size"), "numeric"),
    (gettext_lazy("Handed in"), ""),
    (gettext_lazy("Virus scan"), ""),
)
# What may be opened, as the service sees it.
OPENABLE: Final = (ScanStatus.CLEAN, ScanStatus.NOT_SCANNED)
# Which field of the form a refusal belongs to.
FIELD_OF_REFUSAL: Final = {
    "cost_impossible": "unit_cost",
    "count_impossible": "unit_count",
    "day_ahead": "spent_on",
    "basis_missing": "basis",
    "kind_missing": "kind",
}
KILO: Final = 1024


@require_safe
@login_required
def class_advances(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show what a class has cost and with which files, and let its institution add to both."""
    return _page(request, find_class(request, public_id))


@require_POST
@login_required
def advance_record(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Record what the institution has spent on a class."""
    training_class = find_class(request, public_id)
    check_can_record_advance(request.user, training_class)
    form = AdvanceForm(request.POST, prefix="advance")
    if form.is_valid():
        try:
            record_advance(
                class_id=training_class.pk, entry=form.entry(), recorder=request.user, now=timezone.now()
            )
        except DomainError as refusal:
            tell_form(form, refusal, otherwise=FIELD_OF_REFUSAL.get(refusal.code))
        else:
            messages.success(request, _("Recorded. It counts in the claim of this class."))
            return redirect("class-advances", public_id=training_class.public_id)
    return _page(request, training_class, {"advance_form": form}, status=422)


@require_POST
@login_required
def advance_withdraw(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Take back what was said of a class's cost."""
    advance = get_object_or_404(queries.advances_visible_to(request.user), public_id=public_id)
    training_class = find_class(request, str(advance.training_class.public_id))
    check_can_record_advance(request.user, training_class)
    form = _withdrawal_form(advance, request.POST)
    if form.is_valid():
        try:
            withdraw_advance(
                advance_id=advance.pk,
                withdrawer=request.user,
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
        except DomainError as refusal:
            tell_form(form, refusal, otherwise="reason")
        else:
            messages.info(request, _("Taken back. It counts no more."))
            return redirect("class-advances", public_id=training_class.public_id)
    return _page(request, training_class, {f"withdrawal {advance.pk}": form}, status=422)


@require_POST
@login_required
def evidence_hand_in(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Keep a file that shows what a class has cost, or that it was held."""
    training_class = find_class(request, public_id)
    check_can_hand_in_evidence(request.user, training_class)
    form = EvidenceForm(request.POST, request.FILES, prefix="evidence")
    if form.is_valid():
        given, file = form.cleaned_data, form.cleaned_data["file"]
        try:
            hand_in_evidence(
                class_id=training_class.pk,
                file=EvidenceFile(EvidenceKind(given["kind"]), file.name, file.read()),
                uploader=request.user,
                is_scanned=virus_scanner() is not None,
                now=timezone.now(),
            )
        except DomainError as refusal:
            tell_form(form, refusal, otherwise=FIELD_OF_REFUSAL.get(refusal.code, "file"))
        else:
            messages.success(request, _("The file is handed in."))
            return redirect("class-advances", public_id=training_class.public_id)
    return _page(request, training_class, {"evidence_form": form}, status=422)


@require_POST
@login_required
def evidence_withdraw(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Take back a file that was handed in."""
    evidence = get_object_or_404(queries.claim_evidence_visible_to(request.user), public_id=public_id)
    training_class = get_object_or_404(classes_costing_money(request.user), pk=evidence.training_class_id)
    check_can_hand_in_evidence(request.user, training_class)
    withdraw_evidence(evidence_id=evidence.pk, withdrawer=request.user, now=timezone.now())
    messages.info(request, _("The file is taken back. It stays on record, and shows nothing any more."))
    return redirect("class-advances", public_id=training_class.public_id)


def find_class(request: SignedInRequest, public_id: str) -> TrainingClass:
    """Return a class that this person may see and that has begun; any other costs nothing yet."""
    return get_object_or_404(classes_costing_money(request.user), public_id=public_id)


def _page(
    request: SignedInRequest,
    training_class: TrainingClass,
    refused: dict[str, Any] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """Return the page; `refused` are the forms that were filled in and could not be followed."""
    forms = refused or {}
    claim = live_claim_of_class(request.user, training_class)
    may_change = _may_change(request.user, training_class, claim)
    may_add_files = can_hand_in_evidence(request.user, training_class) and not (
        claim is not None and claim.status in CLAIM_SIGNED_BY_THE_DISTRICT
    )
    advances = list(queries.advances_of_class(training_class))
    context = {
        "training_class": training_class,
        "claim": claim,
        "total": total_of([each for each in advances if each.withdrawn_at is None]),
        "advance_columns": ADVANCE_COLUMNS,
        "advances": [_shown_advance(each, forms, may_change=may_change) for each in advances],
        "file_columns": FILE_COLUMNS,
        "files": [
            shown_file(each, may_withdraw=may_change) for each in queries.evidence_of_class(training_class)
        ],
        "advance_form": forms.get("advance_form")
        or (AdvanceForm(prefix="advance", initial=_usual(training_class)) if may_change else None),
        "evidence_form": forms.get("evidence_form")
        or (EvidenceForm(prefix="evidence") if may_add_files else None),
        "is_frozen": can_record_advance(request.user, training_class) and not may_change,
    }
    return render(request, "subsidies/advance_class.html", context, status=status)


def _may_change(user: User, training_class: TrainingClass, claim: SubsidyClaim | None) -> bool:
    with_us = claim is None or claim.status in CLAIM_WITH_THE_INSTITUTION
    return with_us and can_record_advance(user, training_class)


def _usual(training_class: TrainingClass) -> dict[str, object]:
    """Return what most institutions would enter: everybody at the roster lock, spent by the last day."""
    day = min(training_class.ends_on, timezone.localdate())
    return {"unit_count": training_class.locked_count or None, "spent_on": day}


def _shown_advance(advance: Advance, forms: dict[str, Any], *, may_change: bool) -> dict[str, object]:
    said = {"cost": yuan(advance.unit_cost), "count": advance.unit_count}
    is_per_trainee = advance.basis == AdvanceBasis.PER_TRAINEE
    refused = forms.get(f"withdrawal {advance.pk}")
    may_withdraw = may_change and advance.withdrawn_at is None
    return {
        "advance": advance,
        "said": _("%(cost)s × %(count)s trainees") % said if is_per_trainee else _("For the class"),
        "amount": yuan(advance.amount),
        "form": refused or (_withdrawal_form(advance) if may_withdraw else None),
        "is_refused": refused is not None,
    }


def shown_file(evidence: ClaimEvidence, *, may_withdraw: bool) -> dict[str, object]:
    """Return one file as a table shows it. Only what the scanner did not stop has a link."""
    return {
        "file": evidence,
        "size": _size(evidence.size),
        "may_open": evidence.scan_status in OPENABLE,
        "may_withdraw": may_withdraw,
    }


def _size(size: int) -> str:
    if size < KILO * KILO:
        return f"{max(size // KILO, 1)} KB"
    tenths = size * 10 // (KILO * KILO)
    return f"{tenths // 10}.{tenths % 10} MB"


def _withdrawal_form(advance: Advance, sent: Any = None) -> AdvanceWithdrawalForm:
    """Return the form that takes one advance back. Several of them stand on one page."""
    return AdvanceWithdrawalForm(sent, prefix="withdrawal", auto_id=f"advance_{advance.pk}_%s")
