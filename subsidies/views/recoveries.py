from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from chongqing_dte.foundation.paging import page_of
from enrollment.rules.identifiers import mask_name
from institutions.requests import SignedInRequest
from subsidies import queries
from subsidies.explanations import recovery_sentence, withdrawal_sentence
from subsidies.models import Recovery

RECOVERY_COLUMNS = (
    (gettext_lazy("Level certificate"), ""),
    (gettext_lazy("Trainee"), ""),
    (gettext_lazy("Amount"), "numeric"),
    (gettext_lazy("Reason"), ""),
    (gettext_lazy("Paid on"), ""),
    (gettext_lazy("Opened"), ""),
    (pgettext_lazy("payment", "Withdrawn"), ""),
)


@require_safe
@login_required
def recovery_list(request: SignedInRequest) -> HttpResponse:
    """List the money that was paid and is to come back, newest first, with what was withdrawn."""
    page = page_of(queries.recoveries_with_certificates_visible_to(request.user), request)
    context = {
        "rows": [shown(recovery) for recovery in page.rows],
        "page": page,
        "columns": RECOVERY_COLUMNS,
    }
    return render(request, "subsidies/recovery_list.html", context)


def shown(recovery: Recovery) -> dict[str, object]:
    """Return one recovery as the list shows it, the trainee's name masked."""
    return {
        "recovery": recovery,
        "certificate": recovery.payment.entitlement.certificate,
        "trainee": mask_name(recovery.payment.payee.name),
        "reason": recovery_sentence(recovery.reason, recovery.facts),
        "withdrawal": withdrawal_sentence(recovery.withdrawal_reason, recovery.withdrawal_facts),
    }
