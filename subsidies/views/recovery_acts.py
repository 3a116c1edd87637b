"""What finance does about a recovery: ask, put down what became of it, and answer for what somebody else put down."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from chongqing_dte.foundation.errors import DomainError
from institutions.requests import SignedInRequest
from subsidies import policies, queries
from subsidies.enums import SettlementKind
from subsidies.forms.recoveries import AskBackForm, SettlementDecisionForm, SettlementForm
from subsidies.models import RecoverySettlement
from subsidies.services.recoveries import (
    Settlement,
    approve_settlement,
    ask_back,
    propose_settlement,
    refuse_settlement,
)
from subsidies.views.recoveries import decision_form, detail_page, find_recovery
from subsidies.views.refusals import tell_form


@require_POST
@login_required
def recovery_ask(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Record until when the person is asked to pay, and lead to the letter."""
    recovery = find_recovery(request, public_id)
    policies.check_can_ask_back(request.user)
    form = AskBackForm(request.POST, prefix="ask")
    if not form.is_valid():
        return detail_page(request, recovery, {"ask": form}, status=422)
    try:
        ask_back(
            recovery_id=recovery.pk,
            due_on=form.cleaned_data["due_on"],
            asker=request.user,
            now=timezone.now(),
        )
    except DomainError as refusal:
        tell_form(form, refusal, otherwise="due_on")
        return detail_page(request, recovery, {"ask": form}, status=refusal.status_code)
    messages.success(request, _("Recorded. The person gets a message; print the letter and send it."))
    return redirect("recovery-letter", public_id=recovery.public_id)


@require_POST
@login_required
def settlement_propose(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Put down what came back or is given up, for somebody else to answer for."""
    recovery = find_recovery(request, public_id)
    policies.check_can_ask_back(request.user)
    form = SettlementForm(request.POST)
    if not form.is_valid():
        return detail_page(request, recovery, {"settlement": form}, status=422)
    given = {**form.cleaned_data, "kind": SettlementKind(form.cleaned_data["kind"])}
    try:
        propose_settlement(
            recovery_id=recovery.pk,
            settlement=Settlement(**given),
            proposer=request.user,
            now=timezone.now(),
        )
    except DomainError as refusal:
        tell_form(form, refusal)
        return detail_page(request, recovery, {"settlement": form}, status=refusal.status_code)
    messages.success(request, _("Recorded. It counts once a second person of finance has approved it."))
    return redirect("recovery-detail", public_id=recovery.public_id)


@require_POST
@login_required
def settlement_approve(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Let a settlement count, and lead to the next one that waits."""
    settlement = _find_settlement(request, public_id)
    policies.check_can_decide_settlement(request.user, settlement)
    form = decision_form(settlement, request.POST)
    if not form.is_valid():
        return _decision_again(request, settlement, form)
    reason = form.cleaned_data["reason"]
    try:
        approve_settlement(
            settlement_id=settlement.pk, decider=request.user, reason=reason, now=timezone.now()
        )
    except DomainError as refusal:
        tell_form(form, refusal)
        return _decision_again(request, settlement, form)
    messages.success(request, _("Approved. It counts in the recovery, the journal and the budget."))
    return _to_the_next(request, settlement)


@require_POST
@login_required
def settlement_refuse(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Refuse a settlement, and lead to the next one that waits."""
    settlement = _find_settlement(request, public_id)
    policies.check_can_decide_settlement(request.user, settlement)
    form = decision_form(settlement, request.POST)
    if not form.is_valid():
        return _decision_again(request, settlement, form)
    reason = form.cleaned_data["reason"]
    try:
        refuse_settlement(
            settlement_id=settlement.pk, decider=request.user, reason=reason, now=timezone.now()
        )
    except DomainError as refusal:
        tell_form(form, refusal)
        return _decision_again(request, settlement, form)
    messages.success(request, _("Refused. Nothing was counted."))
    return _to_the_next(request, settlement)


def _find_settlement(request: SignedInRequest, public_id: str) -> RecoverySettlement:
    return get_object_or_404(queries.settlements_visible_to(request.user), public_id=public_id)


def _decision_again(
    request: SignedInRequest, settlement: RecoverySettlement, form: SettlementDecisionForm
) -> HttpResponse:
    recovery = find_recovery(request, str(settlement.recovery.public_id))
    return detail_page(request, recovery, {f"decision {settlement.pk}": form}, status=422)


def _to_the_next(request: SignedInRequest, settlement: RecoverySettlement) -> HttpResponse:
    following = queries.next_to_decide(request.user, after=settlement.recovery)
    if following is not None:
        messages.info(request, _("This is the next one that waits for a second person."))
    shown = following or settlement.recovery
    return redirect("recovery-detail", public_id=shown.public_id)
