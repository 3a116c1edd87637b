"""The stop of all sending, on one page: whether it holds, who may begin it, and how two people end it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from chongqing_dte.foundation.errors import InvalidTransition
from chongqing_dte.foundation.paging import page_of
from institutions.requests import SignedInRequest
from subsidies import policies, queries
from subsidies.enums import StopKind
from subsidies.forms.bank import LiftForm, StopForm
from subsidies.models import SendingStop
from subsidies.services.sending_stops import lift_stop, propose_lift, stop_sending
from subsidies.views.batches import signed_by_whom

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
    live = list(queries.live_stops())
    page = page_of(queries.sending_stops_visible_to(request.user), request)
    context = {
        "stops": [shown_stop(request, stop) for stop in live],
        "may_stop": policies.can_stop_sending(request.user)
        and all(stop.kind != StopKind.MANUAL for stop in live),
        "stop_form": StopForm(auto_id="stop_%s"),
        "rows": page.rows,
        "page": page,
        "columns": STOP_COLUMNS,
    }
    return render(request, "subsidies/sending.html", context)


@require_POST
@login_required
def sending_stop(request: SignedInRequest) -> HttpResponse:
    """Stop everything."""
    stop_sending(stopper=request.user, reason=request.POST.get("reason", ""), now=timezone.now())
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
    propose_lift(
        kind=kind_in(request),
        proposer=request.user,
        reason=request.POST.get("reason", ""),
        now=timezone.now(),
    )
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
        "form": LiftForm(auto_id=f"lift_{stop.kind}_%s"),
    }
