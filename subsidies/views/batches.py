from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_POST, require_safe

from chongqing_dte.foundation.paging import page_of
from chongqing_dte.foundation.templatetags.figures import yuan
from enrollment.rules.identifiers import mask_name
from institutions.requests import SignedInRequest
from subsidies import queries
from subsidies.enums import BatchStatus
from subsidies.explanations import return_reason
from subsidies.models import PaymentAttempt, PaymentBatch
from subsidies.policies import can_release
from subsidies.services.batches import release_batch

BATCH_COLUMNS = (
    (gettext_lazy("Reference"), ""),
    (gettext_lazy("Assembled"), ""),
    (gettext_lazy("Number of payments"), "numeric"),
    (gettext_lazy("Total"), "numeric"),
    (gettext_lazy("Signatures"), ""),
    (gettext_lazy("Status"), ""),
)
LINE_COLUMNS = (
    (gettext_lazy("Line"), "numeric"),
    (gettext_lazy("Bank reference"), ""),
    (gettext_lazy("Level certificate"), ""),
    (gettext_lazy("Trainee"), ""),
    (gettext_lazy("Bank account"), ""),
    (gettext_lazy("Amount"), "numeric"),
    (gettext_lazy("Answer"), ""),
)


@require_safe
@login_required
def batch_list(request: SignedInRequest) -> HttpResponse:
    """List the payment batches, newest first."""
    page = page_of(queries.batches_visible_to(request.user), request)
    rows = [{"batch": batch, "signatures": signature_count(batch)} for batch in page.rows]
    context = {"rows": rows, "page": page, "columns": BATCH_COLUMNS}
    return render(request, "subsidies/batch_list.html", context)


@require_safe
@login_required
def batch_detail(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show a batch with its file's hash and its lines, and to whom may sign the button to do so."""
    batch = find_batch(request, public_id)
    lines = queries.batch_lines(batch)
    context = {
        "batch": batch,
        "facts": batch_facts(batch),
        "columns": LINE_COLUMNS,
        "rows": [shown_line(attempt) for attempt in lines],
        "may_release": batch.status == BatchStatus.ASSEMBLED and can_release(request.user, batch),
        "is_second": batch.first_released_by_id is not None,
        "is_withdrawn": batch.status == BatchStatus.WITHDRAWN,
    }
    return render(request, "subsidies/batch_detail.html", context)


@require_POST
@login_required
def batch_release(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Add this person's signature to the file that they saw."""
    batch = find_batch(request, public_id)
    sha256 = request.POST.get("sha256", "")
    released = release_batch(batch_id=batch.pk, releaser=request.user, sha256=sha256, now=timezone.now())
    if released.status == BatchStatus.RELEASED:
        messages.success(request, _("The batch is released and goes to the bank."))
    else:
        messages.success(request, _("Your signature is recorded. A second person has to sign too."))
    return redirect("batch-detail", public_id=batch.public_id)


def find_batch(request: SignedInRequest, public_id: str) -> PaymentBatch:
    """Return a batch that this person may see; any other does not exist for them."""
    batches = queries.batches_visible_to(request.user).select_related(
        "first_released_by", "second_released_by"
    )
    return get_object_or_404(batches, public_id=public_id)


def signature_count(batch: PaymentBatch) -> str:
    """Return how many of the two signatures there are, in words."""
    if batch.released_automatically:
        return _("Automatic")
    signed = sum(signer is not None for signer in (batch.first_released_by_id, batch.second_released_by_id))
    return _("%(signed)s of 2") % {"signed": signed}


def batch_facts(batch: PaymentBatch) -> list[tuple[str, object]]:
    """Return the facts of a batch as its page shows them."""
    return [
        (_("Number of payments"), batch.line_count),
        (_("Total"), yuan(batch.total)),
        (_("File"), batch.file_name),
        ("SHA-256", batch.sha256),
        (_("Assembled"), _time(batch.assembled_at)),
        (_("First signature"), batch.first_released_by),
        (_("Second signature"), batch.second_released_by),
        *([(pgettext("payment", "Withdrawn"), _time(batch.withdrawn_at))] if batch.withdrawn_at else []),
    ]


def _time(at: datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M")


def shown_line(attempt: PaymentAttempt) -> dict[str, object]:
    """Return one instruction as the page shows it: name masked, account by its last four."""
    return {
        "attempt": attempt,
        "certificate": attempt.payment.entitlement.certificate,
        "trainee": mask_name(attempt.payment.payee.name),
        "reason": return_reason(attempt.return_code),
    }
