"""The stop of all sending, on one page: whether it holds, who may begin it, and how two people end it."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from chongqing_dte.foundation.errors import DomainError, InvalidTransition
from chongqing_dte.foundation.paging import page_of
from institutions.requests import SignedInRequest
from subsidies import policies, queries
from subsidies.enums import StopKind
from subsidies.forms.bank import LiftForm, StopForm
from subsidies.models import SendingStop
from subsidies.services.sending_stops import lift_stop, propose_lift, stop_sending
from subsidies.views.batches import signed_by_whom
from subsidies.views.refusals import tell_form

STOP_COLUMNS = (
    (gettext_lazy("Stopped at"), ""),
    (gettext_lazy("Why"), ""),
    (gettext_lazy("Stopped by"), ""),
    (gettext_lazy("Lifted at"), ""),
    (gettext_lazy("Why it can go on"), ""),
)


@require_safe
@login_required
def sending_state(request: SignedInRequest) -> HttpResponse:
    """Show whether anything is sent at present, and all stops that there have been."""
    if not policies.can_see_money(request.user):
        raise Http404
    return state_page(request, {})


def state_page(
    request: SignedInRequest, filled_in: dict[str, forms.Form], *, status: int = 200
) -> HttpResponse:
    """Return the page of the stops; `filled_in` holds the form that could not be followed: of a kind, or "stop"."""
    live = list(queries.live_stops())
    page = page_of(queries.sending_stops_visible_to(request.user), request)
    context = {
        "stops": [
            {**shown_stop(request, stop), "form": filled_in.get(stop.kind) or lift_form(stop.kind)}
            for stop in live
        ],
        "may_stop": policies.can_stop_sending(request.user)
        and all(stop.kind != StopKind.MANUAL for stop in live),
        "stop_form": filled_in.get("stop") or stop_form(),
        "rows": page.rows,
        "page": page,
        "columns": STOP_COLUMNS,
    }
    return render(request, "subsidies/sending.html", context, status=status)


@require_POST
@login_required
def sending_stop(request: SignedInRequest) -> HttpResponse:
    """Stop everything."""
    policies.check_can_stop_sending(request.user)
    form = stop_form(request.POST)
    if not (form.is_valid() and _stopped(request, form)):
        return state_page(request, {"stop": form}, status=422)
    messages.warning(
        request,
        _(
            "Nothing is released or sent from now on. A file that was on its way at this moment may still arrive."
        ),
    )
    return redirect("sending")


@require_POST
@login_required
def sending_lift_propose(request: SignedInRequest) -> HttpResponse:
    """Say why sending can go on."""
    policies.check_can_work_with_bank(request.user)
    kind = kind_in(request)
    form = lift_form(kind, request.POST)
    if not (form.is_valid() and _lift_proposed(request, kind, form)):
        return state_page(request, {kind: form}, status=422)
    messages.success(request, _("Your proposal is recorded. A second person of finance has to agree."))
    return redirect("sending")


@require_POST
@login_required
def sending_lift(request: SignedInRequest) -> HttpResponse:
    """Let sending go on, as somebody else has proposed."""
    lift_stop(
        kind=kind_in(request),
        lifter=request.user,
        lift_reason=request.POST.get("lift_reason", "").replace("\r\n", "\n"),
        now=timezone.now(),
    )
    messages.success(request, _("This stop is lifted."))
    return redirect("sending")


def stop_form(sent: QueryDict | None = None) -> StopForm:
    """Return the form that stops everything. It stands on one page with those that lift a stop."""
    return StopForm(sent, auto_id="stop_%s")


def lift_form(kind: str, sent: QueryDict | None = None) -> LiftForm:
    """Return the form that says why one kind of stop can be lifted."""
    return LiftForm(sent, auto_id=f"lift_{kind}_%s")


def _stopped(request: SignedInRequest, form: forms.Form) -> bool:
    """Stop everything for the reason in the form, or tell the form why not."""
    try:
        stop_sending(stopper=request.user, reason=form.cleaned_data["reason"], now=timezone.now())
    except DomainError as refusal:
        tell_form(form, refusal)
    return form.is_valid()


def _lift_proposed(request: SignedInRequest, kind: StopKind, form: forms.Form) -> bool:
    """Propose that sending goes on for the reason in the form, or tell the form why not."""
    reason = form.cleaned_data["reason"]
    try:
        propose_lift(kind=kind, proposer=request.user, reason=reason, now=timezone.now())
    except DomainError as refusal:
        tell_form(form, refusal)
    return form.is_valid()


def kind_in(request: SignedInRequest) -> StopKind:
    """Return which stop is meant."""
    kind = request.POST.get("kind", "")
    if kind not in StopKind:
        raise InvalidTransition(_("Sending is not stopped."))
    return StopKind(kind)


def shown_stop(request: SignedInRequest, stop: SendingStop) -> dict[str, object]:
    """Return one stop that holds, as the page shows it."""
    return {
        "stop": stop,
        "facts": [
            (_("Reason"), stop.reason),
            (_("Stopped by"), signed_by_whom(stop.stopped_by or _("Command line"), stop.stopped_at)),
            (_("Going on proposed by"), signed_by_whom(stop.lift_proposed_by, stop.lift_proposed_at)),
            (_("Why it can go on"), stop.lift_reason),
        ],
        "may_lift": policies.can_lift_stop(request.user, stop),
        "may_propose": policies.can_work_with_bank(request.user),
    }
